// A form that is made from a resource's declaration (`http/panel/forms.py`): a widget for each kind of field.

import { el, field } from "../ui.js";
import { t } from "../words.js";
import { moneyField, textsOf, weekField, windowsField } from "./widgets.js";

const SHORT_LIST = 7;

/** The fields of a form, filled in. refs: names of other resources' items, `{members: Map(id → name)}`.
 * Answers `{nodes, read(), reset(value)}`. */
export function fieldsOf(form, value, refs, { locked = false } = {}) {
  const made = new Map();
  const context = { refs, value, form, other: (name) => made.get(name)?.read() };
  for (const each of form.fields) made.set(each.name, widget(each, value?.[each.name] ?? value_of(each, value), context));
  const nodes = [...made.values()].map((each) => each.node);
  const follow = () => form.fields.forEach((each) => {
    made.get(each.name).node.hidden = !applies(each, context);
    made.get(each.name).follow?.();
  });
  for (const node of nodes) node.addEventListener("input", follow);
  follow();
  if (locked) for (const node of nodes) for (const input of node.querySelectorAll("input, select, textarea, button")) input.disabled = true;
  return {
    nodes,
    read: () => Object.fromEntries(form.fields.map((each) => [each.name, applies(each, context) ? made.get(each.name).read() : idle(each)])
      .filter(([, given]) => given !== undefined)),
  };
}

/** What a new item begins with; what exists says null where it has nothing. */
function value_of(each, value) {
  return value && each.name in value ? value[each.name] : each.default;
}

function applies(each, context) {
  return !each.when || each.when[1].includes(context.other(each.when[0]));
}

/** What a field that is of no use now is sent as. */
function idle(each) {
  return each.nullable ? null : each.default ?? undefined;
}

function widget(each, value, context) {
  return (WIDGETS[each.kind] ?? text)(each, value, context);
}

const hintOf = (each) => each.hint || undefined;
const trimmed = (each, given) => (given.trim() === "" && each.nullable ? null : given.trim());

function text(each, value, context) {
  const input = el("input", { name: each.name, value: value ?? "", maxLength: each.length ?? 255, placeholder: each.blank });
  const plain = field(each.label, input, hintOf(each));
  if (!each.picks) return { node: plain, read: () => trimmed(each, input.value) };
  return picking(each, value, context, input, plain);
}

/** Words, or for some values of another field an item of another resource. */
function picking(each, value, context, input, plain) {
  const chosen = new Map(Object.entries(each.picks).map(([when, of]) => [when, select(context.refs[of] ?? new Map(), value, each)]));
  const of = () => chosen.get(context.other(each.when[0]));
  for (const [, node] of chosen) {
    node.setAttribute("aria-label", each.label);
    plain.querySelector("input").after(node);
  }
  return {
    node: plain,
    read: () => (of() ?? input).value.trim() || null,
    follow: () => {
      input.hidden = Boolean(of());
      for (const [, node] of chosen) node.hidden = node !== of();
    },
  };
}

function long(each, value) {
  const input = el("textarea", { name: each.name, value: value ?? "", maxLength: each.length ?? 5000, rows: each.length > 1000 ? 8 : 4, placeholder: each.blank });
  return { node: field(each.label, input, hintOf(each)), read: () => trimmed(each, input.value) };
}

function numeric(each, value) {
  const shown = value === null || value === undefined ? "" : String(Math.round((value / each.unit) * 100) / 100);
  const input = el("input", { name: each.name, type: "number", inputMode: "decimal", value: shown, placeholder: each.blank, step: each.whole && each.unit === 1 ? 1 : "any",
    min: each.min === undefined ? null : Math.floor(each.min / each.unit), max: each.max === undefined ? null : each.max / each.unit });
  return {
    node: field(each.label, input, hintOf(each)),
    read: () => {
      if (input.value === "") return each.nullable ? null : each.default ?? undefined;
      const given = Number(input.value) * each.unit;
      return each.whole ? Math.round(given) : given;
    },
  };
}

