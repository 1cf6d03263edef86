// The inbox: the page, what comes in, and which conversation is open.

import { getToken, keepToken, request, whenSignedOut } from "./api.js";
import { broadcastsDialog } from "./broadcasts.js";
import { detailsDrawer } from "./details.js";
import { Listing } from "./listing.js";
import { Live, merge } from "./live.js";
import { counted, forward, later, lastId } from "./mine.js";
import { moneyDialog } from "./money.js";
import { NumberBanner, numbersDialog } from "./numbers.js";
import { restPage } from "./rest.js";
import { due, tick } from "./rows.js";
import { settingsDrawer } from "./setup.js";
import { letterOf, signInPage } from "./signin.js";
import { Thread } from "./thread.js";
import { NUMBER_STATES, numberName } from "./troubles.js";
import { button, el, icon, phone, toast } from "./ui.js";
import { foldViews, viewsDialog } from "./views.js";
import { webhooksDialog } from "./webhooks.js";

const app = document.getElementById("app");
const REDRAW = 40;
const BEAT = 60_000; // who sends no heartbeat for two minutes is given no conversations
const UNREAD_KNOWN = 100;

whenSignedOut(() => inbox?.leave("Your session has ended. Sign in again."));
let inbox = null;
start();

async function start() {
  if (letterOf(location.hash) || !getToken()) return welcome();
  try {
    const { data } = await request("GET", "/v1/me");
    enter(data);
  } catch (error) {
    if (error.status === 401) return welcome("Your session has ended. Sign in again.");
    app.replaceChildren(el("main", { class: "sign-in" }, el("section", { class: "card sign-in-card" }, el("h1", { text: "Plixa" }),
      el("p", { text: error.message }), button("Try again", { class: "primary", on: { click: start } }),
      button("Sign out", { on: { click: () => welcome() } }))));
  }
}

function welcome(notice) {
  keepToken(null);
  document.title = "Plixa";
  app.replaceChildren(signInPage((session) => {
    keepToken(session.token);
    enter(session);
  }, notice));
}

function enter({ user, tenant }) {
  inbox = new Inbox(user, tenant);
}

class Inbox {
  #numbersGone = new Set(); // ids of removed numbers
  #touched = new Map(); // conversation → offset of the last event that changed it
  #thread = null;
  #timer = null;
  #resting = "";
  #details = null;
  #viewsDrawn = null;
  #many = null; // the dialog of broadcasts

