// The support desk: tickets as they come in, what is said in one, and what staff share. Live.

import { latest } from "../latest.js";
import { button, dialog, el, empty, field, formOf, safely } from "../ui.js";
import { brief, full, size, t } from "../words.js";
import { choice, facts, filters, pages, tag } from "./lists.js";
import { saved } from "./session.js";

const STATES = ["open", "pending", "solved", "closed"];
const PRIORITIES = ["low", "normal", "high", "urgent"];
const SEEN = 15_000; // that one is there is good for half a minute

export default async function desk(page) {
  return page.params.id ? ticket(page, Number(page.params.id)) : listed(page);
}

async function listed(page) {
  const any = ["", t("staff.frame.all")];
  const shown = pages(page, (query) => page.api("GET", `/v1/admin/support/tickets?${query}`), row, t("staff.ticket.none"));
  page.head(t("staff.place.desk"), button(t("staff.ticket.shared"), { on: { click: () => shared(page) } }));
  page.box.append(filters(page, [
    choice("status", t("staff.ticket.status"), [any, ...STATES.map((each) => [each, t(`staff.state.${each}`)])], page.query.get("status")),
    choice("priority", t("staff.ticket.priority"), [any, ...PRIORITIES.map((each) => [each, t(`staff.priority.${each}`)])], page.query.get("priority")),
    choice("assignee", t("staff.ticket.assignee"), [any, ["me", t("staff.ticket.mine")], ["none", t("staff.ticket.nobody")]], page.query.get("assignee")),
    choice("order", t("staff.ticket.order"), [["newest", t("staff.ticket.newest")], ["waiting", t("staff.ticket.waiting")]], page.query.get("order")),
  ], () => safely(() => shown.draw())), shown.box);
  await page.watch(shown.draw, ({ data }) => data.ticket);
}

function row(each) {
  const late = each.first_response.breached && !each.first_response.met_at;
  return el("a", { class: "list-row", href: `#/desk/${each.id}` },
    el("span", { class: "grow", data: { own: "" } }, el("strong", { text: each.subject }), el("br"), el("span", { class: "muted", text: [each.company, each.opener.name].filter(Boolean).join(" · ") })),
    el("span", { class: "row end" }, tag(t(`staff.state.${each.status}`), each.status === "open" ? "good" : ""), each.priority !== "normal" && tag(t(`staff.priority.${each.priority}`), each.priority === "urgent" ? "bad" : ""),
      late && tag(t("staff.ticket.late"), "bad"), each.viewers.map((viewer) => el("span", { class: "staff-tag", data: { own: "" }, text: viewer.name })),
      el("time", { class: "muted", dateTime: each.last_message_at, text: brief(each.last_message_at) })));
}

async function ticket(page, id) {
  const [{ data: staff }, { data: replies }, { data: tags }] = await Promise.all([
    page.api("GET", "/v1/admin/staff"), page.api("GET", "/v1/admin/support/canned-replies"), page.api("GET", "/v1/admin/support/tags")]);
  const said = el("div", { class: "staff-said" });
  const aside = el("div", { class: "stack" });
  const heading = el("h1", { data: { own: "" } });
  let shown = null;

  const draw = (found) => {
    shown = found;
    heading.textContent = found.subject;
    said.replaceChildren(...found.messages.map((message) => word(id, message)));
    aside.replaceChildren(about(page, found, staff, tags, change), replays(page, found));
  };
  const change = (method, path, body) => safely(async () => draw((await page.api(method, path, { body })).data));
  const newest = latest();
  const load = async () => {
    const found = await newest(page.api("GET", `/v1/admin/support/tickets/${id}`));
    if (found) draw(found.data);
  };
  const look = async (state) => {
    const { data } = await page.api("POST", `/v1/admin/support/tickets/${id}/viewing`, { body: { state } });
    beside.textContent = data.length ? t("staff.ticket.others", { names: data.map((each) => each.name).join(", ") }) : "";
  };
  const beside = el("p", { class: "muted", role: "status" });
  page.box.append(el("header", { class: "page-head" }, heading), el("p", {}, el("a", { href: "#/desk", text: t("staff.ticket.back") })), beside,
    el("div", { class: "staff-two" }, el("div", { class: "stack" }, said, answerForm(page, id, replies, () => shown, draw)), aside));
  page.every(SEEN, () => safely(() => look("viewing")));
  await Promise.all([page.watch(load, ({ data }) => data.ticket?.id === id), look("viewing")]);
}

