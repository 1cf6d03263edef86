// A flow's graph: what kinds of step there are, which ways lead out of them, and where each is drawn.
//
// Own code and no library: a flow is a tree of at most some dozens of steps with a few arrows back. Layers by the longest way from the
// start, and each step near the middle of those that lead to it, is this file; a layout library (dagre, 80 kB) would have to be shipped.

export const WIDE = 200;
export const HIGH = 74;
const GAP = 34;
const ROW = 62;
export const LINE = 15; // of a way's name: beside each other there is room for three

/** The fields of each kind of step, as `step.js` draws them: `[name, kind, more]`; `when`: only while another field has this value, or any. */
export const KINDS = {
  start: [["trigger", "choice", { options: ["first_message", "keyword", "manual"], first: "first_message" }], ["keywords", "lines", { when: ["trigger", "keyword"] }]],
  message: [["text", "long"], ["media", "media"]],
  menu: [["text", "long"], ["options", "options"], ["as", "choice", { options: ["numbers", "buttons"], first: "numbers" }], ["invalid_text", "text"], ["max_tries", "number", { first: 3, min: 1, max: 10 }]],
  capture: [["text", "long"], ["field", "text"], ["kind", "choice", { options: ["text", "number", "date", "email", "phone", "choice"], first: "text" }], ["options", "lines", { when: ["kind", "choice"] }], ["required", "switch", { first: true }], ["invalid_text", "text"], ["max_tries", "number", { first: 3, min: 1, max: 10 }]],
  condition: [["rules", "rules"], ["match", "choice", { options: ["all", "any"], first: "all" }]],
  set_field: [["field", "text"], ["value", "text"]],
  route: [["sector_id", "sector"]],
  ai: [["goal", "long"], ["on_handoff", "text"], ["max_turns", "number", { first: 1, min: 1, max: 50 }]],
  schedule: [["service_id", "service"], ["text", "long", { when: ["service_id", true] }]],
  wait: [["minutes", "number", { min: 1, max: 10_080, none: true }], ["until_reply", "switch", { first: false }]],
  handoff: [["text", "long"], ["note", "text"], ["sector_id", "sector"]],
  end: [["text", "long"], ["resolve", "switch", { first: false }]],
};

/** The ways out of a step: `[condition, what it is called]`; null is the only way. What may be left open comes last. */
export function ways(node) {
  const { data } = node;
  switch (node.type) {
    case "menu": return [...(data.options ?? []).map((each) => [each.id, each.label]), ["else", null], ["timeout", null]];
    case "capture": return [[null, null], ["else", null], ["timeout", null]];
    case "condition": return [["true", null], ["false", null]];
    case "schedule": return (data.service_id ? ["booked", "none", "waitlisted", "person", "timeout"] : ["open", "closed"]).map((each) => [each, null]);
    case "ai": return [["answered", null], ["handoff", null]];
    case "wait": return data.until_reply ? [["answered", null], ["timeout", null]] : [[null, null]];
    case "handoff":
    case "end": return [];
    default: return [[null, null]];
  }
}

/** Where each step stands: `Map(id → {x, y, below})` of its upper left corner and the room under it, with the `width` and `height` of all. */
export function layout({ nodes, edges }) {
  const depth = depths(nodes, edges);
  const rows = [];
  for (const node of nodes) (rows[depth.get(node.id)] ??= []).push(node.id);
  const places = new Map();
  const into = new Map(nodes.map((node) => [node.id, edges.filter((edge) => edge.target === node.id && depth.get(edge.source) < depth.get(node.id)).map((edge) => edge.source)]));
  const order = new Map(edges.map((edge, at) => [`${edge.source} ${edge.target}`, at]));
  let y = 0;
  for (const row of rows) {
    if (!row) continue;
    const below = ROW + LINE * Math.max(0, ...row.map((id) => edges.filter((edge) => edge.source === id && edge.condition).length - 3));
    const wish = (id) => {
      const above = into.get(id).map((source) => places.get(source)?.x).filter((x) => x !== undefined);
      return above.length ? above.reduce((sum, x) => sum + x, 0) / above.length : 0;
    };
    const first = (id) => Math.min(...into.get(id).map((source) => order.get(`${source} ${id}`) ?? 0), Infinity);
    const sorted = row.map((id) => ({ id, wish: wish(id), first: first(id) })).sort((one, other) => one.wish - other.wish || one.first - other.first);
    const middle = sorted.reduce((sum, each) => sum + each.wish, 0) / sorted.length;
    const wide = sorted.length * (WIDE + GAP) - GAP;
    sorted.forEach((each, n) => places.set(each.id, { x: middle + WIDE / 2 - wide / 2 + n * (WIDE + GAP), y, below }));
    y += HIGH + below;
  }
  const left = Math.min(0, ...[...places.values()].map((place) => place.x));
  for (const place of places.values()) place.x -= left;
  return { places, width: Math.max(WIDE, ...[...places.values()].map((place) => place.x + WIDE)), height: Math.max(HIGH, ...[...places.values()].map((place) => place.y + HIGH)) };
}

/** How many steps the longest way to each has that does not go round. */
function depths(nodes, edges) {
  const leads = new Map(nodes.map((node) => [node.id, []]));
  for (const edge of edges) if (leads.has(edge.source) && leads.has(edge.target)) leads.get(edge.source).push(edge.target);
  const back = new Set(); // arrows that lead round
  const state = new Map();
  const visit = (id) => {
    state.set(id, "open");
    for (const target of leads.get(id)) {
      if (state.get(target) === "open") back.add(`${id} ${target}`);
      else if (!state.has(target)) visit(target);
    }
    state.set(id, "done");
  };
  const starts = [...nodes.filter((node) => node.type === "start"), ...nodes];
  for (const node of starts) if (!state.has(node.id)) visit(node.id);
  const depth = new Map(nodes.map((node) => [node.id, 0]));
  for (let round = 0; round < nodes.length; round += 1) {
    let changed = false;
    for (const [source, targets] of leads) {
      for (const target of targets) {
        if (back.has(`${source} ${target}`) || depth.get(target) > depth.get(source)) continue;
        depth.set(target, depth.get(source) + 1);
        changed = true;
      }
    }
    if (!changed) break;
  }
  return depth;
}

/** What changed from one graph to another: `[how, node or arrow]`, by id. */
export function difference(before, after) {
  const named = (graph, of) => new Map((graph?.[of] ?? []).map((each) => [of === "nodes" ? each.id : `${each.source} ${each.condition ?? ""}`, each]));
  const found = [];
  for (const of of ["nodes", "edges"]) {
    const [old, now] = [named(before, of), named(after, of)];
    const said = (each) => JSON.stringify(of === "nodes" ? [each.type, each.data] : each.target);
    for (const [id, each] of now) if (!old.has(id)) found.push({ how: "added", of, each });
    for (const [id, each] of now) if (old.has(id) && said(old.get(id)) !== said(each)) found.push({ how: "changed", of, each, was: old.get(id) });
    for (const [id, each] of old) if (!now.has(id)) found.push({ how: "removed", of, each });
  }
  return found;
}
