// The flows: which are on, from a template or from words; one of them is edited in `editor.js`.

import { latest } from "../latest.js";
import { formDialog } from "../parts.js";
import { ask, button, el, empty, field, safely, toast } from "../ui.js";
import { t } from "../words.js";

const TEMPLATES = ["reception", "lead", "ai_first", ""];

export default async function flows(page) {
  page.head(t("pages.flows"), ...(page.owner ? [button(t("flows.new"), { class: "primary", drawing: "plus", on: { click: create } })] : []));
  const place = el("div", {});
  const newest = latest();
  page.box.append(el("p", { class: "muted", text: t("flows.about") }), place,
    el("nav", { class: "row flows-near", "aria-label": t("flows.near") }, [["/settings/ai", "ai"], ["/settings/rules", "rules"], ["/settings/welcome", "welcome"]].map(([at, name]) => el("a", { class: "button", href: `#${at}`, text: t(`pages.${name}`) }))));
  await page.watch(draw, ({ type }) => type.startsWith("flow."));

  async function draw() {
    const found = await newest(page.api("GET", "/v1/flows"));
    if (!found) return;
    place.replaceChildren(found.data.length ? el("ul", { class: "list", "aria-label": t("pages.flows") }, found.data.map(row)) : empty("spark", t("flows.none"), t("flows.none_text")));
  }

  function row(flow) {
    const facts = [flow.trigger && t(`flows.trigger.${flow.trigger}`), flow.published_version ? t("flows.version", { version: String(flow.published_version) }) : t("flows.draft"), flow.has_unpublished_changes && flow.published_version && t("flows.changed"),
      flow.problems.length > 0 && t("flows.problems", { n: flow.problems.length })];
    const on = el("input", { type: "checkbox", checked: flow.enabled, disabled: !page.owner || !flow.published_version, "aria-label": t("flows.on", { name: flow.name }) });
    on.addEventListener("change", async () => {
      await safely(page.api("POST", `/v1/flows/${flow.id}/toggle`, { body: { enabled: on.checked } }));
      await draw();
    });
    return el("li", { class: "list-row" }, on, el("a", { class: "grow flows-link", href: `#/flows/${flow.id}` }, el("strong", { class: "anywhere", data: { own: "" }, text: flow.name }), el("span", { class: "muted flows-facts", text: facts.filter(Boolean).join(" · ") })),
      page.owner && button(t("flows.remove", { name: flow.name }), { drawing: "bin", bare: true, class: "quiet", on: { click: () => remove(flow) } }));
  }

  async function remove(flow) {
    if (!await ask({ title: t("flows.remove", { name: flow.name }), text: t("flows.remove_text"), confirm: t("flows.remove_it"), danger: true })) return;
    if (await safely(page.api("DELETE", `/v1/flows/${flow.id}`))) toast(t("flows.removed"));
    await draw();
  }

  function create() {
    const template = el("select", { name: "template" }, TEMPLATES.map((each) => el("option", { value: each, text: t(`flows.template.${each || "empty"}`) })));
    formDialog(t("flows.new"), [field(t("flows.name"), el("input", { name: "name", maxLength: 80 })), field(t("flows.begin_with"), template)], t("flows.make"), async (given) => {
      const body = { name: given.name.trim(), ...(given.template ? { template: given.template } : { draft_definition: { nodes: [{ id: "start", type: "start", data: {} }], edges: [] } }) };
      const { data } = await page.api("POST", "/v1/flows", { body, key: crypto.randomUUID() });
      page.go(`/flows/${data.id}`);
    });
  }
}
