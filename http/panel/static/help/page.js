// Help: the articles, found by words; and the way to a person.

import { el, empty, spinner } from "../ui.js";
import { date, spoken, t } from "../words.js";
import { drawn } from "./article.js";

const TYPING = 250;

export default async function help(page) {
  page.head(t("pages.help"), el("a", { class: "button", href: "#/support", text: t("pages.support") }));
  const search = el("input", { type: "search", name: "q", value: page.query.get("q") ?? "", maxLength: 200, placeholder: t("help.search"), "aria-label": t("help.search") });
  const place = el("div", { class: "stack" });
  page.box.append(search, place);
  let typing;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      page.setQuery({ q: search.value.trim() });
      list();
    }, TYPING);
  });
  const show = (params) => (params.slug ? article(params.slug) : list());
  await show(page.params);
  return show;

  async function list() {
    place.replaceChildren(spinner());
    const words = search.value.trim();
    const locale = spoken();
    const { data } = words ? await page.api("GET", `/v1/kb/search?${new URLSearchParams({ q: words, locale })}`) : await page.api("GET", `/v1/kb/articles?${new URLSearchParams({ locale })}`);
    const by = Map.groupBy ? Map.groupBy(data, (each) => each.category) : new Map([["", data]]);
    place.replaceChildren(...(data.length ? [...by].map(([category, articles]) => el("section", {}, el("h2", { data: { own: "" }, text: category }), el("ul", { class: "list" }, articles.map(row))))
      : [empty("book", t(words ? "help.not_found" : "help.none"), t("help.none_text"), el("a", { class: "button primary", href: "#/support", text: t("help.ask") }))]));
  }

  function row(each) {
    return el("li", {}, el("a", { class: "list-row", href: `#/help/${encodeURIComponent(each.slug)}`, data: { own: "" } }, el("span", { class: "grow" }, el("strong", { class: "anywhere", text: each.title }), el("span", { class: "muted help-snippet", text: each.snippet }))));
  }

  async function article(slug) {
    place.replaceChildren(spinner());
    const { data } = await page.api("GET", `/v1/kb/articles/${encodeURIComponent(slug)}?${new URLSearchParams({ locale: spoken() })}`);
    place.replaceChildren(el("div", { class: "row" }, el("a", { class: "button", href: "#/help", text: t("help.all") }), el("a", { class: "button", href: `/help/${data.locale}/${encodeURIComponent(data.slug)}`, target: "_blank", rel: "noopener", text: t("help.open") })),
      data.fallback ? el("p", { class: "notice", text: t("help.fallback") }) : "",
      el("article", { class: "help-article", data: { own: "" } }, el("h2", { text: data.title }), drawn(data.html, 3)), el("p", { class: "muted", text: t("help.updated", { when: date(data.updated_at) }) }));
  }
}
