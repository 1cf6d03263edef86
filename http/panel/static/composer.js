// What an answer is written in: words for the customer or a note for the team, files, a quote; now or later.

import { request } from "./api.js";
import { button, el, gist, icon, menu, safely, toast } from "./ui.js";
import { Recorder, canRecord } from "./recorder.js";
import { SavedReplies } from "./saved.js";
import { inDays, size, t } from "./words.js";

const TEXT_LIMIT = 4096;
const COUNTED_FROM = 3500; // before that nobody asks how much is left
const FILE_LIMIT = 16 * 1024 * 1024;
const FILES = 10; // at once
const TYPING_EVERY = 3000;
const EMOJI = ["👍", "🙏", "😊", "😀", "😉", "❤️", "🎉", "✅", "👋", "🤝", "😅", "😢", "🔥", "⭐", "📦", "🚚", "💰", "📅", "⏰", "📍", "☎️", "🙌", "👏", "💬"];

/** As the server counts: an emoji beyond the basic plane is one. */
const lengthOf = (text) => [...text].length;

/**
 * The form. `draft`: `{text, note}` that was written before. hooks: `send({body, note, quoted, file, voice})`, `later(body, at)`,
 * `keep(draft)` when something was written, `typing()`, `contact()` whom it goes to, `id` of the conversation.
 */
export class Composer {
  #hooks;
  #quoted = null;
  #files = [];
  #note = false;
  #noteBefore = false; // whether a note was being written when it was closed
  #closed = null; // why nothing can be sent to the customer
  #told = 0;
  #recorder = null;

