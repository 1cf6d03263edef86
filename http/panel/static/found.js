// Searching what was written: messages that have all of the words, newest first.

import { request } from "./api.js";
import { el, gist, nameOf } from "./ui.js";
import { brief, full, t } from "./words.js";

const SHOWN = 20;
const LEAST = 2;

/** Messages found for the words of the search box, below the conversations. `open(conversationId, messageId)` is called. */
export class Found {
  #asked = "";
  #messages = [];
  #open;

  constructor(open) {
    this.#open = open;
    this.node = el("section", { class: "found-messages", "aria-label": t("inbox.found"), hidden: true });
  }

  /** Look for other words. Nothing is looked for where there are hardly any. */
  async look(words) {
    if (words === this.#asked) return;
    this.#asked = words;
    this.#messages = [];
    if (words.length >= LEAST) {
      try {
        const { data } = await request("GET", `/v1/messages/search?${new URLSearchParams({ q: words, limit: String(SHOWN) })}`);
        if (words !== this.#asked) return; // they have typed on
        this.#messages = data;
      } catch {
        // Words that cannot be looked for find nothing; the conversations are still listed.
      }
    }
    this.#draw();
  }

  #draw() {
    this.node.hidden = !this.#messages.length;
    this.node.replaceChildren(el("h3", { text: t("inbox.found_in") }), el("ul", { class: "rows" }, this.#messages.map((message) =>
      el("li", {}, el("button", { type: "button", class: "row-button", on: { click: () => this.#open(message.conversation_id, message.id) } },
        el("span", { class: "row-text" },
          el("span", { class: "row-line" }, el("span", { class: "row-name", text: nameOf(message) }),
            el("time", { class: "muted", dateTime: message.created_at, title: full(message.created_at), text: brief(message.created_at) })),
          el("span", { class: "row-last muted" }, el("span", { text: gist(message) }))))))));
  }
}
