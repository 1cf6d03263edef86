// The settings, and the forms that are filled in around the inbox.

import { ApiError, request } from "./api.js";
import { moneyDialog } from "./money.js";
import { button, dialog, el, field, icon, showErrors, toast } from "./ui.js";
import { webhooksDialog } from "./webhooks.js";

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

// -- settings ---------------------------------------------------------------------------------------------------------

/** The drawer with the greeting and the service-level targets. */
export async function settingsDrawer(state, signOut, numbers) {
  const body = el("div", { class: "stack" }, el("p", { class: "muted", text: "Loading…" }));
  const box = dialog("Settings", body, { className: "drawer" });
  try {
    const [{ data: welcome }, { data: sla }] = await Promise.all([request("GET", "/v1/welcome-config"), request("GET", "/v1/sla-config")]);
    const owner = state.me.role === "owner";
    body.replaceChildren(
      section("New conversations", "Who takes them is chosen among those who do, and have the inbox open.", availabilityBox(state)),
      section("WhatsApp numbers", owner ? "Add, pair, rename or remove them." : "How they are doing.",
        el("div", { class: "row" }, button("Numbers", { drawing: "phone", on: { click: () => { box.close(); numbers(); } } }))),
      ...(owner ? [section("Webhooks", "Servers of your own that hear of what happens here.",
        el("div", { class: "row" }, button("Webhooks", { drawing: "out", on: { click: () => { box.close(); webhooksDialog(); } } })))] : []),
      ...(owner ? [section("Plan and payments", "What you pay, what it includes, and what your customers have paid.",
        el("div", { class: "row" }, button("Plan and payments", { on: { click: () => { box.close(); moneyDialog(); } } })))] : []),
      ...(owner ? [] : [el("p", { class: "notice", text: "Only the owner of the workspace can change what follows." })]),
      section("Welcome message", "Goes out the first time that somebody writes; not if one of you answers first.", welcomeForm(welcome, owner)),
      section("Reply targets", "How long a customer should wait at most. The inbox counts down and shows what is late.", slaForm(sla, owner)),
      section("You", `${state.me.name} · ${state.me.email} · ${state.me.role} of ${state.tenant.name}`,
        el("div", { class: "row" }, button("Sign out", { drawing: "out", on: { click: () => { box.close(); signOut(); } } }),
          el("a", { class: "button", href: "/v1/docs", target: "_blank" }, icon("book"), el("span", { text: "API documentation" })))));
  } catch (error) {
    body.replaceChildren(el("p", { class: "form-error", text: error.message }));
  }
}

function availabilityBox(state) {
  const box = el("input", { type: "checkbox", checked: state.users.get(state.me.id)?.is_available ?? state.me.is_available, on: {
    change: async () => {
      try {
        const { data } = await request("PUT", "/v1/me/availability", { body: { is_available: box.checked } });
        box.checked = data.is_available;
        toast(data.is_available ? "You take new conversations." : "New conversations go to others.");
      } catch (error) {
        box.checked = !box.checked;
        toast(error.message, "bad");
      }
    },
  } });
  return el("label", { class: "check" }, box, "I take new conversations");
}

function section(title, text, ...children) {
  return el("section", { class: "setting" }, el("h3", { text: title }), el("p", { class: "muted", text }), ...children);
}

function welcomeForm(now, owner) {
  const form = formOf("Save the message", [
    el("label", { class: "check" }, el("input", { type: "checkbox", name: "enabled", checked: now.enabled }), "Greet new contacts"),
    field("Message", el("textarea", { name: "message", rows: 4, maxLength: 1000, value: now.message ?? "", placeholder: "Hello! We answer in a few minutes." })),
    field("Wait before it (seconds)", el("input", { name: "delay_seconds", type: "number", min: 0, max: 300, value: now.delay_seconds })),
  ], async ({ enabled, message, delay_seconds }) => {
    if (enabled && !message.trim()) throw new ApiError(422, "VALIDATION_FAILED", "", { message: ["Write what greets them."] });
    const body = { enabled: enabled === "on", message: message.trim() || null, delay_seconds: Number(delay_seconds) };
    await request("PUT", "/v1/welcome-config", { body });
    toast("The welcome message is saved.");
  });
  return locked(form, owner);
}

function slaForm(now, owner) {
  const minutes = (seconds) => (seconds === null ? "" : String(Math.round(seconds / 0.6) / 100));
  const seconds = (text) => (text === "" ? null : Math.round(Number(text) * 60));
  const input = (name, value) => el("input", { name, type: "number", min: 0, step: "any", value: minutes(value), placeholder: "No target" });
  const form = formOf("Save the targets", [
    field("First answer within (minutes)", input("first_response_seconds", now.first_response_seconds)),
    field("Resolved within (minutes)", input("resolution_seconds", now.resolution_seconds)),
  ], async (given) => {
    const body = { first_response_seconds: seconds(given.first_response_seconds), resolution_seconds: seconds(given.resolution_seconds) };
    await request("PUT", "/v1/sla-config", { body });
    toast("The targets are saved; they count from the next conversation on.");
  });
  return locked(form, owner);
}

function locked(form, owner) {
  if (owner) return form;
  for (const input of form.elements) input.disabled = true;
  return form;
}
