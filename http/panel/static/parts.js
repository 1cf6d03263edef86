// Pieces that several pages are built from: a part with its heading, a table, a list that goes on, a password that is asked for.

import { latest } from "./latest.js";
import { button, dialog, el, field, showErrors, spinner } from "./ui.js";
import { t } from "./words.js";

/** A part of a page. */
export function part(title, text, ...children) {
  return el("section", { class: "part", "aria-label": title }, el("h2", { text: title }), text && el("p", { class: "muted", text }), children.flat());
}

const FIGURE = /^(–|[+-]?[\d.,\s]+ ?%?)$/; // also with the blanks that some languages write in it

/** A table that scrolls by itself where it is too wide. head: words; rows: arrays of text, numbers or elements. Columns of figures stand to the right. */
export function table(caption, head, rows) {
  const figures = head.map((_, at) => at > 0 && rows.length > 0 && rows.every((row) => FIGURE.test(row[at]?.textContent ?? String(row[at] ?? ""))));
  const as = (at, props = {}) => ({ ...props, class: figures[at] && "figure" });
  return el("div", { class: "wide-table", tabIndex: 0, role: "region", "aria-label": caption }, el("table", { class: "table" }, el("caption", { class: "unseen", text: caption }),
    el("thead", {}, el("tr", {}, head.map((each, at) => el("th", as(at, { scope: "col", text: each }))))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((each, at) => el(at ? "td" : "th", as(at, at ? {} : { scope: "row" }), each)))))));
}

/** A list whose older items are fetched by a button. load(cursor) → `{data, meta}`; row(item) → element. Answers `{node, again()}`. */
export function pages(label, load, row, none) {
  const rows = el("ul", { class: "list", "aria-label": label });
  const rest = el("div", {});
  const more = button(t("parts.more"), { hidden: true, on: { click: () => fetchMore(more.dataset.cursor) } });
  const newest = latest();
  async function fetchMore(cursor) {
    more.disabled = true;
    if (!cursor && !rows.children.length) rest.replaceChildren(spinner());
    const found = await newest(load(cursor));
    if (!found) return; // something newer was asked for
    const { data, meta } = found;
    if (cursor) rows.append(...data.map(row));
    else rows.replaceChildren(...data.map(row));
    rows.hidden = !rows.children.length;
    rest.replaceChildren(...(rows.children.length ? [] : [none()]));
    more.dataset.cursor = meta?.next_cursor ?? "";
    more.hidden = !meta?.next_cursor;
    more.disabled = false;
  }
  return { node: el("div", { class: "stack" }, rows, rest, more), rows, again: () => fetchMore() };
}

/**
 * A dialog with a form: `send(values)` is called when it is submitted, and closes it unless it throws.
 * @param {string} title
 * @param {any[]} fields
 * @param {string} submit
 * @param {(values: Record<string, any>) => any} send
 * @param {{text?: string, danger?: boolean}} [more]
 */
export function formDialog(title, fields, submit, send, { text, danger = false } = {}) {
  const press = el("button", { type: "submit", class: danger ? "danger" : "primary", text: submit });
  const form = el("form", { class: "stack", noValidate: true }, text && el("p", { class: "muted", text }), fields, el("p", { class: "form-error", role: "alert" }),
    el("div", { class: "row end" }, button(t("parts.cancel"), { on: { click: () => box.close() } }), press));
  const box = dialog(title, form, { className: "small" });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    press.disabled = true;
    try {
      await send(Object.fromEntries(new FormData(form)));
      box.close();
    } catch (error) {
      if (error.name !== "AbortError") showErrors(form, error);
    } finally {
      press.disabled = false;
    }
  });
  form.querySelector("input, textarea, select")?.focus();
  return box;
}

/** The field for the password that proves who is there. */
export const passwordField = () => field(t("parts.password"), el("input", { name: "password", type: "password", autocomplete: "current-password" }));

/** Save a file that a request answered. */
export function download(blob, name) {
  const link = el("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
