// What of the inbox is listed: the filters of `GET /v1/conversations` by the same names, what they find among the
// conversations that are known, and the controls to choose them.

import { isMarked } from "./marked.js";
import { button, el, field, phone } from "./ui.js";
import { listed, t } from "./words.js";

export const FIELDS = ["status", "mode", "assignee", "label", "sector", "phone_instance", "snoozed", "unread", "q"];
const isId = (name, value) => ["label", "sector", "phone_instance"].includes(name) || (name === "assignee" && /^\d+$/.test(value));

/** What everybody has; each sets what the others set. The first three are of what is to be done now. */
export const TABS = {
  mine: { status: "open", assignee: "me", snoozed: null, unread: null },
  unassigned: { status: "open", assignee: "none", snoozed: null, unread: null },
  open: { status: "open", snoozed: null, unread: null },
  unread: { status: null, snoozed: null, unread: "mine" },
  snoozed: { status: null, snoozed: "1", unread: null },
  resolved: { status: "resolved", snoozed: null, unread: null },
};
export const HOLDERS = ["mine", "unassigned"]; // tabs that say who looks after it, so that no chip has to

/** What is set of these fields, and nothing else. */
export function chosen(fields) {
  return Object.fromEntries(FIELDS.filter((name) => fields[name] !== null && fields[name] !== undefined && fields[name] !== "")
    .map((name) => [name, isId(name, fields[name]) ? Number(fields[name]) : String(fields[name])]));
}

const VALUES = { status: ["open", "resolved"], mode: ["human", "ai", "flow", "idle"], snoozed: ["0", "1", "all"], unread: ["mine", "1", "0"] };

/** Filters from a query string. What the server would refuse is left out: somebody may have typed it. */
export const fromQuery = (query) => chosen(Object.fromEntries([...query].filter(([name, value]) => isKnown(name, value))));

function isKnown(name, value) {
  if (name === "q") return value.length <= 200 && !value.includes("\0");
  if (VALUES[name]) return VALUES[name].includes(value);
  return /^[1-9]\d{0,14}$/.test(value) || (name === "assignee" && ["me", "none"].includes(value));
}

/** What to ask the server. What is looked for by number is sent as its digits. */
export function toQuery(filters) {
  const asked = digitsOf(filters.q) ? { ...filters, q: digitsOf(filters.q) } : filters;
  return new URLSearchParams(asked);
}

/** Which tab these filters are of, whatever else they narrow down; undefined for none. */
export function tabOf(filters) {
  return Object.keys(TABS).find((name) => Object.entries(TABS[name]).every(([key, value]) => (filters[key] ?? null) === value));
}

/** Whether a conversation is among what is looked for. `me`: the member's id; `found`: ids that the server found by `q`. */
export function matches(filters, it, me, found) {
  const { status, mode, assignee, label, sector, phone_instance: number, unread, q } = filters;
  const snoozed = filters.snoozed ?? (q ? "all" : "0");
  const holder = assignee === "me" ? me : assignee === "none" ? null : assignee;
  return (!status || it.status === status) && (!mode || it.mode === mode) && (!assignee || it.assigned_user_id === holder) &&
    (!label || it.labels?.includes(label)) && (!sector || it.sector_id === sector) && (!number || it.phone_instance_id === number) &&
    (snoozed === "all" || Boolean(it.snoozed_until) === (snoozed === "1")) && readAs(unread, it, me) && (!q || found?.has(it.id) || named(q, it));
}

function readAs(unread, it, me) {
  if (unread === "mine") return it.unread_by_me > 0 || isMarked(me, it.id);
  return !unread || it.unread_count > 0 === (unread === "1");
}

/** Words at whose beginnings the name's words are looked for, whatever their case and accents; or digits of the number. */
function named(q, { contact_name: name, contact_phone: number }) {
  const digits = digitsOf(q);
  if (digits) return Boolean(number?.includes(digits));
  const words = plain(name ?? "").split(/[^\p{L}\p{N}]+/u);
  return plain(q).split(/[^\p{L}\p{N}]+/u).every((sought) => words.some((word) => word.startsWith(sought)));
}

const LONGEST = 200; // characters of a name that are looked at
const plain = (text) => text.slice(0, LONGEST).normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();

function digitsOf(q) {
  const digits = (q ?? "").replaceAll(/[\s()+-]/g, "");
  return /^\d+$/.test(digits) ? digits : null;
}

