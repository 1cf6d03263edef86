// Lines and bars as SVG, with the same figures as a table for whoever does not see them.
//
// Own code and no library: a few dozen lines draw all that the reports need, with the panel's colours in light and dark, words in its
// language, and nothing to load; uPlot (50 kB) draws on a canvas, which neither prints sharply nor is read out.

import { table } from "./parts.js";
import { button, el } from "./ui.js";
import { number, t } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDE = 720;
const HIGH = 240;
const LEFT = 46;
const BOTTOM = 26;
const TOP = 10;
const TICKS = [4, 5, 2, 1]; // the first that parts a round figure into whole ones
const WIDEST = 64; // of a bar: a single one is no wall

function draw(tag, props, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** A round figure that is at least this: 1, 2, 5, 10, 20 … */
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= value) ?? 10 * power;
}

/** A plot of series over the same points. points: words; series: `{name, values, as: "line"|"bar"}`, nulls are gaps.
 * written: how a figure is written. */
export function plot(title, points, series, { written = number, stacked = false } = {}) {
  const sums = points.map((_, at) => series.reduce((sum, each) => sum + (each.values[at] ?? 0), 0));
  const top = roundUp(Math.max(1, ...(stacked ? sums : series.flatMap((each) => each.values.filter((value) => value !== null)))));
  const x = (at) => LEFT + ((WIDE - LEFT) / points.length) * (at + 0.5);
  const y = (value) => TOP + (HIGH - TOP - BOTTOM) * (1 - value / top);
  const picture = draw("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "plot", role: "img", "aria-label": t("plot.picture", { title }) });
  const ticks = TICKS.find((each) => top % each === 0);
  for (let tick = 0; tick <= ticks; tick += 1) {
    const value = (top / ticks) * tick;
    picture.append(draw("line", { class: "plot-grid", x1: LEFT, x2: WIDE, y1: y(value), y2: y(value) }), draw("text", { class: "plot-text", "data-own": "", x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, written(value)));
  }
  const every = Math.ceil(points.length / 8);
  points.forEach((point, at) => at % every || picture.append(draw("text", { class: "plot-text", "data-own": "", x: x(at), y: HIGH - 8, "text-anchor": "middle" }, point)));
  const bars = series.filter((each) => (each.as ?? "line") === "bar");
  const width = Math.min(WIDEST, Math.max(2, ((WIDE - LEFT) / points.length) * 0.7 / (stacked ? 1 : bars.length || 1)));
  const under = points.map(() => 0);
  series.forEach((each, n) => picture.append((each.as ?? "line") === "bar" ? barsOf(each, n) : lineOf(each, n)));
  const shown = table(title, [t("plot.point"), ...series.map((each) => each.name)], points.map((point, at) => [own(point), ...series.map((each) => own(each.values[at] === null ? "–" : written(each.values[at])))]));
  shown.hidden = true;
  const toggle = button(t("plot.as_table"), { class: "plot-toggle", "aria-expanded": "false", on: { click: () => {
    shown.hidden = !shown.hidden;
    toggle.setAttribute("aria-expanded", String(!shown.hidden));
  } } });
  const legend = series.length > 1 && el("ul", { class: "plot-legend" }, series.map((each, n) => el("li", {}, el("span", { class: `plot-mark plot-${n}` }), each.name)));
  return el("figure", { class: "plot-figure", "aria-label": title }, legend, picture, toggle, shown);

  function barsOf(each, n) {
    const group = draw("g", { class: `plot-bar plot-${n}` });
    const place = bars.indexOf(each);
    each.values.forEach((value, at) => {
      if (!value) return;
      const base = stacked ? under[at] : 0;
      under[at] += stacked ? value : 0;
      const left = stacked ? x(at) - width / 2 : x(at) - (width * bars.length) / 2 + place * width;
      group.append(draw("rect", { x: left, y: y(base + value), width: Math.max(1, width - 1), height: Math.max(0, y(base) - y(base + value)), rx: 1.5 }, draw("title", {}, `${points[at]} · ${each.name}: ${written(value)}`)));
    });
    return group;
  }

  function lineOf(each, n) {
    const group = draw("g", { class: `plot-line plot-${n}` });
    let path = "";
    each.values.forEach((value, at) => {
      if (value === null) return;
      path += `${path && each.values[at - 1] !== null ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
      group.append(draw("circle", { cx: x(at), cy: y(value), r: 3 }, draw("title", {}, `${points[at]} · ${each.name}: ${written(value)}`)));
    });
    group.prepend(draw("path", { d: path }));
    return group;
  }
}

const own = (words) => el("span", { data: { own: "" }, text: words });
