// The picture of a flow: steps as boxes, ways between them as arrows.

import { t } from "../words.js";
import { HIGH, LINE, WIDE, layout, ways } from "./graph.js";

const SVG = "http://www.w3.org/2000/svg";
const EDGE = 16;
const LETTERS = 27; // of a line of a box
const LETTER = 6; // pixels of one of a way's name

function draw(tag, props, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props)) if (value !== null && value !== undefined) made.setAttribute(name, value);
  made.append(...children.filter(Boolean));
  return made;
}

/** What a way out is called. */
export const wayName = (condition, label) => label || (condition === null ? t("flows.way.then") : t.has(`flows.way.${condition}`) ? t(`flows.way.${condition}`) : condition);

/** What a step says, in one line. */
export function gistOf(node, sectors) {
  const { data } = node;
  switch (node.type) {
    case "start": return t(`flows.trigger.${data.trigger ?? "first_message"}`);
    case "condition": return (data.rules ?? []).map((rule) => `${rule.field ?? ""} ${t(`flows.op.${rule.op ?? "is"}`)} ${rule.value ?? ""}`).join(", ");
    case "set_field": return `${data.field ?? ""} = ${data.value ?? ""}`;
    case "route": return sectors.get(data.sector_id)?.name ?? "";
    case "wait": return data.minutes ? t("flows.minutes", { n: data.minutes }) : "";
    case "ai": return data.goal ?? "";
    default: return data.text || data.note || "";
  }
}

/** The picture. marks: `{chosen, problems: Map(id → count), path: Set(ids that the rehearsal went through), at}`; choose(id). */
export function picture(graph, marks, sectors, choose) {
  const { places, width, height } = layout(graph);
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const svg = draw("svg", { class: "flows-picture", viewBox: `${-EDGE} ${-EDGE} ${width + 2 * EDGE} ${height + 2 * EDGE}`, width: width + 2 * EDGE, height: height + 2 * EDGE, role: "group", "aria-label": t("flows.picture") });
  svg.append(draw("defs", {}, draw("marker", { id: "flows-tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto" }, draw("path", { d: "M0 0 8 4 0 8z", class: "flows-tip" }))));
  const out = new Map();
  const names = []; // of ways, above all arrows: `{x, y, half, node}`
  for (const edge of graph.edges) {
    const [from, to] = [places.get(edge.source), places.get(edge.target)];
    if (!from || !to) continue;
    const siblings = graph.edges.filter((each) => each.source === edge.source);
    const nth = out.get(edge.source) ?? 0;
    out.set(edge.source, nth + 1);
    svg.append(...arrow(from, to, (nth + 1) / (siblings.length + 1), labelOf(edge)));
  }
  svg.append(...names.map((each) => each.node));
  for (const node of graph.nodes) svg.append(box(node, places.get(node.id)));
  return svg;

  function labelOf(edge) {
    const node = byId.get(edge.source);
    const way = node && ways(node).find(([condition]) => condition === (edge.condition ?? null));
    return edge.condition ? wayName(edge.condition, way?.[1]) : "";
  }

  function arrow(from, to, share, label) {
    const x1 = from.x + WIDE * share;
    const y1 = from.y + HIGH;
    const x2 = to.x + WIDE / 2;
    const y2 = to.y - 2;
    const down = y2 > y1;
    const near = down && y2 - y1 < from.below; // the next row: the label stands in the middle of the arrow
    const d = down ? `M${x1} ${y1}C${x1} ${y1 + 30} ${x2} ${y2 - 30} ${x2} ${y2}`
      : `M${x1} ${y1}C${x1} ${y1 + 50} ${Math.max(from.x, to.x) + WIDE + 40} ${y1 + 20} ${Math.max(from.x, to.x) + WIDE + 20} ${(y1 + to.y) / 2}S${to.x + WIDE + 30} ${to.y + HIGH / 2} ${to.x + WIDE + 2} ${to.y + HIGH / 2}`;
    if (label) name(near ? (x1 + x2) / 2 : x1, near ? (y1 + y2) / 2 + 4 : y1 + 13, short(label, 18));
    return [draw("path", { d, class: "flows-arrow", "marker-end": "url(#flows-tip)" })];
  }

  /** What a way is called, as near below its place as it hides no other name. */
  function name(x, y, text) {
    const half = (text.length * LETTER) / 2 + LETTER;
    const hidden = (each) => Math.abs(each.x - x) < each.half + half && Math.abs(each.y - y) < LINE;
    while (names.some(hidden)) y += LINE;
    names.push({ x, y, half, node: draw("text", { class: "flows-label", "data-own": "", x, y, "text-anchor": "middle" }, text) });
  }

  function box(node, place) {
    const wrong = marks.problems.get(node.id) ?? 0;
    const chosen = marks.chosen === node.id;
    const gist = gistOf(node, sectors).replaceAll(/\s+/g, " ");
    const name = `${t(`flows.type.${node.type}`)}: ${gist}${wrong ? `, ${t("flows.problems", { n: wrong })}` : ""}`;
    const group = draw("g", { class: `flows-node flows-${node.type}${chosen ? " chosen" : ""}${marks.path.has(node.id) ? " walked" : ""}${wrong ? " wrong" : ""}`, transform: `translate(${place.x} ${place.y})`, tabindex: 0, role: "button", "aria-label": name, "aria-pressed": String(chosen), "data-id": node.id },
      draw("rect", { width: WIDE, height: HIGH, rx: 14 }),
      draw("text", { class: "flows-kind", x: 14, y: 23 }, t(`flows.type.${node.type}`)),
      draw("text", { class: "flows-words", "data-own": "", x: 14, y: 43 }, short(gist, LETTERS)), draw("text", { class: "flows-words", "data-own": "", x: 14, y: 60 }, short(gist.slice(LETTERS - 1 < gist.length ? cut(gist) : gist.length), LETTERS)),
      wrong ? draw("circle", { cx: WIDE - 18, cy: 18, r: 10, class: "flows-alarm" }) : null, wrong ? draw("text", { x: WIDE - 18, y: 22.5, "text-anchor": "middle", class: "flows-count" }, String(wrong)) : null);
    group.addEventListener("click", () => choose(node.id));
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose(node.id);
    });
    return group;
  }
}

/** Where the second line of a gist begins. */
function cut(text) {
  const space = text.lastIndexOf(" ", LETTERS);
  return space > 8 ? space + 1 : LETTERS;
}

function short(text, most) {
  if (text.length <= most) return text;
  const end = most === LETTERS ? cut(text) : most;
  return most === LETTERS && text.length > LETTERS * 2 ? text.slice(0, end) : text.length > end ? `${text.slice(0, end - 1)}…` : text.slice(0, end);
}
