// Elements, words and times. What people wrote reaches the page as text only, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element. `props`: `class`, `text`, `data` (an object), `on` (listeners), anything else is a property or attribute. */
export function el(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") made.className = value;
    else if (name === "text") made.textContent = value;
    else if (name === "data") Object.assign(made.dataset, value);
    else if (name === "on") for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else if (name in made && !name.startsWith("aria")) made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** One of the drawings in icons.svg. */
export function icon(name, label) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("class", `icon icon-${name}`);
  if (label) {
    drawing.setAttribute("role", "img");
    drawing.setAttribute("aria-label", label);
  } else {
    drawing.setAttribute("aria-hidden", "true");
  }
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `/panel/icons.svg#${name}`);
  drawing.append(use);
  return drawing;
}

/** A button with a drawing. Without words on it, `label` is read out and shown as a tip. */
export function button(label, { drawing, bare = false, ...props } = {}) {
  const named = bare ? { "aria-label": label, title: label } : {};
  return el("button", { type: "button", ...named, ...props }, drawing && icon(drawing), !bare && el("span", { text: label }));
}

let said = null;

/** Say something for a few seconds, at the bottom of the page and to a screen reader. */
export function toast(text, kind = "info") {
  said ??= document.getElementById("toasts");
  const shown = el("p", { class: `toast ${kind}`, text });
  said.append(shown);
  if (said.matches(":popover-open")) said.hidePopover();
  said.showPopover(); // above a dialog that is open
  setTimeout(() => {
    shown.remove();
    if (!said.children.length && said.matches(":popover-open")) said.hidePopover();
  }, kind === "bad" ? 8000 : 4500);
}

/** Say something to a screen reader alone. */
export function announce(text) {
  const place = document.getElementById("said");
  place.append(el("p", { text }));
  while (place.children.length > 3) place.firstChild.remove();
}

/** A dialog that is gone once it is closed. */
export function dialog(title, body, { className = "", closed } = {}) {
  const box = el("dialog", { class: className, "aria-label": title });
  const head = el("header", { class: "dialog-head" }, el("h2", { text: title }),
    button("Close", { drawing: "close", bare: true, class: "quiet", on: { click: () => box.close() } }));
  box.append(head, body);
  box.addEventListener("close", () => {
    box.remove();
    closed?.();
  });
  box.addEventListener("pointerdown", (event) => {
    if (event.target === box) box.close();
  });
  document.body.append(box);
  box.showModal();
  return box;
}

/** Ask for some words, or with no `label` just yes or no. Answers null for no. */
export function ask({ title, text, label, value = "", multiline = false, limit, confirm, danger = false }) {
  return new Promise((resolve) => {
    let answer = null;
    const input = label && el(multiline ? "textarea" : "input", { value, maxLength: limit ?? 255, rows: 5 });
    const no = el("button", { type: "button", text: "Cancel", on: { click: () => box.close() } });
    const yes = el("button", { type: "submit", class: danger ? "danger" : "primary", text: confirm });
    const form = el("form", { class: "stack", on: {
      submit: (event) => {
        event.preventDefault();
        answer = input ? input.value.trim() : true;
        box.close();
      },
    } }, text && el("p", { class: "muted", text }), input && field(label, input),
      el("div", { class: "row end" }, no, yes));
    const box = dialog(title, form, { className: "small", closed: () => resolve(answer) });
    (input || (danger ? no : yes)).focus(); // Enter alone destroys nothing
    input?.select();
  });
}

/** A labelled field; `error` is filled in by `showErrors`. */
export function field(label, input, hint) {
  input.id ||= `f${Math.random().toString(36).slice(2)}`;
  const error = el("span", { class: "field-error", id: `${input.id}-error` });
  input.setAttribute("aria-describedby", error.id);
  return el("div", { class: "field", data: { field: input.name || "" } }, el("label", { htmlFor: input.id, text: label }), input,
    hint && el("span", { class: "hint", text: hint }), error);
}