/** How each filter that narrows a tab down further is said: `[field, words]`. */
export function words(filters, state) {
  const nameIn = (kind, id) => state[kind].get(id)?.name ?? "…";
  const tab = tabOf(filters);
  const said = {
    assignee: (value) => t("inbox.narrow.assignee", { name: ["me", "none"].includes(value) ? t(`inbox.who.${value}`) : nameIn("users", value) }),
    label: (value) => t("inbox.narrow.label", { name: nameIn("labels", value) }),
    sector: (value) => t("inbox.narrow.sector", { name: nameIn("sectors", value) }),
    mode: (value) => t("inbox.narrow.mode", { name: t(`inbox.mode.${value}`) }),
    phone_instance: (value) => t("inbox.narrow.number", { name: numberName(state.numbers.get(value)) }),
  };
  if (HOLDERS.includes(tab)) delete said.assignee;
  if (tab === undefined) {
    said.status = (value) => t(`inbox.status.${value}`);
    said.snoozed = (value) => t(`inbox.snoozed.${value}`);
    said.unread = (value) => t(`inbox.unread.${value}`);
  }
  return Object.entries(said).filter(([name]) => filters[name] !== undefined).map(([name, say]) => [name, say(filters[name])]);
}

const numberName = (number) => number?.name || phone(number?.phone) || "…";

/** What to say where nothing is found: why, and what would fill it. */
export function emptyText(filters, state) {
  if (filters.q) return t("inbox.none.q", { q: filters.q });
  const narrowed = words(filters, state);
  if (narrowed.length > 1) return t("inbox.none.all", { words: listed(narrowed.map(([, said]) => said)) });
  if (narrowed.length) return t("inbox.none.one", { words: narrowed[0][1], hint: FILLED_BY[narrowed[0][0]]?.(filters) ?? t("inbox.none.comes") });
  return t(`inbox.none.${tabOf(filters) ?? "other"}`);
}

const FILLED_BY = {
  assignee: ({ assignee }) => t(`inbox.fill.${["me", "none"].includes(assignee) ? assignee : "user"}`),
  label: () => t("inbox.fill.label"),
  sector: () => t("inbox.fill.sector"),
  mode: ({ mode }) => t(`inbox.fill.${mode}`),
  phone_instance: () => t("inbox.fill.number"),
};

/** The form with every filter. `changed(filters)` is called for each choice. */
export function filterForm(filters, state, changed) {
  const form = el("form", { class: "filters", on: {
    submit: (event) => event.preventDefault(),
    change: () => changed({ ...chosen(Object.fromEntries(new FormData(form))), ...(filters.q ? { q: filters.q } : {}) }),
  } });
  const select = (name, label, none, options) => options.length > 0 && field(label, el("select", { name },
    [["", none], ...options].map(([value, text]) => el("option", { value, text, selected: String(filters[name] ?? "") === String(value) }))));
  const named = (kind) => [...state[kind].values()].map((it) => [it.id, it.name]);
  const people = [...state.users.values()].filter((it) => !it.removed && it.id !== state.me.id).map((it) => [it.id, it.name]);
  form.append(...[
    select("status", t("inbox.form.status"), t("inbox.form.status_any"), VALUES.status.map((each) => [each, t(`inbox.status.${each}`)])),
    select("assignee", t("inbox.form.assignee"), t("inbox.form.anybody"), [["me", t("inbox.form.me")], ["none", t("inbox.form.nobody")], ...people]),
    select("unread", t("inbox.form.read"), t("inbox.form.read_any"), VALUES.unread.map((each) => [each, t(`inbox.unread.${each}`)])),
    select("snoozed", t("inbox.form.snoozed"), t("inbox.form.snoozed_not"), ["1", "all"].map((each) => [each, t(`inbox.snoozed.${each}`)])),
    select("mode", t("inbox.form.mode"), t("inbox.form.anybody"), VALUES.mode.map((each) => [each, t(`inbox.mode.${each}`)])),
    select("label", t("inbox.form.label"), t("inbox.form.any_or_none"), named("labels")),
    select("sector", t("inbox.form.sector"), t("inbox.form.any_or_none"), named("sectors")),
    state.numbers.size > 1 && select("phone_instance", t("inbox.form.number"), t("inbox.form.any"), [...state.numbers.values()].map((it) => [it.id, numberName(it)])),
  ].filter(Boolean));
  return form;
}

/** The filters beyond the tab as chips, each to be taken away. `drop(field)` is called. */
export function filterChips(filters, state, drop) {
  return words(filters, state).map(([name, text]) => button(text, { class: "filter-chip", title: t("inbox.drop_filter"), drawing: "close",
    on: { click: () => drop(name) } }));
}
