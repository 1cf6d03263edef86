// Who changed what, and from where.

import { forms, refsOf, wordsOf } from "../declared/resource.js";
import { pages } from "../parts.js";
import { button, el, empty, field } from "../ui.js";
import { full, t } from "../words.js";

const LONG = 300; // characters of a value: longer ones are cut

export default async function audit(page) {
  page.head(t("pages.audit"));
  const known = await forms(); // the words that the settings' own pages have
  const refs = await refsOf(page, [...known.values()]);
  const who = el("select", { name: "actor" }, el("option", { value: "", text: t("audit.everybody") }),
    [...page.state.users.values()].map((each) => el("option", { value: `user:${each.id}`, text: each.name, data: { own: "" }, selected: page.query.get("actor") === `user:${each.id}` })));
  const from = el("input", { type: "date", name: "from", value: page.query.get("from") ?? "" });
  const to = el("input", { type: "date", name: "to", value: page.query.get("to") ?? "" });
  const list = pages(t("pages.audit"), load, (each) => entry(each, known.get(each.setting), refs), () => empty("clock", t("audit.none"), t("audit.none_text")));
  for (const input of [who, from, to]) {
    input.addEventListener("change", () => {
      page.setQuery({ actor: who.value, from: from.value, to: to.value });
      list.again();
    });
  }
  page.box.append(el("div", { class: "audit-filters" }, field(t("audit.who"), who), field(t("audit.from"), from), field(t("audit.to"), to)), list.node);
  await list.again();

  function load(cursor) {
    const query = new URLSearchParams({ limit: "50", ...(cursor && { cursor }), ...(who.value && { actor: who.value }),
      ...(from.value && { from: `${from.value}T00:00:00Z` }), ...(to.value && { to: `${to.value}T23:59:59Z` }) });
    return page.api("GET", `/v1/audit?${query}`);
  }
}

/** One deed; `form`: of the setting that it changed, `refs`: what the fields of such refer to. */
function entry(each, form, refs) {
  const changes = Object.entries(each.changes ?? {});
  const inside = el("dl", { class: "audit-changes", hidden: true }, changes.flatMap(([name, { before, after }]) => {
    const field_ = form?.fields.find((one) => one.name === name);
    return [el("dt", { text: field_?.label ?? called(name) }), el("dd", { class: "anywhere", data: { own: "" }, text: `${shown(field_, before, refs)} → ${shown(field_, after, refs)}` })];
  }));
  const open = changes.length > 0 && button(t("audit.changes"), { "aria-expanded": "false", on: { click: (event) => {
    inside.hidden = !inside.hidden;
    event.currentTarget.setAttribute("aria-expanded", String(!inside.hidden));
  } } });
  return el("li", { class: "list-row" }, el("div", { class: "grow" }, el("div", { class: "anywhere", data: { own: "" } }, el("strong", { text: each.actor_name ?? whoIs(each.actor) }), ` ${each.summary}`),
    el("div", { class: "muted anywhere" }, el("time", { dateTime: each.at, text: full(each.at), data: { own: "" } }), el("span", { data: { own: "" }, text: each.address ? ` · ${each.address}` : "" })), inside), open);
}

/** Who is no member, or not any more: "token:7" is a program's. */
function whoIs(actor) {
  const [kind, id = ""] = actor.split(":");
  return t.has(`audit.by.${kind}`) ? t(`audit.by.${kind}`, { id }) : actor;
}

/** A field that nobody fills in by hand, or one of a release that is no more. */
const called = (name) => (t.has(`audit.field.${name}`) ? t(`audit.field.${name}`) : name.replaceAll("_", " "));

function shown(field_, value, refs) {
  if (value === null || value === undefined || value === "") return "–";
  const text = field_ ? wordsOf(field_, value, {}, refs) || "–" : typeof value === "boolean" ? t(value ? "declared.yes" : "declared.no") : typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONG ? `${text.slice(0, LONG)}…` : text;
}
