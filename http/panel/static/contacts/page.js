// The address book: everybody who has written or was imported, and beside the list the one that is open.

import { blob } from "../api.js";
import { download, formDialog, pages } from "../parts.js";
import { avatar, button, el, empty, field, phone, safely } from "../ui.js";
import { t } from "../words.js";
import { card } from "./card.js";

const TYPING = 250;

export default async function contacts(page) {
  const open = el("div", { class: "contacts-open" });
  const side = el("div", { class: "contacts-side" });
  const columns = el("div", { class: "contacts-columns" }, side, open);
  page.head(t("pages.contacts"), ...actions());
  page.box.append(columns);

  const search = el("input", { type: "search", name: "q", value: page.query.get("q") ?? "", placeholder: t("contacts.search"), "aria-label": t("contacts.search"), maxLength: 200 });
  const label = select("label", t("contacts.any_label"), [...page.state.labels.values()].map((each) => [each.id, each.name]));
  const out = select("opted_out", t("contacts.any"), [["1", t("contacts.opted_out")], ["0", t("contacts.not_opted_out")]]);
  const sort = select("sort", t("contacts.by_name"), [["latest", t("contacts.by_latest")]]);
  const list = pages(t("pages.contacts"), load, row, nobody);
  side.append(el("div", { class: "contacts-filters" }, search, label, out, sort), list.node);

  let typing;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(filtered, TYPING);
  });
  for (const input of [label, out, sort]) input.addEventListener("change", filtered);
  page.keys({ n: ["contacts.add", create] });

  let shown;
  const show = async (params) => {
    const id = Number(params.id) || null;
    if (id === shown) return;
    shown = id;
    columns.classList.toggle("reading", Boolean(id));
    mark();
    open.replaceChildren(id ? await card(page, id, { changed: list.again, back: () => page.go("/contacts") }) : empty("people", t("contacts.choose"), t("contacts.choose_text")));
  };
  await Promise.all([page.watch(list.again, known), show(page.params)]);
  mark();
  return show;

  /** Whether it is of the address book, or of a conversation whose customer is new or is called otherwise now. */
  function known({ type, data }) {
    return type.startsWith("contact.") || ["created_at", "contact_name", "contact_phone", "contact_id"].some((name) => name in (data.conversation ?? {}));
  }

  function select(name, any, options) {
    const chosen = page.query.get(name);
    return el("select", { name, "aria-label": any }, el("option", { value: "", text: any }), options.map(([value, text]) => el("option", { value, text, data: { own: "" }, selected: String(value) === chosen })));
  }

  function filtered() {
    page.setQuery({ q: search.value.trim(), label: label.value, opted_out: out.value, sort: sort.value });
    list.again();
  }

  function load(cursor) {
    const query = new URLSearchParams({ limit: "50", sort: sort.value || "name", ...(cursor && { cursor }), ...(search.value.trim() && { q: search.value.trim() }),
      ...(label.value && { label: label.value }), ...(out.value && { opted_out: out.value }) });
    return page.api("GET", `/v1/contacts?${query}`);
  }

  function row(each) {
    const name = each.contact_name || phone(each.contact_phone) || t("contacts.unknown");
    const labels = each.labels.map((id) => page.state.labels.get(id)).filter(Boolean);
    return el("li", {}, el("a", { class: "list-row", href: `#/contacts/${each.id}`, data: { id: each.id } }, avatar(name, each.id),
      el("span", { class: "grow" }, el("strong", { class: "contacts-name", data: { own: "" }, text: name }), el("span", { class: "muted contacts-phone", data: { own: "" }, text: each.contact_name ? phone(each.contact_phone) : "" })),
      labels.slice(0, 2).map((one) => {
        const dot = el("span", { class: "dot", title: one.name, data: { own: "" } });
        dot.style.background = one.color;
        return dot;
      }), each.opted_out_at && el("span", { class: "tag", text: t("contacts.out") })));
  }

  function mark() {
    for (const link of list.rows.querySelectorAll("a")) {
      if (Number(link.dataset.id) === shown) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  function nobody() {
    const narrowed = search.value.trim() || label.value || out.value;
    return narrowed ? empty("search", t("contacts.not_found"), t("contacts.not_found_text")) : empty("people", t("contacts.none"), t("contacts.none_text"));
  }

  function actions() {
    return [button(t("contacts.add"), { class: "primary", drawing: "plus", on: { click: create } }),
      ...(page.owner ? [el("a", { class: "button", href: "#/contacts/import" }, el("span", { text: t("contacts.import") })), button(t("contacts.export"), { on: { click: exported } })] : [])];
  }

  function create() {
    formDialog(t("contacts.add"), [field(t("contacts.phone"), el("input", { name: "contact_phone", inputMode: "tel", maxLength: 20 }), t("contacts.phone_hint")),
      field(t("contacts.name"), el("input", { name: "contact_name", maxLength: 120 }))], t("contacts.add"), async (given) => {
      const body = { contact_phone: given.contact_phone.replace(/[^\d+]/g, ""), contact_name: given.contact_name.trim() || null };
      const { data } = await page.api("POST", "/v1/contacts", { body, key: crypto.randomUUID() });
      list.again();
      page.go(`/contacts/${data.id}`);
    });
  }

  async function exported() {
    const file = await safely(blob("/v1/contacts/export.csv"));
    if (file) download(file, `${page.session.tenant.slug}.csv`);
  }
}
