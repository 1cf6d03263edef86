// Tokens for programs.

import { formDialog, part } from "../parts.js";
import { ask, button, el, empty, field, safely, toast } from "../ui.js";
import { brief, date, t } from "../words.js";

export default async function tokens(page) {
  page.head(t("pages.tokens"), button(t("account.new_token"), { class: "primary", drawing: "plus", on: { click: make } }));
  const place = el("div", {});
  page.box.append(part(t("account.tokens"), t("account.tokens_text"), place, el("p", {}, t.nodes("account.see_docs", { link: el("a", { href: "/v1/docs", target: "_blank", text: t("account.docs") }) }))));
  await draw();

  async function draw() {
    const { data } = await page.api("GET", "/v1/api-tokens");
    place.replaceChildren(data.length ? el("ul", { class: "list", "aria-label": t("account.tokens") }, data.map(row)) : empty("out", t("account.no_tokens"), t("account.no_tokens_text")));
  }

  function row(each) {
    const facts = [each.abilities.map((one) => t(`account.ability.${one}`)).join(", "), each.expires_at ? t("account.expires", { when: date(each.expires_at) }) : t("account.no_end"),
      each.last_used_at ? t("account.used", { when: brief(each.last_used_at) }) : t("account.unused")];
    return el("li", { class: "list-row" }, el("div", { class: "grow" }, el("strong", { class: "anywhere", data: { own: "" }, text: each.name }), el("div", { class: "muted", text: facts.join(" · ") })),
      button(t("account.end_token", { name: each.name }), { drawing: "bin", bare: true, class: "quiet", on: { click: () => end(each) } }));
  }

  async function end(each) {
    if (!await ask({ title: t("account.end_token", { name: each.name }), text: t("account.end_token_text"), confirm: t("account.end_it"), danger: true })) return;
    await safely(page.api("DELETE", `/v1/api-tokens/${each.id}`));
    await draw();
  }

  function make() {
    const abilities = el("select", { name: "abilities" }, [["read", "read"], ["read,write", "write"]].map(([value, name]) => el("option", { value, text: t(`account.ability.${name}`) })));
    formDialog(t("account.new_token"), [field(t("account.token_name"), el("input", { name: "name", maxLength: 80 })), field(t("account.may"), abilities),
      field(t("account.days"), el("input", { name: "expires_in_days", type: "number", min: 1, placeholder: t("account.no_end") }))], t("account.make"), async (given) => {
      const body = { name: given.name.trim(), abilities: given.abilities.split(","), expires_in_days: given.expires_in_days ? Number(given.expires_in_days) : null };
      const { data } = await page.api("POST", "/v1/api-tokens", { body, key: crypto.randomUUID() });
      once(data.token);
      await draw();
    });
  }

  function once(token) {
    const shown = el("input", { value: token, readOnly: true });
    formDialog(t("account.new_token"), [field(t("account.token"), shown, t("account.token_once"))], t("account.copy"), async () => {
      shown.select();
      await navigator.clipboard?.writeText(token);
      toast(t("account.copied"), "good");
    });
  }
}
