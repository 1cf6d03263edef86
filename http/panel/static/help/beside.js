// What `?` opens: the help for the page that is shown, the keys that there are, and the way to a person.

import { request } from "../api.js";
import { dialog, el, spinner } from "../ui.js";
import { spoken, t } from "../words.js";
import { drawn } from "./article.js";

/** The dialog with what a page is for, and its article. */
export async function helpBeside(page) {
  const place = el("div", { class: "stack" }, spinner());
  const name = page?.route?.name;
  const says = name && el("p", { class: "help-text", text: t(`guide.page.${name}`) });
  const leave = { on: { click: () => box.close() } };
  const box = dialog(t("pages.help"), el("div", { class: "stack" }, name && el("h3", { text: t(`pages.${name}`) }), says, place, el("nav", { class: "row", "aria-label": t("help.more") }, el("a", { class: "button", href: "#/keys", text: t("pages.keys"), ...leave }),
    el("a", { class: "button", href: "#/help", text: t("help.all"), ...leave }), el("a", { class: "button", href: "#/support", text: t("help.ask"), ...leave }))));
  try {
    place.replaceChildren(...await article(page?.own.help ?? page?.route?.help ?? name ?? "first-steps"));
  } catch (error) {
    const gone = error.status === 404 || error.status === 410; // staff took it away
    place.replaceChildren(el("p", { class: gone ? "muted" : "form-error", text: gone ? t("help.none_here") : error.message }));
  }
}

async function article(slug) {
  const { data } = await request("GET", `/v1/kb/articles/${encodeURIComponent(slug)}?${new URLSearchParams({ locale: spoken() })}`);
  return [el("h3", { data: { own: "" }, text: data.title }), drawn(data.html, 4)];
}