/** Put what the server found wrong beside the fields; what belongs to none of them goes to `.form-error`. */
export function showErrors(form, error) {
  const details = { ...(error?.details ?? {}) };
  let first = null;
  for (const box of form.querySelectorAll(".field")) {
    const wrong = details[box.dataset.field];
    delete details[box.dataset.field];
    box.querySelector(".field-error").textContent = wrong?.join(" ").replaceAll(`The ${box.dataset.field} `, "This ") ?? "";
    const input = box.querySelector("input, select, textarea");
    input.setAttribute("aria-invalid", wrong ? "true" : "false");
    if (wrong) first ??= input;
  }
  const rest = Object.values(details).flat().join(" ");
  form.querySelector(".form-error").textContent = error && !first ? rest || error.message : rest;
  first?.focus();
}

// -- words ------------------------------------------------------------------------------------------------------------

/** "+55 11 99928-7414" for a Brazilian number, plain digits with a plus for any other. */
export function phone(digits) {
  const brazil = /^55(\d\d)(\d{4,5})(\d{4})$/.exec(digits ?? "");
  if (brazil) return `+55 ${brazil[1]} ${brazil[2]}-${brazil[3]}`;
  return digits ? `+${digits}` : "";
}

/** What a message without words is called. */
export const KINDS = { image: "Photo", video: "Video", audio: "Audio", document: "Document", sticker: "Sticker", location: "Location", contact: "Contact" };

const GIST = 300; // characters: more than any line has room for
const NAME = 120;

/** The beginning of a text, at most so many units, without half a character at its end. */
export function head(text, most) {
  return text.slice(0, most).replace(/[\uD800-\uDBFF]$/, "");
}

/** What a message says in one line. */
export function gist(message) {
  if (message.body) return head(message.body, GIST).replaceAll(/\s+/g, " ");
  return KINDS[message.type] ?? "Message";
}

/** What to call a contact. */
export function nameOf(conversation) {
  return conversation.contact_name || phone(conversation.contact_phone) || "Unknown contact";
}

/** A round mark with the first letters of a name. */
export function avatar(name, id) {
  const short = name.slice(0, NAME);
  const letters = /\p{L}/u.test(short) ? short.split(/\s+/).filter(Boolean).map((word) => [...word][0]) : ["#"];
  const shown = letters.length > 1 ? letters[0] + letters.at(-1) : letters[0];
  return el("span", { class: `avatar tint-${(id ?? 0) % 8}`, "aria-hidden": "true", text: shown.toUpperCase() });
}

/** "1.4 MB". */
export function size(bytes) {
  if (bytes === null || bytes === undefined) return "";
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

const MOST_LINKS = 200; // in one text: more is no message but a load
const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g;

/** Words with their links clickable. */
export function words(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    if (parts.length >= 2 * MOST_LINKS) break;
    parts.push(text.slice(from, found.index));
    parts.push(el("a", { href: found[0], target: "_blank", rel: "noopener noreferrer", text: found[0] }));
    from = found.index + found[0].length;
  }
  return [...parts, text.slice(from)];
}

// -- times ------------------------------------------------------------------------------------------------------------

const DAY = 86_400_000;
const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const weekdayFormat = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const dateFormat = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const longFormat = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** Whole days between two moments by the calendar: 0 is the same day. */
function daysApart(from, to) {
  const midnight = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate());
  return Math.round((midnight(to) - midnight(from)) / DAY);
}

export const clock = (iso) => clockFormat.format(new Date(iso));
export const full = (iso) => fullFormat.format(new Date(iso));

/** As short as it can be said: the time, the weekday, or the date. */
export function brief(iso) {
  const at = new Date(iso);
  const days = daysApart(at, new Date());
  if (days === 0) return clockFormat.format(at);
  return days > 0 && days < 7 ? weekdayFormat.format(at) : dateFormat.format(at);
}

/** The heading over a day's messages. */
export function day(iso) {
  const days = daysApart(new Date(iso), new Date());
  return days === 0 ? "Today" : days === 1 ? "Yesterday" : longFormat.format(new Date(iso));
}

/** "today 14:30", "tomorrow 09:00", "Fri 09:00". */
export function until(iso) {
  const at = new Date(iso);
  const days = daysApart(new Date(), at);
  const word = days === 0 ? "today" : days === 1 ? "tomorrow" : days < 7 ? weekdayFormat.format(at) : dateFormat.format(at);
  return `${word} ${clockFormat.format(at)}`;
}

/** "4:59", "2 h 10 m", "3 d". */
export function span(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} m`;
  return `${Math.floor(seconds / 86_400)} d`;
}
