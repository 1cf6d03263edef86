// The form of one step, and where its ways lead.

import { button, el, field } from "../ui.js";
import { t } from "../words.js";
import { KINDS, ways } from "./graph.js";
import { gistOf, wayName } from "./picture.js";

const MEDIA = ["image", "video", "audio", "document"];
const OPS = ["is", "is_not", "contains", "not_contains", "starts_with", "one_of", "is_set", "is_not_set", "greater", "less"];

/** Draw the form of a step. hooks: changed(data), lead(condition, target|{new: type}), remove(), owner, sectors. */
export function stepForm(graph, node, problems, hooks) {
  const data = structuredClone(node.data ?? {});
  const changed = () => hooks.changed(Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)));
  const rows = KINDS[node.type].map((each) => line(each));
  const own = problems.filter((each) => each.node_id === node.id);
  const form = el("form", { class: "stack flows-form", on: { submit: (event) => event.preventDefault() } },
    el("h2", { text: t(`flows.type.${node.type}`) }), el("p", { class: "muted", text: t(`flows.does.${node.type}`) }),
    own.length > 0 && el("ul", { class: "flows-wrong" }, own.map((each) => el("li", { data: { own: "" }, text: each.message }))),
    rows.map((each) => each.node), leads(), hooks.owner && node.type !== "start" && el("div", { class: "row end" }, button(t("flows.remove_step"), { class: "danger-text", drawing: "bin", on: { click: hooks.remove } })));
  follow();
  if (!hooks.owner) for (const input of form.elements) input.disabled = true;
  return form;

  function follow() {
    for (const each of rows) if (each.when) each.node.hidden = !fits(data[each.when[0]] ?? first(each.when[0]), each.when[1]);
  }

  function first(name) {
    return KINDS[node.type].find((each) => each[0] === name)?.[2]?.first;
  }

  function set(name, value) {
    data[name] = value;
    follow();
    changed();
  }

  /** @param {[string, string, Record<string, any>?]} declared */
  function line([name, kind, more = {}]) {
    const label = t(`flows.field.${name}`);
    const value = data[name] ?? more.first;
    return { node: made(), when: more.when };

    function made() {
      switch (kind) {
        case "long": return texted(el("textarea", { name, rows: 4, maxLength: 4096, value: value ?? "" }));
        case "text": return texted(el("input", { name, maxLength: 4096, value: value ?? "" }));
        case "lines": return texted(el("textarea", { name, rows: 3, value: (value ?? []).join("\n") }), (words) => words.split("\n").map((each) => each.trim()).filter(Boolean), t("flows.one_a_line"));
        case "number": return texted(el("input", { name, type: "number", min: more.min, max: more.max, value: value ?? "" }), (words) => (words === "" ? (more.none ? null : more.first) : Number(words)));
        case "switch": {
          const input = el("input", { type: "checkbox", name, checked: value });
          input.addEventListener("change", () => set(name, input.checked));
          return el("label", { class: "check" }, input, label);
        }
        case "choice": return picked(more.options.map((each) => [each, t(`flows.option.${each}`)]), (words) => words);
        case "sector": return picked([["", t("flows.no_sector")], ...[...hooks.sectors.values()].map((each) => [each.id, each.name])], (words) => (words ? Number(words) : null));
        case "service": return picked([["", t("flows.no_service")], ...[...hooks.services.values()].map((each) => [each.id, each.name])], (words) => (words ? Number(words) : null), true);
        case "media": return mediaField();
        case "options": return optionsField();
        default: return rulesField();
      }
    }

    function texted(input, read = (words) => words, hint) {
      input.addEventListener("input", () => set(name, read(input.value)));
      return field(label, input, hint);
    }

    function picked(options, read, anew = false) {
      const input = el("select", { name }, options.map(([one, words]) => el("option", { value: one, text: words, selected: String(one) === String(value ?? ""), data: typeof one === "number" ? { own: "" } : {} })));
      input.addEventListener("change", () => {
        set(name, read(input.value));
        if (anew) hooks.anew(); // it has other ways out now
      });
      return field(label, input);
    }
  }

  /** A file that goes out with the words: what it is, and where it lies. */
  function mediaField() {
    const { media } = data;
    const kind = el("select", { "aria-label": t("flows.media_kind") }, MEDIA.map((each) => el("option", { value: each, text: t(`flows.media.${each}`), selected: each === media?.kind })));
    const url = el("input", { type: "url", maxLength: 2048, value: media?.url ?? "", placeholder: "https://", "aria-label": t("flows.media_url") });
    const put = () => set("media", url.value.trim() ? { ...media, kind: kind.value, url: url.value.trim() } : null);
    kind.addEventListener("change", put);
    url.addEventListener("input", put);
    return el("fieldset", { class: "field" }, el("legend", { class: "legend", text: t("flows.field.media") }), el("div", { class: "flows-option" }, kind, url));
  }

  function optionsField() {
    const list = el("div", { class: "stack" });
    const options = data.options ?? [];
    const put = () => set("options", options);
    const row = (each) => {
      const label = el("input", { value: each.label ?? "", maxLength: 120, "aria-label": t("flows.option_label") });
      const words = el("input", { value: (each.keywords ?? []).join(", "), maxLength: 400, placeholder: t("flows.option_words"), "aria-label": t("flows.option_words") });
      label.addEventListener("input", () => {
        each.label = label.value;
        put();
      });
      words.addEventListener("input", () => {
        each.keywords = words.value.split(",").map((one) => one.trim()).filter(Boolean);
        put();
      });
      const made = el("div", { class: "flows-option" }, label, words, button(t("flows.remove_option"), { drawing: "close", bare: true, class: "quiet", on: { click: () => {
        options.splice(options.indexOf(each), 1);
        made.remove();
        put();
      } } }));
      return made;
    };
    list.append(...options.map(row));
    return el("fieldset", { class: "field" }, el("legend", { class: "legend", text: t("flows.field.options") }), list, button(t("flows.add_option"), { drawing: "plus", on: { click: () => {
      const each = { id: unused(options.map((one) => one.id), "o"), label: "" };
      options.push(each);
      list.append(row(each));
      list.lastElementChild.querySelector("input").focus();
      put();
    } } }));
  }

  function rulesField() {
    const list = el("div", { class: "stack" });
    const rules = data.rules ?? [];
    const put = () => set("rules", rules);
    const row = (rule) => {
      const input = (key, words) => {
        const made = el("input", { value: rule[key] ?? "", maxLength: 400, "aria-label": words, placeholder: words });
        made.addEventListener("input", () => {
          rule[key] = made.value;
          put();
        });
        return made;
      };
      const op = el("select", { "aria-label": t("flows.rule_op") }, OPS.map((each) => el("option", { value: each, text: t(`flows.op.${each}`), selected: each === (rule.op ?? "is") })));
      op.addEventListener("change", () => {
        rule.op = op.value;
        put();
      });
      const made = el("div", { class: "flows-option" }, input("field", t("flows.field.field")), op, input("value", t("flows.field.value")), button(t("flows.remove_rule"), { drawing: "close", bare: true, class: "quiet", on: { click: () => {
        rules.splice(rules.indexOf(rule), 1);
        made.remove();
        put();
      } } }));
      return made;
    };
    list.append(...rules.map(row));
    return el("fieldset", { class: "field" }, el("legend", { class: "legend", text: t("flows.field.rules") }), list, button(t("flows.add_rule"), { drawing: "plus", on: { click: () => {
      rules.push({ field: "", op: "is", value: "" });
      list.append(row(rules.at(-1)));
      put();
    } } }));
  }

  function leads() {
    const all = ways(node);
    if (!all.length) return "";
    const others = graph.nodes.filter((each) => each.type !== "start" && each.id !== node.id);
    return el("fieldset", { class: "field" }, el("legend", { class: "legend", text: t("flows.leads") }), all.map(([condition, label]) => {
      const target = graph.edges.find((edge) => edge.source === node.id && (edge.condition ?? null) === condition)?.target ?? "";
      const input = el("select", {}, el("option", { value: "", text: t("flows.nowhere") }),
        el("optgroup", { label: t("flows.new_step") }, Object.keys(KINDS).filter((each) => each !== "start").map((each) => el("option", { value: `+${each}`, text: t(`flows.type.${each}`) }))),
        others.length > 0 && el("optgroup", { label: t("flows.there") }, others.map((each) => el("option", { value: each.id, text: `${t(`flows.type.${each.type}`)}: ${gistOf(each, hooks.sectors).slice(0, 40)}`, selected: each.id === target, data: { own: "" } }))));
      input.addEventListener("change", () => hooks.lead(condition, input.value.startsWith("+") ? { type: input.value.slice(1) } : input.value));
      const made = field(wayName(condition, label), input);
      if (label) made.querySelector("label").dataset.own = "";
      return made;
    }));
  }
}

const fits = (value, wanted) => (wanted === true ? Boolean(value) : value === wanted);

/** A name that none of these is. */
export function unused(names, begin) {
  for (let n = 1; ; n += 1) if (!names.includes(`${begin}${n}`)) return `${begin}${n}`;
}
