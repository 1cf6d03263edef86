// Saved replies: `/` at the beginning of an answer offers them.

import { request } from "./api.js";
import { el } from "./ui.js";
import { t } from "./words.js";

const SHOWN = 8;
let replies = null; // fetched at the first `/`; changed ones are had at the next reload of the list
const plain = (text) => text.slice(0, 200).normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();

/** Forget what was fetched: somebody has changed one. */
export function forgetSaved() {
  replies = null;
}

/** A text with the contact's own in place of what stands for it. */
export function filled(body, name) {
  const [first] = (name ?? "").split(" ");
  return body.replaceAll("{{first_name}}", first).replaceAll("{{name}}", name ?? "");
}

/** The list over a text box. hooks: `contact()` the customer's name; `took()` after one was taken. */
export class SavedReplies {
  #hooks;
  #text;
  #answers = false; // and no note
  #found = [];
  #at = 0;

  constructor(text, hooks) {
    this.#text = text;
    this.#hooks = hooks;
    this.node = el("ul", { class: "saved", role: "listbox", "aria-label": t("composer.saved"), id: `saved-${Math.random().toString(36).slice(2)}`, hidden: true });
    text.setAttribute("aria-controls", this.node.id);
  }

  /** Offer what fits to what is written, where it is an answer. */
  async look(answers) {
    this.#answers = answers;
    if (this.#asked() !== null && !replies) replies = await request("GET", "/v1/saved-replies").then(({ data }) => data, () => null);
    const asked = this.#asked(); // they have typed on meanwhile
    if (asked === null || !replies) return this.#draw([]); // where none can be had, a slash is a slash
    const sought = plain(asked);
    this.#at = 0;
    const called = replies.filter(({ label }) => plain(label).includes(sought)); // they come before those that only say it
    const saying = replies.filter((each) => !called.includes(each) && plain(each.body).includes(sought));
    this.#draw([...called, ...saying].slice(0, SHOWN));
  }

  /** What is looked for: the words after a slash that begins an answer, or null. */
  #asked() {
    const { value } = this.#text;
    return this.#answers && value.length <= 80 ? /^\/(\S*)$/.exec(value)?.[1] ?? null : null;
  }

  /** Whether this key was for the list. */
  key(event) {
    if (this.node.hidden || event.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.#at = (this.#at + step + this.#found.length) % this.#found.length;
      this.#draw(this.#found);
    } else if (event.key === "Enter" || event.key === "Tab") this.#take(this.#found[this.#at]);
    else if (event.key === "Escape") this.#draw([]);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #draw(found) {
    this.#found = found;
    this.node.hidden = !found.length;
    this.node.replaceChildren(...found.map((reply, n) => el("li", { role: "option", id: `${this.node.id}-${n}`, "aria-selected": String(n === this.#at), data: { own: "" },
      on: { pointerdown: (event) => { event.preventDefault(); this.#take(reply); } } },
    el("strong", { text: reply.label }), el("span", { class: "muted", text: filled(reply.body, this.#hooks.contact()) }))));
    if (found.length) this.#text.setAttribute("aria-activedescendant", `${this.node.id}-${this.#at}`);
    else this.#text.removeAttribute("aria-activedescendant");
  }

  #take(reply) {
    this.#text.value = filled(reply.body, this.#hooks.contact());
    this.#draw([]);
    this.#hooks.took();
    this.#text.focus();
  }
}
