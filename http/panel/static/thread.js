// One conversation: its messages, and what can be done with it.

import { ApiError, file, request } from "./api.js";
import { merge } from "./live.js";
import { labelTag, labelsOf } from "./rows.js";
import { announce, ask, avatar, button, clock, day, el, full, icon, nameOf, phone, size, toast, until, words } from "./ui.js";

const PAGE = 50;
const FILE_LIMIT = 16 * 1024 * 1024;
const NEAR_BOTTOM = 120;
const FETCHED_BY = 4000; // a file comes from the gateway a moment after its message; the live push says when
const STATUS = {
  queued: ["clock", "Waiting to be sent"],
  sending: ["sending", "Being sent"],
  sent: ["tick", "Sent"],
  delivered: ["ticks", "Delivered"],
  read: ["ticks", "Read"],
  played: ["ticks", "Played"],
  failed: ["alert", "Not sent"],
  unknown: ["question", "Not sure it went out"],
};
const AUTHORS = { ai: "AI", flow: "Automatic", system: "Automatic", api: "API", phone: "From the phone" };
const KINDS = { image: "Photo", video: "Video", audio: "Audio", document: "Document", sticker: "Sticker", location: "Location", contact: "Contact" };
const FOCUSABLE = "button, summary";
const drafts = new Map();

/** What a message says in one line. */
export function gist(message) {
  if (message.body) return message.body.replaceAll(/\s+/g, " ");
  return KINDS[message.type] ?? "Message";
}

/** The open conversation. `hooks`: `conversation()`, `authorName(author)`, `changed(resource)`, `due(conversation)`, `details()`, `back()`. */
export class Thread {
  #hooks;
  #messages = new Map();
  #nodes = new Map();
  #media = new Map();
  #urls = [];
  #sending = new Map();
  #late = null; // patches that came while a page was being fetched
  #more = null;
  #quoted = null;
  #file = null;
  #note = false;
  #reading = false;
  #stuck = true; // to the bottom, whatever grows or shrinks
  #headDrawn = "";
  #twins = []; // other conversations of this contact
  #twinsOf = null;

