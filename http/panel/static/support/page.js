// Plixa's own help desk: what was asked, what was answered, asking anew.

import { blob } from "../api.js";
import { latest } from "../latest.js";
import { download, formDialog, pages } from "../parts.js";
import { button, el, empty, field, nameOf, safely, toast } from "../ui.js";
import { brief, full, size, t } from "../words.js";

const PRIORITIES = ["normal", "low", "high", "urgent"];

export default async function support(page) {
  const id = Number(page.params.id) || null;
  page.head(t("pages.support"), id ? el("a", { class: "button", href: "#/support", text: t("support.all") }) : button(t("support.ask"), { class: "primary", drawing: "plus", on: { click: ask } }));
  const place = el("div", { class: "stack" });
  const newest = latest();
  const names = new Map(); // conversation → its customer, of those that can be shared
  page.box.append(place);
  if (id) {
    await page.watch(ticket, ({ type }) => type.startsWith("ticket."));
    return;
  }
  const list = pages(t("pages.support"), (cursor) => page.api("GET", `/v1/support/tickets?${new URLSearchParams({ limit: "25", ...(cursor && { cursor }) })}`), row,
    () => empty("question", t("support.none"), t("support.none_text"), el("a", { class: "button", href: "#/help", text: t("pages.help") })));
  place.append(list.node);
  await page.watch(list.again, ({ type }) => type.startsWith("ticket."));

  function row(each) {
    return el("li", {}, el("a", { class: "list-row", href: `#/support/${each.id}` }, el("span", { class: "grow" }, el("strong", { class: "anywhere", data: { own: "" }, text: each.subject }), el("span", { class: "muted support-when", data: { own: "" }, text: brief(each.last_message_at) })),
      el("span", { class: `tag${each.status === "open" ? " soon" : ""}`, text: t(`support.status.${each.status}`) })));
  }

  function ask() {
    const priority = el("select", { name: "priority" }, PRIORITIES.map((each) => el("option", { value: each, text: t(`support.priority.${each}`) })));
    const files = el("input", { type: "file", name: "files", multiple: true });
    formDialog(t("support.ask"), [field(t("support.subject"), el("input", { name: "subject", maxLength: 160 })), field(t("support.body"), el("textarea", { name: "body", rows: 6, maxLength: 8000 })), field(t("support.urgency"), priority), field(t("support.files"), files)], t("support.send"), async (given) => {
      const body = { subject: given.subject.trim(), body: given.body.trim(), priority: given.priority, attachments: await sent(files.files) };
      const { data } = await page.api("POST", "/v1/support/tickets", { body, key: crypto.randomUUID() });
      page.go(`/support/${data.id}`);
    });
  }

  async function sent(files) {
    const ids = [];
    for (const file of files) {
      const form = new FormData();
      form.append("file", file);
      ids.push((await page.api("POST", "/v1/support/attachments", { form })).data.id);
    }
    return ids;
  }

  async function ticket() {
    const found = await newest(page.api("GET", `/v1/support/tickets/${id}`));
    if (found) draw(found.data);
  }

  function draw(each, own = false) {
    const over = ["solved", "closed"].includes(each.status);
    const parts = ["said", "reply", "share", "more"].map((name) => place.querySelector(`:scope > [data-part=${name}]`) ?? el("div", { class: "stack", data: { part: name } }));
    const [said, reply, share, more] = parts;
    const typing = !own && reply.dataset.over === String(over) && [...reply.querySelectorAll("textarea, input")].some((input) => input.value.trim());
    if (!said.isConnected) place.replaceChildren(...parts);
    said.replaceChildren(el("div", { class: "row" }, el("h2", { class: "anywhere", data: { own: "" }, text: each.subject }), el("span", { class: "tag", text: t(`support.status.${each.status}`) })),
      el("ol", { class: "support-messages" }, each.messages.map(message)));
    if (!typing) reply.replaceChildren(over ? rating(each) : answer()); // what somebody is writing is not drawn over
    reply.dataset.over = String(over);
    if (over) share.replaceChildren();
    else if (!share.hasChildNodes()) share.append(replays()); // nor what somebody is choosing: another one would be let see
    more.replaceChildren(over ? "" : given(each), el("div", { class: "row" },
      over ? button(t("support.reopen"), { on: { click: () => did(page.api("POST", `/v1/support/tickets/${id}/reopen`)) } }) : button(t("support.close"), { on: { click: () => did(page.api("POST", `/v1/support/tickets/${id}/close`)) } })));
  }

  async function did(work) {
    const made = await safely(work);
    if (made) draw(made.data, true);
  }

  function message(each) {
    const files = each.attachments.map((file) => button(`${file.name} · ${size(file.bytes)}`, { data: { own: "" }, on: { click: async () => {
      const found = await safely(blob(`/v1/support/tickets/${id}/attachments/${file.id}`));
      if (found) download(found, file.name);
    } } }));
    return el("li", { class: "card" }, el("div", { class: "row" }, el("strong", { data: { own: "" }, text: each.author.name ?? t("support.plixa") }), el("time", { class: "muted", dateTime: each.created_at, text: full(each.created_at), data: { own: "" } })),
      el("p", { class: "support-body anywhere", data: { own: "" }, text: each.body }), files.length > 0 && el("div", { class: "row" }, files));
  }

  function answer() {
    const input = el("textarea", { name: "body", rows: 4, maxLength: 8000 });
    const files = el("input", { type: "file", multiple: true });
    const press = el("button", { type: "submit", class: "primary", text: t("support.send") });
    const form = el("form", { class: "stack" }, field(t("support.answer"), input), field(t("support.files"), files), el("div", { class: "row end" }, press));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (!input.value.trim()) return;
      press.disabled = true;
      await did((async () => page.api("POST", `/v1/support/tickets/${id}/messages`, { body: { body: input.value.trim(), attachments: await sent(files.files) }, key: crypto.randomUUID() }))());
      press.disabled = false;
    });
    return form;
  }

  /** Let staff look at a conversation, with names and words hidden. */
  function replays() {
    const input = el("select", { name: "conversation" });
    page.api("GET", "/v1/conversations?limit=100").then(({ data }) => input.append(...data.map((one) => {
      names.set(one.id, nameOf(one));
      return el("option", { value: one.id, text: nameOf(one), data: { own: "" } });
    }))).catch(() => {}); // there is nothing to choose
    const clear = el("input", { type: "checkbox", name: "clear" });
    const form = el("form", { class: "stack" }, field(t("support.replay"), input, t("support.replay_text")), el("label", { class: "check" }, clear, el("span", { text: t("support.replay_clear") })),
      el("div", { class: "row" }, el("button", { type: "submit", text: t("support.replay_give") })));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (!input.value) return;
      if (await safely(page.api("PUT", `/v1/support/tickets/${id}/replays/${input.value}`, { body: { clear: clear.checked } }))) toast(t("support.replay_given"), "good", { action: [t("support.replay_back"), () => back(input.value)] });
      await ticket();
    });
    return form;
  }

  /** What staff may look at, until it is taken back. */
  function given({ replays: found = [] }) {
    return found.length ? el("ul", { class: "list", "aria-label": t("support.replays") }, found.map(shared)) : "";
  }

  /** A conversation that staff may look at. */
  function shared({ conversation_id: conversation, clear }) {
    return el("li", { class: "list-row" }, el("a", { class: "grow", href: `#/conversations/${conversation}/why`, data: { own: "" }, text: names.get(conversation) ?? `#${conversation}` }),
      el("span", { class: "tag", text: t(clear ? "support.seen_clear" : "support.seen_masked") }), button(t("support.replay_back"), { on: { click: () => back(conversation) } }));
  }

  async function back(conversation) {
    await safely(page.api("DELETE", `/v1/support/tickets/${id}/replays/${conversation}`));
    await ticket();
  }

  function rating(each) {
    if (each.rating) return el("p", { class: "muted", text: t("support.rated", { rating: String(each.rating.rating) }) });
    const comment = el("input", { name: "comment", maxLength: 1000 });
    return el("fieldset", { class: "stack" }, el("legend", { class: "legend", text: t("support.how") }), field(t("support.comment"), comment), el("div", { class: "row" }, [1, 2, 3, 4, 5].map((rate) => button(String(rate), { on: { click: async () => {
      await did(page.api("POST", `/v1/support/tickets/${id}/rating`, { body: { rating: rate, comment: comment.value.trim() || null } }));
      toast(t("support.thanks"), "good");
    } } }))));
  }
}