  constructor(user, tenant) {
    this.me = { id: user.id, since: 0 };
    this.state = { me: user, tenant, numbers: new Map(), users: new Map([[user.id, user]]), labels: new Map(), sectors: new Map(),
      views: new Map(), conversations: new Map() };
    this.#build();
    this.live = new Live({
      token: getToken,
      snapshot: () => this.#snapshot(),
      event: (event) => this.#fold(event),
      state: (name, text) => this.#liveState(name, text),
      signIn: () => this.leave("Your session has ended. Sign in again."),
    });
    this.live.start();
    this.seconds = setInterval(tick, 1000);
    this.beats = setInterval(() => this.#beat(), BEAT);
    this.#beat();
    this.listen = new AbortController();
    const { signal } = this.listen;
    addEventListener("hashchange", () => this.#route(), { signal });
    addEventListener("keydown", (event) => this.#key(event), { signal });
    addEventListener("focus", () => this.#thread?.read(), { signal });
    document.addEventListener("visibilitychange", () => this.#thread?.read(), { signal });
  }

  /** Stop everything and show the first page. */
  leave(notice) {
    this.live.stop();
    clearInterval(this.seconds);
    clearInterval(this.beats);
    clearTimeout(this.#timer);
    this.listen.abort();
    this.#thread?.close();
    document.querySelectorAll("dialog").forEach((box) => box.close());
    inbox = null;
    welcome(notice);
  }

  async signOut() {
    await request("POST", "/v1/auth/logout").catch(() => {});
    history.replaceState(null, "", location.pathname);
    this.leave();
  }

  #beat() {
    request("POST", "/v1/me/availability/heartbeat").catch(() => {}); // the next one is a minute away
  }

  // -- the page ---------------------------------------------------------------------------------------------------------

  #build() {
    this.liveChip = el("span", { class: "chip-state live-state", role: "status", "aria-live": "polite" });
    this.numberChip = el("button", { type: "button", class: "chip-state number-state", on: { click: () => this.#numbers() } });
    this.troubles = new NumberBanner({ open: (pair, restart) => this.#numbers(pair, restart) });
    this.banner = el("p", { class: "banner", role: "alert", hidden: true });
    this.listing = new Listing(this.state, {
      open: (id, message) => this.#open(id, message),
      userName: (id) => this.userName(id),
      take: (page) => page.data.forEach((each) => this.#take(each, page.meta.head)),
      redraw: () => this.#redraw(),
      loaded: () => this.live.after !== null,
      kept: (view) => this.#viewChanged(view),
      manage: () => {
        this.#viewsDrawn = viewsDialog(this.state, (changed) => this.#viewChanged(changed));
      },
    });
    this.main = el("main", { class: "main" });
    app.replaceChildren(el("div", { class: "shell" },
      el("header", { class: "top" },
        el("div", { class: "brand" }, el("img", { src: "/panel/plixa.svg", alt: "", width: 28, height: 28 }), el("strong", { text: "Plixa" }),
          el("span", { class: "muted workspace", text: this.state.tenant.name })),
        el("div", { class: "row" }, this.numberChip, this.liveChip,
          button("Broadcasts", { drawing: "people", bare: true, class: "quiet", on: { click: () => this.#broadcasts() } }),
          button("Settings", { drawing: "gear", bare: true, class: "quiet", on: { click: () => this.#settings() } }))),
      this.banner, this.troubles.node, this.troubles.said,
      el("div", { class: "columns" }, this.listing.node, this.main)));
  }

  #broadcasts() {
    this.#many = broadcastsDialog(this.state, () => {
      this.#many = null;
    });
  }

  #settings() {
    settingsDrawer(this.state, () => this.signOut(), () => this.#numbers());
  }

  #liveState(name, text) {
    this.liveChip.className = `chip-state live-state ${name}`;
    this.liveChip.replaceChildren(el("span", { class: "dot" }), el("span", { class: "chip-text", text: name === "stopped" ? "Stopped" : text }));
    this.banner.hidden = name !== "stopped";
    this.banner.textContent = name === "stopped" ? text : "";
    if (name === "live") this.#thread?.comeBack();
  }

  // -- what comes in ----------------------------------------------------------------------------------------------------

  /** Everything anew. Answers the offset as of which it is true. */
  async #snapshot() {
    const lists = ["phone-instances", "team/members", "labels", "sectors", "views"].map((name) => request("GET", `/v1/${name}`));
    const [numbers, users, labels, sectors, views] = (await Promise.all(lists)).map(({ data }) => new Map(data.map((each) => [each.id, each])));
    const { data: rules } = await request("GET", "/v1/inbox-config");
    Object.assign(this.state, { numbers, users, labels, sectors, views, mayDelete: this.state.me.role === "owner" || rules.members_may_delete });
    this.me.since = Math.floor(Date.parse(users.get(this.me.id)?.joined_at ?? 0) / 1000) * 1000; // WhatsApp's times are whole seconds
    this.listing.settle();
    // The list first: what comes after it is true as of later, and the live push tells of it once more.
    const page = await this.listing.first();
    const unread = await request("GET", `/v1/conversations?unread=mine&snoozed=all&limit=${UNREAD_KNOWN}`);
    this.state.conversations.clear();
    this.#touched.clear();
    this.listing.keep(page);
    for (const each of unread.data) this.#take(each, page.meta.head);
    if (!this.#thread) this.#route();
    else {
      if (!this.state.conversations.has(this.#thread.id)) this.#fetch(this.#thread.id);
      this.#thread.reload();
    }
    this.#redraw();
    return page.meta.head;
  }

  #fold({ offset, type, data }) {
    const { activity, conversation, message, phone_instance: number, user, look_back } = data;
    if (data.conversation_id) this.#count(data);
    if (conversation) this.#change(conversation, offset, type);
    if (activity?.absorbed) this.#absorbed(data.conversation_id);
    if (message) {
      if (data.conversation_id === this.#thread?.id) this.#thread.fold(message);
      this.#reword(data.conversation_id, message);
    }
    if (number) this.#number(number);
    if (data.broadcast) this.#many?.fold(data);
    if (look_back?.text) toast(`Caught up: ${look_back.text}.`);
    if (user) this.state.users.set(user.id, { ...this.state.users.get(user.id), ...user });
    for (const [one, many] of [["label", this.state.labels], ["sector", this.state.sectors]]) {
      if (data[one]?.deleted) many.delete(data[one].id);
      else if (data[one]) many.set(data[one].id, data[one]);
    }
    if (foldViews(this.state.views, type, data)) this.#viewsDrawn?.();
    this.#redraw();
  }

  /** What I have not read, before what is known of the conversation changes. */
  #count(data) {
    const known = this.state.conversations.get(data.conversation_id);
    const unread = counted(known, data, this.me);
    if (unread !== undefined) this.state.conversations.set(data.conversation_id, { ...known, id: data.conversation_id, unread_by_me: unread });
  }

  #change(patch, offset, type) {
    const known = this.state.conversations.get(patch.id);
    if (patch.deleted) return this.#gone(patch.id, type, patch.merged_into);
    this.#touched.set(patch.id, offset);
    this.state.conversations.set(patch.id, merge(known, forward(known, patch)));
    if (!known?.created_at && !patch.created_at) this.#fetch(patch.id);
  }

  /** An edit of the last message changes what the list shows of it. */
  #reword(id, { id: messageId, body, edited_at }) {
    const known = this.state.conversations.get(id);
    if (!edited_at || known?.last_message?.id !== messageId) return;
    this.state.conversations.set(id, merge(known, { last_message: { body } }));
  }

  /** It has another one's messages now, of which nobody has told all. */
  #absorbed(id) {
    this.#fetch(id);
    if (id === this.#thread?.id) this.#thread.reload();
  }

  #gone(id, type, into) {
    this.state.conversations.delete(id);
    this.#touched.delete(id);
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
    if (this.listing.route() !== id) return;
    toast("The conversation was merged into this one.");
    location.hash = this.listing.address(into);
  }

  #number(patch) {
    const known = this.state.numbers.get(patch.id);
    if (patch.deleted) this.#numbersGone.add(patch.id);
    if (this.#numbersGone.has(patch.id)) return this.state.numbers.delete(patch.id); // what it still had under way
    this.state.numbers.set(patch.id, merge(known, patch));
    if (known && patch.status === "connected" && known.status !== "connected") toast(`${numberName(known)}: connected.`, "good"); // what is down stands on top
  }

  /** A conversation as the server answered it, true as of an offset; events that came since are kept on top. */
  #take(fetched, asOf) {
    const known = this.state.conversations.get(fetched.id);
    const newer = known && (this.#touched.get(fetched.id) ?? 0) > asOf;
    const kept = newer ? merge(fetched, known) : fetched;
    this.state.conversations.set(fetched.id, known?.created_at ? withCount(kept, later(known, fetched)) : kept);
  }

  async #fetch(id) {
    const asOf = this.live?.after ?? 0;
    try {
      const { data } = await request("GET", `/v1/conversations/${id}`);
      // Its count does not know of a message that came meanwhile, and there is none yet to count on from.
      if (lastId(this.state.conversations.get(id)) > lastId(data)) return this.#fetch(id);
      this.#take(data, asOf);
    } catch (error) {
      if (error.into) this.#ledOn(id, error.into);
      if (error.status === 404 || error.into) this.state.conversations.delete(id);
      return false;
    } finally {
      this.#redraw();
    }
    return true;
  }

  /** Views in the answer to a request of ours: one, or several in a new order. */
  #viewChanged(changed) {
    for (const view of [changed].flat().filter(Boolean)) {
      if (view.deleted) this.state.views.delete(view.id);
      else this.state.views.set(view.id, view);
    }
    this.#redraw();
  }

  // -- drawing ----------------------------------------------------------------------------------------------------------

  /** Draw what has changed, a moment from now: many events in a row are one drawing. */
  #redraw() {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#draw();
    }, REDRAW);
  }

  #draw() {
    if (inbox !== this) return;
    const all = [...this.state.conversations.values()].filter((each) => each.created_at);
    const unread = all.filter((each) => each.unread_by_me > 0 && !each.snoozed_until).length;
    document.title = unread ? `(${unread >= UNREAD_KNOWN ? "99+" : unread}) Plixa` : "Plixa";
    this.listing.draw(all, unread, this.#thread?.id ?? null);
    this.#drawNumber();
    if (this.live.after !== null) this.troubles.draw(this.state, !all.length); // an empty inbox says the rest in its middle
    this.#thread?.drawHead();
    this.#details?.();
    if (!this.#thread) this.#rest(all.length);
    app.firstChild.classList.toggle("reading", Boolean(this.#thread));
    app.firstChild.classList.toggle("blank", !this.#thread && !all.length && this.live.after !== null && this.listing.bare);
    tick();
  }

  userName(id) {
    return id === this.state.me.id ? "you" : this.state.users.get(id)?.name ?? "a colleague";
  }

  #rest(conversations) {
    const says = JSON.stringify([this.live.after !== null, [...this.state.numbers.values()], conversations > 0]);
    if (says === this.#resting) return;
    this.#resting = says;
    this.main.replaceChildren(restPage(this.state, this.live.after !== null, conversations, {
      numbers: (pair) => this.#numbers(pair),
      settings: () => this.#settings(),
    }));
  }

  #key(event) {
    const typing = event.target.closest?.("input, textarea, select, dialog");
    if (event.key === "/" && !typing) {
      event.preventDefault();
      this.listing.search();
    } else if (event.key === "Escape" && this.#thread && !event.target.closest?.(".side input, select") && !document.querySelector("dialog[open]")) {
      this.#back();
    }
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
    setTimeout(() => this.listing.focus(id), REDRAW + 20);
  }

  async #route() {
    if (location.hash === "#/webhooks" && this.state.me.role === "owner" && !document.querySelector("dialog[open]")) webhooksDialog(); // from a mail
    if (/^#\/(?:billing|payments)/.test(location.hash)) {
      history.replaceState(null, "", location.pathname); // so that the way back from Stripe is gone once only
      moneyDialog();
    }
    const id = this.listing.route();
    if (id === (this.#thread?.id ?? null)) return this.#draw();
    this.#thread?.close();
    this.#thread = this.#details = null;
    const there = id === null || this.state.conversations.get(id)?.created_at || (await this.#fetch(id));
    if (inbox !== this || this.listing.route() !== id || this.#thread) return; // they have gone on meanwhile, or were led on
    if (!there) {
      toast("That conversation is not there any more.", "bad");
      this.listing.leave();
      return;
    }
    if (id !== null) this.#show(id);
    this.#resting = "";
    this.#draw();
  }

  #show(id) {
    const hooks = {
      conversation: () => this.state.conversations.get(id),
      authorName: (user) => this.userName(user),
      changed: (resource) => this.#answered(resource),
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

  /** A conversation in the answer to a request of ours: as new as anything the live push has brought by now. */
  #answered(resource) {
    if (!this.state.conversations.has(resource.id)) return;
    this.#take(resource, this.live.after ?? 0);
    this.#redraw();
  }

  // -- numbers ----------------------------------------------------------------------------------------------------------

  #numbers(pair, restart) {
    numbersDialog(this.state, { pair, restart, changed: (number) => {
      if (number.deleted) this.state.numbers.delete(number.id);
      else this.state.numbers.set(number.id, merge(this.state.numbers.get(number.id), number));
      this.#redraw();
    } });
  }

  #drawNumber() {
    const numbers = [...this.state.numbers.values()];
    const connected = numbers.filter((number) => number.status === "connected");
    this.numberChip.hidden = this.live.after === null;
    const worst = numbers.find((number) => number.status !== "connected");
    const [only] = numbers;
    const text = !only ? "No number yet"
      : numbers.length > 1 ? `${connected.length} of ${numbers.length} connected`
        : only.status === "connected" ? phone(only.phone) || only.name || "Connected" : NUMBER_STATES[only.status];
    this.numberChip.setAttribute("aria-label", `WhatsApp numbers: ${text}`);
    this.numberChip.title = "WhatsApp numbers";
    this.numberChip.replaceChildren(el("span", { class: `dot ${only ? worst?.status ?? "connected" : ""}` }), icon("phone"), el("span", { class: "chip-text", text }));
  }
}

/** A conversation with the count of another look at it, and the last message that goes with that. */
function withCount(conversation, { unread_by_me, last_message }) {
  const ahead = lastId({ last_message }) > lastId(conversation);
  return { ...conversation, unread_by_me, last_message: ahead ? last_message : conversation.last_message };
}
