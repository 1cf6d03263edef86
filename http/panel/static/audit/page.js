// Who changed what, and from where.

import { pages } from "../parts.js";
import { button, el, empty, field } from "../ui.js";
import { full, t } from "../words.js";

export default async function audit(page) {
  page.head(t("pages.audit"));
  const who = el("select", { name: "actor" }, el("option", { value: "", text: t("audit.everybody") }),
    [...page.state.users.values()].map((each) => el("option", { value: `user:${each.id}`, text: each.name, data: { own: "" }, selected: page.query.get("actor") === `user:${each.id}` })));
  const from = el("input", { type: "date", name: "from", value: page.query.get("from") ?? "" });
  const to = el("input", { type: "date", name: "to", value: page.query.get("to") ?? "" });
  const list = pages(t("pages.audit"), load, entry, () => empty("clock", t("audit.none"), t("audit.none_text")));
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

function entry(each) {
  const changes = Object.entries(each.changes ?? {});
  const inside = el("dl", { class: "audit-changes", hidden: true }, changes.map(([name, { before, after }]) => [el("dt", { text: name, data: { own: "" } }),
    el("dd", { class: "anywhere", data: { own: "" }, text: `${shown(before)} → ${shown(after)}` })]).flat());
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

function shown(value) {
  if (value === null || value === undefined) return "–";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
