// The knowledge base: articles in Markdown, drafts, earlier versions, pictures.

import { ask, button, el, field, formOf, safely, toast } from "../ui.js";
import { brief, full, t } from "../words.js";
import { choice, filters, pages, tag } from "./lists.js";

const LOCALES = [["en", "English"], ["pt-BR", "Português"], ["es", "Español"]];

export default async function articles(page) {
  return page.params.id ? edit(page, page.params.id === "new" ? null : page.params.id) : listed(page);
}

async function listed(page) {
  const any = ["", t("staff.frame.all")];
  const shown = pages(page, (query) => page.api("GET", `/v1/admin/kb/articles?${query}`), row, t("staff.article.none"));
  page.head(t("staff.place.articles"), el("a", { class: "button primary", href: "#/articles/new", text: t("staff.article.new") }));
  page.box.append(filters(page, [
    choice("locale", t("staff.article.locale"), [any, ...LOCALES], page.query.get("locale")),
    choice("is_published", t("staff.article.state"), [any, ["1", t("staff.article.published")], ["0", t("staff.article.draft")]], page.query.get("is_published")),
  ], () => safely(() => shown.draw())), shown.box);
  await shown.draw();
}

function row(each) {
  return el("a", { class: "list-row", href: `#/articles/${each.id}` },
    el("span", { class: "grow", data: { own: "" } }, el("strong", { text: each.title }), el("br"), el("span", { class: "muted", text: `${each.locale} · ${each.category} · ${each.slug}` })),
    el("span", { class: "row end" }, tag(t(each.is_published ? "staff.article.published" : "staff.article.draft"), each.is_published ? "good" : ""),
      tag(t("staff.article.helped", { yes: each.helped, no: each.not_helped })), el("time", { class: "muted", dateTime: each.updated_at, text: brief(each.updated_at) })));
}

async function edit(page, id) {
  const { data: known } = id ? await page.api("GET", `/v1/admin/kb/articles/${id}`) : { data: { locale: "en", category: "general" } };
  const preview = el("div", { class: "card staff-rendered" });
  const body = el("textarea", { class: "staff-long", name: "body", maxLength: 65536, value: known.body ?? "" });
  let changed = false;
  const form = formOf(t("common.save"), [
    field(t("staff.article.title"), el("input", { name: "title", maxLength: 160, value: known.title ?? "" })),
    field(t("staff.article.slug"), el("input", { name: "slug", maxLength: 100, value: known.slug ?? "" }), t("staff.article.slug_hint")),
    choice("locale", t("staff.article.locale"), LOCALES, known.locale),
    field(t("staff.article.category"), el("input", { name: "category", maxLength: 60, value: known.category })),
    field(t("staff.article.body"), body, t("staff.article.markdown")),
    el("label", { class: "check" }, el("input", { type: "checkbox", name: "is_published", checked: Boolean(known.is_published) }), t("staff.article.publish")),
  ], async ({ is_published: published, slug, ...given }) => {
    const sent = { ...given, slug: slug || null, is_published: Boolean(published) };
    const { data } = id
      ? await page.api("PUT", `/v1/admin/kb/articles/${id}`, { body: { ...sent, version: known.version } })
      : await page.api("POST", "/v1/admin/kb/articles", { body: sent, key: crypto.randomUUID() });
    changed = false;
    toast(t("staff.article.saved"), "good");
    if (id) known.version = data.version;
    else page.go(`/articles/${data.id}`);
  });
  form.addEventListener("input", () => { changed = true; });
  page.guard(() => changed);
  const look = async () => {
    const { data } = await page.api("POST", "/v1/admin/kb/preview", { body: { body: body.value } });
    preview.replaceChildren(...new DOMParser().parseFromString(data.html, "text/html").body.childNodes); // cleaned by the server; a parsed document runs nothing
  };
  const picture = el("input", { type: "file", accept: "image/png,image/jpeg,image/webp", "aria-label": t("staff.article.image"), on: { change: () => safely(async () => {
    const [file] = picture.files;
    const sent = new FormData();
    sent.append("image", file);
    const { data } = await page.api("POST", "/v1/admin/kb/images", { form: sent });
    body.setRangeText(`![](${data.url})`, body.selectionStart, body.selectionEnd, "end");
  }) } });
  page.head(id ? known.title : t("staff.article.new"), button(t("staff.article.preview"), { on: { click: () => safely(look) } }),
    id && button(t("staff.frame.remove"), { class: "danger-text", on: { click: () => remove(page, id) } }));
  page.box.querySelector("h1").dataset.own = "";
  page.box.append(el("p", {}, el("a", { href: "#/articles", text: t("staff.article.back") })),
    el("div", { class: "staff-two" }, el("div", { class: "stack" }, form, el("label", { class: "field" }, el("span", { class: "legend", text: t("staff.article.image") }), picture)),
      el("section", { class: "stack" }, el("h2", { text: t("staff.article.preview") }), preview, id && await versions(page, id, body))));
  if (body.value) await look();
}

async function versions(page, id, body) {
  const { data } = await page.api("GET", `/v1/admin/kb/articles/${id}/versions`);
  return el("section", { class: "stack" }, el("h2", { text: t("staff.article.versions") }), el("ul", { class: "list" }, data.map((each) => el("li", { class: "list-row" },
    el("span", { class: "grow", data: { own: "" }, text: [each.version, full(each.at), each.author].filter(Boolean).join(" · ") }),
    button(t("staff.article.take"), { on: { click: () => {
      body.value = each.body;
      body.dispatchEvent(new Event("input", { bubbles: true }));
    } } })))));
}

async function remove(page, id) {
  if (!await ask({ title: t("staff.article.remove"), text: t("staff.article.remove_text"), confirm: t("staff.frame.remove"), danger: true })) return;
  safely(async () => {
    await page.api("DELETE", `/v1/admin/kb/articles/${id}`);
    page.go("/articles");
  });
}
