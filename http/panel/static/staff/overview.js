// The platform at a glance.

import { el } from "../ui.js";
import { date, number, size, span, t } from "../words.js";
import { daysPlot, sharesPlot } from "./plots.js";

export default async function overview(page) {
  const { data } = await page.api("GET", "/v1/admin/overview");
  const { workspaces, desk, waiting, gateway, database } = data;
  const shown = (value, name, bad) => el("div", { class: `card staff-figure ${bad ? "bad" : ""}` }, el("strong", { text: typeof value === "number" ? number(value) : value }),
    el("span", { class: "muted", text: t(`staff.figure.${name}`) }));
  const waits = (seconds) => (seconds === null ? "–" : span(seconds * 1000));
  page.head(t("staff.place.overview"));
  page.box.append(
    el("div", { class: "staff-cards" },
      shown(workspaces.active, "active"), shown(workspaces.suspended, "suspended", workspaces.suspended > 0), shown(workspaces.founded_30d, "founded"),
      shown(workspaces.trials_ending_7d, "trials"), shown(desk.open, "tickets"), shown(desk.overdue, "overdue", desk.overdue > 0)),
    el("div", { class: "staff-plots" },
      daysPlot(t("staff.plot.messages"), [t("staff.plot.day"), t("staff.plot.inbound"), t("staff.plot.outbound")],
        data.messages.map((each) => [date(each.day), each.inbound, each.outbound])),
      sharesPlot(t("staff.plot.revenue"), [t("staff.plot.state"), t("staff.plot.workspaces")],
        Object.entries(data.revenue).map(([name, count]) => [t.has(`staff.revenue.${name}`) ? t(`staff.revenue.${name}`) : name, count])),
      sharesPlot(t("staff.plot.plans"), [t("staff.plot.plan"), t("staff.plot.workspaces")], Object.entries(workspaces.by_plan)),
      sharesPlot(t("staff.plot.numbers"), [t("staff.plot.state"), t("staff.plot.of_numbers")],
        Object.entries(gateway.numbers).map(([name, count]) => [t.has(`staff.number.${name}`) ? t(`staff.number.${name}`) : name, count]))),
    el("h2", { text: t("staff.frame.health") }),
    el("div", { class: "staff-cards" },
      shown(gateway.waiting, "sends"), shown(waits(gateway.oldest_seconds), "oldest_send", gateway.oldest_seconds > 60), shown(gateway.doubtful, "doubtful", gateway.doubtful > 0),
      shown(gateway.failed_1h, "failed", gateway.failed_1h > 0), shown(waiting.effects, "effects"), shown(waiting.dead_letters, "dead", waiting.dead_letters > 0),
      shown(waiting.kept_webhooks, "kept"), shown(waiting.due_timers, "timers"), shown(size(database.bytes), "database"),
      shown(`${number(database.connections)} / ${number(database.most_connections)}`, "connections", database.connections > database.most_connections * 0.8),
      shown(database.waiting_for_locks, "locks", database.waiting_for_locks > 0), shown(waits(database.oldest_transaction_seconds), "transaction")));
}
