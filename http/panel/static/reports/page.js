// Today, and the reports of a period: as plots, as tables, on paper and as files.

import { blob } from "../api.js";
import { download } from "../parts.js";
import { button, el, field, safely } from "../ui.js";
import { t } from "../words.js";
import { REPORTS, drawn } from "./drawn.js";
import { ratings } from "./ratings.js";
import { today } from "./today.js";

const DAY = 86_400_000;
const PERIODS = [7, 30, 90];

export default async function reports(page) {
  const which = page.params.which ?? "today";
  const names = ["today", ...(page.owner ? Object.keys(REPORTS) : [])];
  page.head(t("pages.reports"), ...(which === "today" || !names.includes(which) ? [] : tools()));
  page.box.append(el("nav", { class: "reports-tabs", "aria-label": t("pages.reports") }, names.map((name) => el("a", { class: "reports-tab", href: `#/reports${name === "today" ? "" : `/${name}`}`,
    "aria-current": name === which ? "page" : null, text: t(`reports.name.${name}`) }))));
  const place = el("div", { class: "stack" });
  page.box.append(place);
  if (!names.includes(which)) return place.append(el("p", { class: "notice", text: t("reports.owner_only") }));
  if (which === "today") return today(page, place);

  const from = el("input", { type: "date", name: "from", value: page.query.get("from") ?? ago(29) });
  const to = el("input", { type: "date", name: "to", value: page.query.get("to") ?? ago(0) });
  const figures = el("div", { class: "stack", "aria-live": "polite" });
  place.append(el("div", { class: "reports-span" }, field(t("reports.from"), from), field(t("reports.to"), to),
    el("div", { class: "row", role: "group", "aria-label": t("reports.period") }, PERIODS.map((days) => button(t("reports.last", { n: days }), { on: { click: () => {
      from.value = ago(days - 1);
      to.value = ago(0);
      look();
    } } })))), figures);
  for (const input of [from, to]) input.addEventListener("change", look);
  await look();

  async function look() {
    page.setQuery({ from: from.value, to: to.value });
    const answer = await safely(page.api("GET", `/v1/reports/${which}?${span()}`));
    if (answer) figures.replaceChildren(...drawn(which, answer.data, page), ...(which === "csat" ? [await ratings(page)] : []));
  }

  function span() {
    return new URLSearchParams({ ...(from.value && { from: from.value }), ...(to.value && { to: to.value }) });
  }

  function tools() {
    return [button(t("reports.print"), { on: { click: () => print() } }), button(t("reports.csv"), { on: { click: async () => {
      const file = await safely(blob(`/v1/reports/${which}?${span()}&format=csv`));
      if (file) download(file, `${which}-${from.value}-${to.value}.csv`);
    } } })];
  }

  /** The day so many days ago, in the workspace's zone. */
  function ago(days) {
    return new Intl.DateTimeFormat("en-CA", { timeZone: page.session.tenant.timezone }).format(Date.now() - days * DAY);
  }
}
