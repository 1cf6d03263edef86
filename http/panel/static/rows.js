// The list's rows: one conversation each.

import { isMarked } from "./marked.js";
import { compared } from "./mine.js";
import { avatar, el, gist, icon, nameOf } from "./ui.js";
import { brief, full, span, t } from "./words.js";

const SOON = 0.25; // of the target: from here on the clock is amber
const PREVIEWS = { image: "image", video: "video", audio: "audio", document: "file", sticker: "image", location: "pin", contact: "person", note: "note" };
const LEADS = ["ai", "flow"];
const WAITED = 60_000; // before that nobody says that somebody waits

/** Draws rows and keeps them: one that shows the same as before is not drawn again. `hooks`: `open(id)`, `userName(id)`. */
export class Rows {
  #rows = new Map();
  #state;
  #hooks;

  constructor(state, hooks) {
    this.#state = state;
    this.#hooks = hooks;
  }

  /** A conversation's row. */
  of(conversation, current) {
    const labels = labelsOf(conversation, this.#state);
    const last = conversation.last_message && { ...conversation.last_message, body: gist(conversation.last_message) };
    const marked = isMarked(this.#state.me.id, conversation.id);
    const drawn = JSON.stringify([{ ...conversation, last_message: last }, current, marked, new Date().toDateString(), this.#hooks.userName(conversation.assigned_user_id), labels]);
    const known = this.#rows.get(conversation.id);
    if (known?.drawn === drawn) return known.row;
    const row = known?.row ?? this.#made(conversation.id);
    this.#fill(row.firstChild, conversation, current, labels, marked);
    row.lastChild.setAttribute("aria-label", t("inbox.bulk.choose", { name: nameOf(conversation) }));
    this.#rows.set(conversation.id, { row, drawn });
    return row;
  }

  #made(id) {
    const tick = el("input", { type: "checkbox", class: "row-tick", on: {
      click: (event) => this.#hooks.chosen(id, tick.checked, event.shiftKey),
    } });
    return el("li", { class: "row-item", data: { id } }, el("button", { type: "button", class: "row-button", on: { click: () => this.#hooks.open(id) } }), tick);
  }

  /** The button of a row that has been drawn. */
  button(id) {
    return this.#rows.get(id)?.row.firstChild;
  }

  #fill(inside, conversation, current, labels, marked) {
    const { last_message: last, unread_by_me: unread, assigned_user_id: assigned } = conversation;
    const name = nameOf(conversation);
    inside.setAttribute("aria-current", String(current));
    inside.classList.toggle("unread", unread > 0 || marked);
    inside.replaceChildren(
      avatar(name, conversation.contact_id),
      el("span", { class: "row-text" },
        el("span", { class: "row-line" }, el("span", { class: "row-name", data: { own: "" }, text: name }),
          last && el("time", { class: "muted", dateTime: last.created_at, title: full(last.created_at), text: brief(last.created_at) })),
        el("span", { class: "row-line" },
          el("span", { class: "row-last muted" }, last?.direction === "outbound" && last.type !== "note" && icon("reply", t("inbox.answered")),
            last && PREVIEWS[last.type] && icon(PREVIEWS[last.type]), el("span", { data: { own: "" }, text: last ? gist(last) : t("inbox.no_messages") })),
          !(unread > 0) && marked && el("span", { class: "badge", role: "img", "aria-label": t("inbox.marked"), text: "•" }),
          unread > 0 && el("span", { class: "badge", role: "img", "aria-label": t("inbox.unread_count", { n: unread }), text: unread > 99 ? "99+" : unread })),
        el("span", { class: "row-tags" },
          waiting(conversation) ?? due(conversation, true),
          conversation.snoozed_until && el("span", { class: "tag" }, icon("moon"), brief(conversation.snoozed_until)),
          conversation.status === "resolved" && el("span", { class: "tag done" }, icon("done"), t("inbox.resolved")),
          LEADS.includes(conversation.mode) && el("span", { class: "tag", title: t("inbox.lead_who") }, icon("spark"), t(`inbox.lead.${conversation.mode}`)),
          assigned && el("span", { class: "tag" }, icon("person"), this.#hooks.userName(assigned)),
          ...labels.map(labelTag))));
  }
}

/** A conversation's labels that there are, by name. */
export function labelsOf(conversation, state) {
  return (conversation.labels ?? []).map((id) => state.labels.get(id)).filter(Boolean);
}

/** A label in its colour. */
export function labelTag({ name, color }) {
  const tag = el("span", { class: "tag label" }, el("span", { class: "dot" }), el("span", { text: name, data: { own: "" } }));
  tag.firstChild.style.background = color;
  return tag;
}

/** That the customer wrote last and how long ago, as a tag that counts up; null where nobody waits, or a target says it better. */
export function waiting(conversation) {
  const { last_message: last, status, mode, snoozed_until: snoozed } = conversation;
  if (status === "resolved" || snoozed || LEADS.includes(mode) || last?.direction !== "inbound" || last.type === "note") return null;
  if (due(conversation, true)) return null;
  const tag = el("span", { class: "tag waits", data: { since: Date.parse(last.created_at) }, title: t("inbox.waits_title", { when: full(last.created_at) }) }, icon("clock"), el("span"));
  countUp(tag);
  return tag;
}

/** The service-level clock that ends first, as a tag that counts down; null where none runs, or (`urgent`) none ends soon. */
export function due({ sla, status }, urgent = false) {
  const running = Object.entries(sla ?? {}).filter(([, it]) => it && !it.met_at && it.due_at && status !== "resolved");
  if (!running.length) return null;
  const [, first] = running.sort(([, one], [, other]) => Date.parse(one.due_at) - Date.parse(other.due_at))[0];
  if (first.paused) return el("span", { class: "tag", text: t("inbox.due.paused") });
  const left = Date.parse(first.due_at) - Date.now();
  if (urgent && left > first.target_seconds * 1000 * SOON) return null;
  const name = first === sla.resolution ? "resolution" : "first";
  const data = { due: Date.parse(first.due_at), target: first.target_seconds * 1000, clock: name };
  const tag = el("span", { class: "tag due", data, title: t(name === "first" ? "inbox.due.first_by" : "inbox.due.resolution_by", { when: full(first.due_at) }) }, icon("clock"), el("span"));
  countDown(tag);
  return tag;
}

/** Let all clocks on the page show the time that is left. */
export function tick() {
  document.querySelectorAll(".due").forEach(countDown);
  document.querySelectorAll(".waits").forEach(countUp);
}

/** Latest activity first, as the server lists them. */
export function latestFirst(one, other) {
  return compared(other.last_activity_at, one.last_activity_at) || other.id - one.id;
}

function countDown(tag) {
  const left = Number(tag.dataset.due) - Date.now();
  tag.classList.toggle("late", left <= 0);
  tag.classList.toggle("soon", left > 0 && left < Number(tag.dataset.target) * SOON);
  const first = tag.dataset.clock === "first";
  tag.lastChild.textContent = left > 0 ? t(first ? "inbox.due.first" : "inbox.due.resolution", { span: span(left) }) : t(first ? "inbox.due.first_late" : "inbox.due.resolution_late", { span: span(-left) });
}

function countUp(tag) {
  const waited = Date.now() - Number(tag.dataset.since);
  tag.hidden = waited < WAITED;
  tag.classList.toggle("soon", waited >= WAITED);
  tag.lastChild.textContent = t("inbox.waits", { span: waited < 3_600_000 ? t("common.span.minutes", { minutes: Math.floor(waited / 60_000) }) : span(waited) });
}
