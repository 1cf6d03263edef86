// A report's rows as plots and tables, by what the report is.

import { table } from "../parts.js";
import { plot } from "../plot.js";
import { el, empty } from "../ui.js";
import { number, spoken, t } from "../words.js";

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
};

/** Everything of a report. */
export function drawn(name, report, page) {
  if (!report.rows.length) return [empty("chart", t("reports.none"), t("reports.none_text"))];
  return { sla: promises, agents: byMember, flows: byFlow, handoffs: byReason }[name]?.(report, page) ?? daily(name, report);
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

async function named(page) {
  const { data } = await page.api("GET", "/v1/flows");
  return new Map(data.map((flow) => [flow.id, flow.name]));
}

function byFlow({ rows }, page) {
  const columns = ["conversations", "handed_over", "resolved", "done", "taken_over", "misunderstood"];
  const names = rows.map((row) => el("a", { href: `#/flows/${row.flow_id}`, data: { own: "" }, text: `#${row.flow_id}` }));
  named(page).then((found) => rows.forEach((row, at) => {
    names[at].textContent = found.get(row.flow_id) ?? `#${row.flow_id}`;
  })).catch(() => {}); // its number is there
  return [table(t("reports.name.flows"), [t("reports.column.flow"), ...columns.map((each) => t(`reports.column.${each}`))],
    rows.map((row, at) => [names[at], ...columns.map((each) => own(number(row[each] ?? 0)))]))];
}

function byReason({ rows }) {
  const said = rows.filter((row) => row.conversations);
  if (!said.length) return [empty("chart", t("reports.none"), t("reports.none_text"))];
  return [table(t("reports.name.handoffs"), [t("reports.column.day"), t("reports.column.by"), t("reports.column.reason"), t("reports.column.conversations")],
    said.map((row) => [own(short(row.day)), t(`reports.by.${row.by || "house"}`), own(row.reason), own(number(row.conversations))]))];
}

const own = (words) => el("span", { data: { own: "" }, text: words });
const short = (day) => new Intl.DateTimeFormat(spoken(), { day: "numeric", month: "short", timeZone: "UTC" }).format(new Date(`${day}T12:00:00Z`));