function word(id, message) {
  const kind = message.is_internal ? "note" : message.author.kind;
  return el("article", { class: `staff-word ${kind}` }, el("header", {}, el("span", { data: { own: "" }, text: message.author.name }), message.is_internal && ` · ${t("staff.ticket.note")}`,
    el("time", { class: "muted", dateTime: message.created_at, text: ` ${full(message.created_at)}` })), el("p", { data: { own: "" }, text: message.body }),
  message.attachments.map((file) => button(`${file.name} · ${size(file.bytes)}`, { drawing: "file", data: { own: "" },
    on: { click: () => safely(() => saved(`/v1/admin/support/tickets/${id}/attachments/${file.id}`, file.name)) } })));
}

function answerForm(page, id, replies, shown, draw) {
  const files = el("input", { type: "file", name: "files", multiple: true });
  const sent = async () => {
    const ids = [];
    for (const file of files.files) {
      const given = new FormData();
      given.append("file", file);
      ids.push((await page.api("POST", `/v1/admin/support/tickets/${id}/attachments`, { form: given })).data.id);
    }
    return ids;
  };
  const form = formOf(t("staff.ticket.send"), [
    replies.length > 0 && choice("canned_reply_id", t("staff.ticket.canned"), [["", "–"], ...replies.map((each) => [String(each.id), each.title])]),
    field(t("staff.ticket.answer"), el("textarea", { name: "body", rows: 5, maxLength: 8000 })),
    field(t("staff.ticket.files"), files),
    el("label", { class: "check" }, el("input", { type: "checkbox", name: "is_internal" }), t("staff.ticket.is_note")),
  ], async ({ body, canned_reply_id: canned, is_internal: note }) => {
    const words = canned ? { canned_reply_id: Number(canned) } : { body };
    const { data } = await page.api("POST", `/v1/admin/support/tickets/${id}/messages`, { key: crypto.randomUUID(), body: { ...words, is_internal: Boolean(note), attachments: await sent(), seen: shown().last_message_id } });
    form.reset();
    draw(data);
  });
  return form;
}

function about(page, found, staff, tags, change) {
  const path = `/v1/admin/support/tickets/${found.id}`;
  const one = (name, label, options, value, sent) => {
    const box = choice(name, label, options, value);
    box.querySelector("select").addEventListener("change", (event) => change("POST", `${path}/${name}`, sent(event.target.value)));
    return box;
  };
  const marks = el("fieldset", { class: "field" }, el("legend", { class: "legend", text: t("staff.ticket.tags") }), tags.map((each) => el("label", { class: "check" },
    el("input", { type: "checkbox", value: String(each.id), checked: found.tag_ids.includes(each.id) }), el("span", { data: { own: "" }, text: each.name }))));
  marks.addEventListener("change", () => change("PUT", `${path}/tags`, { tag_ids: [...marks.querySelectorAll(":checked")].map((each) => Number(each.value)) }));
  return el("section", { class: "card stack" },
    one("status", t("staff.ticket.status"), STATES.map((each) => [each, t(`staff.state.${each}`)]), found.status, (status) => ({ status })),
    one("priority", t("staff.ticket.priority"), PRIORITIES.map((each) => [each, t(`staff.priority.${each}`)]), found.priority, (priority) => ({ priority })),
    one("assign", t("staff.ticket.assignee"), [["", t("staff.ticket.nobody")], ...staff.filter((each) => !each.disabled_at).map((each) => [String(each.id), each.name])], String(found.admin_id ?? ""),
      (id) => ({ admin_id: id ? Number(id) : null })),
    tags.length > 0 && marks,
    facts([[t("staff.ticket.from"), [found.opener.name, found.opener.email].filter(Boolean).join(" · ")], [t("staff.ticket.company"), el("a", { href: `#/tenants/${found.tenant_id}`, text: found.company ?? String(found.tenant_id) })],
      [t("staff.ticket.wished"), t(`staff.priority.${found.requested_priority}`)], [t("staff.ticket.due"), full(found.first_response.due_at)],
      [t("staff.ticket.met"), found.first_response.met_at && full(found.first_response.met_at)], [t("staff.ticket.rating"), found.rating && `${found.rating.rating} / 5 ${found.rating.comment ?? ""}`]]));
}

