// One message as it is shown.

import { kind, button, el, gist, head, icon, nameOf } from "./ui.js";
import { clock, full, t } from "./words.js";
import { words } from "./written.js";

const STATUS = { queued: "clock", sending: "sending", sent: "tick", delivered: "ticks", read: "ticks", played: "ticks", failed: "alert", unknown: "question" };
const FOLDED = 4000; // characters of a longer message that are shown at once: laying out 65,536 takes its time
const unfolded = new Set(); // ids of the messages that are shown whole
const JUMBO = { characters: 23, emoji: 3 };
const EMOJI = /\p{Extended_Pictographic}[\p{Emoji_Modifier}\uFE0F]*(?:\u200D\p{Extended_Pictographic}[\p{Emoji_Modifier}\uFE0F]*)*\s*/gu;

/**
 * Draw a message into its node. `joined`: it follows another one of the same author; `quoted`: the message that it
 * answers, where that is known. hooks: `me`, `conversation()`, `media(message)` its file's node, `quote(message)`, `jump(id)`.
 */
export function fillBubble(node, message, joined, quoted, hooks) {
  const kind = message.type === "note" ? "note" : message.type === "system" ? "system" : message.direction;
  node.className = `message ${kind}${joined ? " joined" : ""}${message.type === "sticker" ? " bare" : ""} status-${message.status}`;
  const inside = [];
  const author = by(message, joined, hooks.me);
  if (author) inside.push(el("div", { class: "by" }, message.type === "note" && icon("note"), author));
  if (message.quoted_message_id) inside.push(quote(message.quoted_message_id, quoted, hooks));
  inside.push(...content(message, hooks));
  inside.push(foot(message));
  const bubble = el("div", { class: "bubble", on: { click: (event) => clicked(event, message, hooks) } }, inside);
  const reply = button(t("bubble.quote"), { drawing: "reply", bare: true, class: "quiet quote-button", on: { click: () => hooks.quote(message) } });
  const line = el("div", { class: "line" }, bubble, reply);
  node.replaceChildren(line);
  const reactions = Object.entries(message.reactions ?? {}).filter(([, emoji]) => emoji);
  if (reactions.length) {
    line.classList.add("reacted");
    bubble.append(el("div", { class: "reactions", "aria-label": t("bubble.reactions") },
      reactions.map(([who, emoji]) => el("span", { text: emoji, title: t(who === "us" ? "bubble.you" : "bubble.customer") }))));
  }
  if (message.extra?.menu) node.append(offered(message.extra.menu));
  const wrong = trouble(message);
  if (wrong) node.append(wrong);
}

function by(message, joined, me) {
  if (joined || message.direction === "inbound" || message.type === "system") return null;
  const { kind, name, id } = message.author ?? {};
  const who = kind === "user" ? (id === me ? t("bubble.you") : name || t("bubble.colleague")) : name || (kind && t(`bubble.by.${kind}`));
  return message.type === "note" ? t("bubble.only_team", { who }) : who;
}

function trouble({ status, error, type, direction }) {
  if (status === "failed") return el("p", { class: "trouble bad" }, icon("alert"), error || t("bubble.not_sent"));
  if (status === "unknown") return el("p", { class: "trouble warn" }, icon("question"), error || t("bubble.checking"));
  if (status === "queued" && error) return el("p", { class: "trouble" }, t("bubble.tried_again", { why: error }));
  if (error && direction === "inbound" && type !== "text") return el("p", { class: "trouble" }, icon("alert"), error);
  return null;
}

function quote(id, quoted, hooks) {
  return el("button", { type: "button", class: "quote", on: { click: () => hooks.jump(id) } },
    el("span", { class: "quote-by", text: quoted ? (quoted.direction === "inbound" ? nameOf(hooks.conversation() ?? {}) : t("bubble.you")) : "" }),
    el("span", { class: "quote-text", data: { own: "" }, text: quoted ? gist(quoted) : t("bubble.earlier") }));
}

function content(message, hooks) {
  const parts = [];
  if (message.deleted_at) parts.push(el("p", { class: "gone" }, icon("bin"), t("bubble.deleted")));
  if (message.media) parts.push(hooks.media(message));
  if (message.type === "location") parts.push(place(message));
  else if (message.body) parts.push(...said(message));
  else if (!message.media) parts.push(el("p", { class: "body muted", text: kind(message.type) ?? t("bubble.cannot") }));
  return parts;
}

function foot(message) {
  const drawing = STATUS[message.status];
  const label = drawing && t(`bubble.status.${message.status}`);
  const ticks = message.direction === "outbound" && message.type !== "note" && drawing;
  return el("div", { class: "foot" },
    message.edited_at && el("span", { text: t("bubble.edited"), title: full(message.edited_at) }),
    el("time", { dateTime: message.created_at, title: full(message.created_at), text: clock(message.created_at) }),
    ticks && el("span", { class: `ticks ${message.status}`, title: label }, icon(drawing, label)));
}

function clicked(event, message, hooks) {
  if (event.target.closest("a, button, audio, video, img") || !getSelection().isCollapsed) return;
  hooks.quote(message);
}

/** What the customer may tap under a flow's message. */
function offered({ shown, options }) {
  const how = t(`bubble.shown.${shown}`);
  return el("p", { class: `offered ${shown}`, title: how, "aria-label": how }, options.map(({ label }) => el("span", { text: label })));
}

/** A place, with a link to a map where there are coordinates. */
function place({ body, extra }) {
  const { latitude, longitude } = extra ?? {};
  const shown = [icon("pin"), el("span", { class: "body", text: body ?? t("bubble.location") })];
  if (typeof latitude !== "number" || typeof longitude !== "number") return el("p", { class: "place" }, shown);
  const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
  return el("a", { class: "place", href: map, target: "_blank", rel: "noopener noreferrer" }, shown);
}

/** The words: of a very long message its beginning, and a button for the rest. */
function said(message) {
  const { id, body } = message;
  const text = el("p", { data: { own: "" }, class: `body${jumbo(message) ? " jumbo" : ""}${message.deleted_at ? " struck" : ""}` });
  if (body.length <= FOLDED || unfolded.has(id)) {
    text.append(...words(body));
    return [text];
  }
  text.append(...words(`${head(body, FOLDED)}…`));
  const more = button(t("bubble.show_all"), { class: "quiet", on: { click: () => {
    unfolded.add(id);
    text.replaceChildren(...words(body));
    more.remove();
  } } });
  return [text, more];
}

/** Whether it is one to three emoji and nothing else. */
function jumbo({ body, type }) {
  if (type !== "text" || body.length > JUMBO.characters) return false;
  const emoji = body.match(EMOJI) ?? [];
  return emoji.length > 0 && emoji.length <= JUMBO.emoji && emoji.join("") === body;
}
