// A report's rows as plots and tables, by what the report is.

import { table } from "../parts.js";
import { plot } from "../plot.js";
import { el, empty } from "../ui.js";
import { number, percent, spoken, t } from "../words.js";

const MOST = 40; // sums of a report

/** Which columns of a report are drawn together, and how. */
export const REPORTS = {
  volume: [["messages", ["inbound", "outbound"], "line"], ["automatic", ["by_ai", "by_flow"], "bar"], ["conversations", ["opened", "resolved", "reopened"], "bar"],
    ["resolutions", ["resolved_by_members", "resolved_by_flows", "resolved_by_ai", "resolved_by_silence", "resolved_by_integrations"], "stacked"]],
  sla: [],
  agents: [],
  csat: [["average", ["average"], "line"], ["ratings", ["ones", "twos", "threes", "fours", "fives"], "stacked"]],
  flows: [],
  ai: [["answers", ["answered", "handed_off", "cancelled"], "bar"]],
  handoffs: [],
  appointments: [],
  utilisation: [],
  reminders: [],
};

/** Everything of a report. */
export function drawn(name, report, page) {
  if (!report.rows.length) return [empty("chart", t("reports.none"), t("reports.none_text"))];
  return { sla: promises, agents: byMember, flows: byFlow, handoffs: byReason, appointments: byService, utilisation: byHours, reminders: byReminder }[name]?.(report, page) ?? daily(name, report);
}

function daily(name, { rows, totals }) {
  const days = rows.map((row) => short(row.day));
  return [figures(totals), ...REPORTS[name].map(([group, columns, as]) => plot(t(`reports.group.${group}`), days,
    columns.map((column) => ({ name: t(`reports.column.${column}`), values: rows.map((row) => row[column]), as: as === "line" ? "line" : "bar" })), { stacked: as === "stacked" }))];
}

/** The sums of a report, large. */
export function figures(totals) {
  const shown = Object.entries(totals).filter(([, value]) => value !== null).slice(0, MOST);
  return el("ul", { class: "reports-figures" }, shown.map(([name, value]) => el("li", {}, el("strong", { data: { own: "" }, text: name === "cost_micros" ? `US$ ${number(value / 1e6, { maximumFractionDigits: 2 })}` : number(value) }),
    el("span", { text: t(`reports.column.${name}`) }))));
}

function promises({ rows }) {
  return ["first_response", "resolution"].flatMap((kind) => {
    const own = rows.filter((row) => row.kind === kind);
    const days = own.map((row) => short(row.day));
    const minutes = own.map((row) => (row.median_seconds === null ? null : row.median_seconds / 60));
    return [el("h2", { text: t(`reports.promise.${kind}`) }),
      plot(t("reports.group.kept"), days, ["met", "breached"].map((column) => ({ name: t(`reports.column.${column}`), values: own.map((row) => row[column]), as: "bar" })), { stacked: true }),
      plot(t("reports.group.median"), days, [{ name: t("reports.column.median_seconds"), values: minutes }, { name: t("reports.column.target_seconds"), values: own.map((row) => (row.target_seconds === null ? null : row.target_seconds / 60)) }])];
  });
}

function byMember({ rows }) {
  const columns = ["open_now", "resolved", "messages", "average_rating"];
  return [table(t("reports.name.agents"), [t("reports.column.name"), ...columns.map((each) => t(`reports.column.${each}`))],
    rows.map((row) => [own(row.name), ...columns.map((each) => own(row[each] === null ? "–" : number(row[each], { maximumFractionDigits: 1 })))]))];
}

/** A flow by its name, once that is known. */
function flowOf(id, page) {
  const link = el("a", { href: `#/flows/${id}`, data: { own: "" }, text: `#${id}` });
  page.flowNames ??= page.api("GET", "/v1/flows").then(({ data }) => new Map(data.map((flow) => [flow.id, flow.name])));
  page.flowNames.then((names) => { link.textContent = names.get(id) ?? link.textContent; }).catch(() => {}); // its number is there
  return link;
}

