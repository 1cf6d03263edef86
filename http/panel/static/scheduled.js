// What goes out later, over the composer.

import { request } from "./api.js";
import { latest } from "./latest.js";
import { button, dialog, el, field, icon, safely, toast } from "./ui.js";
import { full, inZone, t, until, zoned } from "./words.js";

const MAY_CHANGE = /^(message\.(scheduled|unscheduled|queued|received)|scheduled\.|conversation\.resolved)/;

/** The strip of one conversation. */
export class Scheduled {
  #id;
  #newest = latest();

  constructor(id) {
    this.#id = id;
    this.node = el("ul", { class: "strip", "aria-label": t("thread.scheduled.title"), hidden: true });
    this.look();
  }

  /** An event of the conversation: what waits may be others now. */
  heard(type) {
    if (MAY_CHANGE.test(type) && (!this.node.hidden || type.includes("schedul"))) this.look();
  }

  async look() {
    try {
      const found = await this.#newest(request("GET", `/v1/conversations/${this.#id}/scheduled-messages`));
      if (found) this.#draw(found.data);
    } catch {
      // Another look is had at the next event.
    }
  }

  #draw(waiting) {
    this.node.hidden = !waiting.length;
    this.node.replaceChildren(...waiting.map((each) => el("li", {}, icon("clock"),
      el("span", { class: "grow" }, el("strong", { title: full(each.send_at), text: t(each.only_if_silent ? "thread.scheduled.if_silent" : "thread.scheduled.at", { when: until(each.send_at) }) }),
        el("span", { class: "muted", data: { own: "" }, text: each.body ?? "" })),
      button(t("thread.scheduled.drop"), { on: { click: () => this.#drop(each.id) } }))));
  }

  async #drop(id) {
    await safely(request("DELETE", `/v1/conversations/${this.#id}/scheduled-messages/${id}`));
    this.look();
  }

  /** Send these words then. Answers whether they are kept. */
  async add(body, at) {
    const sent = { body, send_at: at.toISOString() };
    const answer = await safely(request("POST", `/v1/conversations/${this.#id}/scheduled-messages`, { body: sent, key: crypto.randomUUID() }));
    if (answer) toast(t("thread.scheduled.added", { when: until(answer.data.send_at) }));
    this.look();
    return Boolean(answer);
  }
}

/** Ask for a moment, by the workspace's clock. Answers a Date, or null. */
export function askWhen(title) {
  return new Promise((resolve) => {
    let answer = null;
    const at = el("input", { type: "datetime-local", name: "at", min: inZone(new Date()), value: inZone(new Date(Date.now() + 3_600_000)) });
    const form = el("form", { class: "stack", on: { submit: (event) => {
      event.preventDefault();
      answer = at.value ? zoned(at.value) : null;
      box.close();
    } } }, field(t("thread.when"), at, t("thread.when_hint")), el("div", { class: "row end" }, el("button", { type: "submit", class: "primary", text: t("common.done") })));
    const box = dialog(title, form, { className: "small", closed: () => resolve(answer) });
    at.focus();
  });
}
