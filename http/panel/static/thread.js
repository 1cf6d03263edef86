// One conversation: its messages, and what can be done with it.

import { ApiError, request, upload } from "./api.js";
import { fillBubble } from "./bubble.js";
import { Composer } from "./composer.js";
import { draftOf, keepDraft } from "./drafts.js";
import { merge } from "./live.js";
import { Media } from "./media.js";
import { labelTag, labelsOf } from "./rows.js";
import { Scheduled, askWhen } from "./scheduled.js";
import { announce, ask, avatar, button, dialog, el, field, gist, icon, menu, nameOf, phone, safely, toast } from "./ui.js";
import { day, inDays, listed, t, until, weekday } from "./words.js";

const PAGE = 50;
const NEAR_BOTTOM = 120;
const FOCUSABLE = "button, summary";
const LOOKS = 20_000; // so often it is said who looks; who has not said so for twice as long does not
const TYPES = 6000; // as long after the last word of it somebody counts as writing

/**
 * The open conversation. hooks: `conversation()`, `authorName(author)`, `changed(resource)`, `due(conversation)`, `details()`,
 * `back()`, `say(frame)` to the others, `upto()` the offset of what is shown, `next()` the next one in the list.
 */
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
  #stuck; // to the bottom, whatever grows or shrinks
  #top = 0; // where it was scrolled to
  #room = 0; // and how far it could be
  #headDrawn = "";
  #twins = []; // other conversations of this contact
  #twinsOf = null;
  #others = new Map(); // member → when they were last here, and last wrote
  #seen = null; // up to which offset somebody has looked
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
    this.node = el("section", { class: "thread", "aria-label": t("thread.title") });
    this.head = el("header", { class: "thread-head" });
    this.head.addEventListener("toggle", () => this.drawHead(), { capture: true }); // what came while a menu was open, and below while it was pressed
    this.head.addEventListener("pointerdown", () => document.addEventListener("pointerup", () => setTimeout(() => this.closed || this.drawHead()), { once: true }));
    this.notes = el("button", { type: "button", class: "about", hidden: true, title: t("thread.notes_change"), on: { click: () => this.#annotate() } });
    this.list = el("ol", { class: "messages", tabIndex: 0, "aria-label": t("thread.messages") });
    this.scroll = el("div", { class: "scroll" }, this.list); // what comes in is announced by `fold`: not every tick again
    this.pill = button(t("thread.new"), { drawing: "down", class: "pill", hidden: true, on: { click: () => this.#toBottom(true) } });
    this.scheduled = new Scheduled(id);
    this.doing = el("p", { class: "doing", role: "status" });
    this.composer = new Composer(draftOf(state.me.id, id), {
      id,
      send: (written) => this.#send(written),
      later: (body, at) => this.scheduled.add(body, at),
      choose: () => askWhen(t("composer.later")),
      keep: (draft) => keepDraft(state.me.id, id, draft),
      typing: () => this.#hooks.say({ type: "typing", conversation_id: id, state: "on" }),
      contact: () => this.#hooks.conversation()?.contact_name ?? "",
    });
    this.node.append(this.head, this.notes, el("div", { class: "scroll-box" }, this.scroll, this.pill), this.doing, this.scheduled.node, this.composer.node);
    this.node.addEventListener("dragover", (event) => event.preventDefault());
    this.node.addEventListener("drop", (event) => this.composer.dropped(event, event.dataTransfer));
    this.scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#media = new Media(id, this.scroll, (message) => this.#messages.get(message));
    this.#stick(true);
    this.sizes = new ResizeObserver(() => this.#stuck && this.#toBottom());
    this.sizes.observe(this.list);
    this.sizes.observe(this.scroll);
    this.looks = setInterval(() => this.#look(), LOOKS);
    this.#look();
    this.drawHead();
    this.loading = this.#load();
  }

  close() {
    clearInterval(this.looks);
    this.#hooks.say({ type: "viewing", conversation_id: this.id, state: "off" });
    this.composer.stop();
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
    if (!document.hidden) this.#seen = Math.max(this.#seen ?? 0, this.#hooks.upto());
  }

  /** Say that I look at it. */
  #look() {
    if (!document.hidden) this.#hooks.say({ type: "viewing", conversation_id: this.id, state: "on" });
    this.#drawOthers();
  }

  /** What somebody else does here at this moment. */
  hear({ type, state, user_id: who }) {
    const known = this.#others.get(who) ?? { seen: 0, wrote: 0 };
    if (!known.seen && state === "on") this.#look(); // who has just come learns who else is here
    if (state === "off") this.#others.delete(who);
    else this.#others.set(who, { seen: Date.now(), wrote: type === "typing" ? Date.now() : known.wrote });
    this.#drawOthers();
    if (type === "typing") setTimeout(() => this.closed || this.#drawOthers(), TYPES + 50);
  }

  #drawOthers() {
    const now = Date.now();
    for (const [who, { seen }] of this.#others) if (now - seen > 2 * LOOKS) this.#others.delete(who);
    const names = (found) => listed(found.map(([who]) => this.state.users.get(who)?.name ?? t("common.a_colleague")));
    const here = [...this.#others];
    const writing = here.filter(([, { wrote }]) => now - wrote < TYPES);
    const says = writing.length ? t("thread.writing", { n: writing.length, names: names(writing) }) : here.length ? t("thread.looking", { n: here.length, names: names(here) }) : "";
    if (this.doing.textContent !== says) this.doing.textContent = says;
    this.doing.classList.toggle("writing", writing.length > 0);
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
      const query = new URLSearchParams({ limit: String(PAGE), ...(cursor ? { cursor } : {}) });
      const { data, meta } = await request("GET", `/v1/conversations/${this.id}/messages?${query}`);
      if (this.closed || began !== this.#began) return;
      for (const message of data) this.#messages.set(message.id, message);
      for (const patch of late) if (this.#messages.has(patch.id)) this.#messages.set(patch.id, merge(this.#messages.get(patch.id), patch));
      this.#more = meta.next_cursor;
      this.#seen = Math.max(this.#seen ?? 0, this.#hooks.upto());
      this.#draw();
      if (cursor) {
        this.scroll.scrollTop = this.scroll.scrollHeight - height;
        this.#stick(this.#atBottom());
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
      button(t("common.again"), { on: { click: () => { line.remove(); again(); } } }));
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
    if (!wanted.length) wanted.push(el("li", { class: "divider" }, el("span", { text: t("thread.none") })));
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
    return el("li", { class: "divider" }, button(t("thread.earlier"), { on: { click: () => this.#load(this.#more) } }));
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
    if (!node?.isConnected) return toast(t("thread.further_up"));
    node.scrollIntoView({ block: "center", behavior: "smooth" });
    node.classList.add("found");
    setTimeout(() => node.classList.remove("found"), 1600);
  }

  // -- scrolling --------------------------------------------------------------------------------------------------------

  #atBottom() {
    return this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < NEAR_BOTTOM;
  }

  /** Stay at the end, or where it is: there the browser may scroll by itself to keep in place what is looked at. */
  #stick(on) {
    this.#stuck = on;
    this.scroll.style.overflowAnchor = on ? "none" : "auto";
  }

  #toBottom(smooth = false) {
    this.scroll.scrollTo({ top: this.scroll.scrollHeight, behavior: smooth ? "smooth" : "instant" });
    this.#stick(true);
    this.pill.hidden = true;
  }

  /** Only a person who goes up lets go of the end: what grows or shrinks, such as a picture that takes its place, does not. */
  #scrolled() {
    const room = this.scroll.scrollHeight - this.scroll.clientHeight;
    const up = room === this.#room && this.scroll.scrollTop < this.#top;
    this.#top = this.scroll.scrollTop;
    this.#room = room;
    this.#stick(this.#atBottom() || (this.#stuck && !up));
    if (!this.#stuck) return;
    this.pill.hidden = true;
    this.read();
  }

  // -- writing ----------------------------------------------------------------------------------------------------------

  focus() {
    this.composer.focus();
  }

  #send(written) {
    const sending = { key: crypto.randomUUID(), based: this.#seen, ...written, error: null };
    sending.node = el("li", { class: `message ${sending.note ? "note" : "outbound"}` });
    this.#sending.set(sending.key, sending);
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
      if (this.closed) toast(t("thread.not_sent_closed", { why: error.message }), "bad");
      else if (this.#sending.has(sending.key)) this.#drawSending(sending);
    }
  }

  #postText({ body, note, quoted, key, based }) {
    const sent = { body, type: note ? "note" : "text", ...(quoted ? { quoted_message_id: quoted.id } : {}), ...(based && !note ? { based_on: based } : {}) };
    return request("POST", `/v1/conversations/${this.id}/messages`, { body: sent, key });
  }

  #postFile({ body, file: chosen, key, quoted, voice, node }) {
    const form = new FormData();
    form.append("file", chosen, chosen.name);
    if (body) form.append("caption", body);
    if (quoted) form.append("quoted_message_id", quoted.id);
    if (voice) {
      form.append("voice", "true");
      form.append("duration_seconds", voice.seconds);
    }
    const progress = (share) => {
      const bar = node.querySelector("progress");
      if (bar) bar.value = share;
    };
    return upload(`/v1/conversations/${this.id}/media-messages`, { form, key, progress });
  }

  #drawSending(sending) {
    const { node, error, body, file: chosen } = sending;
    node.replaceChildren(el("div", { class: "line" }, el("div", { class: "bubble" },
      chosen && el("div", { class: "file" }, icon("file"), el("span", { class: "grow", data: { own: "" }, text: chosen.name })),
      chosen && !error && el("progress", { max: 1, value: 0, "aria-label": t("thread.uploading", { name: chosen.name }) }),
      body && el("p", { class: "body", data: { own: "" }, text: body }),
      el("div", { class: "foot" }, el("span", { class: "ticks" }, icon(error ? "alert" : "clock", t(error ? "thread.not_sent" : "thread.on_its_way")))))));
    if (!error) return;
    const drop = () => {
      this.#sending.delete(sending.key);
      this.#draw();
    };
    const newer = error.code === "NEWER_MESSAGES"; // they are there to be read by now
    node.append(el("p", { class: "trouble bad" }, icon("alert"), newer ? t("thread.newer") : error.message,
      button(t(newer ? "thread.send_anyway" : "common.again"), { on: { click: () => {
        if (newer) Object.assign(sending, { based: this.#hooks.upto(), key: this.#rekey(sending) });
        this.#post(sending);
      } } }),
      newer && button(t("thread.edit"), { on: { click: () => {
        this.composer.text.value = body;
        drop();
        this.focus();
      } } }),
      button(t("composer.discard"), { on: { click: drop } })));
  }

  /** Another key for what is sent as another request. */
  #rekey(sending) {
    const key = crypto.randomUUID();
    this.#sending.delete(sending.key);
    this.#sending.set(key, sending);
    return key;
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
    if (drawn === this.#headDrawn || this.head.querySelector("details[open], :active")) return; // what is open or pressed stays as it is
    this.#headDrawn = drawn;
    const told = now.phone_instance_id !== undefined; // a patch may come before the conversation itself
    if (told) this.composer.close(this.state.numbers.has(now.phone_instance_id) ? null
      : t("thread.number_gone"));
    const mine = now.assigned_user_id === this.state.me.id;
    const resolved = now.status === "resolved";
    const name = nameOf(now);
    const about = [now.contact_name && phone(now.contact_phone), this.state.numbers.size > 1 && t("thread.via", { name: this.#numberName(now) }),
      now.assigned_user_id && t("thread.assigned_to", { name: this.#hooks.authorName(now.assigned_user_id) })].filter(Boolean).join(" · ");
    this.notes.hidden = !now.notes;
    this.notes.replaceChildren(icon("note"), el("span", { text: now.notes ?? "" }));
    const focused = [...this.head.querySelectorAll(FOCUSABLE)].indexOf(document.activeElement);
    this.head.replaceChildren(
      button(t("shell.key.back"), { drawing: "back", bare: true, class: "quiet back", on: { click: () => this.#hooks.back() } }),
      avatar(name, now.contact_id),
      el("div", { class: "grow who" }, el("h2", { data: { own: "" }, text: name }),
        el("p", { class: "muted" }, el("span", { text: about }), this.#states(now))),
      el("div", { class: "row actions" },
        button(t(mine ? "thread.unassign" : "thread.assign_me"), { drawing: "person", class: "wide-only", on: { click: () => this.take() } }),
        menu(t("thread.snooze"), "moon", this.#snoozes(now), "wide-only"),
        button(t("thread.details"), { drawing: "info", bare: true, class: "details-button", on: { click: () => this.#hooks.details() } }),
        button(t(resolved ? "thread.reopen" : "thread.resolve"), { drawing: resolved ? "reopen" : "done", class: resolved ? "" : "primary",
          title: !resolved && this.state.survey ? t("thread.resolve_survey") : null, on: { click: () => this.resolve() } }),
        menu(t("thread.more"), "more", [
          ["person", t(mine ? "thread.unassign" : "thread.assign_me"), () => this.take(), "narrow-only"],
          ["people", t("thread.transfer"), () => this.#transfer(now)],
          ...this.#snoozes(now).map(([drawing, label, act]) => [drawing, t("thread.snooze_for", { label }), act, "narrow-only"]),
          ["inbox", t("thread.mark_unread"), () => this.#hooks.marked()],
          ["pencil", t("thread.rename"), () => this.#rename(now)],
          ["note", t(now.notes ? "thread.notes_edit" : "thread.notes_add"), () => this.#annotate()],
          ...this.#twins.map((twin) => ["inbox", t("thread.merge_into", { place: this.#placeOf(twin) }), () => this.#mergeInto(twin)]),
          ...(this.state.mayDelete ? [["bin", t("thread.delete"), () => this.#delete(name), "danger-text"]] : []),
        ], "bare")));
    if (focused >= 0) this.head.querySelectorAll(FOCUSABLE)[focused]?.focus();
  }

  /** After the drawer is closed: the button that opened it may have been drawn anew. */
  focusDetails() {
    this.head.querySelector(".details-button")?.focus();
  }

  #states(now) {
    return [
      now.status === "resolved" && el("span", { class: "tag done" }, icon("done"), t("inbox.resolved")),
      now.snoozed_until && el("span", { class: "tag" }, icon("moon"), t("thread.snoozed_until", { when: until(now.snoozed_until) })),
      this.#hooks.due(now),
      ...labelsOf(now, this.state).map(labelTag),
    ];
  }

  #numberName(now) {
    const number = this.state.numbers.get(now.phone_instance_id);
    return number?.name || phone(number?.phone) || t("thread.a_number");
  }

  #snoozes(now) {
    const evening = inDays(0, 18);
    const choices = [
      ["clock", t("thread.for_hour"), () => this.#snooze(new Date(Date.now() + 3_600_000))],
      ...(evening > new Date() ? [["moon", t("thread.until_evening"), () => this.#snooze(evening)]] : []),
      ["moon", t("thread.until_tomorrow"), () => this.#snooze(inDays(1, 9))],
      ["calendar", t("thread.until_monday"), () => this.#snooze(inDays((8 - weekday()) % 7 || 7, 9))],
      ["calendar", t("composer.time.other"), () => askWhen(t("thread.snooze")).then((at) => at && this.#snooze(at))],
    ];
    return now.snoozed_until ? [...choices, ["reopen", t("thread.wake"), () => this.#snooze(null)]] : choices;
  }

  /** Look after it myself; of two who take what is nobody's at once one gets it. */
  take() {
    const now = this.#hooks.conversation();
    if (now.assigned_user_id === this.state.me.id) return this.#change({ assigned_user_id: null });
    if (now.assigned_user_id) return this.#change({ assigned_user_id: this.state.me.id });
    return this.#try(request("POST", `/v1/conversations/${this.id}/claim`));
  }

  /** Resolve it, or open it again; what that means to the customer is said, and can be taken back. */
  async resolve() {
    const open = this.#hooks.conversation()?.status !== "resolved";
    if (!await this.#change({ status: open ? "resolved" : "open" }) || !open) return false;
    toast(t(this.state.survey ? "thread.resolved_survey" : "thread.resolved"), "info", { action: [t("thread.undo"), () => this.#change({ status: "open" })] });
    return true;
  }

  #transfer(now) {
    const people = [...this.state.users.values()].filter((each) => !each.removed);
    const choice = (name, options, value) => el("select", { name }, options.map(([id, text]) => el("option", { value: id ?? "", text, selected: id === value })));
    const who = choice("who", [[null, t("details.nobody")], ...people.map((each) => [each.id, each.name])], now.assigned_user_id);
    const sector = choice("sector", [[null, t("details.none")], ...[...this.state.sectors.values()].map((each) => [each.id, each.name])], now.sector_id);
    const note = el("textarea", { name: "note", rows: 3, maxLength: 4000 });
    const form = el("form", { class: "stack", on: { submit: async (event) => {
      event.preventDefault();
      box.close();
      if (note.value.trim()) await safely(request("POST", `/v1/conversations/${this.id}/messages`, { body: { body: note.value.trim(), type: "note" }, key: crypto.randomUUID() }));
      this.#change({ assigned_user_id: Number(who.value) || null, sector_id: Number(sector.value) || null });
    } } }, field(t("details.assignee"), who), this.state.sectors.size > 0 && field(t("details.sector"), sector), field(t("thread.transfer_note"), note),
    el("div", { class: "row end" }, el("button", { type: "submit", class: "primary", text: t("thread.transfer_go") })));
    const box = dialog(t("thread.transfer"), form, { className: "small" });
    who.focus();
  }

  async #try(work, said) {
    try {
      const { data } = await work;
      if (data) this.#hooks.changed(data);
      if (said) toast(said);
      return true;
    } catch (error) {
      toast(error.message, "bad");
      return false;
    }
  }

  #change(body) {
    return this.#try(request("PATCH", `/v1/conversations/${this.id}`, { body }));
  }

  #snooze(at) {
    const work = request("POST", `/v1/conversations/${this.id}/snooze`, { body: { until: at?.toISOString() ?? null } });
    return this.#try(work, at ? t("thread.snoozed", { when: until(at.toISOString()) }) : t("thread.awake"));
  }

  async #rename(now) {
    const name = await ask({ title: t("thread.rename"), label: t("thread.name"), value: now.contact_name ?? "", limit: 120, confirm: t("common.save") });
    if (name !== null) this.#change({ contact_name: name });
  }

  async #annotate() {
    const now = this.#hooks.conversation();
    const notes = await ask({ title: t("thread.notes_title"), label: t("thread.notes_label"), value: now.notes ?? "", multiline: true, limit: 4000, confirm: t("common.save") });
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
      twins = found.map((each) => each.data).filter((each) => each.phone_instance_id === this.#hooks.conversation()?.phone_instance_id); // of two numbers none can be merged
    } catch {
      // Another look at it is had when one of them changes.
    }
    if (this.closed || this.#twinsOf !== asked) return;
    this.#twins = twins;
    this.drawHead();
  }

  async #mergeInto(twin) {
    const sure = await ask({ title: t("thread.merge_title", { place: this.#placeOf(twin) }), confirm: t("thread.merge"),
      text: t("thread.merge_text") });
    if (sure) this.#try(request("POST", `/v1/conversations/${twin.id}/merge`, { body: { from_id: this.id } }), t("thread.merged"));
  }

  async #delete(name) {
    const sure = await ask({ title: t("thread.delete_title"), text: t("thread.delete_text", { name }),
      confirm: t("thread.delete_go"), danger: true });
    if (sure) this.#try(request("DELETE", `/v1/conversations/${this.id}`));
  }

  /** Which of a contact's conversations it is: by the workspace's number, and when it was last written in. */
  #placeOf(twin) {
    return t("thread.place", { number: this.#numberName(twin), day: day(twin.last_message?.created_at ?? twin.created_at) });
  }
}
