// One conversation: its messages, and what can be done with it.

import { ApiError, request } from "./api.js";
import { fillBubble } from "./bubble.js";
import { Composer } from "./composer.js";
import { merge } from "./live.js";
import { Media } from "./media.js";
import { labelTag, labelsOf } from "./rows.js";
import { announce, ask, avatar, button, el, gist, icon, menu, nameOf, phone, toast } from "./ui.js";
import { day, until } from "./words.js";

const PAGE = 50;
const NEAR_BOTTOM = 120;
const FOCUSABLE = "button, summary";
const drafts = new Map();

/** The open conversation. `hooks`: `conversation()`, `authorName(author)`, `changed(resource)`, `due(conversation)`, `details()`, `back()`. */
export class Thread {
  #hooks;
  #messages = new Map();
  #nodes = new Map();
  #media;
  #sending = new Map();
  #late = new Set(); // for each page that is being fetched, the patches that have come meanwhile
  #began = 0; // how often the messages have been forgotten: a page that was asked for before that is too old
  #more = null;
  #reading = false;
  #stuck = true; // to the bottom, whatever grows or shrinks
  #top = 0; // where it was scrolled to
  #headDrawn = "";
  #twins = []; // other conversations of this contact
  #twinsOf = null;
  #bubbleHooks = {
    me: null,
    conversation: () => this.#hooks.conversation(),
    media: (message) => this.#media.of(message),
    quote: (message) => this.composer.quote(message),
    jump: (id) => this.#jump(id),
  };

  constructor(id, state, hooks) {
    this.id = id;
    this.#hooks = hooks;
    this.state = state;
    this.#bubbleHooks.me = state.me.id;
    this.node = el("section", { class: "thread", "aria-label": "Conversation" });
    this.head = el("header", { class: "thread-head" });
    this.head.addEventListener("toggle", () => this.drawHead(), { capture: true }); // what came while a menu was open
    this.notes = el("button", { type: "button", class: "about", hidden: true, title: "Change the notes about this contact", on: { click: () => this.#annotate() } });
    this.list = el("ol", { class: "messages", tabIndex: 0, "aria-label": "Messages" });
    this.scroll = el("div", { class: "scroll" }, this.list); // what comes in is announced by `fold`: not every tick again
    this.pill = button("New messages", { drawing: "down", class: "pill", hidden: true, on: { click: () => this.#toBottom(true) } });
    this.composer = new Composer(drafts.get(id) ?? "", { send: (written) => this.#send(written) });
    this.node.append(this.head, this.notes, el("div", { class: "scroll-box" }, this.scroll, this.pill), this.composer.node);
    this.node.addEventListener("dragover", (event) => event.preventDefault());
    this.node.addEventListener("drop", (event) => this.composer.dropped(event, event.dataTransfer));
    this.scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#media = new Media(id, this.scroll, (message) => this.#messages.get(message));
    this.sizes = new ResizeObserver(() => this.#stuck && this.#toBottom());
    this.sizes.observe(this.list);
    this.sizes.observe(this.scroll);
    this.drawHead();
    this.loading = this.#load();
  }

  close() {
    drafts.set(this.id, this.composer.text.value);
    this.#media.close();
    this.sizes.disconnect();
    this.closed = true;
  }

  // -- what comes in ----------------------------------------------------------------------------------------------------

  /** Fold a message's patch from the live push. */
  fold(patch) {
    for (const late of this.#late) late.push(patch);
    const fresh = !this.#messages.has(patch.id);
    if (fresh && !patch.created_at) return; // a change to a message that is not on the page
    if (fresh && patch.author?.kind === "user" && patch.author.id === this.state.me.id) this.#arrived(patch);
    this.#messages.set(patch.id, merge(this.#messages.get(patch.id), patch));
    if (patch.media && !fresh) this.#media.retry(patch.id);
    this.#draw();
    if (fresh && patch.direction === "inbound") {
      this.pill.hidden = this.#stuck;
      announce(`${nameOf(this.#hooks.conversation() ?? {})}: ${gist(patch)}`);
    }
    if (fresh) this.read();
  }

  /** Forget the messages and fetch them again. */
  reload() {
    this.#twinsOf = null;
    this.#began += 1;
    this.#messages.clear();
    this.loading = this.#load();
  }

  /** Show a message, however far up it is. */
  async find(id) {
    await this.loading;
    for (let before = null; before !== this.#more && this.#more && !this.closed && !this.#messages.has(id);) {
      before = this.#more;
      await this.#load(before); // where it fails, there is as much more as before
    }
    if (!this.closed) this.#jump(id);
  }

  /** Messages whose fate was not known when the connection was lost are sent again, under the same key. */
  comeBack() {
    for (const sending of this.#sending.values()) if (sending.error?.passing) this.#post(sending);
  }

  async #load(cursor) {
    const began = this.#began;
    const late = [];
    this.#late.add(late);
    this.list.setAttribute("aria-busy", "true");
    const height = this.scroll.scrollHeight - this.scroll.scrollTop;
    try {
      const query = new URLSearchParams({ limit: PAGE, ...(cursor ? { cursor } : {}) });
      const { data, meta } = await request("GET", `/v1/conversations/${this.id}/messages?${query}`);
      if (this.closed || began !== this.#began) return;
      for (const message of data) this.#messages.set(message.id, message);
      for (const patch of late) if (this.#messages.has(patch.id)) this.#messages.set(patch.id, merge(this.#messages.get(patch.id), patch));
      this.#more = meta.next_cursor;
      this.#draw();
      if (cursor) {
        this.scroll.scrollTop = this.scroll.scrollHeight - height;
        this.#stuck = this.#atBottom();
      } else this.#toBottom();
      this.read();
    } catch (error) {
      if (!this.closed && began === this.#began) this.#showTrouble(error, () => this.#load(cursor));
    } finally {
      this.#late.delete(late);
      if (!this.#late.size) this.list.removeAttribute("aria-busy");
    }
  }

  #showTrouble(error, again) {
    const line = el("li", { class: "divider" }, el("span", { text: error.message }),
      button("Try again", { on: { click: () => { line.remove(); again(); } } }));
    this.list.prepend(line);
  }

  /** Tell the server that somebody is looking, if somebody is. */
  async read() {
    const { unread_count, unread_by_me } = this.#hooks.conversation() ?? {};
    if ((!unread_count && !unread_by_me) || this.#reading || document.hidden || !this.#stuck) return;
    this.#reading = true;
    try {
      const { data } = await request("POST", `/v1/conversations/${this.id}/read`);
      this.#hooks.changed(data);
    } catch {
      // It stays unread; the next message or the next look tries again.
    } finally {
      this.#reading = false;
    }
  }

  // -- the messages -----------------------------------------------------------------------------------------------------

  #draw() {
    const ordered = [...this.#messages.values()].sort((one, other) => one.id - other.id);
    const wanted = [];
    if (this.#more) wanted.push(this.#older());
    let lastDay = null;
    let before = null;
    for (const message of ordered) {
      const heading = day(message.created_at);
      if (heading !== lastDay) {
        wanted.push(el("li", { class: "divider" }, el("span", { text: heading })));
        before = null;
      }
      lastDay = heading;
      wanted.push(this.#nodeOf(message, before));
      before = message;
    }
    for (const sending of this.#sending.values()) wanted.push(sending.node);
    if (!wanted.length) wanted.push(el("li", { class: "divider" }, el("span", { text: "No messages yet" })));
    this.#place(wanted);
  }

  #place(wanted) {
    const keep = new Set(wanted);
    for (const node of [...this.list.children]) if (!keep.has(node)) node.remove();
    wanted.forEach((node, at) => {
      if (this.list.children[at] !== node) this.list.insertBefore(node, this.list.children[at] ?? null);
    });
  }

  #older() {
    return el("li", { class: "divider" }, button("Earlier messages", { on: { click: () => this.#load(this.#more) } }));
  }

  #nodeOf(message, before) {
    const quoted = message.quoted_message_id && this.#messages.get(message.quoted_message_id);
    const joined = Boolean(before) && before.direction === message.direction && before.type !== "note" && message.type !== "note" &&
      before.author?.kind === message.author?.kind && before.author?.id === message.author?.id &&
      Date.parse(message.created_at) - Date.parse(before.created_at) < 300_000;
    const drawn = JSON.stringify([message, joined, quoted && [quoted.body, quoted.type]]);
    const known = this.#nodes.get(message.id);
    if (known?.drawn === drawn) return known.node;
    const node = known?.node ?? el("li", { data: { id: message.id } });
    const focused = node.contains(document.activeElement);
    fillBubble(node, message, joined, quoted, this.#bubbleHooks);
    if (focused) node.querySelector("button")?.focus();
    this.#nodes.set(message.id, { node, drawn });
    return node;
  }

  #jump(id) {
    const node = this.#nodes.get(id)?.node;
    if (!node?.isConnected) return toast("That message is further up. Load earlier messages to see it.");
    node.scrollIntoView({ block: "center", behavior: "smooth" });
    node.classList.add("found");
    setTimeout(() => node.classList.remove("found"), 1600);
  }

  // -- scrolling --------------------------------------------------------------------------------------------------------

  #atBottom() {
    return this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < NEAR_BOTTOM;
  }

  #toBottom(smooth = false) {
    this.scroll.scrollTo({ top: this.scroll.scrollHeight, behavior: smooth ? "smooth" : "instant" });
    this.#stuck = true;
    this.pill.hidden = true;
  }

  /** Only going up lets go of the end: what grows below, such as a picture that has come, does not. */
  #scrolled() {
    const up = this.scroll.scrollTop < this.#top;
    this.#top = this.scroll.scrollTop;
    this.#stuck = this.#atBottom() || (this.#stuck && !up);
    if (!this.#stuck) return;
    this.pill.hidden = true;
    this.read();
  }

  // -- writing ----------------------------------------------------------------------------------------------------------

  focus() {
    this.composer.focus();
  }

  #send(written) {
    const sending = { key: crypto.randomUUID(), ...written, error: null };
    sending.node = el("li", { class: `message ${sending.note ? "note" : "outbound"}` });
    this.#sending.set(sending.key, sending);
    drafts.delete(this.id);
    this.#post(sending);
  }

  async #post(sending) {
    sending.error = null;
    this.#drawSending(sending);
    this.#draw();
    this.#toBottom();
    try {
      const { data } = await (sending.file ? this.#postFile(sending) : this.#postText(sending));
      this.#sending.delete(sending.key);
      if (this.closed) return;
      if (!this.#messages.has(data.id)) this.#messages.set(data.id, data); // the live push may have been faster
      this.#draw();
    } catch (error) {
      sending.error = error instanceof ApiError ? error : new ApiError(0, "UNKNOWN", String(error));
      if (this.closed) toast(`A message was not sent: ${error.message}`, "bad");
      else if (this.#sending.has(sending.key)) this.#drawSending(sending);
    }
  }

  #postText({ body, note, quoted, key }) {
    const sent = { body, type: note ? "note" : "text", ...(quoted ? { quoted_message_id: quoted.id } : {}) };
    return request("POST", `/v1/conversations/${this.id}/messages`, { body: sent, key });
  }

  #postFile({ body, file: chosen, key }) {
    const form = new FormData();
    form.append("file", chosen, chosen.name);
    if (body) form.append("caption", body);
    return request("POST", `/v1/conversations/${this.id}/media-messages`, { form, key });
  }

  #drawSending(sending) {
    const { node, error, body, file: chosen } = sending;
    node.replaceChildren(el("div", { class: "line" }, el("div", { class: "bubble" },
      chosen && el("div", { class: "file" }, icon("file"), el("span", { class: "grow", text: chosen.name })),
      body && el("p", { class: "body", text: body }),
      el("div", { class: "foot" }, el("span", { class: "ticks" }, icon(error ? "alert" : "clock", error ? "Not sent" : "On its way to the server"))))));
    if (!error) return;
    node.append(el("p", { class: "trouble bad" }, icon("alert"), error.message,
      button("Try again", { on: { click: () => this.#post(sending) } }),
      button("Discard", { on: { click: () => { this.#sending.delete(sending.key); this.#draw(); } } })));
  }

  /** The live push brought a message of ours before the answer to its POST did. */
  #arrived(message) {
    for (const [key, sending] of this.#sending) {
      if (sending.error || (sending.body || null) !== (message.body || null) || Boolean(sending.file) !== Boolean(message.media)) continue;
      this.#sending.delete(key);
      return;
    }
  }

  // -- the head and its actions -----------------------------------------------------------------------------------------

  drawHead() {
    const now = this.#hooks.conversation();
    if (!now) return;
    this.#findTwins(now.contact_id);
    const drawn = JSON.stringify([now, this.#twins, labelsOf(now, this.state), this.#hooks.authorName(now.assigned_user_id), this.state.numbers.get(now.phone_instance_id)]);
    if (drawn === this.#headDrawn || this.head.querySelector("details[open]")) return; // a menu stays as it is while it is open
    this.#headDrawn = drawn;
    const told = now.phone_instance_id !== undefined; // a patch may come before the conversation itself
    if (told) this.composer.close(this.state.numbers.has(now.phone_instance_id) ? null
      : "The WhatsApp number of this conversation was removed, so the customer cannot be answered here. Notes for the team still can be written.");
    const mine = now.assigned_user_id === this.state.me.id;
    const resolved = now.status === "resolved";
    const name = nameOf(now);
    const about = [now.contact_name && phone(now.contact_phone), this.state.numbers.size > 1 && `via ${this.#numberName(now)}`,
      now.assigned_user_id && `assigned to ${this.#hooks.authorName(now.assigned_user_id)}`].filter(Boolean).join(" · ");
    this.notes.hidden = !now.notes;
    this.notes.replaceChildren(icon("note"), el("span", { text: now.notes ?? "" }));
    const focused = [...this.head.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement);
    this.head.replaceChildren(
      button("Back to the list", { drawing: "back", bare: true, class: "quiet back", on: { click: () => this.#hooks.back() } }),
      avatar(name, now.contact_id),
      el("div", { class: "grow who" }, el("h2", { text: name }),
        el("p", { class: "muted" }, el("span", { text: about }), this.#states(now))),
      el("div", { class: "row actions" },
        button(mine ? "Unassign" : "Assign to me", { drawing: "person", class: "wide-only", on: { click: () => this.#change({ assigned_user_id: mine ? null : this.state.me.id }) } }),
        menu("Snooze", "moon", this.#snoozes(now), "wide-only"),
        button("Details: labels, assignment, what happened and why", { drawing: "info", bare: true, class: "details-button", on: { click: () => this.#hooks.details() } }),
        button(resolved ? "Reopen" : "Resolve", { drawing: resolved ? "reopen" : "done", class: resolved ? "" : "primary",
          on: { click: () => this.#change({ status: resolved ? "open" : "resolved" }) } }),
        menu("More", "more", [
          ["person", mine ? "Unassign" : "Assign to me", () => this.#change({ assigned_user_id: mine ? null : this.state.me.id }), "narrow-only"],
          ...this.#snoozes(now).map(([drawing, label, act]) => [drawing, `Snooze: ${label.toLowerCase()}`, act, "narrow-only"]),
          ["pencil", "Rename the contact", () => this.#rename(now)],
          ["note", now.notes ? "Change the notes" : "Add notes about the contact", () => this.#annotate()],
          ...this.#twins.map((twin) => ["inbox", `Merge into ${placeOf(twin)}`, () => this.#mergeInto(twin)]),
          ...(this.state.mayDelete ? [["bin", "Delete the conversation", () => this.#delete(name), "danger-text"]] : []),
        ], "bare")));
    if (focused >= 0) this.head.querySelectorAll(FOCUSABLE)[focused]?.focus();
  }

  /** After the drawer is closed: the button that opened it may have been drawn anew. */
  focusDetails() {
    this.head.querySelector(".details-button")?.focus();
  }

  #states(now) {
    return [
      now.status === "resolved" && el("span", { class: "tag done" }, icon("done"), "Resolved"),
      now.snoozed_until && el("span", { class: "tag" }, icon("moon"), `until ${until(now.snoozed_until)}`),
      this.#hooks.due(now),
      ...labelsOf(now, this.state).map(labelTag),
    ];
  }

  #numberName(now) {
    const number = this.state.numbers.get(now.phone_instance_id);
    return number ? number.name || phone(number.phone) || "a number" : "a number";
  }

  #snoozes(now) {
    const inAnHour = () => new Date(Date.now() + 3_600_000);
    const tomorrow = () => {
      const at = new Date();
      at.setDate(at.getDate() + 1);
      at.setHours(9, 0, 0, 0);
      return at;
    };
    const choices = [["clock", "For an hour", () => this.#snooze(inAnHour())], ["moon", "Until tomorrow at 9", () => this.#snooze(tomorrow())]];
    return now.snoozed_until ? [...choices, ["reopen", "Wake it now", () => this.#snooze(null)]] : choices;
  }

  async #try(work, said) {
    try {
      const { data } = await work;
      if (data) this.#hooks.changed(data);
      if (said) toast(said);
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  #change(body) {
    return this.#try(request("PATCH", `/v1/conversations/${this.id}`, { body }));
  }

  #snooze(at) {
    const work = request("POST", `/v1/conversations/${this.id}/snooze`, { body: { until: at?.toISOString() ?? null } });
    return this.#try(work, at ? `Snoozed until ${until(at.toISOString())}.` : "It is awake again.");
  }

  async #rename(now) {
    const name = await ask({ title: "Rename the contact", label: "Name", value: now.contact_name ?? "", limit: 120, confirm: "Save" });
    if (name !== null) this.#change({ contact_name: name });
  }

  async #annotate() {
    const now = this.#hooks.conversation();
    const notes = await ask({ title: "Notes about the contact", label: "Only your team sees these", value: now.notes ?? "", multiline: true, limit: 4000, confirm: "Save" });
    if (notes !== null) this.#change({ notes });
  }

  /** Whoever showed up twice has a second conversation, which this one can become a part of. */
  async #findTwins(contactId) {
    const known = [...this.state.conversations.values()].filter((each) => each.contact_id === contactId).map(({ id }) => id);
    const asked = [contactId, ...known.sort()].join();
    if (this.#twinsOf === asked) return;
    this.#twinsOf = asked;
    let twins = []; // there is no harm in not offering it
    try {
      const { data } = contactId ? await request("GET", `/v1/contacts/${contactId}`) : { data: { conversations: [] } };
      const ids = data.conversations.filter((id) => id !== this.id).slice(0, 5);
      const found = await Promise.all(ids.map((id) => request("GET", `/v1/conversations/${id}`)));
      // Only those of the same number of ours can become one.
      twins = found.map((each) => each.data).filter((each) => each.phone_instance_id === this.#hooks.conversation()?.phone_instance_id);
    } catch {
      // Another look at it is had when one of them changes.
    }
    if (this.closed || this.#twinsOf !== asked) return;
    this.#twins = twins;
    this.drawHead();
  }

  async #mergeInto(twin) {
    const sure = await ask({ title: `Merge into ${placeOf(twin)}?`, confirm: "Merge",
      text: "Its messages, labels and notes join the other conversation, which goes on as the only one. It cannot be undone." });
    if (sure) this.#try(request("POST", `/v1/conversations/${twin.id}/merge`, { body: { from_id: this.id } }), "Merged.");
  }

  async #delete(name) {
    const sure = await ask({ title: "Delete this conversation?", text: `Every message and file with ${name} is erased, for good. It cannot be undone.`,
      confirm: "Delete for good", danger: true });
    if (sure) this.#try(request("DELETE", `/v1/conversations/${this.id}`));
  }
}

/** Which of a contact's conversations it is. */
const placeOf = (conversation) => (conversation.contact_phone ? phone(conversation.contact_phone) : `the conversation of ${day(conversation.created_at)}`);
