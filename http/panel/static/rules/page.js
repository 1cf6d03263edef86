// Who gets a new conversation, and a try of what the rules would do.

import { resources } from "../declared/resource.js";
import { part } from "../parts.js";
import { el, field, safely } from "../ui.js";
import { t } from "../words.js";

export default async function rules(page) {
  const { assignment_rules: drawn } = await resources(page, ["assignment_rules"]);
  if (!page.owner) return;
  const message = el("input", { name: "message", maxLength: 500, placeholder: t("rules.example") });
  const label = el("select", { name: "label" }, el("option", { value: "", text: t("rules.no_label") }), [...page.state.labels.values()].map((each) => el("option", { value: each.id, text: each.name, data: { own: "" } })));
  const result = el("div", { class: "stack", "aria-live": "polite" });
  const form = el("form", { class: "stack" }, field(t("rules.message"), message), field(t("rules.label"), label),
    el("div", { class: "row" }, el("button", { type: "submit", class: "primary", text: t("rules.try") })), result);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = { message: message.value.trim() || null, label_id: label.value ? Number(label.value) : null };
    const answer = await safely(page.api("POST", "/v1/auto-assignment-rules/preview", { body }));
    if (answer) result.replaceChildren(...told(page, answer.data, drawn.items()));
  });
  page.box.append(part(t("rules.preview"), t("rules.preview_text"), form));
}

function told(page, { rule_id, user_id, why, candidates }, items) {
  const rule = items.find((each) => each.id === rule_id);
  const who = user_id ? page.state.users.get(user_id)?.name ?? "" : null;
  return [
    el("p", { class: "notice" }, t.nodes(who ? "rules.goes_to" : "rules.goes_nowhere", { who: el("strong", { data: { own: "" }, text: who }) })),
    el("p", { class: "muted", data: { own: "" }, text: why }),
    rule && el("p", { class: "muted", text: t("rules.by", { n: rule.priority }) }),
    candidates.length > 0 && el("ul", { class: "list", "aria-label": t("rules.candidates") }, candidates.map((each) => el("li", { class: "list-row" }, el("strong", { class: "grow", data: { own: "" }, text: each.name }),
      el("span", { class: "muted", text: each.left_out ? "" : t("rules.load", { n: each.load }) }), each.left_out && el("span", { class: "muted", data: { own: "" }, text: each.left_out })))),
  ].filter(Boolean);
}

