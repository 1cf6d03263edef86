// Elements, and what is made of them everywhere. What people wrote reaches the page as text only, never as markup.

import { changes } from "./api.js";
import { t } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

/** An element. `props`: `class`, `text`, `data` (an object), `on` (listeners), anything else is a property or attribute. */
export function el(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") made.className = value;
    else if (name === "text") made.textContent = value;
    else if (name === "data") Object.assign(made.dataset, value);
    else if (name === "on") for (const [event, listener] of Object.entries(value)) made.addEventListener(event, event === "click" && tag === "button" ? (it) => pressed(made, it, listener) : listener);
    else if (name in made && !name.startsWith("aria")) made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** One of the drawings in icons.svg, which is within the page. */
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
  use.setAttribute("href", `#icon-${name}`);
  drawing.append(use);
  return drawing;
}

/**
 * A button with a drawing. Without words on it, `label` is read out and shown as a tip.
 * @param {string} label
 * @param {{drawing?: string, bare?: boolean, class?: string, on?: Record<string, (event: any) => any>, [property: string]: any}} [props]
 */
export function button(label, { drawing, bare = false, ...props } = {}) {
  const named = bare ? { "aria-label": label, title: label } : {};
  return el("button", { type: "button", ...named, ...props }, drawing && icon(drawing), !bare && el("span", { text: label }));
}

/**
 * A button was pressed. While what that changes is under way (`act` has asked the server and gives a promise), neither it nor those beside
 * it take a press: they still offer what was true before. What is only read may be asked for as fast as anybody likes.
 */
function pressed(made, event, act) {
  const beside = made.ariaPressed === null ? made.closest(".menu, .row, li, tr") ?? made : made;
  if (beside.ariaBusy) return;
  const before = changes;
  const work = act(event);
  if (changes === before || !(work instanceof Promise)) return;
  beside.ariaBusy = "true";
  work.finally(() => { beside.ariaBusy = null; });
}

let said = null;

/**
 * Say something for a few seconds, at the top of the page and to a screen reader. `action`: `[label, act]`, such as to undo it.
 * @param {string} text
 * @param {"info" | "good" | "bad"} [kind]
 * @param {{action?: [string, () => any]}} [more]
 */
export function toast(text, kind = "info", { action } = {}) {
  said ??= document.getElementById("toasts");
  const gone = () => {
    shown.remove();
    if (!said.children.length && said.matches(":popover-open")) said.hidePopover();
  };
  const shown = el("div", { class: `toast ${kind}` }, el("p", { text }),
    action && button(action[0], { class: "toast-act", on: { click: () => { gone(); action[1](); } } }),
    button(t("common.close"), { drawing: "close", bare: true, class: "quiet", on: { click: gone } }));
  said.append(shown);
  if (said.matches(":popover-open")) said.hidePopover();
  said.showPopover(); // above a dialog that is open
  setTimeout(gone, kind === "bad" || action ? 8000 : 4500);
}

/** What `work` answers, or null where it fails: then what went wrong is said. */
export async function safely(work) {
  try {
    return await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (error.name !== "AbortError") toast(error.message, "bad");
    return null;
  }
}

/** Say something to a screen reader alone. */
export function announce(text) {
  const place = document.getElementById("said");
  place.append(el("p", { text }));
  while (place.children.length > 3) place.firstChild.remove();
}

/**
 * A dialog that is gone once it is closed.
 * @param {string} title
 * @param {Node} body
 * @param {{className?: string, closed?: () => any}} [more]
 */
