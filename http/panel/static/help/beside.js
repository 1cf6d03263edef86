// What `?` opens: the help for the page that is shown, the keys that there are, and the way to a person.

import { request } from "../api.js";
import { dialog, el, spinner } from "../ui.js";
import { spoken, t } from "../words.js";

/** The dialog with what a page is for, and its article: the one that it names, or the one that its title finds. */
export async function helpBeside(page) {
  const place = el("div", { class: "stack" }, spinner());
  const name = page?.route?.name;
  const says = name && el("p", { class: "help-text", text: t(`guide.page.${name}`) });
  const leave = { on: { click: () => box.close() } };
  const box = dialog(t("pages.help"), el("div", { class: "stack" }, name && el("h3", { text: t(`pages.${name}`) }), says, place, el("nav", { class: "row", "aria-label": t("help.more") }, el("a", { class: "button", href: "#/keys", text: t("pages.keys"), ...leave }),
    el("a", { class: "button", href: "#/help", text: t("help.all"), ...leave }), el("a", { class: "button", href: "#/support", text: t("help.ask"), ...leave }))));
  try {
    const slug = page?.own.help ?? (await found(page))?.slug;
    place.replaceChildren(...(slug ? await article(slug) : [!says && el("p", { class: "muted", text: t("help.none_here") })].filter(Boolean)));
  } catch (error) {
    place.replaceChildren(el("p", { class: "form-error", text: error.message }));
  }
}

async function found(page) {
  const title = page?.route?.name ? t(`pages.${page.route.name}`) : "";
  const { data } = await request("GET", `/v1/kb/search?${new URLSearchParams({ q: title || "Plixa", locale: spoken() })}`);
  return data[0];
}

async function article(slug) {
  const { data } = await request("GET", `/v1/kb/articles/${encodeURIComponent(slug)}?${new URLSearchParams({ locale: spoken() })}`);
  return [el("h3", { data: { own: "" }, text: data.title }), el("p", { class: "help-text", data: { own: "" }, text: data.text })];
}
