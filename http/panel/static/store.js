// What is known of the workspace: fetched once, kept fresh by the live push, and told to whoever listens.

import { proof, request } from "./api.js";
import { Live, merge } from "./live.js";
import { activity, counted, forward, lastId, later, latest } from "./mine.js";
import { numberName } from "./troubles.js";
import { toast } from "./ui.js";
import { foldViews } from "./views.js";
import { t } from "./words.js";

const REDRAW = 40;
export const UNREAD_KNOWN = 100;
const LISTS = { numbers: "phone-instances", users: "team/members", labels: "labels", sectors: "sectors", views: "views" };

export class Store {
  #numbersGone = new Set(); // ids of removed numbers
  #touched = new Map(); // conversation → offset of the last event that changed it
  #listeners = { event: new Set(), fresh: new Set(), changed: new Set(), gone: new Set(), merged: new Set(), absorbed: new Set(), ephemeral: new Set(), live: new Set() };
  #timer = null;
  keep = null; // what the inbox does with the first page, while there is one
  #lists = {}; // the answers to the lists of the snapshot, by name

  /** hooks: `live(name, why)` how the connection is; `signIn()`. */
  constructor({ user, tenant }, hooks) {
    this.me = { id: user.id, since: 0 };
    this.state = { me: user, tenant, numbers: new Map(), users: new Map([[user.id, user]]), labels: new Map(), sectors: new Map(),
      views: new Map(), conversations: new Map() };
    this.live = new Live({
      proof,
      snapshot: () => this.#snapshot(),
      event: (event) => this.#fold(event),
      ephemeral: (frame) => this.tell("ephemeral", frame),
      state: hooks.live,
      signIn: hooks.signIn,
    });
  }

  start() {
    this.live.start();
  }

  stop() {
    this.live.stop();
    clearTimeout(this.#timer);
    this.stopped = true;
  }

  /** Whether it is known by now. */
  get loaded() {
    return this.live.after !== null;
  }

  /** Call `listener` for `event`, `fresh` everything was fetched anew, `changed`, `gone`, `merged`, `absorbed`, `ephemeral`, `live` again; until the signal says. */
  listen(kind, listener, signal) {
    this.#listeners[kind].add(listener);
    signal?.addEventListener("abort", () => this.#listeners[kind].delete(listener));
  }

  tell(kind, ...told) {
    for (const listener of this.#listeners[kind]) listener(...told);
  }

  /** Tell that something has changed, a moment from now: many events in a row are one change. */
  redraw() {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      if (!this.stopped) this.tell("changed");
    }, REDRAW);
  }

  /** The first page of what is listed; the inbox has its own. */
  first() {
    return request("GET", "/v1/conversations?limit=1");
  }

  /** Everything anew. Answers the offset as of which it is true. */
  async #snapshot() {
    await Promise.all(Object.entries(LISTS).map(async ([name, path]) => {
      const { data } = await request("GET", `/v1/${path}`);
      this.#lists[name] = new Map(data.map((each) => [each.id, each]));
    }));
    const { data: rules } = await request("GET", "/v1/inbox-config");
    Object.assign(this.state, this.#lists, { mayDelete: this.state.me.role === "owner" || rules.members_may_delete });
    this.me.since = Math.floor(Date.parse(this.state.users.get(this.me.id)?.joined_at ?? 0) / 1000) * 1000; // WhatsApp's times are whole seconds
    // The list first: what comes after it is true as of later, and the live push tells of it once more.
    const { keep } = this; // the inbox may come while this is under way, and it is not the page that it would keep
    const page = await this.first();
    const unread = await request("GET", `/v1/conversations?unread=mine&snoozed=all&limit=${UNREAD_KNOWN}`);
    this.state.conversations.clear();
    this.#touched.clear();
    keep?.(page);
    for (const each of unread.data) this.take(each, page.meta.head);
    this.tell("fresh");
    this.redraw();
    return page.meta.head;
  }

  #fold(event) {
    const { offset, type, data } = event;
    const { activity, conversation, message, phone_instance: number, user, look_back } = data;
    if (data.conversation_id) this.#count(data);
    if (conversation) this.#change(conversation, offset, type);
    if (activity?.absorbed) this.#absorbed(data.conversation_id);
    if (message) this.#reword(data.conversation_id, message);
    if (number) this.#number(number);
    if (look_back?.text) toast(t("shell.caught_up", { text: look_back.text }));
    if (user) this.state.users.set(user.id, { ...this.state.users.get(user.id), ...user });
    /** @type {[string, Map<number, any>][]} */
    const named = [["label", this.state.labels], ["sector", this.state.sectors]];
    for (const [one, many] of named) {
      if (data[one]?.deleted) many.delete(data[one].id);
      else if (data[one]) many.set(data[one].id, data[one]);
    }
    foldViews(this.state.views, type, data);
    this.tell("event", event);
    this.redraw();
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
    this.state.conversations.set(patch.id, { ...merge(known, forward(known, patch)), last_activity_at: activity(known, patch) });
    if (!known?.created_at && !patch.created_at) this.fetch(patch.id);
  }