  constructor(id, state, hooks) {
    this.id = id;
    this.#hooks = hooks;
    this.state = state;
    this.node = el("section", { class: "thread", "aria-label": "Conversation" });
    this.head = el("header", { class: "thread-head" });
    this.notes = el("button", { type: "button", class: "about", hidden: true, title: "Change the notes about this contact", on: { click: () => this.#annotate() } });
    this.list = el("ol", { class: "messages", tabIndex: 0, "aria-label": "Messages" });
    this.scroll = el("div", { class: "scroll" }, this.list); // what comes in is announced by `fold`: not every tick again
    this.pill = button("New messages", { drawing: "down", class: "pill", hidden: true, on: { click: () => this.#toBottom(true) } });
    this.node.append(this.head, this.notes, el("div", { class: "scroll-box" }, this.scroll, this.pill), this.#composer());
    this.scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.watcher = new IntersectionObserver((seen) => this.#seen(seen), { root: this.scroll, rootMargin: "300px" });
    this.sizes = new ResizeObserver(() => this.#stuck && this.#toBottom());
    this.sizes.observe(this.list);
    this.sizes.observe(this.scroll);
    this.drawHead();
    this.loading = this.#load();
  }

  close() {
    drafts.set(this.id, this.text.value);
    this.watcher.disconnect();
    this.sizes.disconnect();
    this.#urls.forEach((url) => URL.revokeObjectURL(url));
    this.closed = true;
  }

  // -- what comes in ----------------------------------------------------------------------------------------------------

  /** Fold a message's patch from the live push. */
  fold(patch) {
    this.#late?.push(patch);
    const fresh = !this.#messages.has(patch.id);
    if (fresh && !patch.created_at) return; // a change to a message that is not on the page
    if (fresh && patch.author?.kind === "user" && patch.author.id === this.state.me.id) this.#arrived(patch);
    this.#messages.set(patch.id, merge(this.#messages.get(patch.id), patch));
    if (patch.media && !fresh) this.#retryMedia(patch.id);
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
    this.#messages.clear();
    this.#load();
  }

  /** Show a message, however far up it is. */
  async find(id) {
    await this.loading;
    while (!this.closed && this.#more && !this.#messages.has(id)) await this.#load(this.#more);
    if (!this.closed) this.#jump(id);
  }

  /** Messages whose fate was not known when the connection was lost are sent again, under the same key. */
  comeBack() {
    for (const sending of this.#sending.values()) if (sending.error?.passing) this.#post(sending);
  }

  async #load(cursor) {
    this.#late = [];
    this.list.setAttribute("aria-busy", "true");
    const height = this.scroll.scrollHeight - this.scroll.scrollTop;
    try {
      const query = new URLSearchParams({ limit: PAGE, ...(cursor ? { cursor } : {}) });
      const { data, meta } = await request("GET", `/v1/conversations/${this.id}/messages?${query}`);
      if (this.closed) return;
      for (const message of data) this.#messages.set(message.id, message);
      for (const patch of this.#late) if (this.#messages.has(patch.id)) this.#messages.set(patch.id, merge(this.#messages.get(patch.id), patch));
      this.#more = meta.next_cursor;
      this.#draw();
      if (cursor) this.scroll.scrollTop = this.scroll.scrollHeight - height;
      else this.#toBottom();
      this.read();
    } catch (error) {
      if (!this.closed) this.#showTrouble(error, () => this.#load(cursor));
    } finally {
      this.#late = null;
      this.list.removeAttribute("aria-busy");
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
    this.#fill(node, message, joined, quoted);
    if (focused) node.querySelector("button")?.focus();
    this.#nodes.set(message.id, { node, drawn });
    return node;
  }

  #fill(node, message, joined, quoted) {
    const kind = message.type === "note" ? "note" : message.type === "system" ? "system" : message.direction;
    node.className = `message ${kind}${joined ? " joined" : ""}${message.type === "sticker" ? " bare" : ""} status-${message.status}`;
    const inside = [];
    const by = this.#by(message, joined);
    if (by) inside.push(el("div", { class: "by" }, message.type === "note" && icon("note"), by));
    if (message.quoted_message_id) inside.push(this.#quote(message.quoted_message_id, quoted));
    inside.push(...this.#content(message));
    inside.push(this.#foot(message));
    const bubble = el("div", { class: "bubble", on: { click: (event) => this.#clicked(event, message) } }, inside);
    const reply = button("Quote this message", { drawing: "reply", bare: true, class: "quiet quote-button", on: { click: () => this.#setQuote(message) } });
    const line = el("div", { class: "line" }, bubble, reply);
    node.replaceChildren(line);
    const reactions = Object.entries(message.reactions ?? {}).filter(([, emoji]) => emoji);
    if (reactions.length) {
      line.classList.add("reacted");
      bubble.append(el("div", { class: "reactions", "aria-label": "Reactions" },
        reactions.map(([who, emoji]) => el("span", { text: emoji, title: who === "us" ? "You" : "The customer" }))));
    }
    if (message.extra?.menu) node.append(offered(message.extra.menu));
    const trouble = this.#trouble(message);
    if (trouble) node.append(trouble);
  }

  #by(message, joined) {
    if (joined || message.direction === "inbound" || message.type === "system") return null;
    const { kind, name, id } = message.author ?? {};
    const who = kind === "user" ? (id === this.state.me.id ? "You" : name || "A colleague") : name || AUTHORS[kind];
    return message.type === "note" ? `${who} · only your team sees this` : who;
  }

  #trouble({ status, error, type, direction }) {
    if (status === "failed") return el("p", { class: "trouble bad" }, icon("alert"), error || "It was not sent.");
    if (status === "unknown") return el("p", { class: "trouble warn" }, icon("question"), "Not sure it went out; checking.");
    if (status === "queued" && error) return el("p", { class: "trouble" }, `Will be tried again: ${error}`);
    if (error && direction === "inbound" && type !== "text") return el("p", { class: "trouble" }, icon("alert"), error);
    return null;
  }

  #quote(id, quoted) {
    return el("button", { type: "button", class: "quote", on: { click: () => this.#jump(id) } },
      el("span", { class: "quote-by", text: quoted ? (quoted.direction === "inbound" ? nameOf(this.#hooks.conversation() ?? {}) : "You") : "" }),
      el("span", { class: "quote-text", text: quoted ? gist(quoted) : "An earlier message" }));
  }

  #jump(id) {
    const node = this.#nodes.get(id)?.node;
    if (!node?.isConnected) return toast("That message is further up. Load earlier messages to see it.");
    node.scrollIntoView({ block: "center", behavior: "smooth" });
    node.classList.add("found");
    setTimeout(() => node.classList.remove("found"), 1600);
  }

  #content(message) {
    const parts = [];
    if (message.deleted_at) parts.push(el("p", { class: "gone" }, icon("bin"), "Deleted on WhatsApp"));
    if (message.media) parts.push(this.#mediaOf(message));
    if (message.type === "location") parts.push(place(message));
    else if (message.body) parts.push(el("p", { class: `body${jumbo(message) ? " jumbo" : ""}${message.deleted_at ? " struck" : ""}` }, words(message.body)));
    else if (!message.media) parts.push(el("p", { class: "body muted", text: KINDS[message.type] ?? "A message that cannot be shown." }));
    return parts;
  }

  #foot(message) {
    const [drawing, label] = STATUS[message.status] ?? [];
    const ticks = message.direction === "outbound" && message.type !== "note" && drawing;
    const said = label && (message.status === "unknown" ? "Not sure it went out; checking" : label);
    return el("div", { class: "foot" },
      message.edited_at && el("span", { text: "edited", title: full(message.edited_at) }),
      el("time", { dateTime: message.created_at, title: full(message.created_at), text: clock(message.created_at) }),
      ticks && el("span", { class: `ticks ${message.status}`, title: said }, icon(drawing, said)));
  }

  #clicked(event, message) {
    if (event.target.closest("a, button, audio, video, img") || !getSelection().isCollapsed) return;
    this.#setQuote(message);
  }

  // -- files ------------------------------------------------------------------------------------------------------------

  #mediaOf(message) {
    const known = this.#media.get(message.id);
    if (known) return known.node;
    const { media, type } = message;
    const node = el("div", { class: `media media-${type}`, data: { message: message.id } });
    const held = { node, state: "idle", tries: 0 };
    this.#media.set(message.id, held);
    if (media.thumbnail && type !== "document") node.append(el("img", { class: "thumb", src: `data:image/jpeg;base64,${media.thumbnail}`, alt: "" }));
    if (type === "document" || type === "video") node.append(this.#fileButton(message, held));
    else this.watcher.observe(node);
    return node;
  }

  #fileButton({ media, type }, held) {
    const name = media.file_name || (type === "video" ? "Play the video" : "Document");
    return el("button", { type: "button", class: "file", on: { click: () => this.#fetchMedia(held) } },
      icon(type === "video" ? "video" : "file"), el("span", { class: "grow", text: name }), el("span", { class: "muted", text: size(media.bytes) }));
  }

  #seen(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      this.watcher.unobserve(target);
      const held = this.#media.get(Number(target.dataset.message));
      const age = Date.now() - Date.parse(this.#messages.get(Number(target.dataset.message)).created_at);
      if (age > FETCHED_BY) this.#fetchMedia(held);
      else setTimeout(() => !this.closed && held.state === "idle" && this.#fetchMedia(held), FETCHED_BY);
    }
  }

  #retryMedia(id) {
    const held = this.#media.get(id);
    if (held && (held.state === "missing" || (held.state === "idle" && !held.node.querySelector(".file")))) this.#fetchMedia(held);
  }

  async #fetchMedia(held) {
    const id = Number(held.node.dataset.message);
    if (held.state === "loading") return;
    if (held.url) return this.#showMedia(held, this.#messages.get(id));
    held.state = "loading";
    held.node.classList.add("loading");
    try {
      const blob = await file(this.id, id);
      if (this.closed) return;
      held.url = URL.createObjectURL(blob);
      this.#urls.push(held.url);
      held.state = "there";
      this.#showMedia(held, this.#messages.get(id));
    } catch (error) {
      held.state = "missing";
      this.#mediaMissing(held, error);
    } finally {
      held.node.classList.remove("loading");
    }
  }

  #mediaMissing(held, error) {
    held.node.querySelector(".missing")?.remove();
    const lost = this.#messages.get(Number(held.node.dataset.message))?.error;
    const coming = error.status === 404 && !lost;
    held.node.append(el("p", { class: "missing muted" }, coming ? "The file is on its way…" : error.message, " ",
      button("Try again", { on: { click: () => this.#fetchMedia(held) } })));
    if (coming && ++held.tries <= 5) setTimeout(() => !this.closed && held.state === "missing" && this.#fetchMedia(held), 1500 * held.tries);
  }

  #showMedia({ node, url }, { media, type, body }) {
    const name = media.file_name || KINDS[type] || "file";
    if (type === "image" || type === "sticker") {
      const picture = el("img", { src: url, alt: body || name });
      node.replaceChildren(el("a", { href: url, target: "_blank", rel: "noopener", "aria-label": `Open ${name}` }, picture));
    } else if (type === "audio") {
      node.replaceChildren(el("audio", { src: url, controls: true, preload: "metadata" }));
    } else if (type === "video") {
      node.replaceChildren(el("video", { src: url, controls: true, playsInline: true }));
      node.firstChild.play().catch(() => {});
    } else {
      const save = el("a", { href: url, download: name });
      node.append(save);
      save.click();
      save.remove();
    }
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

  #scrolled() {
    this.#stuck = this.#atBottom();
    if (!this.#stuck) return;
    this.pill.hidden = true;
    this.read();
  }

  // -- writing ----------------------------------------------------------------------------------------------------------

  #composer() {
    this.text = el("textarea", { rows: 1, maxLength: 4096, placeholder: "Write a message", "aria-label": "Message", value: drafts.get(this.id) ?? "", on: {
      keydown: (event) => this.#key(event),
      input: () => this.#grow(),
      paste: (event) => this.#dropped(event, event.clipboardData),
    } });
    this.chips = el("div", { class: "chips" });
    const chooser = el("input", { type: "file", hidden: true, on: { change: () => { this.#attach(chooser.files[0]); chooser.value = ""; } } });
    this.noteButton = button("Write a note for the team", { drawing: "note", bare: true, class: "quiet", "aria-pressed": "false",
      on: { click: () => this.#setNote(!this.#note) } });
    this.clipButton = button("Attach a file", { drawing: "clip", bare: true, class: "quiet", on: { click: () => chooser.click() } });
    this.sendButton = button("Send", { drawing: "send", bare: true, class: "primary send", on: { click: () => this.#send() } });
    this.form = el("div", { class: "composer", role: "form", "aria-label": "Answer" }, this.chips,
      el("div", { class: "composer-row" }, this.clipButton, this.noteButton, this.text, this.sendButton), chooser);
    this.node.addEventListener("dragover", (event) => event.preventDefault());
    this.node.addEventListener("drop", (event) => this.#dropped(event, event.dataTransfer));
    requestAnimationFrame(() => this.#grow());
    return this.form;
  }

  focus() {
    this.text.focus();
  }

  #key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "Escape" && (this.#quoted || this.#file || this.#note)) {
      event.stopPropagation();
      this.#quoted = this.#file = null;
      this.#setNote(false);
    }
  }

  #grow() {
    this.text.rows = Math.min(8, Math.max(1, this.text.value.split("\n").length));
    while (this.text.rows < 8 && this.text.scrollHeight > this.text.clientHeight + 4) this.text.rows += 1;
  }

  #dropped(event, carried) {
    const found = carried?.files[0];
    if (!found) return;
    event.preventDefault();
    this.#attach(found);
  }

  #attach(found) {
    if (!found) return;
    if (found.size > FILE_LIMIT) return toast(`The file has ${size(found.size)}; at most ${size(FILE_LIMIT)} can be sent.`, "bad");
    this.#file = found;
    this.#note = false;
    this.#quoted = null; // a file cannot quote
    this.#drawChips();
    this.focus();
  }

  #setQuote(message) {
    this.#quoted = message;
    this.#file = null;
    this.#drawChips();
    this.focus();
  }

  #setNote(on) {
    this.#note = on;
    if (on) this.#file = null;
    this.#drawChips();
    this.focus();
  }

  #drawChips() {
    const chip = (drawing, text, drop) => el("div", { class: "chip" }, icon(drawing), el("span", { class: "grow", text }),
      button("Remove", { drawing: "close", bare: true, class: "quiet", on: { click: () => { drop(); this.#drawChips(); this.focus(); } } }));
    this.chips.replaceChildren(...[
      this.#quoted && chip("reply", gist(this.#quoted), () => (this.#quoted = null)),
      this.#file && chip("file", `${this.#file.name} · ${size(this.#file.size)}`, () => (this.#file = null)),
    ].filter(Boolean));
    this.form.classList.toggle("noting", this.#note);
    this.noteButton.setAttribute("aria-pressed", String(this.#note));
    this.clipButton.disabled = this.#note;
    this.text.placeholder = this.#note ? "A note that only your team sees" : this.#file ? "A caption, if you like" : "Write a message";
  }

  #send() {
    const words_ = this.text.value.trim();
    if (!words_ && !this.#file) return;
    const sending = { key: crypto.randomUUID(), body: words_, note: this.#note, quoted: this.#quoted, file: this.#file, error: null };
    sending.node = el("li", { class: `message ${sending.note ? "note" : "outbound"}` });
    this.#sending.set(sending.key, sending);
    this.text.value = "";
    drafts.delete(this.id);
    this.#quoted = this.#file = null;
    this.#drawChips();
    this.#grow();
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
    if (drawn === this.#headDrawn) return;
    this.#headDrawn = drawn;
    const mine = now.assigned_user_id === this.state.me.id;
    const resolved = now.status === "resolved";
    const name = nameOf(now);
    const about = [now.contact_name && phone(now.contact_phone), this.state.numbers.size > 1 && `via ${this.#numberName(now)}`,
      now.assigned_user_id && `assigned to ${this.#hooks.authorName(now.assigned_user_id)}`].filter(Boolean).join(" · ");
    this.notes.hidden = !now.notes;
    this.notes.replaceChildren(icon("note"), el("span", { text: now.notes ?? "" }));
    const open = this.head.querySelector("details[open]") !== null;
    if (open) this.head.querySelector("details[open]").open = false;
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
          ["bin", "Delete the conversation", () => this.#delete(name), "danger-text"],
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
    if (this.#twinsOf === contactId) return;
    this.#twinsOf = contactId;
    try {
      const { data } = contactId ? await request("GET", `/v1/contacts/${contactId}`) : { data: { conversations: [] } };
      const ids = data.conversations.filter((id) => id !== this.id).slice(0, 5);
      const found = await Promise.all(ids.map((id) => request("GET", `/v1/conversations/${id}`)));
      this.#twins = found.map((each) => each.data);
    } catch {
      this.#twins = []; // there is no harm in not offering it
    }
    if (!this.closed) this.drawHead();
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

/** What the customer may tap under a flow's message. */
function offered({ shown, options }) {
  const how = { buttons: "Shown as buttons", list: "Shown as a list" }[shown] ?? "Sent as numbers: the gateway has no buttons";
  return el("p", { class: `offered ${shown}`, title: how, "aria-label": how }, options.map(({ label }) => el("span", { text: label })));
}

/** Which of a contact's conversations it is. */
const placeOf = (conversation) => (conversation.contact_phone ? phone(conversation.contact_phone) : `the conversation of ${day(conversation.created_at)}`);

/** A button that opens a list of actions, each `[drawing, label, act, class]`. */
function menu(label, drawing, items, className = "") {
  const box = el("details", { class: `menu ${className}` });
  const bare = className.includes("bare");
  const head = el("summary", { class: "button", ...(bare ? { "aria-label": label, title: label } : {}) }, icon(drawing), !bare && el("span", { text: label }));
  const shut = () => {
    box.open = false;
  };
  box.append(head, el("div", { class: "menu-items" }, items.map(([drawn, text, act, extra]) =>
    button(text, { drawing: drawn, class: `item ${extra ?? ""}`, on: { click: () => { shut(); act(); } } }))));
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !box.open) return;
    event.stopPropagation();
    shut();
    head.focus();
  });
  box.addEventListener("focusout", (event) => {
    if (!box.contains(event.relatedTarget)) setTimeout(() => !box.contains(document.activeElement) && shut(), 150);
  });
  return box;
}

/** A place, with a link to a map where there are coordinates. */
function place({ body, extra }) {
  const { latitude, longitude } = extra ?? {};
  const shown = [icon("pin"), el("span", { class: "body", text: body ?? "A location" })];
  if (typeof latitude !== "number" || typeof longitude !== "number") return el("p", { class: "place" }, shown);
  const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
  return el("a", { class: "place", href: map, target: "_blank", rel: "noopener noreferrer" }, shown);
}

/** Whether it is one to three emoji and nothing else. */
function jumbo({ body, type }) {
  return type === "text" && /^(?:\p{Extended_Pictographic}[\p{Emoji_Modifier}\uFE0F\u200D\p{Extended_Pictographic}]*\s*){1,3}$/u.test(body) && body.length < 24;
}
