// Signing in as staff: a password, a code, and the second factor where there is none yet.

import { el, field, formOf } from "../ui.js";
import { t } from "../words.js";
import { staffRequest } from "./session.js";

function card(title, text, ...content) {
  return el("section", { class: "card sign-in-card" },
    el("div", { class: "brand large" }, el("img", { src: "/panel/plixa.svg", alt: "", width: 40, height: 40 }), el("h1", { text: title })),
    text && el("p", { class: "muted", text }), content);
}

/** The page; `entered(token)` is called once it is known who it is. */
export function signInPage(entered, notice, languages) {
  const page = el("main", { class: "sign-in" });
  const show = (box) => {
    page.replaceChildren(box, languages);
    page.querySelector("input")?.focus();
  };
  const code = (token) => show(card(t("staff.sign.title"), t("staff.sign.code_text"), formOf(t("staff.sign.go"), [codeField()], async (given) => {
    entered((await staffRequest("POST", "/v1/admin/auth/2fa-challenge", { body: given, token })).data.token);
  })));
  queueMicrotask(() => show(card(t("staff.sign.title"), t("staff.sign.text"), notice && el("p", { class: "notice", role: "status", text: notice }),
    formOf(t("staff.sign.go"), [
      field(t("staff.sign.email"), el("input", { name: "email", type: "email", autocomplete: "username" })), passwordField(),
    ], async (given) => {
      const { data } = await staffRequest("POST", "/v1/admin/auth/login", { body: given, token: "none" });
      if (data.two_factor_required) code(data.token);
      else entered(data.token);
    }))));
  return page;
}

const passwordField = () => field(t("staff.sign.password"), el("input", { name: "password", type: "password", autocomplete: "current-password" }));
const codeField = () => field(t("staff.sign.code"), el("input", { name: "code", autocomplete: "one-time-code", inputMode: "numeric" }));

/** To set up the second factor, without which nothing else can be done here. */
export function factorPage(done) {
  const page = el("main", { class: "sign-in" });
  const confirm = ({ secret, qr }) => page.replaceChildren(card(t("staff.factor.title"), t("staff.factor.scan"),
    el("img", { class: "staff-qr", src: qr, alt: t("staff.factor.qr") }), el("p", { class: "code", data: { own: "" }, text: secret }),
    formOf(t("staff.sign.go"), [codeField()], async (given) => {
      await staffRequest("POST", "/v1/admin/me/2fa/confirm", { body: given });
      done();
    })));
  page.append(card(t("staff.factor.title"), t("staff.factor.text"), formOf(t("staff.sign.go"), [passwordField()], async (given) => {
    confirm((await staffRequest("POST", "/v1/admin/me/2fa/setup", { body: given })).data);
  })));
  return page;
}
