// Plots: drawn as SVG, and the same figures as a table for whoever would rather read.

import { el } from "../ui.js";
import { number } from "../words.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 340;

function drawn(tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** rows: `[label, one, other?]`; columns: what the figures are. */
function figure(title, columns, rows, picture) {
  picture.setAttribute("aria-hidden", "true"); // the table says it all
  const head = el("tr", {}, columns.map((column, at) => el("th", { scope: "col", class: at ? "number" : "", text: column })));
  const body = rows.map(([label, ...values]) => el("tr", {}, el("th", { scope: "row", text: label }), values.map((value) => el("td", { class: "number", text: number(value) }))));
  return el("figure", { class: "card staff-plot" }, el("figcaption", { text: title }), picture,
    columns.length > 2 && el("p", { class: "staff-legend", "aria-hidden": "true" }, columns.slice(1).map((text) => el("span", { text }))),
    el("details", {}, el("summary", { text: columns[0] + " · " + columns.slice(1).join(" · ") }),
      el("div", { class: "wide-table", tabIndex: 0, role: "region", "aria-label": title }, el("table", { class: "staff-table" }, el("thead", {}, head), el("tbody", {}, body)))));
}

/** Bars over days: two figures a day. */
export function daysPlot(title, columns, rows) {
  const most = Math.max(1, ...rows.flatMap(([, one, other]) => [one, other]));
  const picture = drawn("svg", { viewBox: `0 0 ${WIDTH} 150` });
  const step = (WIDTH - 34) / Math.max(1, rows.length);
  picture.append(drawn("line", { class: "axis", x1: 30, x2: WIDTH, y1: 125, y2: 125 }), drawn("text", { x: 26, y: 14, "text-anchor": "end" }, number(most)),
    drawn("text", { x: 26, y: 125, "text-anchor": "end" }, "0"));
  rows.forEach(([label, ...values], at) => {
    values.forEach((value, which) => {
      const height = (value / most) * 115;
      picture.append(drawn("rect", { class: ["in", "out"][which], x: 32 + at * step + which * step * 0.42, width: Math.max(1, step * 0.38), y: 125 - height, height, rx: 1.5 }));
    });
    if (at === 0 || at === rows.length - 1) picture.append(drawn("text", { x: at ? WIDTH : 32, y: 142, "text-anchor": at ? "end" : "start" }, label));
  });
  return figure(title, columns, rows, picture);
}

/** A bar each, the longest first. */
export function sharesPlot(title, columns, rows) {
  const sorted = rows.toSorted((one, other) => other[1] - one[1]);
  const most = Math.max(1, ...sorted.map(([, value]) => value));
  const picture = drawn("svg", { viewBox: `0 0 ${WIDTH} ${Math.max(1, sorted.length) * 28 + 4}` });
  sorted.forEach(([label, value], at) => {
    picture.append(drawn("text", { x: 0, y: at * 28 + 18 }, label), drawn("rect", { class: "in", x: 118, y: at * 28 + 7, height: 15, rx: 3, width: Math.max(2, (value / most) * (WIDTH - 165)) }),
      drawn("text", { x: 123 + (value / most) * (WIDTH - 165), y: at * 28 + 18 }, number(value)));
  });
  return figure(title, columns, sorted, picture);
}
