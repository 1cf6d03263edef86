// Who I am: name, language, e-mail, password, whether I take conversations.

import { formDialog, part, passwordField } from "../parts.js";
import { button, el, field, formOf, safely, toast } from "../ui.js";
import { LANGUAGES, t } from "../words.js";

export default async function profile(page) {
  page.head(t("pages.profile"));
  const { data: { user } } = await page.api("GET", "/v1/me");
  page.box.append(
    part(t("account.you"), null, nameForm(page, user)),
    part(t("account.taking"), t("account.taking_text"), await availability(page)),
    part(t("account.email"), null, emailOf(page, user)),
    part(t("account.password"), t("account.password_text"), passwordForm(page)));
}

function nameForm(page, user) {
  const language = el("select", { name: "locale" }, el("option", { value: "", text: t("account.house_language") }),
    Object.entries(LANGUAGES).map(([value, name]) => el("option", { value, text: name, data: { own: "" }, selected: user.locale === value })));
  return formOf(t("account.save"), [field(t("account.name"), el("input", { name: "name", value: user.name, maxLength: 120, autocomplete: "name" })), field(t("account.language"), language)],
    async ({ name, locale }) => {
      const { data } = await page.api("PATCH", "/v1/me", { body: { name: name.trim(), locale: locale || null } });
      if (data.user.locale !== user.locale) return location.reload(); // every word anew
      toast(t("account.saved"), "good");
    });
}

async function availability(page) {
  const { data } = await page.api("GET", "/v1/me/availability");
  const box = el("input", { type: "checkbox", checked: data.is_available });
  box.addEventListener("change", async () => {
    const answer = await safely(page.api("PUT", "/v1/me/availability", { body: { is_available: box.checked } }));
    box.checked = answer ? answer.data.is_available : !box.checked;
  });
  return el("label", { class: "check" }, box, t("account.takes"));
}

function emailOf(page, user) {
  const state = el("p", { class: user.email_verified ? "muted" : "notice", text: user.email_verified ? t("account.verified") : t("account.unverified") });
  const change = () => formDialog(t("account.new_email"), [field(t("account.email"), el("input", { name: "email", type: "email", autocomplete: "email" })), passwordField()], t("account.save"),
    async ({ email, password }) => {
      await page.api("PUT", "/v1/me/email", { body: { email: email.trim(), password } });
      toast(t("account.email_sent", { email }), "good");
    });
  const verify = async () => {
    if (await safely(page.api("POST", "/v1/me/email/verification"))) toast(t("account.email_sent", { email: user.email }), "good");
  };
  return el("div", { class: "stack" }, el("strong", { data: { own: "" }, class: "anywhere", text: user.email }), state,
    el("div", { class: "row" }, button(t("account.new_email"), { on: { click: change } }), !user.email_verified && button(t("account.verify"), { on: { click: verify } })));
}

function passwordForm(page) {
  const secret = (name, label, autocomplete) => field(label, el("input", { name, type: "password", autocomplete }));
  const form = formOf(t("account.change_password"), [
    secret("current_password", t("account.current_password"), "current-password"),
    secret("password", t("account.new_password"), "new-password"),
    secret("password_confirmation", t("account.repeat_password"), "new-password"),
  ], async (given) => {
    await page.api("PUT", "/v1/me/password", { body: given });
    form.reset();
    toast(t("account.password_changed"), "good");
  });
  return form;
}
