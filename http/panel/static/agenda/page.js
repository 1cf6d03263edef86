// The agenda: a day by people, a week by days, and on a narrow screen a list; what waits for a place below it.

import { latest } from "../latest.js";
import { part } from "../parts.js";
import { button, el, empty, phone, safely, toast } from "../ui.js";
import { date, day, inDays, inZone, spoken, t } from "../words.js";
import { booking } from "./booking.js";
import { drawer } from "./drawer.js";
import { grid } from "./grid.js";

const NARROW = matchMedia("(max-width: 759px)");
const DAY = 86_400_000;
const MOST = 100;
const HELD = 100; // milliseconds until it is tried again to draw what somebody drags

export default async function agenda(page) {
  page.box.classList.add("agenda-wide");
  const today = () => inZone(new Date()).slice(0, 10);
  const world = { services: new Map(), resources: new Map(), contacts: new Map(), appointments: [], filters: [] };
  const [newestBooked, newestWaits] = [latest(), latest()];
  const shown = { on: page.query.get("on") ?? today(), as: page.query.get("as") ?? "day" };
  const title = el("h2", { class: "agenda-title", "aria-live": "polite", data: { own: "" } });
  const place = el("div", {});
  const waits = el("div", {});
  const provider = el("select", { name: "provider", "aria-label": t("agenda.everybody") });
  const service = el("select", { name: "service", "aria-label": t("agenda.every_service") });
  const saved = el("select", { name: "filter", "aria-label": t("agenda.filter") });
  const ways = ["day", "week"].map((name) => button(t(`agenda.as.${name}`), { class: "tab", on: { click: () => show({ as: name }) } }));
  page.head(t("pages.agenda"), button(t("agenda.book"), { class: "primary", drawing: "plus", on: { click: () => book({}) } }));
  page.box.append(el("div", { class: "agenda-tools" },
    el("div", { class: "row" }, button(t("agenda.today"), { on: { click: () => show({ on: today() }) } }), button(t("agenda.before"), { drawing: "back", bare: true, class: "quiet", on: { click: () => step(-1) } }),
      button(t("agenda.after"), { drawing: "next", bare: true, class: "quiet", on: { click: () => step(1) } }), title),
    el("div", { class: "row agenda-filters" }, el("div", { class: "tabs agenda-ways" }, ways), provider, service, saved)), place, waits);
  page.keys({ b: ["agenda.book", () => book({})], t: ["agenda.today", () => show({ on: today() })], "ArrowLeft": ["agenda.before", () => step(-1)], "ArrowRight": ["agenda.after", () => step(1)] });
  NARROW.addEventListener("change", draw, { signal: page.signal });

  const [services, resources, filters] = await Promise.all([page.api("GET", "/v1/scheduling/services"), page.api("GET", "/v1/scheduling/resources"), page.api("GET", "/v1/scheduling/calendar-filters")]);
  world.services = new Map(services.data.map((each) => [each.id, each]));
  world.resources = new Map(resources.data.map((each) => [each.id, each]));
  world.filters = filters.data;
  const options = (select, any, items) => select.replaceChildren(el("option", { value: "", text: any }), ...items.map(([value, text]) => el("option", { value, text, data: { own: "" } })));
  options(provider, t("agenda.everybody"), providers().map((id) => [id, page.state.users.get(id).name]));
  options(service, t("agenda.every_service"), services.data.map((each) => [each.id, each.name]));
  options(saved, t("agenda.filter"), world.filters.map((each) => [each.id, each.name]));
  const usual = world.filters.find((each) => each.is_default);
  if (usual) saved.value = usual.id;
  saved.hidden = !world.filters.length;
  for (const input of [provider, service, saved]) input.addEventListener("change", draw);
  if (!services.data.length) {
    place.replaceChildren(empty("calendar", t("agenda.no_services"), t("agenda.no_services_text"), page.owner && el("a", { class: "button primary", href: "#/settings/services", text: t("agenda.add_service") })));
    return;
  }
  await page.watch(() => Promise.all([look(), waitlist()]), ({ type }) => type.startsWith("appointment.") || type.startsWith("waitlist."));
  if (page.query.get("appointment")) open(Number(page.query.get("appointment")));

  /** Everybody who does something that can be booked. */
  function providers() {
    const ids = new Set([...world.services.values()].flatMap((each) => each.provider_ids));
    return [...ids].filter((id) => page.state.users.has(id));
  }

  function span() {
    if (shown.as === "day") return [shown.on];
    const weekday = (new Date(`${shown.on}T00:00:00Z`).getUTCDay() + 6) % 7;
    return Array.from({ length: 7 }, (_, at) => moved(shown.on, at - weekday));
  }

  function show(to) {
    Object.assign(shown, to);
    page.setQuery({ on: shown.on, as: shown.as, appointment: null });
    return look();
  }

  function step(by) {
    return show({ on: moved(shown.on, by * (shown.as === "week" ? 7 : 1)) });
  }

  async function look() {
    const found = await newestBooked(booked(span()));
    if (!found) return; // another day was asked for meanwhile
    world.appointments = found;
    draw();
  }

  /** What is booked on these days, with everybody's name known. */
  async function booked(days) {
    const query = new URLSearchParams({ from: midnight(days[0]), to: midnight(moved(days.at(-1), 1)), limit: String(MOST) });
    const found = [];
    for (let cursor = null, first = true; first || cursor; first = false) {
      if (cursor) query.set("cursor", cursor);
      const { data, meta } = await page.api("GET", `/v1/scheduling/appointments?${query}`);
      found.push(...data);
      cursor = meta.next_cursor;
    }
    await names(found);
    return found;
  }

  function midnight(on) {
    const away = Math.round((Date.parse(on) - Date.parse(today())) / DAY);
    return inDays(away, 0).toISOString();
  }

  /** What the customers are called. */
  async function names(appointments) {
    const wanted = [...new Set(appointments.map((each) => each.contact_id))].filter((id) => id && !world.contacts.has(id));
    await Promise.all(wanted.map(async (id) => {
      const answer = await page.api("GET", `/v1/contacts/${id}`).catch(() => null); // erased meanwhile
      world.contacts.set(id, answer ? answer.data.contact_name || phone(answer.data.contact_phone) : "–");
    }));
  }

  function wanted(each) {
    const filter = world.filters.find((one) => String(one.id) === saved.value);
    const among = (ids, id) => !ids.length || ids.includes(id);
    if (each.status === "cancelled" && !filter?.statuses.includes("cancelled")) return false;
    if (filter && !(among(filter.provider_ids, each.provider_id) && among(filter.service_ids, each.service_id) && among(filter.statuses, each.status))) return false;
    return (!provider.value || String(each.provider_id) === provider.value) && (!service.value || String(each.service_id) === service.value);
  }

  function draw() {
    if (place.querySelector("[data-held]")) return setTimeout(draw, HELD); // not under the hand of who drags
    const days = span();
    title.textContent = days.length === 1 ? day(`${midnight(days[0])}`) : `${date(midnight(days[0]))} – ${date(midnight(days[6]))}`;
    ways.forEach((way, at) => way.setAttribute("aria-pressed", String(["day", "week"][at] === shown.as)));
    const items = world.appointments.filter(wanted).map((each) => ({ ...each, on: inZone(new Date(each.start)).slice(0, 10), from: minutes(each.start), to: Math.max(minutes(each.start) + 10, minutes(each.end) || 1440), words: wordsOf(each) }));
    const { scrollLeft: left = 0, scrollTop: top = 0 } = place.firstElementChild ?? {};
    const focused = place.contains(document.activeElement) && /** @type {HTMLElement} */ (document.activeElement).dataset.id;
    place.replaceChildren(NARROW.matches ? list(days, items) : grid(columns(days, items), { open, move, book }));
    place.firstElementChild.scrollTo(left, top);
    if (focused) /** @type {HTMLElement} */ (place.querySelector(`[data-id="${focused}"]`))?.focus({ preventScroll: true });
  }

  function columns(days, items) {
    if (shown.as === "week") return days.map((on) => ({ name: weekdayOf(on), on, provider: undefined, items: items.filter((each) => each.on === on) }));
    const some = provider.value ? [Number(provider.value)] : providers();
    const others = items.filter((each) => !some.includes(each.provider_id));
    return [...some.map((id) => ({ name: page.state.users.get(id)?.name ?? "", on: days[0], provider: id, items: items.filter((each) => each.provider_id === id) })),
      ...(others.length || !some.length ? [{ name: t("agenda.nobody"), on: days[0], provider: null, items: others }] : [])];
  }

  function list(days, items) {
    if (!items.length) return empty("calendar", t("agenda.none"), t("agenda.none_text"));
    return el("div", { class: "stack" }, days.filter((on) => items.some((each) => each.on === on)).map((on) => el("section", { "aria-label": day(midnight(on)) }, el("h3", { class: "agenda-day", data: { own: "" }, text: day(midnight(on)) }),
      el("ul", { class: "list" }, items.filter((each) => each.on === on).map((each) => el("li", {}, el("button", { type: "button", class: "list-row agenda-row", data: { id: each.id }, on: { click: () => open(each.id) } },
        el("span", { class: "agenda-hour", data: { own: "" }, text: each.words.time }), el("span", { class: "grow" }, el("strong", { class: "anywhere", data: { own: "" }, text: each.words.title }), el("span", { class: "muted agenda-line", data: { own: "" }, text: each.words.who })),
        el("span", { class: `tag agenda-${each.status}`, text: t(`agenda.status.${each.status}`) }))))))));
  }

  function wordsOf(each) {
    const what = world.services.get(each.service_id);
    return { title: world.contacts.get(each.contact_id) ?? what?.name ?? "", time: inZone(new Date(each.start)).slice(11), colour: what?.color,
      who: [what?.name, shown.as === "week" && page.state.users.get(each.provider_id)?.name].filter(Boolean).join(" · ") };
  }

  function open(id) {
    return drawer(page, world, id, { changed: look });
  }

  function book(at) {
    return booking(page, world, { on: shown.on, ...at }, (made) => {
      show({ on: inZone(new Date(made.start)).slice(0, 10) });
    });
  }

  /** Dropped somewhere else. */
  async function move(each, start, provider_id) {
    const back = { start: each.start, provider_id: each.provider_id };
    const body = { start, revision: each.revision, ...(provider_id ? { provider_id } : {}) };
    const answer = await safely(page.api("POST", `/v1/scheduling/appointments/${each.id}/reschedule`, { body, key: crypto.randomUUID() }));
    await look();
    if (!answer) return;
    toast(t("agenda.moved", { when: inZone(new Date(answer.data.start)).replace("T", " ") }), "good", { action: [t("agenda.undo"), async () => {
      await safely(page.api("POST", `/v1/scheduling/appointments/${each.id}/reschedule`, { body: { ...back, revision: answer.data.revision }, key: crypto.randomUUID() }));
      await look();
    }] });
  }

  async function waitlist() {
    const found = await newestWaits(page.api("GET", "/v1/scheduling/waitlist"));
    if (!found) return;
    const { data } = found;
    await names(data);
    const rows = data.map((each) => el("li", { class: "list-row" }, el("div", { class: "grow" }, el("strong", { class: "anywhere", data: { own: "" }, text: world.contacts.get(each.contact_id) ?? "" }),
      el("div", { class: "muted anywhere", data: { own: "" }, text: [world.services.get(each.service_id)?.name, page.state.users.get(each.provider_id)?.name].filter(Boolean).join(" · ") })),
      el("span", { class: "tag", text: t(`agenda.wait.${each.status}`) }),
      each.conversation_id && el("a", { class: "button", href: `#/conversations/${each.conversation_id}`, text: t("agenda.conversation") }),
      button(t("agenda.off_list"), { drawing: "close", bare: true, class: "quiet", on: { click: async () => {
        await safely(page.api("DELETE", `/v1/scheduling/waitlist/${each.id}`));
        await waitlist();
      } } })));
    waits.replaceChildren(...(rows.length ? [part(t("agenda.waitlist"), t("agenda.waitlist_text"), el("ul", { class: "list" }, rows))] : []));
  }
}

/** Minutes since midnight on the wall of the workspace. */
function minutes(iso) {
  const [hours, rest] = inZone(new Date(iso)).slice(11).split(":");
  return Number(hours) * 60 + Number(rest);
}

/** "Tue 1" of a day. */
function weekdayOf(on) {
  return new Intl.DateTimeFormat(spoken(), { weekday: "short", day: "numeric", timeZone: "UTC" }).format(new Date(`${on}T00:00:00Z`));
}

/** The day so many days after one. */
export function moved(on, days) {
  return new Date(Date.parse(`${on}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}
