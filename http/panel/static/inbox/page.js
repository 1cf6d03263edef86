// The inbox: the list at the side, the open conversation, and what is beside it. It stays as it was while other pages are shown.

import { detailsDrawer } from "../details.js";
import { Listing } from "../listing.js";
import { restPage } from "../rest.js";
import { due } from "../rows.js";
import { Thread } from "../thread.js";
import { el, toast } from "../ui.js";
import { viewsDialog } from "../views.js";

const inboxes = new WeakMap(); // store → its inbox
const REDRAWN = 60;

/** Enter the inbox; answers what follows the address within it. */
export default function inbox(page) {
  const { store } = page.shell;
  if (!inboxes.has(store)) inboxes.set(store, new Inbox(page.shell));
  const here = inboxes.get(store);
  here.enter(page);
  return () => here.route();
}

class Inbox {
  #thread = null;
  #details = null;
  #viewsDrawn = null;
  #resting = "";
  #shown = false;

  constructor(shell) {
    this.store = shell.store;
    this.state = shell.store.state;
    this.shell = shell;
    this.listing = new Listing(this.state, {
      open: (id, message) => this.#open(id, message),
      userName: (id) => this.store.userName(id),
      take: (page) => page.data.forEach((each) => this.store.take(each, page.meta.head)),
      redraw: () => this.store.redraw(),
      loaded: () => this.store.loaded,
      kept: (view) => this.store.viewChanged(view),
      manage: () => {
        this.#viewsDrawn = viewsDialog(this.state, (changed) => this.store.viewChanged(changed));
      },
    });
    this.main = el("div", { class: "main" });
    this.node = el("div", { class: "columns" }, this.listing.node, this.main);
    this.store.first = () => {
      this.listing.settle();
      return this.listing.first();
    };
    this.store.keep = (page) => this.listing.keep(page);
    this.#listen();
  }

  #listen() {
    const { signal } = this.shell;
    this.store.listen("event", (event) => this.#heard(event), signal);
    this.store.listen("fresh", () => this.#anew(), signal);
    this.store.listen("changed", () => this.#draw(), signal);
    this.store.listen("live", () => this.#thread?.comeBack(), signal);
    this.store.listen("absorbed", (id) => id === this.#thread?.id && this.#thread.reload(), signal);
    this.store.listen("gone", (id, type, into) => this.#gone(id, type, into), signal);
    this.store.listen("merged", (id, into) => this.#ledOn(id, into), signal);
    addEventListener("focus", () => this.#thread?.read(), { signal });
    document.addEventListener("visibilitychange", () => this.#thread?.read(), { signal });
  }

  enter(page) {
    this.#shown = true;
    page.box.replaceWith(this.node);
    page.keys({ "/": ["shell.key.search", () => this.listing.search()], Escape: ["shell.key.back", (event) => this.#escape(event)] });
    page.signal.addEventListener("abort", () => this.#leave());
    this.#resting = "";
    if (this.store.loaded) this.route();
    this.#draw();
  }

  #leave() {
    this.#shown = false;
    this.#close();
    this.shell.node.classList.remove("reading", "blank");
  }

  #close() {
    this.#thread?.close();
    this.#thread = this.#details = null;
    this.main.replaceChildren();
    this.#resting = "";
  }

  // -- what comes in ----------------------------------------------------------------------------------------------------

  #anew() {
    if (!this.#shown) return;
    if (!this.#thread) return this.route();
    if (!this.state.conversations.has(this.#thread.id)) this.store.fetch(this.#thread.id);
    this.#thread.reload();
  }

  #heard({ type, data }) {
    if (data.message && data.conversation_id === this.#thread?.id) this.#thread.fold(data.message);
    if (data.view || type.startsWith("view.") || data.label || data.sector || data.user) this.#viewsDrawn?.();
  }

  #gone(id, type, into) {
    if (this.#thread?.id !== id) return;
    this.#details?.();
    if (into) {
      toast("The conversation was merged into this one.");
      location.hash = this.listing.address(into);
      return;
    }
    toast(type === "conversation.deleted" ? "The conversation was deleted." : "The conversation was given to somebody else.");
    this.listing.leave();
  }

  /** An address from before a merge, or a merge that nobody told of while the connection was away. */
  #ledOn(id, into) {
    if (!this.#shown || this.listing.route() !== id) return;
    toast("The conversation was merged into this one.");
    location.hash = this.listing.address(into);
  }

  // -- drawing ----------------------------------------------------------------------------------------------------------

  #draw() {
    if (!this.#shown) return;
    const all = [...this.state.conversations.values()].filter((each) => each.created_at);
    this.listing.draw(all, this.shell.unread ?? 0, this.#thread?.id ?? null);
    this.#thread?.drawHead();
    this.#details?.();
    if (!this.#thread) this.#rest(all.length);
    this.shell.node.classList.toggle("reading", Boolean(this.#thread));
    this.shell.node.classList.toggle("blank", !this.#thread && !all.length && this.store.loaded && this.listing.bare);
  }

  #rest(conversations) {
    const says = JSON.stringify([this.store.loaded, [...this.state.numbers.values()], conversations > 0]);
    if (says === this.#resting) return;
    this.#resting = says;
    this.main.replaceChildren(restPage(this.state, this.store.loaded, conversations, {
      numbers: (pair) => {
        location.hash = `#/settings/numbers${pair ? `?pair=${pair}` : ""}`;
      },
      settings: () => {
        location.hash = "#/settings/basics";
      },
    }));
  }

  #escape(event) {
    if (this.#thread && !document.querySelector("dialog[open]") && !event.target.closest?.(".side input, select")) this.#back();
  }

  // -- the open conversation --------------------------------------------------------------------------------------------

  #open(id, message) {
    this.sought = message ?? null;
    if (this.#thread?.id !== id) location.hash = this.listing.address(id);
    else if (message) this.#thread.find(message);
    else this.#thread.focus();
  }

  #back() {
    const id = this.#thread?.id;
    this.listing.leave();
    setTimeout(() => this.listing.focus(id), REDRAWN);
  }

  /** Follow the address. */
  async route() {
    if (!this.store.loaded) return; // the snapshot comes back to it
    const id = this.listing.route();
    if (id === (this.#thread?.id ?? null)) return this.#draw();
    this.#close();
    const there = id === null || this.state.conversations.get(id)?.created_at || (await this.store.fetch(id));
    if (!this.#shown || this.listing.route() !== id || this.#thread) return; // they have gone on meanwhile, or were led on
    if (!there) {
      toast("That conversation is not there any more.", "bad");
      this.listing.leave();
      return;
    }
    if (id !== null) this.#show(id);
    this.#draw();
  }

  #show(id) {
    const hooks = {
      conversation: () => this.state.conversations.get(id),
      authorName: (user) => this.store.userName(user),
      changed: (resource) => this.store.answered(resource),
      due: (conversation) => due(conversation),
      back: () => this.#back(),
      details: () => {
        this.#details = detailsDrawer(id, this.state, hooks);
      },
      closed: () => this.#thread?.focusDetails(),
    };
    this.#thread = new Thread(id, this.state, hooks);
    this.main.replaceChildren(this.#thread.node);
    if (this.sought) this.#thread.find(this.sought);
    else if (matchMedia("(hover: hover)").matches) this.#thread.focus();
    this.sought = null;
  }
}
