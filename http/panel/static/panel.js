// The inbox: the list of conversations, live, and the page around it.

import { getToken, keepToken, request, whenSignedOut } from "./api.js";
import { Live, merge } from "./live.js";
import { NUMBER_STATES, numbersDialog, settingsDrawer, signInPage } from "./setup.js";
import { Thread, gist } from "./thread.js";
import { avatar, brief, button, el, full, icon, nameOf, phone, span, toast } from "./ui.js";

const app = document.getElementById("app");
const REDRAW = 40;
const SOON = 0.25; // of the target: from here on the clock is amber

const TABS = {
  open: { label: "Open", query: { status: "open", snoozed: "0" }, has: (it) => it.status !== "resolved" && !it.snoozed_until,
    empty: "Nothing is open. Well done." },
  unread: { label: "Unread", query: { unread: "1" }, has: (it) => it.unread_count > 0 && !it.snoozed_until, empty: "Everything has been read." },
  snoozed: { label: "Snoozed", query: { snoozed: "1" }, has: (it) => Boolean(it.snoozed_until),
    empty: "Nothing is snoozed. Snooze a conversation to have it back later." },
  resolved: { label: "Resolved", query: { status: "resolved" }, has: (it) => it.status === "resolved", empty: "Nothing is resolved yet." },
};
const PREVIEWS = { image: "image", video: "video", audio: "audio", document: "file", sticker: "image", location: "pin", contact: "person", note: "note" };

whenSignedOut(() => inbox?.leave("Your session has ended. Sign in again."));
let inbox = null;
start();

