// One contact: what is known, labels, fields, conversations, merges.

import { formDialog, part } from "../parts.js";
import { ask, avatar, button, el, field, formOf, menu, phone, safely, toast } from "../ui.js";
import { brief, date, t } from "../words.js";

/** The card of a contact. hooks: `changed()` the list should look again, `back()`. */
export async function card(page, id, hooks) {
  const { data: contact } = await page.api("GET", `/v1/contacts/${id}`);
  const { data: fields } = await page.api("GET", `/v1/contacts/${id}/custom-fields`);
  const node = el("article", { class: "contacts-card stack" });
  draw(contact);
  return node;

  function draw(each) {
    const name = each.contact_name || phone(each.contact_phone) || t("contacts.unknown");
    node.setAttribute("aria-labelledby", "contacts-name");
    node.replaceChildren(
      el("header", { class: "contacts-head" }, button(t("contacts.back"), { drawing: "back", bare: true, class: "quiet contacts-back", on: { click: hooks.back } }), avatar(name, each.id),
        el("div", { class: "grow" }, el("h2", { id: "contacts-name", class: "anywhere", data: { own: "" }, text: name }), el("div", { class: "muted anywhere", data: { own: "" }, text: each.phones.map(phone).join(" · ") })),
        page.owner && menu(t("contacts.more"), "more", [["people", t("contacts.merge"), () => merge(each)], ["bin", t("contacts.erase"), () => erase(each, name), "danger-text"]])),
      labels(each), about(each), custom(), history(each), merges(each),
      el("p", { class: "muted", text: t("contacts.since", { when: date(each.created_at) }) }));
  }

  function took({ data }) {
    draw(data);
    hooks.changed();
  }

  function labels(each) {
    const boxes = [...page.state.labels.values()].map((one) => {
      const dot = el("span", { class: "dot" });
      dot.style.background = one.color;
      const on = each.labels.includes(one.id);
      return el("button", { type: "button", class: "label-chip", "aria-pressed": String(on), on: { click: async () => {
        const answer = await safely(on ? page.api("DELETE", `/v1/contacts/${id}/labels/${one.id}`) : page.api("POST", `/v1/contacts/${id}/labels/${one.id}`));
        if (answer) took(await page.api("GET", `/v1/contacts/${id}`));
      } } }, dot, el("span", { data: { own: "" }, text: one.name }));
    });
    const none = el("p", { class: "muted" }, t.nodes("contacts.no_labels", { link: el("a", { href: "#/settings/labels", text: t("pages.labels") }) }));
    return part(t("contacts.labels"), null, boxes.length ? el("div", { class: "row", role: "group", "aria-label": t("contacts.labels") }, boxes) : none);
  }

  function about(each) {
    const out = el("input", { type: "checkbox", checked: Boolean(each.opted_out_at) });
    out.addEventListener("change", async () => {
      const answer = await safely(page.api("PUT", `/v1/contacts/${id}/opt-out`, { body: { opted_out: out.checked } }));
      if (answer) took(answer);
    });
    const names = page.owner ? formOf(t("contacts.save"), [field(t("contacts.name"), el("input", { name: "contact_name", value: each.contact_name ?? "", maxLength: 120 })),
      field(t("contacts.notes"), el("textarea", { name: "notes", rows: 3, value: each.notes ?? "", maxLength: 2000 }))], async (given) => {
      took(await page.api("PATCH", `/v1/contacts/${id}`, { body: { contact_name: given.contact_name.trim() || null, notes: given.notes.trim() || null } }));
      toast(t("contacts.saved"), "good");
    }) : el("p", { class: "anywhere", data: { own: "" }, text: each.notes ?? "" });
    return part(t("contacts.about"), null, names, el("label", { class: "check" }, out, t("contacts.opted_out")));
  }

  function custom() {
    if (!fields.length) return "";
    const inputs = fields.map((each) => field(each.name, inputOf(each)));
    const form = formOf(t("contacts.save"), inputs, async (given) => {
      const values = Object.fromEntries(fields.map((each) => [each.definition_id, given[`f${each.definition_id}`] || null]));
      const { data } = await page.api("PUT", `/v1/contacts/${id}/custom-fields`, { body: { values } });
      fields.splice(0, fields.length, ...data);
      toast(t("contacts.saved"), "good");
    });
    if (!page.owner) for (const input of form.elements) input.disabled = true;
    for (const label of form.querySelectorAll("label")) label.dataset.own = "";
    return part(t("contacts.fields"), null, form);
  }

  function inputOf(each) {
    const name = `f${each.definition_id}`;
    const value = each.value ?? "";
    if (each.type === "boolean") return el("select", { name }, ["", "true", "false"].map((one) => el("option", { value: one, selected: one === value, text: { "": "—", true: t("contacts.yes"), false: t("contacts.no") }[one] })));
    if (each.type === "select") return choices(name, value, each);
    return el("input", { name, value, type: { date: "date", number: "text" }[each.type] ?? "text", inputMode: each.type === "number" ? "decimal" : null, maxLength: 1000 });
  }

  function choices(name, value, each) {
    const input = el("select", { name }, el("option", { value: "", text: "—" }), value && el("option", { value, text: value, selected: true, data: { own: "" } }));
    page.api("GET", "/v1/custom-field-definitions").then(({ data }) => {
      const options = data.find((one) => one.id === each.definition_id)?.options ?? [];
      input.append(...options.filter((one) => one !== value).map((one) => el("option", { value: one, text: one, data: { own: "" } })));
    }).catch(() => {}); // what is chosen stands there all the same
    return input;
  }

  function history(each) {
    const place = el("ul", { class: "list", "aria-label": t("contacts.conversations") });
    for (const one of each.conversations) {
      const line = el("li", {}, el("a", { class: "list-row", href: `#/conversations/${one}` }, el("span", { class: "grow muted", text: `#${one}`, data: { own: "" } })));
      place.append(line);
      page.api("GET", `/v1/conversations/${one}`).then(({ data }) => line.firstChild.replaceChildren(
        el("span", { class: "grow" }, el("span", { class: "anywhere contacts-last", data: { own: "" }, text: data.last_message?.body ?? "…" }), el("span", { class: "muted contacts-phone", text: brief(data.updated_at), data: { own: "" } })),
        el("span", { class: "tag", text: t(`contacts.status.${data.status}`) }))).catch(() => line.remove());
    }
    return part(t("contacts.conversations"), null, each.conversations.length ? place : el("p", { class: "muted", text: t("contacts.no_conversations") }));
  }

  function merges(each) {
    if (!each.merges.length) return "";
    const back = async (one) => {
      const answer = await safely(page.api("POST", `/v1/contacts/${id}/unmerge`, { body: { merge_id: one.id } }));
      if (answer) took(answer);
    };
    return part(t("contacts.merged"), null, el("ul", { class: "list" }, each.merges.map((one) => el("li", { class: "list-row" },
      el("span", { class: "grow anywhere", data: { own: "" }, text: [one.contact_name, phone(one.contact_phone)].filter(Boolean).join(" · ") }),
      page.owner && button(t("contacts.unmerge"), { on: { click: () => back(one) } })))));
  }

  /** Choose who is the same person, by searching. */
  function merge(each) {
    const search = el("input", { type: "search", name: "q", maxLength: 200, autocomplete: "off" });
    const found = el("div", { class: "stack", role: "radiogroup", "aria-label": t("contacts.same_person") });
    const look = async () => {
      const { data } = await page.api("GET", `/v1/contacts?${new URLSearchParams({ limit: "8", sort: "name", q: search.value.trim() })}`);
      found.replaceChildren(...data.filter((one) => one.id !== each.id).map((one) => el("label", { class: "check" }, el("input", { type: "radio", name: "from_id", value: one.id }),
        el("span", { class: "anywhere", data: { own: "" }, text: [one.contact_name, phone(one.contact_phone)].filter(Boolean).join(" · ") }))));
    };
    search.addEventListener("input", () => search.value.trim() && look());
    formDialog(t("contacts.merge"), [field(t("contacts.same_person"), search), found], t("contacts.merge_it"), async (given) => {
      if (!given.from_id) return;
      took(await page.api("POST", `/v1/contacts/${id}/merge`, { body: { from_id: Number(given.from_id) } }));
      toast(t("contacts.merged_now"), "good");
    }, { text: t("contacts.merge_text") });
  }

  async function erase(each, name) {
    if (!await ask({ title: t("contacts.erase_title", { name }), text: t("contacts.erase_text"), confirm: t("contacts.erase"), danger: true })) return;
    if (!await safely(page.api("DELETE", `/v1/contacts/${each.id}`))) return;
    hooks.changed();
    hooks.back();
  }
}
