// Around every page: the rail, what is wrong with the numbers, how the connection is, the keys; and which page is shown.

import { request } from "./api.js";
import { forgetDrafts } from "./drafts.js";
import { isMarked } from "./marked.js";
import { NumberBanner } from "./numbers.js";
import { allow, badge, level, setLevel, subscribe, unsubscribe } from "./notices.js";
import { Page } from "./page.js";
import { palette } from "./palette.js";
import { GROUPS, ROUTES, find, may, parsed } from "./routes.js";
import { tick } from "./rows.js";
import { Store, UNREAD_KNOWN } from "./store.js";
import { NUMBER_STATES } from "./troubles.js";
import { ask, avatar, button, el, empty, icon, menu, phone, spinner, toast } from "./ui.js";
import { LANGUAGES, remember, chosenHere, spoken, t, words } from "./words.js";

const BEAT = 60_000; // who sends no heartbeat for two minutes is given no conversations
const SOON = 150; // before that nobody needs to be told that it is loading
const SEQUENCE = 1200; // within which the second key of two is pressed
const styled = new Set();

export class Shell {
  #page = null;
  #again = null; // what the page answered: the address changes within its line
  #entering = 0;
  #first = null; // the `g` of a sequence of keys, for a moment
  #listen = new AbortController();

  /** hooks: `left(notice)`: the session is over; `signedOut()`: by their own will. */
  constructor({ user, tenant }, hooks) {
    this.session = { me: user, tenant };
    this.hooks = hooks;
    this.routes = ROUTES.filter((route) => route.to || may(route, user));
    this.store = new Store({ user, tenant }, {
      live: (name, why) => this.#liveState(name, why),
      signIn: () => hooks.left(t("shell.session_ended")),
    });
    this.#build();
  }