  /** An edit of the last message changes what the list shows of it. */
  #reword(id, { id: messageId, body, edited_at }) {
    const known = this.state.conversations.get(id);
    if (!edited_at || known?.last_message?.id !== messageId) return;
    this.state.conversations.set(id, merge(known, { last_message: { body } }));
  }

  /** It has another one's messages now, of which nobody has told all. */
  #absorbed(id) {
    this.fetch(id);
    this.tell("absorbed", id);
  }

  #gone(id, type, into) {
    this.state.conversations.delete(id);
    this.#touched.delete(id);
    this.tell("gone", id, type, into);
  }

  #number(patch) {
    const known = this.state.numbers.get(patch.id);
    if (patch.deleted) this.#numbersGone.add(patch.id);
    if (this.#numbersGone.has(patch.id)) return this.state.numbers.delete(patch.id); // what it still had under way
    this.state.numbers.set(patch.id, merge(known, patch));
    if (known && patch.status === "connected" && known.status !== "connected") toast(t("shell.number_connected", { name: numberName(known) }), "good"); // what is down stands on top
  }

  /** A conversation as the server answered it, true as of an offset; events that came since are kept on top. */
  take(fetched, asOf) {
    const known = this.state.conversations.get(fetched.id);
    const newer = known && (this.#touched.get(fetched.id) ?? 0) > asOf;
    const kept = newer ? { ...merge(fetched, known), last_activity_at: latest(fetched.last_activity_at, known.last_activity_at) } : fetched;
    this.state.conversations.set(fetched.id, known?.created_at ? withCount(kept, later(known, fetched)) : kept);
  }

  /** Fetch one. Answers whether it is there. */
  async fetch(id) {
    const asOf = this.live.after ?? 0;
    try {
      const { data } = await request("GET", `/v1/conversations/${id}`);
      // Its count does not know of a message that came meanwhile, and there is none yet to count on from.
      if (lastId(this.state.conversations.get(id)) > lastId(data)) return this.fetch(id);
      this.take(data, asOf);
    } catch (error) {
      if (error.into) this.tell("merged", id, error.into); // an address from before, or nobody told of it while the connection was away
      if (error.status === 404 || error.into) this.state.conversations.delete(id);
      return false;
    } finally {
      this.redraw();
    }
    return true;
  }

  /** Views in the answer to a request of ours: one, or several in a new order. */
  viewChanged(changed) {
    for (const view of [changed].flat().filter(Boolean)) {
      if (view.deleted) this.state.views.delete(view.id);
      else this.state.views.set(view.id, view);
    }
    this.redraw();
  }

  /** A conversation in the answer to a request of ours: as new as anything the live push has brought by now. */
  answered(resource) {
    if (!this.state.conversations.has(resource.id)) return;
    this.take(resource, this.live.after ?? 0);
    this.redraw();
  }

  /** A number in the answer to a request of ours. */
  numberChanged(number) {
    if (number.deleted) this.state.numbers.delete(number.id);
    else this.state.numbers.set(number.id, merge(this.state.numbers.get(number.id), number));
    this.redraw();
  }

  /** What to call a member within a sentence. */
  userName(id) {
    return id === this.state.me.id ? t("common.you") : this.state.users.get(id)?.name ?? t("common.a_colleague");
  }
}

/** A conversation with the count of another look at it, and the last message that goes with that. */
function withCount(conversation, { unread_by_me, last_message }) {
  const ahead = lastId({ last_message }) > lastId(conversation);
  return { ...conversation, unread_by_me, ...(ahead ? { last_message, last_activity_at: latest(conversation.last_activity_at, last_message.created_at) } : {}) };
}