  constructor(draft, hooks) {
    this.#hooks = hooks;
    this.#note = draft.note;
    this.text = el("textarea", { rows: 1, "aria-label": t("composer.message"), value: draft.text, on: {
      keydown: (event) => this.#key(event),
      input: () => this.#written(),
      paste: (event) => this.dropped(event, event.clipboardData),
    } });
    this.saved = new SavedReplies(this.text, { contact: hooks.contact, took: () => this.#written() });
    this.chips = el("div", { class: "chips" });
    this.left = el("p", { class: "muted counter", role: "status" });
    this.kinds = el("div", { class: "kinds", role: "group", "aria-label": t("composer.kind") },
      [false, true].map((note) => button(t(note ? "composer.note" : "composer.reply"), { drawing: note ? "note" : "reply", class: "kind", data: { note: String(note) },
        on: { click: () => this.#setNote(note) } })));
    const chooser = el("input", { type: "file", multiple: true, hidden: true, on: { change: () => { this.#attach([...chooser.files]); chooser.value = ""; } } });
    this.clipButton = button(t("composer.attach"), { drawing: "clip", bare: true, class: "quiet", on: { click: () => chooser.click() } });
    this.voiceButton = canRecord() && button(t("composer.voice"), { drawing: "audio", bare: true, class: "quiet", on: { click: () => this.#record() } });
    this.sendButton = button(t("composer.send"), { drawing: "send", bare: true, class: "primary send", on: { click: () => this.#send() } });
    this.laterMenu = menu(t("composer.later"), "clock", this.#times(), "bare up");
    this.node = el("div", { class: "composer", role: "form", "aria-label": t("composer.answer") }, this.saved.node, this.chips,
      el("div", { class: "composer-head" }, this.kinds, this.left),
      el("div", { class: "composer-row" }, this.clipButton, this.voiceButton, this.#emoji(), this.#spark(), this.text, this.laterMenu, this.sendButton), chooser);
    this.#drawChips();
    requestAnimationFrame(() => this.#grow());
  }

  focus() {
    this.text.focus();
  }

  /** Begin a note, or an answer. */
  begin(note) {
    this.#setNote(note);
  }

  get draft() {
    return { text: this.text.value, note: this.#note };
  }

  #emoji() {
    return menu(t("composer.emoji"), "smile", EMOJI.map((each) => [null, each, () => this.#insert(each), "emoji"]), "bare up emojis");
  }

  #spark() {
    return menu(t("composer.ai"), "spark", [["spark", t("composer.suggest"), () => this.#suggest()], ["down", t("composer.shorten"), () => this.#shorten()]], "bare up");
  }

  #times() {
    const hour = () => new Date(Date.now() + 3_600_000);
    return [["clock", t("composer.time.hour"), () => this.#later(hour())], ["moon", t("composer.time.tomorrow"), () => this.#later(inDays(1, 9))],
      ["calendar", t("composer.time.other"), () => this.#hooks.choose().then((at) => at && this.#later(at))]];
  }

  #insert(text) {
    this.text.setRangeText(text, this.text.selectionStart, this.text.selectionEnd, "end");
    this.#written();
    this.focus();
  }

  #key(event) {
    if (this.saved.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "Escape" && (this.#quoted || this.#files.length || (this.#note && !this.#closed))) {
      event.stopPropagation();
      this.#quoted = null;
      this.#files = [];
      this.#setNote(false);
    }
  }

  #written() {
    this.#grow();
    this.saved.look(!this.#note);
    this.#hooks.keep(this.draft);
    if (this.#note || Date.now() - this.#told < TYPING_EVERY || !this.text.value) return;
    this.#told = Date.now();
    this.#hooks.typing();
  }

  #grow() {
    const much = lengthOf(this.text.value) - TEXT_LIMIT;
    this.left.textContent = much > 0 ? t("composer.too_long", { n: much }) : much > COUNTED_FROM - TEXT_LIMIT ? t("composer.left", { n: -much }) : "";
    this.left.classList.toggle("bad", much > 0);
    this.text.rows = Math.min(8, Math.max(1, this.text.value.split("\n").length));
    while (this.text.rows < 8 && this.text.scrollHeight > this.text.clientHeight + 4) this.text.rows += 1;
  }

  /** Something was pasted, or dropped on the conversation. */
  dropped(event, carried) {
    const found = [...(carried?.files ?? [])];
    if (!found.length) return;
    event.preventDefault();
    this.#attach(found);
  }

  #attach(found) {
    if (!found.length || this.#closed) return;
    const fits = found.filter((file) => file.size <= FILE_LIMIT);
    for (const file of found) if (!fits.includes(file)) toast(t("composer.too_big", { name: file.name, size: size(file.size), most: size(FILE_LIMIT) }), "bad");
    this.#files = [...this.#files, ...fits].slice(0, FILES);
    if (this.#files.length) this.#note = false;
    this.#drawChips();
    this.focus();
  }

  /** Answer to this message. */
  quote(message) {
    this.#quoted = message;
    this.#drawChips();
    this.focus();
  }

  /** Nothing can be sent to the customer, for this reason (null: it can); notes still are written. */
  close(why) {
    if (why === this.#closed) return;
    if (why && !this.#closed) this.#noteBefore = this.#note;
    this.#closed = why;
    // What is being written as a note stays one: it must never go out to the customer.
    this.#note = Boolean(why) || this.#noteBefore || (this.#note && this.text.value.trim() !== "");
    if (why) this.#files = [];
    this.#drawChips();
  }

  #setNote(on) {
    this.#note = on || Boolean(this.#closed);
    if (this.#note) this.#files = [];
    this.#drawChips();
    this.#hooks.keep(this.draft);
    this.focus();
  }

  #drawChips() {
    const chip = (drawing, text, drop) => el("div", { class: "chip" }, icon(drawing), el("span", { class: "grow", data: { own: "" }, text }),
      button(t("composer.remove"), { drawing: "close", bare: true, class: "quiet", on: { click: () => { drop(); this.#drawChips(); this.focus(); } } }));
    this.chips.replaceChildren(...[
      this.#closed && el("p", { class: "notice", text: this.#closed }),
      this.#quoted && chip("reply", gist(this.#quoted), () => (this.#quoted = null)),
      ...this.#files.map((file) => chip("file", `${file.name} · ${size(file.size)}`, () => (this.#files = this.#files.filter((each) => each !== file)))),
    ].filter(Boolean));
    this.node.classList.toggle("noting", this.#note);
    for (const kind of this.kinds.children) {
      kind.setAttribute("aria-pressed", String(kind.dataset.note === String(this.#note)));
      kind.disabled = Boolean(this.#closed) && kind.dataset.note === "false";
    }
    this.clipButton.disabled = this.#note;
    if (this.voiceButton) this.voiceButton.disabled = this.#note;
    this.laterMenu.hidden = this.#note;
    this.text.placeholder = t(this.#note ? "composer.place.note" : this.#files.length ? "composer.place.caption" : "composer.place.message");
  }

  /** The words, or null where there are too many. */
  #words() {
    const much = lengthOf(this.text.value) - TEXT_LIMIT;
    if (much <= 0) return this.text.value.trim();
    toast(t("composer.over", { n: much, most: TEXT_LIMIT }), "bad");
    return null;
  }

  #send() {
    const words = this.#words();
    if (words === null || (!words && !this.#files.length)) return;
    const written = { note: this.#note, quoted: this.#quoted };
    const parts = this.#files.length ? this.#files.map((file, at) => ({ ...written, body: at ? "" : words, file })) : [{ ...written, body: words, file: null }];
    this.#empty();
    for (const part of parts) this.#hooks.send(part);
  }

  #empty() {
    this.text.value = "";
    this.#quoted = null;
    this.#files = [];
    this.#drawChips();
    this.#grow();
    this.saved.look(false);
    this.#hooks.keep(this.draft);
  }

  async #later(at) {
    const words = this.#words();
    if (!words) return words === "" && toast(t("composer.nothing"), "bad");
    if (await this.#hooks.later(words, at)) this.#empty();
  }

  /** What is written, in fewer words; who has written on meanwhile keeps that. */
  async #shorten() {
    const before = this.text.value;
    const words = this.#words();
    if (!words) return words === "" && toast(t("composer.nothing_yet"), "bad");
    const write = (text) => {
      this.text.value = text;
      this.#written();
      this.focus();
    };
    this.text.setAttribute("aria-busy", "true");
    const answer = await safely(request("POST", "/v1/ai/shorten", { body: { text: words } }));
    this.text.removeAttribute("aria-busy");
    if (!answer || this.text.value !== before) return undefined;
    if (answer.data.text === words) return toast(t("composer.short_enough"));
    write(answer.data.text);
    return toast(t("composer.shortened"), "good", { action: [t("composer.undo"), () => write(before)] });
  }

  /** Three answers of the AI, to be chosen and changed. */
  async #suggest() {
    const waits = el("p", { class: "muted", role: "status", text: t("composer.thinking") });
    this.chips.append(waits);
    const answer = await safely(request("POST", `/v1/conversations/${this.#hooks.id}/ai-suggestions`));
    waits.remove();
    if (!answer) return;
    this.chips.append(...answer.data.suggestions.map((text) => el("button", { type: "button", class: "suggestion", data: { own: "" }, text, on: { click: () => {
      this.text.value = text;
      this.#drawChips();
      this.#written();
      this.focus();
    } } })));
  }

  async #record() {
    if (this.#recorder) return;
    this.#recorder = new Recorder();
    const said = await safely(this.#recorder.take(this.chips));
    this.#recorder = null;
    if (said) this.#hooks.send({ body: "", note: false, quoted: this.#quoted, ...said });
    this.#quoted = null;
    this.#drawChips();
  }

  stop() {
    this.#recorder?.drop();
  }
}