  start() {
    const { signal } = this.#listen;
    this.store.listen("changed", () => this.#draw(), signal);
    this.store.start();
    this.seconds = setInterval(tick, 1000);
    this.beats = setInterval(() => this.#beat(), BEAT);
    this.#beat();
    addEventListener("hashchange", (event) => this.#went(event), { signal });
    addEventListener("keydown", (event) => this.#key(event), { signal });
    addEventListener("beforeunload", (event) => this.#page?.own.guard?.() && event.preventDefault(), { signal });
    this.#route();
    subscribe();
  }

  stop() {
    this.store.stop();
    clearInterval(this.seconds);
    clearInterval(this.beats);
    this.#listen.abort();
    this.#page?.leave();
    document.querySelectorAll("dialog").forEach((box) => box.close());
  }

  get signal() {
    return this.#listen.signal;
  }

  async signOut() {
    await unsubscribe();
    await request("POST", "/v1/auth/logout").catch(() => {});
    history.replaceState(null, "", location.pathname);
    forgetDrafts();
    this.hooks.signedOut();
  }

  #beat() {
    request("POST", "/v1/me/availability/heartbeat").catch(() => {}); // the next one is a minute away
  }

  // -- the frame --------------------------------------------------------------------------------------------------------

  #build() {
    const inRail = this.routes.filter((route) => route.rail);
    this.liveChip = el("span", { class: "chip-state live-state", role: "status", "aria-live": "polite" });
    this.numberChip = el("a", { class: "chip-state number-state", href: "#/settings/numbers" });
    this.troubles = new NumberBanner({ open: (pair, restart) => this.#numbers(pair, restart) });
    this.banner = el("p", { class: "banner", role: "alert", hidden: true });
    this.links = inRail.map((route) => el("a", { class: "rail-link", href: `#${route.at}`, title: t(`pages.${route.name}`), data: { route: route.name } },
      icon(route.drawing), el("span", { class: "rail-text", text: t(`pages.${route.name}`) }), el("span", { class: "rail-text rail-short", text: t(`shell.bar.${route.name}`) })));
    this.account = el("div", { class: "account" });
    this.rail = el("nav", { class: "rail", "aria-label": t("shell.rail") }, el("a", { class: "rail-mark", href: "#/", "aria-label": "Plixa" },
      el("img", { src: "/panel/plixa.svg", alt: "", width: 28, height: 28 })), el("div", { class: "rail-links" }, this.links), this.account);
    this.side = el("nav", { class: "subnav", hidden: true, "aria-label": t("pages.settings") });
    this.place = el("main", { class: "stage", id: "stage", tabIndex: -1 });
    this.node = el("div", { class: "shell" }, this.rail,
      el("div", { class: "content" },
        el("header", { class: "top" },
          el("div", { class: "brand" }, el("strong", { text: "Plixa" }), el("span", { class: "muted workspace", data: { own: "" }, text: this.session.tenant.name })),
          el("div", { class: "row" }, button(t("shell.palette.title"), { drawing: "search", bare: true, class: "quiet", on: { click: () => this.#palette() } }), this.numberChip, this.liveChip)),
        this.banner, this.troubles.node, this.troubles.said, el("div", { class: "beside" }, this.side, this.place)));
    this.#drawAccount();
  }

  #liveState(name, why) {
    this.liveChip.className = `chip-state live-state ${name}`;
    this.liveChip.replaceChildren(el("span", { class: "dot" }), el("span", { class: "chip-text", text: t(`shell.live.${name}`) }));
    this.banner.hidden = name !== "stopped";
    this.banner.textContent = name === "stopped" ? t(`shell.stopped.${why}`) : "";
    if (name === "live") this.store.tell("live");
  }

  #draw() {
    const all = [...this.store.state.conversations.values()].filter((each) => each.created_at);
    this.unread = all.filter((each) => (each.unread_by_me > 0 || isMarked(this.session.me.id, each.id)) && !each.snoozed_until).length;
    this.#drawTitle();
    badge(this.unread);
    this.#drawNumber();
    if (this.store.loaded) this.troubles.draw(this.store.state, !all.length); // an empty inbox says the rest in its middle
    this.#drawAccount();
    for (const link of this.links) if (link.dataset.route === "inbox") link.dataset.count = this.#counted() ?? "";
    tick();
  }

  #counted() {
    return this.unread ? (this.unread >= UNREAD_KNOWN ? "99+" : String(this.unread)) : null;
  }

  #drawTitle() {
    const name = this.title && this.title !== "inbox" ? `${t(`pages.${this.title}`)} · Plixa` : "Plixa";
    document.title = this.#counted() ? `(${this.#counted()}) ${name}` : name;
  }

  #drawNumber() {
    const numbers = [...this.store.state.numbers.values()];
    const connected = numbers.filter((number) => number.status === "connected");
    this.numberChip.hidden = !this.store.loaded;
    const worst = numbers.find((number) => number.status !== "connected");
    const [only] = numbers;
    const text = !only ? t("shell.numbers.none")
      : numbers.length > 1 ? t("shell.numbers.some", { connected: connected.length, all: numbers.length })
        : only.status === "connected" ? phone(only.phone) || only.name || t("numbers.state.connected") : t(NUMBER_STATES[only.status]);
    this.numberChip.setAttribute("aria-label", t("shell.numbers.label", { text }));
    this.numberChip.title = t("pages.numbers");
    this.numberChip.replaceChildren(el("span", { class: `dot ${only ? worst?.status ?? "connected" : ""}` }), icon("phone"), el("span", { class: "chip-text", data: { own: "" }, text }));
  }

  #numbers(pair, restart) {
    const query = new URLSearchParams({ ...(pair && { pair }), ...(restart && { restart: "1" }) });
    location.hash = `#/settings/numbers${query.size ? `?${query}` : ""}`;
  }

  // -- the account ------------------------------------------------------------------------------------------------------

  #sound() {
    setLevel({ off: "soft", soft: "loud", loud: "off" }[level()]);
    toast(t(`shell.sound.${level()}`));
    this.#drawAccount(true);
  }

  #drawAccount(anew = false) {
    const me = this.store.state.users.get(this.session.me.id) ?? this.session.me;
    const drawn = JSON.stringify([me.name, me.is_available]);
    if (drawn === this.drawnAccount && !anew) return;
    this.drawnAccount = drawn;
    this.account.replaceChildren(menu(t("shell.account", { name: me.name }), null, [
      [me.is_available ? "done" : "moon", t(me.is_available ? "shell.available.on" : "shell.available.off"), () => this.#available(!me.is_available)],
      ["bell", t(`shell.sound.${level()}`), () => this.#sound()],
      ...(globalThis.Notification && Notification.permission !== "granted" ? [["bell", t("shell.notify"), () => allow().then(() => this.#drawAccount(true))]] : []),
      ["question", t("pages.keys"), () => { location.hash = "#/keys"; }],
      ...Object.entries(LANGUAGES).filter(([name]) => name !== spoken()).map(([name, text]) => ["globe", text, () => this.#speak(name), "", { lang: name }]),
      ["book", t("shell.api"), () => open("/v1/docs", "_blank", "noopener")],
      ["out", t("common.sign_out"), () => this.signOut()],
      ["out", t("shell.sign_out_everywhere"), () => this.#signOutEverywhere()],
    ], "bare up", el("span", { class: "me" }, avatar(me.name, me.id), el("span", { class: `dot ${me.is_available ? "connected" : ""}` }))));
  }

  async #available(is) {
    try {
      const { data } = await request("PUT", "/v1/me/availability", { body: { is_available: is } });
      this.store.state.users.set(this.session.me.id, { ...this.store.state.users.get(this.session.me.id), is_available: data.is_available });
      this.store.redraw();
      toast(t(data.is_available ? "shell.available.now" : "shell.available.no_more"));
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  async #speak(name) {
    await request("PATCH", "/v1/me", { body: { locale: name } }).catch(() => {}); // this browser speaks it all the same
    remember(name);
    if (!chosenHere() || new URLSearchParams(location.search).get("lang")) return location.replace(`${location.pathname}${location.hash}`);
    location.reload();
  }

  async #signOutEverywhere() {
    if (!await ask({ title: t("shell.everywhere.title"), text: t("shell.everywhere.text"), confirm: t("shell.sign_out_everywhere"), danger: true })) return;
    await request("DELETE", "/v1/me/sessions").catch((error) => toast(error.message, "bad"));
    this.signOut();
  }

  // -- which page -------------------------------------------------------------------------------------------------------

  /** Set the address without going anywhere. */
  replace(address) {
    history.replaceState(null, "", `#${address}`);
  }

  async #went(event) {
    if (this.#page?.own.guard?.()) {
      const next = location.hash;
      history.replaceState(null, "", new URL(event.oldURL).hash);
      if (!await ask({ title: t("shell.unsaved.title"), text: t("shell.unsaved.text"), confirm: t("shell.unsaved.leave"), danger: true })) return;
      this.#page.own.guard = null;
      location.hash = next;
      if (location.hash === next) this.#route();
      return;
    }
    this.#route();
  }

  #route() {
    const { path, query } = parsed(location.hash);
    const found = find(path, this.routes);
    if (found?.route.to) return location.replace(`#${found.route.to}${query.size ? `?${query}` : ""}`);
    if (found && this.#again && this.#page?.route === found.route) {
      this.path = path;
      this.#again(found.params, query);
      return;
    }
    this.#enter(found ?? { route: null, params: {} }, path, query);
  }

  async #enter({ route, params }, path, query) {
    const turn = ++this.#entering;
    this.#page?.leave();
    this.#again = null;
    const box = el("section", { class: "page" });
    const page = this.#page = new Page(this, { route, params, query }, box);
    this.path = path;
    this.title = route?.name ?? "nowhere";
    this.node.dataset.page = this.title;
    this.#drawWhere(route);
    this.#drawTitle();
    this.place.ariaBusy = "true";
    const mine = () => turn === this.#entering; // whoever goes on to another page does not wait for this one
    const waits = setTimeout(() => mine() && this.place.replaceChildren(spinner()), SOON);
    try {
      const enter = route ? await this.#loaded(route) : nowhere;
      if (!mine()) return;
      clearTimeout(waits);
      this.place.replaceChildren(box);
      const again = (await enter(page)) ?? null;
      if (!mine()) return;
      this.#again = again;
      this.place.tabIndex = box.querySelector("a, button, input, select, textarea") ? -1 : 0; // what is only read is scrolled by keys, too
    } catch (error) {
      if (mine() && error.name !== "AbortError") this.#failed(error);
    } finally {
      clearTimeout(waits);
      if (mine()) this.place.ariaBusy = null;
    }
  }

  async #loaded(route) {
    const [module] = await Promise.all([route.load(), words(...(route.words ?? [route.name])), ...(route.css ?? []).map(style)]);
    return module.default;
  }

  #failed(error) {
    const stale = error instanceof TypeError || error instanceof SyntaxError; // its module is not there: a newer release is
    this.place.replaceChildren(el("section", { class: "page" }, empty("alert", t("shell.failed"), stale ? t("shell.stale") : error.message,
      button(t("common.again"), { class: "primary", on: { click: () => (stale ? location.reload() : this.#route()) } }))));
    if (!(error.status >= 0)) console.error(error);
  }

  #drawWhere(route) {
    const at = route?.in ?? route?.name;
    for (const link of this.links) link.toggleAttribute("aria-current", link.dataset.route === at);
    for (const link of this.links) if (link.hasAttribute("aria-current")) link.setAttribute("aria-current", "page");
    this.side.hidden = at !== "settings";
    if (this.side.hidden) return;
    this.side.replaceChildren(...GROUPS.map((group) => ({ group, found: this.routes.filter((each) => each.in === at && each.group === group) })).filter(({ found }) => found.length)
      .flatMap(({ group, found }) => [el("h2", { text: t(`shell.group.${group}`) }),
        ...found.map((each) => el("a", { href: `#${each.at}`, text: t(`pages.${each.name}`), "aria-current": each === route && "page" }))]));
  }

  // -- keys -------------------------------------------------------------------------------------------------------------

  /** The article of this page, the keys, and a person. */
  async #help() {
    const [{ helpBeside }] = await Promise.all([import("./help/beside.js"), words("help", "guide")]);
    helpBeside(this.#page);
  }

  #key(event) {
    if (event.key === "k" && (event.ctrlKey || event.metaKey) && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      return this.#palette();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key !== "Escape" && event.target.closest?.("input, textarea, select, dialog, [contenteditable]")) return;
    const act = this.#first ? this.#goTo(event.key) : event.key === "g" ? () => this.#waitForSecond() : event.key === "?" ? () => this.#help() : this.#page?.own.keys[event.key]?.[1];
    this.#first = event.key === "g" ? this.#first : null;
    if (!act) return;
    event.preventDefault();
    act(event);
  }

  #palette() {
    const pages = this.routes.filter((route) => route.name).map((route) => [t(`pages.${route.name}`), () => { location.hash = `#${addressOf(route)}`; }]);
    const here = this.#page?.own.commands.map(([words, act]) => [t(words), act]) ?? [];
    palette([...here, ...pages, [t("common.sign_out"), () => this.signOut()]]);
  }

  #goTo(key) {
    const route = this.routes.find((each) => each.key === key);
    return route && (() => { location.hash = `#${addressOf(route)}`; });
  }

  #waitForSecond() {
    this.#first = "g";
    setTimeout(() => { this.#first = null; }, SEQUENCE);
  }
}

/** Where a page is without anything chosen in it. */
const addressOf = (route) => route.visit ?? (route.at.replace(/\/:.*$/, "") || "/");

function nowhere(page) {
  page.box.append(empty("question", page.t("shell.nowhere.title"), page.t("shell.nowhere.text"), el("a", { class: "button primary", href: "#/", text: page.t("shell.nowhere.link") })));
}

/** Have a style sheet; one that cannot be fetched is done without. */
function style(path) {
  if (styled.has(path)) return null;
  styled.add(path);
  return new Promise((resolve) => {
    document.head.append(el("link", { rel: "stylesheet", href: new URL(`./${path}`, import.meta.url).href, on: { load: resolve, error: resolve } }));
  });
}