function toggle(each, value) {
  const input = el("input", { type: "checkbox", name: each.name, checked: Boolean(value) });
  const hint = each.hint && el("span", { class: "hint", id: `hint-${each.name}-${Math.random().toString(36).slice(2)}`, text: each.hint });
  if (hint) input.setAttribute("aria-describedby", hint.id);
  const node = el("div", { class: "field", data: { field: each.name } }, el("label", { class: "check" }, input, each.label), hint || null, el("span", { class: "field-error" }));
  return { node, read: () => input.checked };
}

function choice(each, value) {
  const options = new Map(each.options.map((one) => [one.value, one.label]));
  const input = select(options, value ?? (each.nullable ? null : each.options[0].value), each);
  return { node: field(each.label, input, hintOf(each)), read: () => input.value || null };
}

/** A select of `Map(value → words)`; with an empty line where it may be left out. */
function select(options, value, each) {
  const empty = each.nullable && el("option", { value: "", text: each.blank || "—" });
  const lines = [...options].map(([key, words]) => el("option", { value: key, text: words, selected: String(key) === String(value) }));
  return el("select", { name: each.name }, empty || null, lines);
}

function choices(each, value) {
  return boxes(each, new Map(each.options.map((one) => [one.value, one.label])), value ?? []);
}

function one(each, value, context) {
  const input = select(context.refs[each.of] ?? new Map(), value, { ...each, nullable: true });
  return { node: field(each.label, input, hintOf(each)), read: () => (input.value ? Number(input.value) : null) };
}

function many(each, value, context) {
  return boxes(each, context.refs[each.of] ?? new Map(), value ?? []);
}

function boxes(each, options, value) {
  const inputs = [...options].map(([key]) => el("input", { type: "checkbox", value: key, checked: value.includes(key) }));
  const lines = [...options].map(([, words], at) => el("label", { class: "check" }, inputs[at], el("span", { data: each.of ? { own: "" } : {}, text: words })));
  const hint = each.hint && el("span", { class: "hint", text: each.hint });
  const node = el("fieldset", { class: "field declared-boxes", data: { field: each.name } }, el("legend", { class: "legend", text: each.label }), hint || null,
    lines.length ? el("div", { class: lines.length > SHORT_LIST ? "declared-many" : "declared-few" }, lines) : el("span", { class: "muted", text: t("declared.nothing_to_choose") }),
    el("span", { class: "field-error" }));
  return { node, read: () => [...options.keys()].filter((_, at) => inputs[at].checked) };
}

function colour(each, value) {
  const input = el("input", { type: "color", name: each.name, value: value ?? "#0a7359" });
  const none = each.nullable && el("input", { type: "checkbox", checked: !value });
  const node = field(each.label, input, hintOf(each));
  if (!none) return { node, read: () => input.value };
  input.addEventListener("input", () => {
    none.checked = false;
  });
  node.insertBefore(el("label", { class: "check" }, none, each.blank || t("declared.no_colour")), node.lastChild);
  return { node, read: () => (none.checked ? null : input.value) };
}

const plainInput = (type) => (each, value) => {
  const input = el("input", { type, name: each.name, value: value ?? "" });
  return { node: field(each.label, input, hintOf(each)), read: () => input.value || (each.nullable ? null : "") };
};

const suggested = (key) => (each, value) => {
  const id = `list-${each.name}-${Math.random().toString(36).slice(2)}`;
  const input = el("input", { name: each.name, value: value ?? "", placeholder: each.blank, autocomplete: "off" });
  input.setAttribute("list", id);
  const node = field(each.label, input, hintOf(each));
  node.append(el("datalist", { id }, Intl.supportedValuesOf(key).map((name) => el("option", { value: name }))));
  return { node, read: () => trimmed(each, input.value) };
};

const WIDGETS = {
  long, choice, choices, one, many, colour,
  number: numeric,
  switch: toggle,
  date: plainInput("date"),
  time: plainInput("time"),
  zone: suggested("timeZone"),
  currency: suggested("currency"),
  texts: (each, value) => textsOf(each, value, (line) => line),
  numbers: (each, value) => textsOf(each, value, Number),
  week: weekField,
  windows: windowsField,
  money: moneyField,
};
