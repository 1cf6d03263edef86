// Booking: what, with whom, for whom, and one of the times that are free.

import { latest } from "../latest.js";
import { button, dialog, el, field, phone, safely, showErrors, spinner } from "../ui.js";
import { inZone, t } from "../words.js";

const AHEAD = 13; // days
const DAY = 86_400_000;
const REPEATS = ["daily", "weekly", "biweekly", "monthly"];

/** The dialog to book. at: `{on, at?, provider_id?}`, where it begins. */
export function booking(page, world, at, made) {
  const services = [...world.services.values()].filter((each) => each.is_active);
  const service = el("select", { name: "service_id" }, services.map((each) => el("option", { value: each.id, text: each.name, data: { own: "" } })));
  const who = el("select", { name: "provider_id" });
  const on = el("input", { name: "on", type: "date", value: at.on });
  const slots = el("div", { class: "agenda-slots", role: "radiogroup", "aria-label": t("agenda.free") });
  const search = el("input", { type: "search", name: "contact", maxLength: 200, autocomplete: "off", placeholder: t("agenda.search_customer") });
  const found = el("div", { class: "stack", role: "radiogroup", "aria-label": t("agenda.customer") });
  const repeat = el("select", { name: "repeat" }, el("option", { value: "", text: t("agenda.once") }), REPEATS.map((each) => el("option", { value: each, text: t(`agenda.repeat.${each}`) })));
  const times = el("input", { name: "occurrences", type: "number", min: 2, max: 52, value: 4 });
  const timesField = field(t("agenda.times"), times);
  const press = el("button", { type: "submit", class: "primary", text: t("agenda.book") });
  const form = el("form", { class: "stack", noValidate: true }, field(t("agenda.service"), service), field(t("agenda.with"), who), field(t("agenda.day"), on), el("div", { class: "field", data: { field: "start" } }, el("span", { class: "legend", text: t("agenda.free") }), slots, el("span", { class: "field-error" })),
    field(t("agenda.customer"), search), found, field(t("agenda.again"), repeat), timesField, field(t("agenda.notes"), el("textarea", { name: "notes", rows: 2, maxLength: 2000 })),
    el("p", { class: "form-error", role: "alert" }), el("div", { class: "row end" }, button(t("agenda.close"), { on: { click: () => box.close() } }), press));
  const box = dialog(t("agenda.book"), form);
  const key = crypto.randomUUID();
  const newest = latest();
  let days = at.at ? 0 : AHEAD; // until somebody says which day, the next one that has a free time will do
  page.signal.addEventListener("abort", () => box.close());
  service.addEventListener("change", people);
  on.addEventListener("change", () => {
    days = 0;
  });
  for (const input of [who, on]) input.addEventListener("change", look);
  repeat.addEventListener("change", () => {
    timesField.hidden = !repeat.value;
  });
  timesField.hidden = true;
  search.addEventListener("input", customers);
  people();

  function people() {
    const ids = world.services.get(Number(service.value))?.provider_ids ?? [];
    who.replaceChildren(el("option", { value: "", text: t("agenda.whoever") }), ...ids.map((id) => el("option", { value: id, text: page.state.users.get(id)?.name ?? "", selected: id === at.provider_id, data: { own: "" } })));
    look();
  }

  async function look() {
    slots.replaceChildren(...(on.value ? [spinner()] : [])); // what was free for something else is not chosen
    const found = await newest(on.value ? free() : null);
    if (found) draw(found.data);
  }

  async function free() {
    const last = new Date(Date.parse(`${on.value}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
    const query = new URLSearchParams({ service_id: service.value, from: on.value, to: last, ...(who.value && { provider_id: who.value }) });
    const answer = await safely(page.api("GET", `/v1/scheduling/availability?${query}`));
    if (!answer) slots.replaceChildren();
    return answer;
  }

  function draw(found) {
    const dayOf = (each) => inZone(new Date(each.start)).slice(0, 10);
    if (found.length) on.value = dayOf(found[0]);
    const lines = found.filter((each) => dayOf(each) === on.value).map((each) => {
      const time = inZone(new Date(each.start)).slice(11);
      return el("label", { class: "agenda-slot" }, el("input", { type: "radio", name: "start", value: each.start, checked: time === at.at }), el("span", { data: { own: "" }, text: time }));
    });
    slots.replaceChildren(...(lines.length ? lines : [el("p", { class: "muted", text: t("agenda.full") })]));
  }

  async function customers() {
    const words = search.value.trim();
    if (!words) return found.replaceChildren();
    const answer = await safely(page.api("GET", `/v1/contacts?${new URLSearchParams({ q: words, limit: "6", sort: "name" })}`));
    if (!answer || words !== search.value.trim()) return;
    found.replaceChildren(...answer.data.map((each, n) => el("label", { class: "check" }, el("input", { type: "radio", name: "contact_id", value: each.id, checked: n === 0 }), el("span", { class: "anywhere", data: { own: "" }, text: [each.contact_name, phone(each.contact_phone)].filter(Boolean).join(" · ") }))));
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    /** @type {Record<string, any>} */
    const given = Object.fromEntries(new FormData(form));
    if (!given.start) return showErrors(form, { details: { start: [t("agenda.choose_time")] } });
    press.disabled = true;
    try {
      const body = { service_id: Number(given.service_id), start: given.start, provider_id: given.provider_id ? Number(given.provider_id) : null, contact_id: given.contact_id ? Number(given.contact_id) : null,
        notes: given.notes.trim() || null, ...(given.repeat && { repeat: given.repeat, occurrences: Number(given.occurrences) }) };
      const { data } = await page.api("POST", "/v1/scheduling/appointments", { body, key });
      box.close();
      made(data);
    } catch (error) {
      showErrors(form, error);
      look();
    } finally {
      press.disabled = false;
    }
  });
}
