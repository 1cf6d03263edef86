// "Try it" of the API's documentation: the request as a form, sent by the session of whoever is signed in at the panel.

import { el } from "./ui.js";

const KEY = /(?:^|; )plixa_csrf=([^;]+)/;
const TOKEN = "plixa.token"; // of a tab's own
const LONGEST = 20_000; // characters of an answer that are shown

const signedIn = () => sessionStorage.getItem(TOKEN) ?? KEY.exec(document.cookie);

function headers() {
  const token = sessionStorage.getItem(TOKEN);
  const [, key] = KEY.exec(document.cookie) ?? [];
  return { ...(token ? { Authorization: `Bearer ${token}` } : key ? { "X-CSRF-Token": key } : {}) };
}

/** A form for this route. `example`: its body, or null. Files are sent by other means. */
export function tryForm({ method, path, operation }, example) {
  if (operation.security.length && !signedIn()) return el("p", { class: "muted" }, el("a", { href: "/panel/", text: "Sign in at the panel" }), " and come back: requests are sent by your session.");
  const parameters = operation.parameters.filter((each) => each.in === "path" || each.in === "query");
  const inputs = parameters.map((each) => el("input", { name: each.name, required: each.required, placeholder: each.in === "path" ? each.name : "", "aria-label": each.name, maxLength: 500 }));
  const body = example && el("textarea", { rows: 8, spellcheck: false, "aria-label": "Body", value: JSON.stringify(example, null, 2) });
  const changes = method !== "get";
  const said = el("div", { role: "status" });
  const form = el("form", { class: "stack try" }, changes && el("p", { class: "notice", text: "This changes your workspace." }),
    inputs.map((input) => el("label", { class: "row" }, el("code", { text: input.name }), input)), body, el("div", { class: "row" }, el("button", { type: "submit", class: "primary", text: "Send" })), said);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    said.replaceChildren(el("p", { class: "muted", text: "…" }));
    said.replaceChildren(...await sent(method, address(path, parameters, inputs), body?.value));
  });
  return form;
}

function address(path, parameters, inputs) {
  let filled = path;
  const query = new URLSearchParams();
  parameters.forEach((each, at) => {
    const { value } = inputs[at];
    if (each.in === "path") filled = filled.replace(`{${each.name}}`, encodeURIComponent(value));
    else if (value) query.set(each.name, value);
  });
  return query.size ? `${filled}?${query}` : filled;
}

async function sent(method, url, body) {
  try {
    const type = body === undefined ? {} : { "Content-Type": "application/json" };
    const answer = await fetch(url, { method: method.toUpperCase(), headers: { ...headers(), ...type }, body });
    const text = await answer.text();
    return [el("p", {}, el("strong", { class: answer.ok ? "" : "bad", text: String(answer.status) }), ` ${method.toUpperCase()} ${url}`),
      el("pre", { class: "code tall", tabIndex: 0, text: pretty(text).slice(0, LONGEST) })];
  } catch (error) {
    return [el("p", { class: "form-error", text: error.message })];
  }
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
