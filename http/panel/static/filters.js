// What of the inbox is listed: the filters of `GET /v1/conversations` by the same names, what they find among the
// conversations that are known, and the controls to choose them.

import { button, el, field, phone } from "./ui.js";

export const FIELDS = ["status", "mode", "assignee", "label", "sector", "phone_instance", "snoozed", "unread", "q"];
const isId = (name, value) => ["label", "sector", "phone_instance"].includes(name) || (name === "assignee" && /^\d+$/.test(value));

/** The four that everybody has; each sets what the others set. */
export const TABS = {
  open: { label: "Open", set: { status: "open", snoozed: null, unread: null } },
  unread: { label: "Unread", set: { status: null, snoozed: null, unread: "mine" } },
  snoozed: { label: "Snoozed", set: { status: null, snoozed: "1", unread: null } },
  resolved: { label: "Resolved", set: { status: "resolved", snoozed: null, unread: null } },
};
const MODES = { human: "A person", ai: "The AI", flow: "A flow", idle: "Nobody" };
const STATES = { open: "Open", resolved: "Resolved" };
const SNOOZED = { 1: "Only what is snoozed", all: "Also what is snoozed" };
const UNREAD = { mine: "What I have not read", 1: "What nobody has read", 0: "What somebody has read" };

/** What is set of these fields, and nothing else. */
export function chosen(fields) {
  return Object.fromEntries(FIELDS.filter((name) => fields[name] !== null && fields[name] !== undefined && fields[name] !== "")
    .map((name) => [name, isId(name, fields[name]) ? Number(fields[name]) : String(fields[name])]));
}

const VALUES = { status: STATES, mode: MODES, snoozed: { 0: "", ...SNOOZED }, unread: UNREAD };

/** Filters from a query string. What the server would refuse is left out: somebody may have typed it. */
export const fromQuery = (query) => chosen(Object.fromEntries([...query].filter(([name, value]) => isKnown(name, value))));

function isKnown(name, value) {
  if (name === "q") return value.length <= 200 && !value.includes("\0");
  if (VALUES[name]) return Object.hasOwn(VALUES[name], value);
  return /^[1-9]\d{0,14}$/.test(value) || (name === "assignee" && ["me", "none"].includes(value));
}

/** What to ask the server. What is looked for by number is sent as its digits. */
export function toQuery(filters) {
  const asked = digitsOf(filters.q) ? { ...filters, q: digitsOf(filters.q) } : filters;
  return new URLSearchParams(asked);
}

/** Which tab these filters are of, whatever else they narrow down; undefined for none. */
export function tabOf(filters) {
  return Object.keys(TABS).find((name) => Object.entries(TABS[name].set).every(([key, value]) => (filters[key] ?? null) === value));
}

/** Whether a conversation is among what is looked for. `me`: the member's id; `found`: ids that the server found by `q`. */
export function matches(filters, it, me, found) {
  const { status, mode, assignee, label, sector, phone_instance: number, unread, q } = filters;
  const snoozed = filters.snoozed ?? (q ? "all" : "0");
  const holder = assignee === "me" ? me : assignee === "none" ? null : assignee;
  return (!status || it.status === status) && (!mode || it.mode === mode) && (!assignee || it.assigned_user_id === holder) &&
    (!label || it.labels?.includes(label)) && (!sector || it.sector_id === sector) && (!number || it.phone_instance_id === number) &&
    (snoozed === "all" || Boolean(it.snoozed_until) === (snoozed === "1")) && readAs(unread, it) && (!q || found?.has(it.id) || named(q, it));
}

function readAs(unread, it) {
  if (unread === "mine") return it.unread_by_me > 0;
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
  const who = { me: "me", none: "nobody" };
  const said = {
    assignee: (value) => `Assigned to ${who[value] ?? nameIn("users", value)}`,
    label: (value) => `Label: ${nameIn("labels", value)}`,
    sector: (value) => `Sector: ${nameIn("sectors", value)}`,
    mode: (value) => `Led by: ${MODES[value].replace(/^./, (first) => first.toLowerCase())}`,
    phone_instance: (value) => `Number: ${numberName(state.numbers.get(value))}`,
  };
  if (tabOf(filters) === undefined) {
    said.status = (value) => STATES[value] ?? value;
    said.snoozed = (value) => SNOOZED[value] ?? "Not snoozed";
    said.unread = (value) => UNREAD[value];
  }
  return Object.entries(said).filter(([name]) => filters[name] !== undefined).map(([name, say]) => [name, say(filters[name])]);
}