export function dialog(title, body, { className = "", closed } = {}) {
  const box = el("dialog", { class: className, "aria-label": title });
  const head = el("header", { class: "dialog-head" }, el("h2", { text: title }),
    button(t("common.close"), { drawing: "close", bare: true, class: "quiet", on: { click: () => box.close() } }));
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

/**
 * Ask for some words, or with no `label` just yes or no. Answers null for no.
 * @param {{title: string, confirm: string, text?: string, label?: string, value?: string, multiline?: boolean, limit?: number, danger?: boolean}} asked
 * @returns {Promise<any>}
 */
export function ask({ title, text, label, value = "", multiline = false, limit, confirm, danger = false }) {
  return new Promise((resolve) => {
    let answer = null;
    const input = label && el(multiline ? "textarea" : "input", { value, maxLength: limit ?? 255, rows: 5 });
    const no = el("button", { type: "button", text: t("common.cancel"), on: { click: () => box.close() } });
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
    box.querySelector(".field-error").textContent = wrong?.join(" ").replaceAll(`The ${box.dataset.field} `, "") ?? "";
    const input = box.querySelector("input, select, textarea");
    input.setAttribute("aria-invalid", wrong ? "true" : "false");
    if (wrong) first ??= input;
  }
  const rest = Object.values(details).flat().join(" ");
  form.querySelector(".form-error").textContent = error && !first ? rest || error.message : rest;
  first?.focus();
}

/** A form that is sent by `submit(fields)`; what is wrong is shown beside its fields. */
export function formOf(submitLabel, fields, submit) {
  const press = el("button", { type: "submit", class: "primary wide", text: submitLabel });
  const form = el("form", { class: "stack", noValidate: true }, ...fields, el("p", { class: "form-error", role: "alert" }), press);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    press.disabled = true;
    try {
      await submit(Object.fromEntries(new FormData(form)));
      showErrors(form, null);
    } catch (error) {
      showErrors(form, error);
    } finally {
      press.disabled = false;
    }
  });
  return form;
}

/** That something is being fetched. */
export const spinner = () => el("div", { class: "waiting" }, el("span", { class: "spinner", role: "img", "aria-label": t("common.loading") }));

/** What to say where there is nothing: why, and what there is to do about it. */
export function empty(drawing, title, text, ...actions) {
  return el("div", { class: "rest" }, el("span", { class: "rest-mark" }, icon(drawing)), el("h2", { text: title }), text && el("p", { class: "muted", text }), actions);
}

/** A button that opens a list of actions, each `[drawing, label, act, class, properties]`. `face`: what it shows instead of a drawing. */
export function menu(label, drawing, items, className = "", face = null) {
  const box = el("details", { class: `menu ${className}` });
  const bare = className.includes("bare");
  const head = el("summary", { class: "button", ...(bare ? { "aria-label": label, title: label } : {}) }, face ?? icon(drawing), !bare && el("span", { text: label }));
  const shut = () => {
    box.open = false;
  };
  box.append(head, el("div", { class: "menu-items" }, items.map(([drawn, text, act, extra, props]) =>
    button(text, { drawing: drawn, class: `item ${extra ?? ""}`, ...props, on: { click: () => { shut(); return act(); } } }))));
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !box.open) return;
    event.stopPropagation();
    shut();
    head.focus();
  });
  box.addEventListener("focusout", (event) => {
    if (!box.contains(event.relatedTarget)) setTimeout(() => !box.contains(document.activeElement) && shut(), 150);
  });
  return box;
}

// -- words ------------------------------------------------------------------------------------------------------------

/** "+55 11 99928-7414" for a Brazilian number, plain digits with a plus for any other. */
export function phone(digits) {
  const brazil = /^55(\d\d)(\d{4,5})(\d{4})$/.exec(digits ?? "");
  if (brazil) return `+55 ${brazil[1]} ${brazil[2]}-${brazil[3]}`;
  return digits ? `+${digits}` : "";
}

/** What a message without words is called; null where it is none of these. */
export const kind = (type) => (t.has(`common.kind.${type}`) ? t(`common.kind.${type}`) : null);

const GIST = 300; // characters: more than any line has room for
const NAME = 120;

/** The beginning of a text, at most so many units, without half a character at its end. */
export function head(text, most) {
  return text.slice(0, most).replace(/[\uD800-\uDBFF]$/, "");
}

/** What a message says in one line. */
export function gist(message) {
  if (message.body) return head(message.body, GIST).replaceAll(/\s+/g, " ");
  return kind(message.type) ?? t("common.message");
}

/** What to call a contact. */
export function nameOf(conversation) {
  return conversation.contact_name || phone(conversation.contact_phone) || t("common.unknown_contact");
}

/** A round mark with the first letters of a name. */
export function avatar(name, id) {
  const short = name.slice(0, NAME);
  const letters = /\p{L}/u.test(short) ? short.split(/\s+/).filter(Boolean).map((word) => [...word][0]) : ["#"];
  const shown = letters.length > 1 ? letters[0] + letters.at(-1) : letters[0];
  return el("span", { class: `avatar tint-${(id ?? 0) % 8}`, "aria-hidden": "true", text: shown.toUpperCase() });
}
