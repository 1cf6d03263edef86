// Around the pages of the back office: the rail, the live push of the desk, and which page is shown.

import { Live } from "../live.js";
import { Page } from "../page.js";
import { el, empty, icon, spinner, button } from "../ui.js";
import { t } from "../words.js";
import { allow, canPush, isPushed, subscribe } from "./push.js";
import { bearer, staffRequest } from "./session.js";

const PLACES = [
  { name: "overview", at: "/", drawing: "chart", load: () => import("./overview.js") },
  { name: "tenants", at: "/tenants", drawing: "people", load: () => import("./tenants.js") },
  { name: "desk", at: "/desk", drawing: "question", load: () => import("./desk.js") },
  { name: "articles", at: "/articles", drawing: "book", load: () => import("./articles.js") },
  { name: "campaigns", at: "/campaigns", drawing: "megaphone", load: () => import("./campaigns.js") },
  { name: "audit", at: "/audit", drawing: "clock", load: () => import("./audit.js") },
];

/** What a page of the back office is given: as in the panel, with the token of staff. */
class OfficePage extends Page {
  async api(method, path, options) {
    const answer = await staffRequest(method, path, { signal: this.signal, ...options });
    this.signal.throwIfAborted();
    return answer;
  }

  get me() {
    return this.session.me;
  }

  get manages() {
    return this.me.abilities.includes("staff:manage");
  }
}

export class Office {
  #heard = { event: new Set(), fresh: new Set(), changed: new Set() };
  #page = null;
  #listen = new AbortController();

  constructor(me, hooks) {
    this.session = { me, tenant: {} };
    this.store = { state: {}, listen: (kind, heard, signal) => {
      this.#heard[kind].add(heard);
      signal.addEventListener("abort", () => this.#heard[kind].delete(heard));
    } };
    this.live = new Live({
      path: "/v1/admin/ws",
      proof: () => ({ token: bearer() }),
      snapshot: () => this.#snapshot(),
      event: (event) => this.#tell("event", event),
      state: (name) => this.#drawLive(name),
      signIn: hooks.out,
    });
    this.bell = el("span", { class: "row" });
    this.chip = el("span", { class: "chip-state live-state", role: "status" });
    this.links = PLACES.map((place) => el("a", { class: "rail-link", href: `#${place.at}`, data: { place: place.name } }, icon(place.drawing),
      el("span", { class: "rail-text", text: t(`staff.place.${place.name}`) })));
    this.place = el("main", { class: "stage", id: "stage", tabIndex: -1 });
    this.node = el("div", { class: "shell" },
      el("nav", { class: "rail", "aria-label": t("staff.frame.pages") }, el("div", { class: "rail-links" }, this.links)),
      el("div", { class: "content" },
        el("header", { class: "top" }, el("div", { class: "brand" }, el("strong", { text: "Plixa" }), el("span", { class: "muted workspace", text: t("staff.frame.title") })),
          el("div", { class: "row" }, this.bell, this.chip, button(t("common.sign_out"), { drawing: "out", bare: true, class: "quiet", on: { click: hooks.out } }))),
        this.place, el("footer", { class: "row end small-print" }, el("span", { class: "muted", data: { own: "" }, text: me.name }), hooks.languages())));
  }

  start() {
    addEventListener("hashchange", () => this.#enter(), { signal: this.#listen.signal });
    this.live.start();
    this.#drawBell();
    if (canPush() && isPushed()) subscribe(); // perhaps in another language than before
    this.#enter();
  }

  #drawBell() {
    const asked = () => allow().then(() => this.#drawBell());
    this.bell.replaceChildren(...(canPush() && !isPushed() ? [button(t("staff.frame.notify"), { drawing: "bell", bare: true, class: "quiet", on: { click: asked } })] : []));
  }

  stop() {
    this.live.stop();
    this.#listen.abort();
    this.#page?.leave();
    document.querySelectorAll("dialog").forEach((box) => box.close());
  }

  replace(address) {
    history.replaceState(null, "", `#${address}`);
  }

  async #snapshot() {
    let after = 0;
    for (;;) { // past what was, to where the log stands
      const { data, meta } = await staffRequest("GET", `/v1/admin/events?after=${after}`);
      after = meta.head;
      if (data.length < 500) break;
    }
    this.#tell("fresh");
    return after;
  }

  #tell(kind, ...told) {
    for (const heard of this.#heard[kind]) heard(...told);
  }

  #drawLive(name) {
    this.chip.className = `chip-state live-state ${name}`;
    this.chip.replaceChildren(el("span", { class: "dot" }), el("span", { class: "chip-text", text: t(`staff.live.${name}`) }));
  }

  async #enter() {
    const [address, query] = (location.hash.slice(1) || "/").split("?");
    const [, first = "", id = null] = address.split("/");
    const route = PLACES.find((each) => each.at === `/${first}`) ?? PLACES[0];
    this.#page?.leave();
    this.path = address;
    const box = el("section", { class: "page" });
    const page = this.#page = new OfficePage(this, { route, params: { id }, query: new URLSearchParams(query) }, box);
    document.title = `${t(`staff.place.${route.name}`)} · Plixa`;
    for (const link of this.links) {
      if (link.dataset.place === route.name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    this.place.replaceChildren(spinner());
    try {
      const { default: enter } = await route.load();
      if (page !== this.#page) return;
      await enter(page);
      if (page === this.#page) this.place.replaceChildren(box);
    } catch (error) {
      if (page === this.#page && error.name !== "AbortError") {
        this.place.replaceChildren(el("section", { class: "page" }, el("h1", { text: t(`staff.place.${route.name}`) }), empty("alert", t("staff.frame.failed"), error.message,
          button(t("common.again"), { class: "primary", on: { click: () => this.#enter() } }))));
      }
    }
  }
}
