// The phone beside the flow: a customer's dialogue with the draft, in which nothing is sent.

import { latest } from "../latest.js";
import { button, el, safely } from "../ui.js";
import { t } from "../words.js";

const WAIT = 60;

/** The phone. definition(): the draft as it is; walked(path, at): where the dialogue went. */
export function phone(page, flow, definition, walked) {
  let steps = [];
  const newest = latest();
  const lines = el("div", { class: "flows-lines", role: "log", "aria-label": t("flows.phone"), tabIndex: 0 });
  const input = el("input", { name: "say", maxLength: 1000, autocomplete: "off", placeholder: t("flows.write"), "aria-label": t("flows.write") });
  const form = el("form", { class: "flows-say" }, input, button(t("flows.say"), { drawing: "send", bare: true, class: "primary", type: "submit" }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text) play({ say: text });
    input.value = "";
  });
  const extra = el("div", { class: "row" }, button(t("flows.wait_hour"), { on: { click: () => play({ wait_minutes: WAIT }) } }), button(t("flows.ai_answers"), { on: { click: () => play({ ai: "answered" }) } }),
    button(t("flows.ai_gives_up"), { on: { click: () => play({ ai: "handoff" }) } }), button(t("flows.anew"), { on: { click: anew } }));
  const node = el("section", { class: "flows-phone", "aria-label": t("flows.phone") }, lines, form, extra);
  anew();
  return { node, again: () => (steps.length ? play(null) : null) };

  function anew() {
    steps = [];
    newest(null); // what is still being played is of the dialogue before
    lines.replaceChildren(el("p", { class: "muted flows-note", text: t("flows.phone_text") }));
    walked([], null);
  }

  async function play(step) {
    if (step) steps.push(step);
    const answer = await newest(played(step));
    if (!answer) return;
    draw(answer.data);
    walked(answer.data.path, answer.data.node_id);
  }

  /** The dialogue from its beginning; a step that could not be played is taken back. */
  async function played(step) {
    const answer = await safely(page.api("POST", `/v1/flows/${flow.id}/simulate`, { body: { steps, definition: definition() } }));
    if (!answer) steps = steps.filter((each) => each !== step);
    return answer;
  }

  function draw({ steps: played, ended, fields }) {
    const shown = [];
    for (const each of played) {
      shown.push(heard(each.heard));
      for (const said of each.said) shown.push(el("p", { class: "flows-line flows-out", data: { own: "" }, text: said }));
      if (each.menu && each === played.at(-1)) shown.push(el("div", { class: "row flows-taps" }, each.menu.options.map((one) => button(one.label || one.id, { data: { own: "" }, on: { click: () => play({ choose: one.id }) } }))));
      if (each.why) shown.push(el("p", { class: "muted flows-note", data: { own: "" }, text: each.why }));
    }
    if (ended) shown.push(el("p", { class: "notice", text: t(`flows.ended.${ended}`) }));
    if (Object.keys(fields).length) shown.push(el("p", { class: "muted flows-note", data: { own: "" }, text: Object.entries(fields).map(([name, value]) => `${name} = ${value}`).join(" · ") }));
    lines.replaceChildren(...shown.filter(Boolean));
    lines.scrollTop = lines.scrollHeight;
  }

  function heard(words) {
    const [kind, text] = words.split(/: (.*)/s);
    if (kind === "said" || kind === "chose") return el("p", { class: "flows-line flows-in", data: { own: "" }, text });
    return el("p", { class: "muted flows-note", data: { own: "" }, text: words });
  }
}
