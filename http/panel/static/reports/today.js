// Today: the figures, what needs somebody now, who is here, what is still to be set up.

import { part } from "../parts.js";
import { plot } from "../plot.js";
import { avatar, button, el, empty, nameOf, safely } from "../ui.js";
import { brief, clock, date, number, t } from "../words.js";

const EVERY = 60_000;
const SOON = 2000;
const STEPS = { number_connected: "/settings/numbers", message_received: "/settings/numbers", reply_sent: "/", member_invited: "/settings/team", business_hours_set: "/settings/hours", automation_on: "/flows" };

export async function today(page, place) {
  const parts = { setup: el("div", {}), now: el("div", {}), needs: el("div", {}), agenda: el("div", {}), week: el("div", {}), team: el("div", {}) };
  place.append(...Object.values(parts));
  page.every(EVERY, draw);
  await Promise.all([setup(page, parts.setup), page.watch(draw, () => true, { wait: SOON }), agenda(page, parts.agenda)]);

  async function draw() {
    const [{ data }] = await Promise.all([page.api("GET", "/v1/dashboard"), needs(page, parts.needs), page.owner && team(page, parts.team)]);
    parts.now.replaceChildren(cards(data));
    const days = data.last_7_days.map((day) => date(`${day.day}T12:00:00Z`));
    parts.week.replaceChildren(part(t("reports.week"), null, plot(t("reports.week"), days, ["inbound", "outbound", "resolved"].map((name) => ({ name: t(`reports.column.${name}`), values: data.last_7_days.map((day) => day[name]), as: "bar" })))));
  }
}

const LINKS = { open: "/", unassigned: "/?assignee=none", mine: "/?assignee=me", unread: "/?unread=1", snoozed: "/?snoozed=1" };

function cards({ now, today: day }) {
  const figure = (value, label, href) => el("li", {}, el(href ? "a" : "div", { class: "reports-card", href: href && `#${href}` }, el("strong", { data: { own: "" }, text: number(value) }), el("span", { text: label })));
  return el("div", { class: "stack" },
    el("ul", { class: "reports-cards", "aria-label": t("reports.now_all") }, ["open", "unassigned", "mine", "unread", "snoozed", "waiting_too_long"].map((name) => figure(now[name] ?? 0, t(`reports.now.${name}`), LINKS[name]))),
    el("ul", { class: "reports-figures", "aria-label": t("reports.name.today") }, ["inbound", "outbound", "opened", "resolved", "by_ai", "by_flow"].map((name) => el("li", {}, el("strong", { data: { own: "" }, text: number(day[name]) }), el("span", { text: t(`reports.column.${name}`) })))));
}

/** Whoever waits without anybody, what is late, what is in doubt. */
async function needs(page, place) {
  const ask = (query) => page.api("GET", `/v1/conversations?limit=5&${query}`);
  const [free, doubt] = await Promise.all([ask("status=open&assignee=none"), ask("in_doubt=1")]);
  const late = [...page.state.conversations.values()].filter((each) => each.status === "open" && each.sla?.first_response?.breached_at && !each.sla.first_response.met_at).slice(0, 5);
  const down = [...page.state.numbers.values()].filter((each) => each.status === "disconnected");
  const seen = new Set();
  const rows = [
    ...down.map((each) => row(`#/settings/numbers`, each.name ?? each.phone ?? "", t("reports.needs.down"), null, each.id)),
    ...[[late, "late"], [doubt.data, "doubt"], [free.data, "free"]].flatMap(([found, why]) => found.filter((each) => !seen.has(each.id) && seen.add(each.id)).map((each) =>
      row(`#/conversations/${each.id}`, nameOf(each), t(`reports.needs.${why}`), each.last_message?.created_at ?? each.updated_at, each.id))),
  ];
  place.replaceChildren(part(t("reports.needs_somebody"), null, rows.length ? el("ul", { class: "list" }, rows) : empty("done", t("reports.all_done"), t("reports.all_done_text"))));
}

function row(href, name, why, at, id) {
  return el("li", {}, el("a", { class: "list-row reports-row", href }, avatar(name, id), el("span", { class: "grow" }, el("strong", { class: "anywhere", data: { own: "" }, text: name }), el("span", { class: "muted reports-why", text: why })),
    at && el("time", { class: "muted", dateTime: at, text: brief(at), data: { own: "" } })));
}

async function agenda(page, place) {
  const midnight = new Intl.DateTimeFormat("en-CA", { timeZone: page.session.tenant.timezone }).format(Date.now());
  const from = new Date().toISOString();
  const to = new Date(Date.now() + 86_400_000).toISOString();
  const { data } = await page.api("GET", `/v1/scheduling/appointments?${new URLSearchParams({ from, to, limit: "6" })}`);
  const open = data.filter((each) => ["pending", "confirmed", "arrived"].includes(each.status));
  if (!open.length) return;
  const { data: services } = await page.api("GET", "/v1/scheduling/services");
  const names = new Map(services.map((each) => [each.id, each.name]));
  place.replaceChildren(part(t("reports.next_appointments"), null, el("ul", { class: "list" }, open.map((each) => el("li", {}, el("a", { class: "list-row reports-row", href: `#/agenda?on=${midnight}&appointment=${each.id}` },
    el("time", { dateTime: each.start, text: clock(each.start), data: { own: "" } }), el("strong", { class: "grow anywhere", data: { own: "" }, text: names.get(each.service_id) ?? "" }), el("span", { class: "muted", data: { own: "" }, text: page.state.users.get(each.provider_id)?.name ?? "" })))))));
}

async function team(page, place) {
  const { data } = await page.api("GET", "/v1/dashboard/team-availability");
  place.replaceChildren(part(t("reports.team"), null, el("ul", { class: "list" }, data.map((each) => el("li", { class: "list-row" }, avatar(each.name, each.user_id), el("strong", { class: "grow anywhere", data: { own: "" }, text: each.name }),
    el("span", { class: `tag${each.is_online ? " done" : ""}`, text: each.is_online ? t(each.is_available ? "reports.here" : "reports.here_busy") : t("reports.away") }))))));
}

async function setup(page, place) {
  const { data } = await page.api("GET", "/v1/onboarding");
  if (data.completed || data.dismissed) return;
  const done = data.steps.filter((each) => each.done).length;
  const away = async () => {
    if (await safely(page.api("POST", "/v1/onboarding/dismiss"))) place.replaceChildren();
  };
  place.replaceChildren(part(t("reports.setup"), t("reports.setup_text", { done, all: data.steps.length }), el("progress", { class: "reports-progress", max: data.steps.length, value: done, "aria-label": t("reports.setup") }),
    el("ol", { class: "list" }, data.steps.map((each) => el("li", {}, el("a", { class: "list-row reports-row", href: `#${STEPS[each.key]}` },
      el("span", { class: `reports-tick${each.done ? " done" : ""}`, "aria-hidden": "true", text: each.done ? "✓" : "" }), el("span", { class: "grow", text: t(`reports.step.${each.key}`) }), el("span", { class: "unseen", text: t(each.done ? "reports.step_done" : "reports.step_open") }))))),
    page.owner && el("div", { class: "row end" }, button(t("reports.setup_away"), { class: "quiet", on: { click: away } }))));
}