/** The conversations that a member lets staff look at. */
function replays(page, found) {
  return el("section", { class: "stack" }, el("h2", { text: t("staff.replay.title") }), found.replays.length
    ? el("ul", { class: "list" }, found.replays.map((each) => el("li", { class: "list-row" }, el("span", { class: "grow", text: t(each.clear ? "staff.replay.clear" : "staff.replay.masked", { id: String(each.conversation_id) }) }),
      button(t("staff.replay.look"), { on: { click: () => safely(() => replay(page, found.id, each)) } }))))
    : el("p", { class: "muted", text: t("staff.replay.none") }));
}

async function replay(page, ticketId, { conversation_id: id }) {
  const rows = el("ol", { class: "stack" });
  dialog(t("staff.replay.of", { id: String(id) }), el("div", { class: "stack" }, el("p", { class: "muted", text: t("staff.replay.told") }), rows));
  let after = 0;
  while (after !== null) {
    const { data, meta } = await page.api("GET", `/v1/admin/support/tickets/${ticketId}/replays/${id}?after=${after}`);
    rows.append(...data.map((each) => el("li", { data: { own: "" } }, el("time", { class: "muted", dateTime: each.at, text: `${full(each.at)} ` }), el("strong", { text: each.text }),
      each.details.content?.body && el("p", { text: each.details.content.body }))));
    after = meta.next_after;
  }
}

/** Canned replies and tags. */
async function shared(page) {
  const box = el("div", { class: "staff-two" });
  const [replies, tags] = [el("ul", { class: "list" }), el("ul", { class: "list" })];
  const load = async () => {
    const [{ data: all }, { data: marks }] = await Promise.all([page.api("GET", "/v1/admin/support/canned-replies"), page.api("GET", "/v1/admin/support/tags")]);
    const gone = (path, each) => button(t("staff.frame.remove"), { drawing: "bin", bare: true, class: "quiet", on: { click: () => safely(async () => {
      await page.api("DELETE", `${path}/${each.id}`);
      await load();
    }) } });
    const drawn = (list, path, each, name) => el("li", { class: "list-row" }, el("span", { class: "grow", data: { own: "" }, text: name }), gone(path, each));
    replies.replaceChildren(...all.map((each) => drawn(replies, "/v1/admin/support/canned-replies", each, each.title)));
    tags.replaceChildren(...marks.map((each) => drawn(tags, "/v1/admin/support/tags", each, each.name)));
    for (const list of [replies, tags]) if (!list.children.length) list.append(el("li", {}, empty("note", t("staff.ticket.nothing"))));
  };
  const added = (form, call) => async (given) => {
    await call(given);
    form().reset();
    await load();
  };
  const replyForm = formOf(t("staff.frame.add"), [
    field(t("staff.ticket.reply_title"), el("input", { name: "title", maxLength: 80 })), field(t("staff.ticket.reply_body"), el("textarea", { name: "body", rows: 4, maxLength: 8000 }), t("staff.ticket.placeholders")),
  ], added(() => replyForm, (body) => page.api("POST", "/v1/admin/support/canned-replies", { body })));
  const tagForm = formOf(t("staff.frame.add"), [field(t("staff.ticket.tag_name"), el("input", { name: "name", maxLength: 50 }))], added(() => tagForm, (body) => page.api("POST", "/v1/admin/support/tags", { body })));
  box.append(el("section", { class: "stack" }, el("h3", { text: t("staff.ticket.replies") }), replies, replyForm), el("section", { class: "stack" }, el("h3", { text: t("staff.ticket.tags") }), tags, tagForm));
  await load();
  dialog(t("staff.ticket.shared"), box);
}
