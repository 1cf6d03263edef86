// One flow: its picture, the form of the step that is chosen, the phone that rehearses it, the check against the past.

import { formDialog, part, table } from "../parts.js";
import { ask, button, dialog, el, field, safely, toast } from "../ui.js";
import { number, t } from "../words.js";
import { difference } from "./graph.js";
import { phone } from "./phone.js";
import { gistOf, picture } from "./picture.js";
import { stepForm, unused } from "./step.js";

const PAUSE = 700; // after the last change, before the draft is saved
const UNDO = 50;

export default async function editor(page) {
  let { data: flow } = await page.api("GET", `/v1/flows/${page.params.id}`);
  const services = new Map((await page.api("GET", "/v1/scheduling/services")).data.map((each) => [each.id, each]));
  let graph = structuredClone(flow.draft_definition);
  const undo = [];
  const marks = { chosen: graph.nodes[0]?.id ?? null, path: new Set(), problems: new Map() };
  let timer = null;
  let saving = null;

  const state = el("span", { class: "muted flows-state", role: "status" });
  const back = button(t("flows.undo"), { on: { click: undoLast }, disabled: true });
  page.box.classList.add("flows-wide");
  page.head(flow.name, state, ...(page.owner ? [back, button(t("flows.publish"), { class: "primary", on: { click: publish } })] : []));
  page.box.querySelector("h1").dataset.own = "";
  const place = el("div", { class: "flows-scroll", tabIndex: 0, role: "region", "aria-label": t("flows.picture") });
  const side = el("div", { class: "flows-side" });
  const hints = el("div", {});
  const rehearsal = page.owner ? phone(page, flow, () => graph, (path, at) => {
    marks.path = new Set(path);
    if (at) marks.path.add(at);
    draw();
  }) : null;
  page.box.append(el("div", { class: "row flows-tools" }, el("a", { class: "button", href: "#/flows", text: t("pages.flows") }),
    ...(page.owner ? [button(t("flows.settings"), { on: { click: settings } }), button(t("flows.by_words"), { drawing: "spark", on: { click: byWords } })] : []),
    button(t("flows.difference"), { on: { click: showDifference } }), page.owner && button(t("flows.check"), { on: { click: check } })), hints,
  el("div", { class: "flows-columns" }, place, side, rehearsal && part(t("flows.phone"), null, rehearsal.node)));
  page.guard(() => timer !== null);
  page.keys({ z: ["flows.undo", undoLast] });
  draw();
  drawStep();
  place.scrollLeft = (place.scrollWidth - place.clientWidth) / 2; // on a phone the start is in its middle

  function draw() {
    marks.problems = new Map();
    for (const each of flow.problems) if (each.node_id) marks.problems.set(each.node_id, (marks.problems.get(each.node_id) ?? 0) + 1);
    const at = [place.scrollLeft, place.scrollTop];
    const focused = place.contains(document.activeElement) && /** @type {HTMLElement} */ (document.activeElement).dataset.id;
    place.replaceChildren(picture(graph, marks, page.state.sectors, choose));
    [place.scrollLeft, place.scrollTop] = at;
    if (focused) place.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
    const loose = flow.problems.filter((each) => !each.node_id);
    hints.replaceChildren(...[...loose, ...flow.hints].map((each) => el("p", { class: "notice flows-hint", data: { own: "" }, text: each.message })));
    state.textContent = timer !== null || saving ? t("flows.saving") : flow.problems.length ? t("flows.problems", { n: flow.problems.length }) : flow.has_unpublished_changes ? t("flows.unpublished") : t("flows.live");
    back.disabled = !undo.length;
  }

  function choose(id) {
    marks.chosen = id;
    draw();
    drawStep();
    side.scrollIntoView({ block: "nearest" });
  }

  function drawStep() {
    const node = graph.nodes.find((each) => each.id === marks.chosen);
    side.replaceChildren(node ? stepForm(graph, node, flow.problems, { owner: page.owner, sectors: page.state.sectors, services, anew: drawStep,
      changed: (data) => change(() => {
        const old = JSON.stringify(node.data?.options?.map((each) => each.id));
        node.data = data;
        prune(node);
        return old !== JSON.stringify(data.options?.map((each) => each.id));
      }, node.id),
      lead: (condition, target) => change(() => lead(node, condition, target)),
      remove: () => change(() => removeStep(node)) }) : el("p", { class: "muted", text: t("flows.choose") }));
  }

  /** Do something to the graph; many changes of one step in a row are one to undo. */
  function change(act, same = null) {
    const before = JSON.stringify(graph);
    const again = act();
    if (JSON.stringify(graph) === before) return;
    if (!same || undo.at(-1)?.same !== same || timer === null) undo.push({ graph: before, same, chosen: marks.chosen });
    if (undo.length > UNDO) undo.shift();
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
    draw();
    if (!same || again) drawStep();
  }

  function undoLast() {
    const last = undo.pop();
    if (!last) return;
    graph = JSON.parse(last.graph);
    marks.chosen = last.chosen;
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
    draw();
    drawStep();
  }

  function lead(node, condition, target) {
    graph.edges = graph.edges.filter((edge) => !(edge.source === node.id && (edge.condition ?? null) === condition));
    if (!target) return;
    let id = target;
    if (target.type) {
      id = unused(graph.nodes.map((each) => each.id), `${target.type}_`);
      graph.nodes.push({ id, type: target.type, data: {}, position: { x: 0, y: 0 } });
      marks.chosen = id;
    }
    graph.edges.push({ id: unused(graph.edges.map((edge) => edge.id), "e"), source: node.id, target: id, ...(condition !== null && { condition }) });
  }

  /** A step that stands between two others goes without parting them. */
  function removeStep(node) {
    const [into, from] = [graph.edges.filter((edge) => edge.target === node.id), graph.edges.filter((edge) => edge.source === node.id)];
    graph.nodes = graph.nodes.filter((each) => each !== node);
    graph.edges = graph.edges.filter((edge) => !into.includes(edge) && !from.includes(edge));
    if (from.length === 1) graph.edges.push(...into.map((edge) => ({ ...edge, target: from[0].target })));
    marks.chosen = into[0]?.source ?? graph.nodes[0]?.id ?? null;
  }

  /** Ways of options that are gone lead nowhere. */
  function prune(node) {
    if (node.type !== "menu") return;
    const there = new Set([...(node.data.options ?? []).map((each) => each.id), "else", "timeout"]);
    graph.edges = graph.edges.filter((edge) => edge.source !== node.id || there.has(edge.condition));
  }

  async function save() {
    timer = null;
    const sent = JSON.stringify(graph);
    saving = page.api("PUT", `/v1/flows/${flow.id}`, { body: { draft_definition: graph } });
    const answer = await safely(saving);
    saving = null;
    if (!answer) return draw();
    flow = answer.data;
    if (sent === JSON.stringify(graph)) rehearsal?.again();
    draw();
    const wrong = side.querySelector(".flows-wrong");
    const own = flow.problems.filter((each) => each.node_id === marks.chosen);
    if (Boolean(wrong) !== Boolean(own.length) && !side.contains(document.activeElement)) drawStep();
  }

  async function saved() {
    if (timer !== null) {
      clearTimeout(timer);
      await save();
    }
    await saving;
  }

  async function publish() {
    await saved();
    if (flow.problems.length) {
      choose(flow.problems.find((each) => each.node_id)?.node_id ?? marks.chosen);
      return toast(t("flows.not_yet", { n: flow.problems.length }), "bad");
    }
    if (!await ask({ title: t("flows.publish"), text: t("flows.publish_text"), confirm: t("flows.publish") })) return;
    const answer = await safely(page.api("POST", `/v1/flows/${flow.id}/publish`));
    if (!answer) return;
    flow = answer.data;
    draw();
    toast(t("flows.published", { version: String(flow.published_version) }), "good", flow.enabled ? {} : { action: [t("flows.turn_on"), async () => {
      const on = await safely(page.api("POST", `/v1/flows/${flow.id}/toggle`, { body: { enabled: true } }));
      if (on) flow = on.data;
    }] });
  }

  function settings() {
    const input = (name, more) => el("input", { name, value: flow[name] ?? "", ...more });
    const close = el("input", { type: "checkbox", name: "close_conversation_on_timeout", checked: flow.close_conversation_on_timeout });
    formDialog(t("flows.settings"), [field(t("flows.name"), input("name", { maxLength: 80 })), field(t("flows.reprompt_after"), input("reprompt_after_minutes", { type: "number", min: 0, max: 1440 }), t("flows.zero_never")),
      field(t("flows.reprompt"), input("reprompt_message", { maxLength: 500 })), field(t("flows.close_after"), input("close_after_minutes", { type: "number", min: 0, max: 10_080 }), t("flows.zero_never")), el("label", { class: "check" }, close, t("flows.resolve_then"))],
    t("flows.save"), async (given) => {
      const body = { name: given.name.trim(), reprompt_after_minutes: Number(given.reprompt_after_minutes), close_after_minutes: Number(given.close_after_minutes), reprompt_message: given.reprompt_message.trim() || null, close_conversation_on_timeout: close.checked };
      flow = (await page.api("PUT", `/v1/flows/${flow.id}`, { body })).data;
      page.box.querySelector("h1").textContent = flow.name;
      toast(t("flows.saved"), "good");
      draw();
    });
  }

  function byWords() {
    formDialog(t("flows.by_words"), [field(t("flows.wish"), el("textarea", { name: "wish", rows: 4, maxLength: 2000 }), t("flows.wish_hint"))], t("flows.build"), async ({ wish }) => {
      await saved();
      const before = JSON.stringify(graph);
      const { data } = await page.api("POST", `/v1/flows/${flow.id}/ai-build`, { body: { history: [{ role: "user", content: wish.trim() }], graph } });
      undo.push({ graph: before, same: null, chosen: marks.chosen });
      flow = data.flow;
      graph = structuredClone(flow.draft_definition);
      marks.chosen = graph.nodes[0]?.id ?? null;
      draw();
      drawStep();
      toast(data.note, "good", { action: [t("flows.undo"), undoLast] });
    });
  }

  function showDifference() {
    const found = difference(flow.definition, graph);
    const what = ({ of, each }) => (of === "nodes" ? `${t(`flows.type.${each.type}`)}: ${gistOf(each, page.state.sectors)}` : `${nameOf(each.source)} → ${nameOf(each.target)}`);
    const before = (each) => (each.was ? each.of === "nodes" ? gistOf(each.was, page.state.sectors) : nameOf(each.was.target) : "");
    const own = (words) => el("span", { class: "anywhere", data: { own: "" }, text: words });
    dialog(t("flows.difference"), el("div", { class: "stack" }, el("p", { class: "muted", text: flow.published_version ? t("flows.against", { version: String(flow.published_version) }) : t("flows.never_published") }),
      found.length ? table(t("flows.difference"), [t("flows.how_changed"), t("flows.now_is"), t("flows.was")], found.map((each) => [el("span", { class: "tag", text: t(`flows.change.${each.how}`) }), own(what(each)), own(before(each))])) : el("p", { text: t("flows.same") })));
  }

  function nameOf(id) {
    const node = [...graph.nodes, ...(flow.definition?.nodes ?? [])].find((each) => each.id === id);
    return node ? gistOf(node, page.state.sectors).slice(0, 40) || t(`flows.type.${node.type}`) : id;
  }

  function check() {
    const since = el("input", { type: "date", name: "since" });
    const until = el("input", { type: "date", name: "until" });
    const result = el("div", { class: "stack", "aria-live": "polite" });
    const run = async (event) => {
      event.currentTarget.disabled = true;
      const body = { conversations: 500, definition: graph, ...(since.value && { since: `${since.value}T00:00:00Z` }), ...(until.value && { until: `${until.value}T23:59:59Z` }) };
      const answer = await safely(page.api("POST", `/v1/flows/${flow.id}/check`, { body }));
      event.target.closest("button").disabled = false;
      if (answer) result.replaceChildren(...report(answer.data));
    };
    const box = dialog(t("flows.check"), el("div", { class: "stack" }, el("p", { class: "muted", text: t("flows.check_text") }), el("div", { class: "flows-option" }, field(t("flows.since"), since), field(t("flows.until"), until)),
      el("div", { class: "row end" }, button(t("flows.run_check"), { class: "primary", on: { click: run } })), result));
    const own = (words) => el("span", { class: "anywhere", data: { own: "" }, text: words });
    const report = ({ conversations, counts, checked, seconds }) => [
      el("p", { text: t("flows.checked", { n: conversations, seconds: number(seconds, { maximumFractionDigits: 1 }) }) }),
      table(t("flows.check"), [t("flows.verdict_name"), t("flows.how_many")], Object.entries(counts).map(([verdict, n]) => [t(`flows.verdict.${verdict}`), own(number(n))])),
      checked.length ? table(t("flows.each"), [t("flows.conversation"), t("flows.verdict_name"), t("flows.where")], checked.slice(0, 200).map((each) => [el("a", { href: `#/conversations/${each.conversation_id}`, data: { own: "" }, on: { click: () => box.close() }, text: `#${each.conversation_id}` }),
        t(`flows.verdict.${each.verdict}`), each.where ? el("button", { type: "button", class: "quiet flows-where", data: { own: "" }, text: `${each.where.text} · ${each.where.why}`, on: { click: () => {
          box.close();
          if (each.where.node_id) choose(each.where.node_id);
        } } }) : ""])) : "",
    ].filter(Boolean);
  }
}
