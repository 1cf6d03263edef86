// The fields of declared forms that are more than one input: lists of lines, a week, opening times, amounts.

import { button, el, field } from "../ui.js";
import { t } from "../words.js";
import { weekdays } from "./days.js";

/** One a line. */
export function textsOf(each, value, made) {
  const input = el("textarea", { name: each.name, rows: 4, value: (value ?? []).join("\n"), placeholder: each.blank });
  const read = () => {
    const lines = input.value.split("\n").map((line) => line.trim()).filter(Boolean).map(made);
    return lines.length === 0 && each.nullable ? null : lines;
  };
  return { node: field(each.label, input, each.hint || undefined), read };
}

/** An amount, written in the currency that the form's `currency` says. */
export function moneyField(each, value, context) {
  const places = () => decimals(context.other("currency") || context.value?.currency || context.refs.currency);
  const input = el("input", { name: each.name, type: "number", inputMode: "decimal", min: 0, step: "any", placeholder: each.blank,
    value: value === null || value === undefined ? "" : String(value / 10 ** decimals(context.value?.currency || context.refs.currency)) });
  const read = () => (input.value === "" ? null : Math.round(Number(input.value) * 10 ** places()));
  return { node: field(each.label, input, each.hint || undefined), read };
}

function decimals(currency) {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  } catch {
    return 2; // half written
  }
}

/** Seven days from Sunday on, shown from Monday on. */
export function weekField(each, value) {
  const names = weekdays();
  const rows = (value ?? []).map((day, at) => {
    const open = el("input", { type: "checkbox", checked: day.enabled, "aria-label": t("declared.open_on", { day: names[at] }) });
    const from = el("input", { type: "time", value: day.open, "aria-label": t("declared.opens", { day: names[at] }) });
    const to = el("input", { type: "time", value: day.close, "aria-label": t("declared.closes", { day: names[at] }) });
    const follow = () => {
      from.hidden = to.hidden = !open.checked;
      said.textContent = open.checked ? "–" : t("declared.closed");
    };
    const said = el("span", { class: "muted" });
    open.addEventListener("change", follow);
    follow();
    const node = el("div", { class: "declared-day" }, el("label", { class: "check" }, open, el("span", { data: { own: "" }, text: names[at] })), el("span", { class: "declared-times" }, from, said, to));
    return { node, read: () => ({ open: from.value || day.open, close: to.value || day.close, enabled: open.checked }) };
  });
  const shown = [...rows.slice(1), rows[0]].filter(Boolean).map((row) => row.node);
  const node = fieldset(each, el("div", { class: "declared-week" }, shown));
  return { node, read: () => rows.map((row) => row.read()) };
}

/** Any number of times on weekdays. */
export function windowsField(each, value) {
  const lines = el("div", { class: "stack" });
  const names = weekdays();
  const line = (window) => {
    const weekday = el("select", { name: "weekday", "aria-label": t("declared.weekday") }, [1, 2, 3, 4, 5, 6, 0].map((day) => el("option", { value: day, text: names[day], selected: day === window.weekday })));
    const from = el("input", { type: "time", name: "from", value: window.start_time, "aria-label": t("declared.from") });
    const to = el("input", { type: "time", name: "to", value: window.end_time, "aria-label": t("declared.to") });
    const node = el("div", { class: "declared-window" }, weekday, from, el("span", { class: "muted", text: "–" }), to,
      button(t("declared.remove_time"), { drawing: "close", bare: true, class: "quiet", on: { click: () => {
        node.remove();
        lines.dispatchEvent(new Event("input", { bubbles: true }));
      } } }));
    return node;
  };
  lines.append(...(value ?? []).map(line));
  const next = () => {
    const last = lines.lastElementChild;
    return last ? { weekday: (Number(last.querySelector("select").value) + 1) % 7, start_time: last.querySelector("[name=from]").value, end_time: last.querySelector("[name=to]").value }
      : { weekday: 1, start_time: "09:00", end_time: "18:00" };
  };
  const node = fieldset(each, lines, button(t("declared.add_time"), { on: { click: () => {
    lines.append(line(next()));
    lines.lastElementChild.querySelector("select").focus();
  } } }));
  const read = () => [...lines.children].map((row) => ({ weekday: Number(row.querySelector("select").value), start_time: row.querySelector("[name=from]").value, end_time: row.querySelector("[name=to]").value }));
  return { node, read };
}

function fieldset(each, ...inside) {
  return el("fieldset", { class: "field", data: { field: each.name } }, el("legend", { class: "legend", text: each.label }), each.hint && el("span", { class: "hint", text: each.hint }),
    inside, el("span", { class: "field-error" }));
}
