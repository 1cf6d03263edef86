// What a page is given. A page's module exports one function, which fills `page.box`:
//
//     export default async function contacts(page) { page.head(page.t("pages.contacts")); … }
//
// It is entered anew whenever the path of the address changes, unless it answers a function: then that is called with
// `(params, query)` for every change of the address within its line. Everything that was begun with `page` ends when it is left.

import { request } from "./api.js";
import { el, safely } from "./ui.js";
import { t } from "./words.js";

const SOON = 250; // several changes in a row are one look

export class Page {
  t = t;
  #leaving = new AbortController();
  #shell;

  constructor(shell, { route, params, query }, box) {
    this.#shell = shell;
    this.route = route;
    this.params = params;
    this.query = query;
    this.box = box;
    this.shell = shell;
    this.session = shell.session;
    this.state = shell.store.state;
    this.signal = this.#leaving.signal;
    this.own = { keys: {}, commands: [], guard: null };
  }

  get owner() {
    return this.session.me.role === "owner";
  }

  /**
   * Ask the API; rejects with AbortError once the page was left.
   * @template {import("plixa").Method} M
   * @template {string} P
   * @param {M} method
   * @param {P} path
   * @param {import("plixa").Options} [options]
   * @returns {Promise<import("plixa").Answer<M, P>>}
   */
  async api(method, path, options) {
    const answer = await request(method, path, { signal: this.signal, ...options });
    this.signal.throwIfAborted();
    return answer;
  }

  /** The head of the page: its only h1, and what can be done. */
  head(title, ...actions) {
    const api = this.route.api && el("a", { class: "button quiet page-api", href: `/v1/docs#${this.route.api}`, target: "_blank", title: t("shell.page_api"), "aria-label": t("shell.page_api"), text: t("shell.api_link") });
    const head = el("header", { class: "page-head" }, el("h1", { text: title }), el("div", { class: "row" }, actions, api));
    this.box.append(head);
    return head;
  }

  go(path) {
    location.hash = `#${path}`;
  }

  /** Change the query of the address without entering anew; null takes one away. */
  setQuery(changes) {
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === undefined || value === "") this.query.delete(name);
      else this.query.set(name, value);
    }
    const query = String(this.query);
    this.#shell.replace(`${this.#shell.path}${query && `?${query}`}`);
  }

  /**
   * Look, and look again after each event that `about(event)` says and whenever everything was fetched anew. It listens before
   * it looks, as what changes while an answer is on its way is in no later event. Resolves after the first look; a later one
   * that fails is said, and the next change looks again. Nothing is drawn anew under somebody's press: it would press nothing.
   * @param {() => any} look
   * @param {(event: any) => any} [about] nothing for what no event tells
   * @param {{wait?: number}} [more] wait: milliseconds until events in a row are one look
   */
  async watch(look, about = () => false, { wait = SOON } = {}) {
    let timer = null;
    let looking = false;
    let missed = false;
    const turn = async () => {
      looking = true;
      missed = false;
      try {
        await look();
      } finally {
        looking = false;
        if (missed) soon();
      }
    };
    const due = () => {
      timer = null;
      if (this.signal.aborted) return;
      if (this.box.matches(":active")) soon();
      else safely(turn);
    };
    const soon = () => {
      if (looking) missed = true;
      else timer ??= setTimeout(due, wait);
    };
    this.live((event) => about(event) && soon());
    this.#shell.store.listen("fresh", soon, this.signal);
    await turn();
  }

  /** Call `heard` with every event of the live push. What is fetched, too, is `watch`ed. */
  live(heard) {
    this.#shell.store.listen("event", heard, this.signal);
  }

  /** Call `draw` after what is known of the workspace has changed: many changes in a row are one. */
  changed(draw) {
    this.#shell.store.listen("changed", draw, this.signal);
  }

  /** Call `act` every so many milliseconds, while somebody may be looking. */
  every(milliseconds, act) {
    const timer = setInterval(() => document.hidden || act(), milliseconds);
    this.signal.addEventListener("abort", () => clearInterval(timer));
  }

  /** Ask before leaving while `dirty()`. */
  guard(dirty) {
    this.own.guard = dirty;
  }

  /** Keys while nobody types: `{n: ["contacts.new", act]}`, the key of the words that say what it does. */
  keys(keys) {
    Object.assign(this.own.keys, keys);
  }

  /** Something that can be done here, for the palette. */
  command(words, act) {
    this.own.commands.push([words, act]);
  }

  /** The article that helps here. */
  help(slug) {
    this.own.help = slug;
  }

  leave() {
    this.#leaving.abort(new DOMException("left", "AbortError"));
  }
}
