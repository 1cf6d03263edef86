// What the AI knows and says, with a chat beside it to try it out.

import { resources } from "../declared/resource.js";
import { part } from "../parts.js";
import { button, el, field, safely, toast } from "../ui.js";
import { number, t } from "../words.js";

const REMEMBERED = 20; // turns of a chat that are sent along

export default async function ai(page) {
  page.head(t("pages.ai"));
  const left = el("div", { class: "ai-left" });
  const right = el("div", { class: "ai-right" });
  page.box.append(el("div", { class: "ai-columns" }, left, right));
  const drawn = await resources(page, ["ai", "faqs"], left);
  if (!page.owner) return;
  const prompt = () => left.querySelector("[name=prompt]");
  prompt().closest("form").querySelector(".row.end")?.prepend(
    button(t("ai.improve"), { drawing: "pencil", on: { click: (event) => improve(page, prompt(), event.currentTarget) } }),
    button(t("ai.hours"), { on: { click: (event) => findHours(page, prompt(), event.currentTarget) } }));
  right.append(part(t("ai.chat"), t("ai.chat_text"), chat(page, prompt)));
}

async function improve(page, prompt, pressed) {
  pressed.disabled = true;
  const answer = await safely(page.api("POST", "/v1/ai/improve-prompt", { body: { prompt: prompt.value } }));
  pressed.disabled = false;
  if (!answer) return;
  const before = prompt.value;
  const put = (text) => {
    prompt.value = text;
    prompt.dispatchEvent(new Event("input", { bubbles: true }));
  };
  put(answer.data.prompt);
  const missing = answer.data.missing.length ? ` ${t("ai.missing", { what: answer.data.missing.join(", ") })}` : "";
  toast(`${t("ai.improved")}${missing}`, "good", { action: [t("ai.back"), () => put(before)] });
}

async function findHours(page, prompt, pressed) {
  pressed.disabled = true;
  const answer = await safely(page.api("POST", "/v1/ai/extract-business-hours", { body: { prompt: prompt.value } }));
  pressed.disabled = false;
  if (!answer) return;
  if (!answer.data.found) return toast(t("ai.no_hours"));
  toast(t("ai.hours_found"), "good", { action: [t("ai.use_hours"), async () => {
    const { hours, message } = answer.data;
    if (await safely(page.api("PUT", "/v1/business-hours-config", { body: { enabled: true, hours, ...(message && { message }) } }))) page.go("/settings/hours");
  }] });
}

function chat(page, prompt) {
  const said = [];
  const lines = el("div", { class: "ai-lines", role: "log", "aria-label": t("ai.chat"), tabIndex: 0 });
  const input = el("input", { name: "message", maxLength: 1000, placeholder: t("ai.example"), autocomplete: "off" });
  const send = el("button", { type: "submit", class: "primary", text: t("ai.ask") });
  const form = el("form", { class: "stack" }, lines, field(t("ai.question"), input), el("div", { class: "row end" }, button(t("ai.anew"), { on: { click: anew } }), send));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const message = input.value.trim();
    if (!message || send.disabled) return;
    input.value = "";
    line("ai-customer", message);
    send.disabled = true;
    const answer = await safely(page.api("POST", "/v1/ai/preview", { body: { prompt: prompt().value, message, history: said.slice(-REMEMBERED) } }));
    send.disabled = false;
    if (!answer) return;
    const { reply, handed_off: why, sources, usage } = answer.data;
    said.push({ role: "user", content: message }, ...(reply ? [{ role: "assistant", content: reply }] : []));
    line("ai-reply", reply ?? t("ai.handed_off"), why);
    if (sources.length) lines.append(el("p", { class: "muted ai-source", text: t("ai.based_on", { what: sources.join(", ") }) }));
    lines.append(el("p", { class: "muted ai-source", text: t("ai.cost", { tokens: number(usage.tokens_in + usage.tokens_out) }) }));
    lines.scrollTop = lines.scrollHeight;
    input.focus();
  });

  function line(kind, text, why) {
    lines.append(el("p", { class: `ai-line ${kind}`, data: { own: "" }, text }));
    if (why) lines.append(el("p", { class: "muted ai-source", data: { own: "" }, text: why }));
  }

  function anew() {
    said.length = 0;
    lines.replaceChildren();
    input.focus();
  }
  return form;
}
