// The inbox: the list at the side, the open conversation, and what is beside it. It stays as it was while other pages are shown.

import { request } from "../api.js";
import { Details, detailsDrawer } from "../details.js";
import { Listing } from "../listing.js";
import { mark, unmark } from "../marked.js";
import { notify } from "../notices.js";
import { restPage } from "../rest.js";
import { due } from "../rows.js";
import { forgetSaved } from "../saved.js";
import { Thread } from "../thread.js";
import { el, gist, nameOf, toast } from "../ui.js";
import { viewsDialog } from "../views.js";
import { t } from "../words.js";

const inboxes = new WeakMap(); // store → its inbox
const REDRAWN = 60;
const COUNTED = 100; // nobody counts further
const WIDE = matchMedia("(min-width: 1200px)"); // there is room for the details beside the conversation
const FOLDED = "plixa.details-folded";

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
  #details = null; // of the open conversation, while they are shown
  #box = null; // the drawer that they are in, where there is no room
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
    this.aside = el("aside", { class: "aside", hidden: true, "aria-label": t("details.title") });
    this.node = el("div", { class: "columns" }, el("h1", { class: "unseen", text: t("pages.inbox") }), this.listing.node, this.main, this.aside);
    this.store.first = () => {
      this.listing.settle(this.#shown);
      return this.listing.first();
    };
    this.store.keep = (page) => this.listing.keep(page);
    this.#listen();
  }

  #listen() {
    const { signal } = this.shell;
    this.store.listen("event", (event) => this.#heard(event), signal);
    this.store.listen("fresh", () => this.#anew(), signal);
    this.store.listen("ephemeral", (frame) => this.#ephemeral(frame), signal);
    this.store.listen("changed", () => this.#draw(), signal);
    this.store.listen("live", () => this.#thread?.comeBack(), signal);
    this.store.listen("absorbed", (id) => id === this.#thread?.id && this.#thread.reload(), signal);
    this.store.listen("gone", (id, type, into) => this.#gone(id, type, into), signal);
    this.store.listen("merged", (id, into) => this.#ledOn(id, into), signal);
    addEventListener("focus", () => this.#thread?.read(), { signal });
    document.addEventListener("visibilitychange", () => this.#thread?.read(), { signal });
    WIDE.addEventListener("change", () => this.#thread && this.#beside(), { signal });
  }

  #ephemeral(frame) {
    if (frame.user_id !== this.state.me.id && frame.conversation_id === this.#thread?.id) this.#thread.hear(frame);
  }

  enter(page) {
    this.#shown = true;
    page.box.replaceWith(this.node);
    page.keys({
      "/": ["shell.key.search", () => this.listing.search()], Escape: ["shell.key.back", (event) => this.#escape(event)],
      j: ["shell.key.next", () => this.#step(1)], k: ["shell.key.previous", () => this.#step(-1)],
      e: ["shell.key.resolve", () => this.#resolve()], a: ["shell.key.take", () => this.#thread?.take()],
      r: ["shell.key.reply", () => this.#thread?.composer.begin(false)], n: ["shell.key.note", () => this.#thread?.composer.begin(true)],
      u: ["shell.key.unread", () => this.#mark(this.#thread?.id)],
      d: ["shell.key.details", () => this.#thread && this.#unfold()],
    });
    this.#survey();
    page.signal.addEventListener("abort", () => this.#leave());
    this.#resting = "";
    if (this.store.loaded && !this.counted) this.#countable(); // the snapshot was before this page
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
    this.#thread = null;
    this.#shut();
    this.main.replaceChildren();
    this.#resting = "";
  }

  /** Whether the customer is asked how it was, once a conversation is resolved. */
  async #survey() {
    const { data } = await request("GET", "/v1/csat-config").catch(() => ({ data: null }));
    this.state.survey = Boolean(data?.enabled);
  }

  // -- what comes in ----------------------------------------------------------------------------------------------------

  /** What is mine and what is nobody's, as far as anybody counts: then what comes keeps the counts. */
  async #countable() {
    for (const holder of ["me", "none"]) {
      const page = await request("GET", `/v1/conversations?status=open&assignee=${holder}&limit=${COUNTED}`).catch(() => null);
      page?.data.forEach((each) => this.store.take(each, page.meta.head));
    }
    this.counted = true;
    this.store.redraw();
  }

  #anew() {
    this.#countable();
    if (!this.#shown) return;
    if (!this.#thread) return this.#follow();
    if (!this.state.conversations.has(this.#thread.id)) this.store.fetch(this.#thread.id);
    this.#thread.reload();
  }

  #heard({ type, data }) {
    if (this.#thread && data.conversation_id === this.#thread.id) {
      if (data.message) this.#thread.fold(data.message);
      this.#thread.scheduled.heard(type);
    }
    if (data.message?.direction === "inbound" && data.message.created_at) this.#arrived(data);
    if (type.startsWith("saved_reply")) forgetSaved();
    if (data.view || type.startsWith("view.") || data.label || data.sector || data.user) this.#viewsDrawn?.();
  }

  /** A customer has written: somebody who looks elsewhere is told. */
  #arrived({ conversation_id: id, message }) {
    if (id === this.#thread?.id && !document.hidden) return;
    const now = this.state.conversations.get(id);
    const mine = !now?.assigned_user_id || now.assigned_user_id === this.state.me.id;
    const here = this.state.users.get(this.state.me.id)?.is_available ?? true; // who takes nothing new is not disturbed, as with pushes
    if (mine && here) notify({ title: nameOf(now ?? {}), text: gist(message), open: () => this.#open(id) });
  }

  #gone(id, type, into) {
    if (this.#thread?.id !== id) return;
    this.#shut();
    if (into) {
      toast(t("inbox.merged_into"));
      location.hash = this.listing.address(into);
      return;
    }
    toast(t(type === "conversation.deleted" ? "inbox.deleted" : "inbox.given_away"));
    this.listing.leave();
  }

  /** An address from before a merge, or a merge that nobody told of while the connection was away. */
  #ledOn(id, into) {
    if (!this.#shown || this.listing.route() !== id) return;
    toast(t("inbox.merged_into"));
    location.hash = this.listing.address(into);
  }

  // -- drawing ----------------------------------------------------------------------------------------------------------

  #draw() {
    if (this.#shown) this.listing.complete(); // where the snapshot was another page's
    if (!this.#shown) return;
    const all = [...this.state.conversations.values()].filter((each) => each.created_at);
    const open = all.filter((each) => each.status === "open" && !each.snoozed_until);
    this.listing.counts = this.counted && { mine: open.filter((each) => each.assigned_user_id === this.state.me.id).length, unassigned: open.filter((each) => !each.assigned_user_id).length };
    this.listing.draw(all, this.shell.unread ?? 0, this.#thread?.id ?? null);
    this.#thread?.drawHead();
    this.#details?.draw();
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
        location.hash = "#/settings/welcome";
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

  /** Follow the address; before anything is known, the snapshot comes back to it. */
  route() {
    return this.store.loaded && this.#follow();
  }

  async #follow() {
    const id = this.listing.route();
    if (id === (this.#thread?.id ?? null)) return this.#draw();
    this.#close();
    const there = id === null || this.state.conversations.get(id)?.created_at || (await this.store.fetch(id));
    if (!this.#shown || this.listing.route() !== id || this.#thread) return; // they have gone on meanwhile, or were led on
    if (!there) {
      toast(t("inbox.gone"), "bad");
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
      details: () => this.#unfold(),
      say: (frame) => this.store.live.say(frame),
      upto: () => this.store.live.after ?? 0,
      marked: () => this.#mark(id),
    };
    unmark(this.state.me.id, id);
    this.hooks = hooks;
    this.#thread = new Thread(id, this.state, hooks);
    this.main.replaceChildren(this.#thread.node);
    this.#beside();
    if (this.sought) this.#thread.find(this.sought);
    else if (matchMedia("(hover: hover)").matches) this.#thread.focus();
    this.sought = null;
  }

  /** Back to the list, with it among the unread. */
  #mark(id) {
    if (id === undefined) return;
    mark(this.state.me.id, id);
    this.#back();
    this.store.redraw();
    toast(t("inbox.marked_unread"));
  }

  // -- what is beside it ------------------------------------------------------------------------------------------------

  /** Show the details beside the conversation where there is room and nobody has folded them. */
  #beside() {
    this.#shut();
    if (!WIDE.matches || localStorage.getItem(FOLDED)) return;
    this.#details = new Details(this.#thread.id, this.state, this.hooks);
    this.aside.replaceChildren(this.#details.node);
    this.aside.hidden = false;
  }

  #shut() {
    this.#details?.close();
    this.#details = null;
    this.#box?.close();
    this.#box = null;
    this.aside.replaceChildren();
    this.aside.hidden = true;
  }

  /** Show the details, or fold them away again. */
  #unfold() {
    if (WIDE.matches) {
      if (this.#details) localStorage.setItem(FOLDED, "1");
      else localStorage.removeItem(FOLDED);
      return this.#beside();
    }
    this.#details = new Details(this.#thread.id, this.state, this.hooks);
    this.#box = detailsDrawer(this.#details, () => {
      this.#box = null;
      this.#details?.close();
      this.#details = null;
      this.#thread?.focusDetails();
    });
  }

  // -- keys -------------------------------------------------------------------------------------------------------------

  #step(by) {
    const to = this.listing.beside(this.#thread?.id ?? null, by);
    if (to) this.#open(to);
  }

  async #resolve() {
    if (!this.#thread) return;
    const to = this.listing.beside(this.#thread.id, 1);
    if (await this.#thread.resolve() && to) this.#open(to);
  }
}