async function start() {
  if (!getToken()) return welcome();
  try {
    const { data } = await request("GET", "/v1/me");
    enter(data);
  } catch (error) {
    if (error.status === 401) return welcome("Your session has ended. Sign in again.");
    app.replaceChildren(el("main", { class: "sign-in" }, el("section", { class: "card sign-in-card" }, el("h1", { text: "Plixa" }),
      el("p", { text: error.message }), button("Try again", { class: "primary", on: { click: start } }))));
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
  #touched = new Map(); // conversation → offset of the last event that changed it
  #views = new Map(); // tab and search → how far it has been fetched
  #rows = new Map();
  #tab = "open";
  #search = "";
  #thread = null;
  #timer = null;
  #resting = "";

  constructor(user, tenant) {
    this.state = { me: user, tenant, numbers: new Map(), users: new Map([[user.id, user.name]]), conversations: new Map() };
    this.#build();
    this.live = new Live({
      token: getToken,
      snapshot: () => this.#snapshot(),
      event: (event) => this.#fold(event),
      state: (name, text) => this.#liveState(name, text),
      signIn: () => this.leave("Your session has ended. Sign in again."),
    });
    this.live.start();
    this.seconds = setInterval(() => this.#tick(), 1000);
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

  // -- the page ---------------------------------------------------------------------------------------------------------

  #build() {
    this.liveChip = el("span", { class: "chip-state live-state", role: "status", "aria-live": "polite" });
    this.numberChip = el("button", { type: "button", class: "chip-state number-state", on: { click: () => this.#numbers() } });
    this.banner = el("p", { class: "banner", role: "alert", hidden: true });
    this.searchBox = el("input", { type: "search", placeholder: "Search a name or number", "aria-label": "Search conversations", maxLength: 200,
      on: { input: () => this.#searched() } });
    this.tabs = el("div", { class: "tabs", role: "group", "aria-label": "Which conversations" }, Object.entries(TABS).map(([name, tab]) =>
      el("button", { type: "button", class: "tab", data: { tab: name }, on: { click: () => this.#choose(name) } },
        tab.label, el("span", { class: "count" }))));
    this.list = el("ul", { class: "rows", "aria-label": "Conversations", on: { keydown: (event) => this.#rowKey(event) } });
    this.listEnd = el("div", { class: "list-end" });
    this.main = el("main", { class: "main" });
    app.replaceChildren(el("div", { class: "shell" },
      el("header", { class: "top" },
        el("div", { class: "brand" }, el("img", { src: "/panel/plixa.svg", alt: "", width: 28, height: 28 }), el("strong", { text: "Plixa" }),
          el("span", { class: "muted workspace", text: this.state.tenant.name })),
        el("div", { class: "row" }, this.numberChip, this.liveChip,
          button("Settings", { drawing: "gear", bare: true, class: "quiet", on: { click: () => settingsDrawer(this.state, () => this.signOut()) } }))),
      this.banner,
      el("div", { class: "columns" },
        el("nav", { class: "side", "aria-label": "Inbox" },
          el("div", { class: "search" }, icon("search"), this.searchBox), this.tabs,
          el("div", { class: "rows-box" }, this.list, this.listEnd)),
        this.main)));
    this.list.setAttribute("aria-busy", "true");
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
    this.#views.clear();
    const [{ data: numbers }, page] = await Promise.all([request("GET", "/v1/phone-instances"), this.#page(this.#tab, this.#search)]);
    this.state.conversations.clear();
    this.#touched.clear();
    this.#keepPage(page);
    this.state.numbers = new Map(numbers.map((number) => [number.id, number]));
    this.list.removeAttribute("aria-busy");
    if (this.#thread) this.#thread.reload();
    else this.#route();
    this.#redraw();
    return page.meta.head;
  }

  #fold({ offset, data }) {
    const { activity, conversation, message, phone_instance: number, user, look_back } = data;
    if (conversation) this.#change(conversation, offset);
    if (activity?.absorbed && data.conversation_id === this.#thread?.id) this.#thread.reload();
    if (message) {
      if (data.conversation_id === this.#thread?.id) this.#thread.fold(message);
      this.#reword(data.conversation_id, message);
    }
    if (number) this.#number(number);
    if (look_back?.text) toast(`Caught up: ${look_back.text}.`);
    if (user) this.state.users.set(user.id, user.name);
    this.#redraw();
  }

  #change(patch, offset) {
    const known = this.state.conversations.get(patch.id);
    if (patch.deleted) return this.#gone(patch.id, patch.merged_into);
    this.#touched.set(patch.id, offset);
    this.state.conversations.set(patch.id, merge(known, patch));
    if (!known?.created_at && !patch.created_at) this.#fetch(patch.id);
  }

  /** An edit of the last message changes what the list shows of it. */
  #reword(id, { id: messageId, body, edited_at }) {
    const known = this.state.conversations.get(id);
    if (!edited_at || known?.last_message?.id !== messageId) return;
    this.state.conversations.set(id, merge(known, { last_message: { body } }));
  }

  #gone(id, into) {
    this.state.conversations.delete(id);
    this.#touched.delete(id);
    if (this.#thread?.id !== id) return;
    toast(into ? "The conversation was merged into this one." : "The conversation was deleted.");
    location.hash = into ? `#/conversations/${into}` : "";
  }

  #number(patch) {
    const known = this.state.numbers.get(patch.id);
    this.state.numbers.set(patch.id, merge(known, patch));
    if (known && patch.status && patch.status !== known.status && (patch.status === "connected" || patch.status === "disconnected")) {
      toast(`${known.name || phone(known.phone) || "The number"}: ${NUMBER_STATES[patch.status].toLowerCase()}.`, patch.status === "connected" ? "good" : "bad");
    }
  }

  /** A conversation as the server answered it, true as of an offset; events that came since are kept on top. */
  #take(fetched, asOf) {
    const known = this.state.conversations.get(fetched.id);
    const newer = known && (this.#touched.get(fetched.id) ?? 0) > asOf;
    this.state.conversations.set(fetched.id, newer ? merge(fetched, known) : fetched);
  }

  async #fetch(id) {
    const asOf = this.live?.after ?? 0;
    try {
      const { data } = await request("GET", `/v1/conversations/${id}`);
      this.#take(data, asOf);
    } catch (error) {
      if (error.status !== 404) return false;
      this.state.conversations.delete(id);
      return false;
    } finally {
      this.#redraw();
    }
    return true;
  }

  #page(tab, search, cursor) {
    const digits = search.replaceAll(/[\s()+-]/g, "");
    const q = /^\d+$/.test(digits) ? digits : search;
    const query = new URLSearchParams({ ...TABS[tab].query, limit: 50, ...(q ? { q } : {}), ...(cursor ? { cursor } : {}) });
    return request("GET", `/v1/conversations?${query}`);
  }

  #keepPage({ data, meta }) {
    for (const each of data) this.#take(each, meta.head);
    this.#views.set(this.#view, { next: meta.next_cursor, loading: false });
  }

  get #view() {
    return `${this.#tab} ${this.#search}`;
  }

  /** Fetch what the chosen tab and search need and have not got. */
  async #fill(cursor) {
    const view = this.#view;
    if (this.live.after === null || this.#views.get(view)?.loading || (this.#views.has(view) && !cursor)) return;
    this.#views.set(view, { next: cursor, loading: true });
    try {
      const page = await this.#page(this.#tab, this.#search, cursor);
      for (const each of page.data) this.#take(each, page.meta.head);
      this.#views.set(view, { next: page.meta.next_cursor, loading: false });
    } catch (error) {
      this.#views.delete(view);
      toast(error.message, "bad");
    }
    this.#redraw();
  }

  // -- the list ---------------------------------------------------------------------------------------------------------

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
    const unread = all.filter(TABS.unread.has).length;
    document.title = unread ? `(${unread}) Plixa` : "Plixa";
    for (const tab of this.tabs.children) {
      tab.setAttribute("aria-pressed", String(tab.dataset.tab === this.#tab));
      tab.querySelector(".count").textContent = tab.dataset.tab === "unread" && unread ? unread : "";
    }
    this.#drawRows(all.filter((each) => this.#shown(each)).sort(latestFirst));
    this.#drawNumber();
    this.#thread?.drawHead();
    if (!this.#thread) this.#rest(all.length);
    app.firstChild.classList.toggle("reading", Boolean(this.#thread));
    app.firstChild.classList.toggle("blank", !this.#thread && !all.length && this.live.after !== null);
    this.#tick();
  }

  #shown(conversation) {
    if (!TABS[this.#tab].has(conversation)) return false;
    const sought = this.#search.toLowerCase();
    const digits = sought.replaceAll(/[\s()+-]/g, "");
    return !sought || conversation.contact_name?.toLowerCase().includes(sought) ||
      (/^\d+$/.test(digits) && Boolean(conversation.contact_phone?.includes(digits)));
  }

  #drawRows(shown) {
    const rows = shown.map((each) => this.#row(each));
    const keep = new Set(rows);
    const focused = this.list.contains(document.activeElement) ? document.activeElement : null;
    for (const row of [...this.list.children]) if (!keep.has(row)) row.remove();
    rows.forEach((row, at) => {
      if (this.list.children[at] !== row) this.list.insertBefore(row, this.list.children[at] ?? null);
    });
    if (focused?.isConnected) focused.focus({ preventScroll: true });
    const current = rows.find((row) => row.firstChild.getAttribute("aria-current") === "true") ?? rows[0];
    for (const row of rows) row.firstChild.tabIndex = row === current ? 0 : -1;
    this.#drawEnd(rows.length);
  }

  #drawEnd(count) {
    const view = this.#views.get(this.#view);
    const end = [];
    if (view?.loading || this.live.after === null) end.push(el("span", { class: "spinner", role: "img", "aria-label": "Loading" }));
    else if (view?.next) end.push(button("Show more", { on: { click: () => this.#fill(view.next) } }));
    else if (!count) end.push(el("p", { class: "muted", text: this.#search ? `Nobody found for “${this.#search}”.` : this.state.conversations.size ? TABS[this.#tab].empty : "No conversations yet." }));
    this.listEnd.replaceChildren(...end);
  }

  #row(conversation) {
    const current = conversation.id === this.#thread?.id;
    const drawn = JSON.stringify([conversation, current, new Date().toDateString(), this.state.users.get(conversation.assigned_user_id)]);
    const known = this.#rows.get(conversation.id);
    if (known?.drawn === drawn) return known.row;
    const row = known?.row ?? el("li", {}, el("button", { type: "button", class: "row-button", on: { click: () => this.#open(conversation.id) } }));
    this.#fillRow(row.firstChild, conversation, current);
    this.#rows.set(conversation.id, { row, drawn });
    return row;
  }

  #fillRow(inside, conversation, current) {
    const { last_message: last, unread_count: unread } = conversation;
    const name = nameOf(conversation);
    const assigned = conversation.assigned_user_id;
    inside.setAttribute("aria-current", String(current));
    inside.classList.toggle("unread", unread > 0);
    inside.replaceChildren(
      avatar(name, conversation.contact_id),
      el("span", { class: "row-text" },
        el("span", { class: "row-line" }, el("span", { class: "row-name", text: name }),
          last && el("time", { class: "muted", dateTime: last.created_at, title: full(last.created_at), text: brief(last.created_at) })),
        el("span", { class: "row-line" },
          el("span", { class: "row-last muted" }, last && PREVIEWS[last.type] && icon(PREVIEWS[last.type]),
            el("span", { text: last ? `${last.direction === "outbound" && last.type !== "note" ? "You: " : ""}${gist(last)}` : "No messages yet" })),
          unread > 0 && el("span", { class: "badge", "aria-label": `${unread} unread`, text: unread > 99 ? "99+" : unread })),
        el("span", { class: "row-tags" },
          this.due(conversation),
          conversation.snoozed_until && el("span", { class: "tag" }, icon("moon"), brief(conversation.snoozed_until)),
          conversation.status === "resolved" && el("span", { class: "tag done" }, icon("done"), "Resolved"),
          assigned && el("span", { class: "tag" }, icon("person"), this.userName(assigned)))));
  }

  /** The service-level clock that ends first, as a tag that counts down; null where none runs. */
  due({ sla, status }) {
    const running = Object.entries(sla ?? {}).filter(([, it]) => it && !it.met_at && it.due_at && status !== "resolved");
    if (!running.length) return null;
    const [name, first] = running.sort(([, one], [, other]) => Date.parse(one.due_at) - Date.parse(other.due_at))[0];
    if (first.paused) return el("span", { class: "tag", text: "Target paused" });
    const data = { due: Date.parse(first.due_at), target: first.target_seconds * 1000, clock: name };
    const tag = el("span", { class: "tag due", data, title: `${name === "resolution" ? "Resolve" : "Answer"} by ${full(first.due_at)}` }, icon("clock"), el("span"));
    countDown(tag);
    return tag;
  }

  #tick() {
    document.querySelectorAll(".due").forEach(countDown);
  }

  userName(id) {
    return id === this.state.me.id ? "you" : this.state.users.get(id) ?? "a colleague";
  }

  #choose(tab) {
    this.#tab = tab;
    this.#fill();
    this.#draw();
    this.list.parentElement.scrollTop = 0;
  }

  #searched() {
    this.#search = this.searchBox.value.trim();
    this.#draw();
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.#fill(), 250);
  }

  #rowKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
    const rows = [...this.list.querySelectorAll(".row-button")];
    const to = event.key === "Home" ? rows[0] : event.key === "End" ? rows.at(-1) : step && rows[rows.indexOf(document.activeElement) + step];
    if (!to) return;
    event.preventDefault();
    to.focus();
  }

  #key(event) {
    const typing = event.target.closest?.("input, textarea, select, dialog");
    if (event.key === "/" && !typing) {
      event.preventDefault();
      this.searchBox.focus();
    } else if (event.key === "Escape" && event.target === this.searchBox) {
      this.searchBox.value = "";
      this.#searched();
    } else if (event.key === "Escape" && this.#thread && !document.querySelector("dialog[open]")) {
      this.#back();
    }
  }

  // -- the open conversation --------------------------------------------------------------------------------------------

  #open(id) {
    if (this.#thread?.id === id) this.#thread.focus();
    else location.hash = `/conversations/${id}`;
  }

  #back() {
    const id = this.#thread?.id;
    location.hash = "";
    setTimeout(() => this.#rows.get(id)?.row.firstChild.focus(), REDRAW + 20);
  }

  async #route() {
    const id = Number(/^#\/conversations\/(\d+)$/.exec(location.hash)?.[1]) || null;
    if (id === (this.#thread?.id ?? null)) return;
    this.#thread?.close();
    this.#thread = null;
    if (id !== null && !this.state.conversations.get(id)?.created_at && !(await this.#fetch(id))) {
      toast("That conversation is not there any more.", "bad");
      location.hash = "";
      return;
    }
    if (id !== null) this.#show(id);
    this.#resting = "";
    this.#draw();
  }

  #show(id) {
    this.#thread = new Thread(id, this.state, {
      conversation: () => this.state.conversations.get(id),
      authorName: (user) => this.userName(user),
      changed: (resource) => this.#answered(resource),
      due: (conversation) => this.due(conversation),
      back: () => this.#back(),
    });
    this.main.replaceChildren(this.#thread.node);
    if (matchMedia("(hover: hover)").matches) this.#thread.focus();
  }

  /** A conversation in the answer to a request of ours: as new as anything the live push has brought by now. */
  #answered(resource) {
    if (!this.state.conversations.has(resource.id)) return;
    this.#take(resource, this.live.after ?? 0);
    this.#redraw();
  }

  /** What to show where no conversation is open: the next thing to do. */
  #rest(conversations) {
    const numbers = [...this.state.numbers.values()];
    const connected = numbers.find((number) => number.status === "connected");
    const owner = this.state.me.role === "owner";
    const says = JSON.stringify([this.live.after !== null, numbers, conversations > 0]);
    if (says === this.#resting) return;
    this.#resting = says;
    if (this.live.after === null) {
      this.main.replaceChildren(el("div", { class: "rest" }, el("span", { class: "spinner" })));
    } else if (!numbers.length) {
      this.#restWith("phone", "Connect your WhatsApp number", owner
        ? "Pair the phone of your business once, with a QR code. From then on, every message to it appears here, live."
        : "The owner of the workspace has not connected a number yet.",
      owner && button("Connect a number", { drawing: "plus", class: "primary", on: { click: () => this.#numbers() } }));
    } else if (!connected && !conversations) {
      const pending = numbers[0];
      this.#restWith("phone", NUMBER_STATES[pending.status], "The number is not connected, so no messages arrive.",
        owner && button("Show the QR code", { class: "primary", on: { click: () => this.#numbers(pending.id) } }));
    } else if (!conversations) {
      this.#restWith("inbox", "Ready for the first message",
        `Write to ${phone(connected.phone) || "your number"} on WhatsApp, and watch it appear here. With the simulator, write from its page, as a customer.`,
        button("Set a welcome message", { drawing: "gear", on: { click: () => settingsDrawer(this.state, () => this.signOut()) } }));
    } else {
      this.#restWith("inbox", "Choose a conversation", "Press / to search, ↑ and ↓ to move through the list, Enter to open, Esc to come back.");
    }
  }

  #restWith(drawing, title, text, action) {
    this.main.replaceChildren(el("div", { class: "rest" }, el("span", { class: "rest-mark" }, icon(drawing)),
      el("h2", { text: title }), el("p", { class: "muted", text }), ...(action ? [action] : [])));
  }

  // -- numbers ----------------------------------------------------------------------------------------------------------

  #numbers(pair) {
    numbersDialog(this.state, { pair, changed: (number) => {
      this.state.numbers.set(number.id, merge(this.state.numbers.get(number.id), number));
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

function latestFirst(one, other) {
  const at = (it) => Date.parse(it.last_message?.created_at ?? it.created_at);
  return at(other) - at(one) || other.id - one.id;
}

function countDown(tag) {
  const left = Number(tag.dataset.due) - Date.now();
  tag.classList.toggle("late", left <= 0);
  tag.classList.toggle("soon", left > 0 && left < Number(tag.dataset.target) * SOON);
  tag.lastChild.textContent = left > 0 ? span(left) : `${span(-left)} late`;
}