const numberName = (number) => number?.name || phone(number?.phone) || "…";

/** What to say where nothing is found: why, and what would fill it. */
export function emptyText(filters, state) {
  if (filters.q) return `Nobody found for “${filters.q}”.`;
  const narrowed = words(filters, state);
  if (narrowed.length > 1) return `Nothing fits all of this: ${narrowed.map(([, said]) => said).join(", ")}. What comes to fit appears by itself.`;
  if (narrowed.length) return `${narrowed[0][1]}: nothing here now. ${FILLED_BY[narrowed[0][0]]?.(filters) ?? "What comes to fit appears by itself."}`;
  return {
    open: "Nothing is open. Well done. A customer who writes appears here at once.",
    unread: "You have read everything. What a customer writes now appears here.",
    snoozed: "Nothing is snoozed. Snooze a conversation to have it back later.",
    resolved: "Nothing is resolved yet. What you resolve is kept here.",
  }[tabOf(filters)] ?? "Nothing here. Conversations appear as customers write.";
}

const FILLED_BY = {
  assignee: ({ assignee }) => ({
    me: "Take one with “Assign to me”, or one is assigned to you by the rules.",
    none: "What nobody looks after yet appears here.",
  }[assignee] ?? "Assign a conversation under its Details."),
  label: () => "Put the label on a conversation under its Details.",
  sector: () => "Flows route customers to a sector, and you do under a conversation's Details.",
  mode: ({ mode }) => ({
    human: "Answer a customer, and you lead.",
    ai: "Where the AI is on and answers, it leads.",
    flow: "A flow that is on leads those who write.",
    idle: "Those whom neither a person nor the automation leads appear here.",
  }[mode]),
  phone_instance: () => "Whoever writes to this number appears here.",
};

/** The form with every filter. `changed(filters)` is called for each choice. */
export function filterForm(filters, state, changed) {
  const form = el("form", { class: "filters", on: {
    submit: (event) => event.preventDefault(),
    change: () => changed({ ...chosen(Object.fromEntries(new FormData(form))), ...(filters.q ? { q: filters.q } : {}) }),
  } });
  const select = (label, name, none, options) => options.length > 0 && field(label, el("select", { name },
    [["", none], ...options].map(([value, text]) => el("option", { value, text, selected: String(filters[name] ?? "") === String(value) }))));
  const named = (kind) => [...state[kind].values()].map((it) => [it.id, it.name]);
  const people = [...state.users.values()].filter((it) => !it.removed && it.id !== state.me.id).map((it) => [it.id, it.name]);
  form.append(...[
    select("Status", "status", "Open or resolved", Object.entries(STATES)),
    select("Assigned to", "assignee", "Anybody", [["me", "Me"], ["none", "Nobody"], ...people]),
    select("Read", "unread", "Read or not", Object.entries(UNREAD).reverse()),
    select("Snoozed", "snoozed", "Not what is snoozed", Object.entries(SNOOZED)),
    select("Led by", "mode", "Anybody", Object.entries(MODES)),
    select("Label", "label", "Any or none", named("labels")),
    select("Sector", "sector", "Any or none", named("sectors")),
    state.numbers.size > 1 && select("Number", "phone_instance", "Any", [...state.numbers.values()].map((it) => [it.id, numberName(it)])),
  ].filter(Boolean));
  return form;
}

/** The filters beyond the tab as chips, each to be taken away. `drop(field)` is called. */
export function filterChips(filters, state, drop) {
  return words(filters, state).map(([name, text]) => button(text, { class: "filter-chip", title: "Take this filter away", drawing: "close",
    on: { click: () => drop(name) } }));
}