function byFlow({ rows }, page) {
  const columns = ["conversations", "handed_over", "resolved", "done", "taken_over", "misunderstood"];
  return [table(t("reports.name.flows"), [t("reports.column.flow"), ...columns.map((each) => t(`reports.column.${each}`))],
    rows.map((row) => [flowOf(row.flow_id, page), ...columns.map((each) => own(number(row[each] ?? 0)))]))];
}

function byReason({ rows }, page) {
  const said = rows.filter((row) => row.conversations);
  if (!said.length) return [empty("chart", t("reports.none"), t("reports.none_text"))];
  return [table(t("reports.name.handoffs"), [t("reports.column.day"), t("reports.column.by"), t("reports.column.reason"), t("reports.column.conversations")],
    said.map((row) => [own(short(row.day)), t(`reports.by.${row.by}`), reasonOf(row, page), own(number(row.conversations))]))];
}

/** Why it went to a person: a flow by its name, a person who took over, or as the server says it. */
function reasonOf({ by, reason, said }, page) {
  if (by === "flow") return flowOf(Number(reason.split(" ")[1]), page);
  return reason === "user" ? t("reports.took_over") : own(said);
}

/** What became of appointments, by service and by whoever does it; and how many as a picture. */
function byService({ rows, totals }, page) {
  const columns = ["booked", "came", "no_shows", "cancelled_by_customers", "cancelled_by_members", "ended_by_themselves", "minutes"];
  const services = rows.map((row) => el("span", { data: { own: "" }, text: `#${row.service_id}` }));
  const drawnAs = el("div", {});
  page.api("GET", "/v1/scheduling/services").then(({ data }) => {
    const names = new Map(data.map((each) => [each.id, each.name]));
    const name = (row) => names.get(row.service_id) ?? `#${row.service_id}`;
    rows.forEach((row, at) => { services[at].textContent = name(row); });
    drawnAs.append(plot(t("reports.group.appointments"), rows.map((row) => `${name(row)} · ${provider(row, page)}`),
      ["came", "no_shows"].map((column) => ({ name: t(`reports.column.${column}`), values: rows.map((row) => row[column]), as: "bar" })), { stacked: true }));
  }).catch(() => {}); // its number is there
  return [figures(totals), drawnAs, table(t("reports.name.appointments"), [t("reports.column.service"), t("reports.column.name"), ...columns.map((each) => t(`reports.column.${each}`))],
    rows.map((row, at) => [services[at], own(provider(row, page)), ...columns.map((each) => own(number(row[each])))]))];
}

/** How full everybody's hours are. */
function byHours({ rows }, page) {
  const names = rows.map((row) => provider(row, page));
  return [plot(t("reports.group.hours"), names, ["booked_minutes", "open_minutes"].map((column) => ({ name: t(`reports.column.${column}`), values: rows.map((row) => (row[column] === null ? null : row[column] / 60)), as: "bar" }))),
    table(t("reports.name.utilisation"), [t("reports.column.name"), ...["open_minutes", "booked_minutes", "average_utilisation"].map((each) => t(`reports.column.${each}`))],
      rows.map((row, at) => [own(names[at]), ...["open_minutes", "booked_minutes"].map((each) => own(row[each] === null ? "–" : number(row[each] / 60, { maximumFractionDigits: 1 }))),
        own(row.average_utilisation === null ? "–" : percent(row.average_utilisation))]))];
}

/** What became of those who were reminded, and of the others. */
function byReminder({ rows }) {
  const columns = ["booked", "confirmed_by_customers", "came", "no_shows"];
  return [table(t("reports.name.reminders"), [t("reports.column.reminded"), ...columns.map((each) => t(`reports.column.${each}`)), t("reports.column.average_no_show_rate")],
    rows.map((row) => [t(row.reminded ? "reports.reminded" : "reports.not_reminded"), ...columns.map((each) => own(number(row[each]))),
      own(row.average_no_show_rate === null ? "–" : percent(row.average_no_show_rate))]))];
}

const provider = (row, page) => page.state.users.get(row.provider_id)?.name ?? t("reports.nobody");
const own = (words) => el("span", { data: { own: "" }, text: words });
const short = (day) => new Intl.DateTimeFormat(spoken(), { day: "numeric", month: "short", timeZone: "UTC" }).format(new Date(`${day}T12:00:00Z`));
