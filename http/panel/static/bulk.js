// Several conversations at once: which are ticked, and what can be done with them.

import { request } from "./api.js";
import { button, el, menu, safely, toast } from "./ui.js";
import { t } from "./words.js";

const MOST = 100; // of one request

export class Bulk {
  ids = new Set();
  last = null; // the one that was ticked last
  #state;
  #hooks;

  /** hooks: `drawn()` what is ticked has changed. */
  constructor(state, hooks) {
    this.#state = state;
    this.#hooks = hooks;
    this.node = el("div", { class: "bulk row", role: "toolbar", "aria-label": t("inbox.bulk.bar"), hidden: true });
  }

  choose(ids, on, last) {
    for (const id of ids) {
      if (on && this.ids.size < MOST) this.ids.add(id);
      else this.ids.delete(id);
    }
    this.last = last;
    this.#draw();
  }

  /** What is not in the list any more is not ticked. */
  keepOnly(ids) {
    const there = new Set(ids);
    const gone = [...this.ids].filter((id) => !there.has(id));
    if (!gone.length) return;
    gone.forEach((id) => this.ids.delete(id));
    this.#draw();
  }

  #draw() {
    this.node.hidden = !this.ids.size;
    this.#hooks.drawn();
    if (this.node.hidden) return this.node.replaceChildren();
    const people = [...this.#state.users.values()].filter((each) => !each.removed);
    this.node.replaceChildren(
      el("span", { class: "grow", role: "status", text: t("inbox.bulk.count", { n: this.ids.size }) }),
      button(t("inbox.bulk.resolve"), { drawing: "done", bare: true, class: "quiet", on: { click: () => this.#do({ action: "close" }) } }),
      button(t("inbox.bulk.reopen"), { drawing: "reopen", bare: true, class: "quiet", on: { click: () => this.#do({ action: "reopen" }) } }),
      menu(t("inbox.bulk.assign"), "person", [[null, t("inbox.bulk.nobody"), () => this.#do({ action: "assign", assignee_id: null })],
        ...people.map((each) => [null, each.name, () => this.#do({ action: "assign", assignee_id: each.id })])], "bare"),
      (this.#state.labels.size > 0 ? menu(t("inbox.bulk.label"), "tag", [...this.#state.labels.values()].map((each) =>
        [null, each.name, () => this.#do({ action: "add_label", label_id: each.id })]), "bare") : ""),
      button(t("inbox.bulk.clear"), { drawing: "close", bare: true, class: "quiet", on: { click: () => this.#clear() } }));
  }

  #clear() {
    this.ids.clear();
    this.#draw();
  }

  async #do(what) {
    const answer = await safely(request("POST", "/v1/conversations/bulk", { body: { ...what, ids: [...this.ids] } }));
    if (!answer) return;
    toast(t("inbox.bulk.did", { n: answer.data.affected }));
    this.#clear();
  }
}
