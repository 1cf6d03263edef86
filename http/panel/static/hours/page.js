// When the business is open: the week, the country's holidays, closed days, all in one calendar.

import { resources } from "../declared/resource.js";
import { button, el } from "../ui.js";
import { weekdays } from "../declared/days.js";
import { spoken, t } from "../words.js";

const DAY = 86_400_000;

export default async function hours(page) {
  page.head(t("pages.hours"));
  const place = el("section", { class: "part", "aria-label": t("hours.calendar") });
  page.box.append(place);
  const drawn = await resources(page, ["business_hours", "holidays", "closures"]);
  const today = new Date();
  const shown = { year: today.getFullYear(), month: today.getMonth() };
  const draw = () => place.replaceChildren(...month(page, shown, drawn, draw));
  drawn.business_hours.changed(draw);
  drawn.closures.changed(draw);
  drawn.holidays.changed(() => drawn.closures.again());
  draw();
}

/**
 * @param {any} page
 * @param {{year: number, month: number}} shown
 * @param {Record<string, any>} drawn
 * @param {() => any} draw
 */
function month(page, shown, { business_hours: week, closures }, draw) {
  const names = weekdays("short");
  const first = Date.UTC(shown.year, shown.month, 1);
  const title = new Intl.DateTimeFormat(spoken(), { month: "long", year: "numeric", timeZone: "UTC" }).format(first);
  const days = new Date(Date.UTC(shown.year, shown.month + 1, 0)).getUTCDate();
  const closed = new Map(closures.items().map((each) => [each.date, each]));
  const turn = (by) => () => {
    const to = new Date(Date.UTC(shown.year, shown.month + by, 1));
    Object.assign(shown, { year: to.getUTCFullYear(), month: to.getUTCMonth() });
    draw();
  };
  const lead = (new Date(first).getUTCDay() + 6) % 7;
  const cells = [...Array(lead).fill(null), ...Array.from({ length: days }, (_, at) => first + at * DAY)];
  const weeks = Array.from({ length: Math.ceil(cells.length / 7) }, (_, at) => [...cells.slice(at * 7, at * 7 + 7), ...Array(7).fill(null)].slice(0, 7));
  return [
    el("div", { class: "row" }, button(t("hours.before"), { drawing: "back", bare: true, class: "quiet", on: { click: turn(-1) } }), el("h2", { class: "hours-month", text: title, "aria-live": "polite", data: { own: "" } }),
      button(t("hours.after"), { drawing: "next", bare: true, class: "quiet", on: { click: turn(1) } })),
    el("table", { class: "hours-table", "aria-label": title, data: { own: "" } }, el("thead", {}, el("tr", {}, [1, 2, 3, 4, 5, 6, 0].map((day) => el("th", { scope: "col", text: names[day], data: { own: "" } })))),
      el("tbody", {}, weeks.map((row) => el("tr", {}, row.map((at) => cell(at, week.value(), closed)))))),
  ];
}

function cell(at, week, closed) {
  if (at === null) return el("td", {});
  const date = new Date(at);
  const closure = closed.get(date.toISOString().slice(0, 10));
  const day = week.hours[date.getUTCDay()];
  const open = !closure && (!week.enabled || day.enabled);
  const says = closure ? closure.reason || t("hours.closed") : !open ? t("hours.closed") : week.enabled && day.open !== day.close ? `${day.open}–${day.close}` : t("hours.always");
  return el("td", { class: open ? "hours-open" : closure ? "hours-closure" : "hours-shut" }, el("strong", { text: String(date.getUTCDate()), data: { own: "" } }),
    el("span", { class: "hours-says", text: says, data: { own: "" }, title: says }));
}
