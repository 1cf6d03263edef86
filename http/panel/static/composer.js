// What an answer is written in: words, a note for the team, a file, a quote.

import { button, el, gist, icon, toast } from "./ui.js";
import { size } from "./words.js";

const TEXT_LIMIT = 4096;
const COUNTED_FROM = 3500; // before that nobody asks how much is left
const FILE_LIMIT = 16 * 1024 * 1024;

/** As the server counts: an emoji beyond the basic plane is one. */
const lengthOf = (text) => [...text].length;

/** The form. `draft`: what was written before; `send({body, note, quoted, file})` is called. */
export class Composer {
  #hooks;
  #quoted = null;
  #file = null;
  #note = false;
  #noteBefore = false; // whether a note was being written when it was closed
  #closed = null; // why nothing can be sent to the customer

  constructor(draft, hooks) {
    this.#hooks = hooks;
    this.text = el("textarea", { rows: 1, placeholder: "Write a message", "aria-label": "Message", value: draft, on: {
      keydown: (event) => this.#key(event),
      input: () => this.#grow(),
      paste: (event) => this.dropped(event, event.clipboardData),
    } });
    this.chips = el("div", { class: "chips" });
    const chooser = el("input", { type: "file", hidden: true, on: { change: () => { this.#attach(chooser.files[0]); chooser.value = ""; } } });
    this.noteButton = button("Write a note for the team", { drawing: "note", bare: true, class: "quiet", "aria-pressed": "false",
      on: { click: () => this.#setNote(!this.#note) } });
    this.clipButton = button("Attach a file", { drawing: "clip", bare: true, class: "quiet", on: { click: () => chooser.click() } });
    this.sendButton = button("Send", { drawing: "send", bare: true, class: "primary send", on: { click: () => this.#send() } });
    this.left = el("p", { class: "muted counter", role: "status" });
    this.node = el("div", { class: "composer", role: "form", "aria-label": "Answer" }, this.chips, this.left,
      el("div", { class: "composer-row" }, this.clipButton, this.noteButton, this.text, this.sendButton), chooser);
    requestAnimationFrame(() => this.#grow());
  }

  focus() {
    this.text.focus();
  }

  #key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "Escape" && (this.#quoted || this.#file || (this.#note && !this.#closed))) {
      event.stopPropagation();
      this.#quoted = this.#file = null;
      this.#setNote(false);
    }
  }

  #grow() {
    const much = lengthOf(this.text.value) - TEXT_LIMIT;
    this.left.textContent = much > 0 ? `${much} characters too long` : much > COUNTED_FROM - TEXT_LIMIT ? `${-much} characters left` : "";
    this.left.classList.toggle("bad", much > 0);
    this.text.rows = Math.min(8, Math.max(1, this.text.value.split("\n").length));
    while (this.text.rows < 8 && this.text.scrollHeight > this.text.clientHeight + 4) this.text.rows += 1;
  }

  /** Something was pasted, or dropped on the conversation. */
  dropped(event, carried) {
    const found = carried?.files[0];
    if (!found) return;
    event.preventDefault();
    this.#attach(found);
  }

  #attach(found) {
    if (!found || this.#closed) return;
    if (found.size > FILE_LIMIT) return toast(`The file has ${size(found.size)}; at most ${size(FILE_LIMIT)} can be sent.`, "bad");
    this.#file = found;
    this.#note = false;
    this.#quoted = null; // a file cannot quote
    this.#drawChips();
    this.focus();
  }

  /** Answer to this message. */
  quote(message) {
    this.#quoted = message;
    this.#file = null;
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
    if (why) this.#file = null;
    this.#drawChips();
  }

  #setNote(on) {
    this.#note = on || Boolean(this.#closed);
    if (this.#note) this.#file = null;
    this.#drawChips();
    this.focus();
  }

  #drawChips() {
    const chip = (drawing, text, drop) => el("div", { class: "chip" }, icon(drawing), el("span", { class: "grow", text }),
      button("Remove", { drawing: "close", bare: true, class: "quiet", on: { click: () => { drop(); this.#drawChips(); this.focus(); } } }));
    this.chips.replaceChildren(...[
      this.#closed && el("p", { class: "notice", text: this.#closed }),
      this.#quoted && chip("reply", gist(this.#quoted), () => (this.#quoted = null)),
      this.#file && chip("file", `${this.#file.name} · ${size(this.#file.size)}`, () => (this.#file = null)),
    ].filter(Boolean));
    this.node.classList.toggle("noting", this.#note);
    this.noteButton.disabled = Boolean(this.#closed);
    this.noteButton.setAttribute("aria-pressed", String(this.#note));
    this.clipButton.disabled = this.#note;
    this.text.placeholder = this.#note ? "A note that only your team sees" : this.#file ? "A caption, if you like" : "Write a message";
  }

  #send() {
    const much = lengthOf(this.text.value) - TEXT_LIMIT;
    if (much > 0) return toast(`That is ${much} characters too long; a message has at most ${TEXT_LIMIT}.`, "bad");
    const words = this.text.value.trim();
    if (!words && !this.#file) return;
    const written = { body: words, note: this.#note, quoted: this.#quoted, file: this.#file };
    this.text.value = "";
    this.#quoted = this.#file = null;
    this.#drawChips();
    this.#grow();
    this.#hooks.send(written);
  }
}
