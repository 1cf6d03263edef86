// How conversations begin and how long customers wait: the greeting and the service-level targets.

import { ApiError } from "../api.js";
import { formOf } from "../forms.js";
import { el, field, toast } from "../ui.js";

export default async function basics(page) {
  page.head(page.t("pages.basics"));
  const [{ data: welcome }, { data: sla }] = await Promise.all([page.api("GET", "/v1/welcome-config"), page.api("GET", "/v1/sla-config")]);
  if (!page.owner) page.box.append(el("p", { class: "notice", text: "Only the owner of the workspace can change what follows." }));
  page.box.append(
    section("Welcome message", "Goes out the first time that somebody writes; not if one of you answers first.", welcomeForm(page, welcome)),
    section("Reply targets", "How long a customer should wait at most. The inbox counts down and shows what is late.", slaForm(page, sla)));
}

function section(title, text, ...children) {
  return el("section", { class: "setting" }, el("h3", { text: title }), el("p", { class: "muted", text }), ...children);
}

function welcomeForm(page, now) {
  const form = formOf("Save the message", [
    el("label", { class: "check" }, el("input", { type: "checkbox", name: "enabled", checked: now.enabled }), "Greet new contacts"),
    field("Message", el("textarea", { name: "message", rows: 4, maxLength: 1000, value: now.message ?? "", placeholder: "Hello! We answer in a few minutes." })),
    field("Wait before it (seconds)", el("input", { name: "delay_seconds", type: "number", min: 0, max: 300, value: now.delay_seconds })),
  ], async ({ enabled, message, delay_seconds }) => {
    if (enabled && !message.trim()) throw new ApiError(422, "VALIDATION_FAILED", "", { message: ["Write what greets them."] });
    const body = { enabled: enabled === "on", message: message.trim() || null, delay_seconds: Number(delay_seconds) };
    await page.api("PUT", "/v1/welcome-config", { body });
    toast("The welcome message is saved.");
  });
  return locked(form, page.owner);
}

function slaForm(page, now) {
  const minutes = (seconds) => (seconds === null ? "" : String(Math.round(seconds / 0.6) / 100));
  const seconds = (text) => (text === "" ? null : Math.round(Number(text) * 60));
  const input = (name, value) => el("input", { name, type: "number", min: 0, step: "any", value: minutes(value), placeholder: "No target" });
  const form = formOf("Save the targets", [
    field("First answer within (minutes)", input("first_response_seconds", now.first_response_seconds)),
    field("Resolved within (minutes)", input("resolution_seconds", now.resolution_seconds)),
  ], async (given) => {
    const body = { first_response_seconds: seconds(given.first_response_seconds), resolution_seconds: seconds(given.resolution_seconds) };
    await page.api("PUT", "/v1/sla-config", { body });
    toast("The targets are saved; they count from the next conversation on.");
  });
  return locked(form, page.owner);
}

function locked(form, owner) {
  if (owner) return form;
  for (const input of form.elements) input.disabled = true;
  return form;
}
