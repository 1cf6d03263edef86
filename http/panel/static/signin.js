// The pages for those who are not signed in: in, a new workspace, and where the links of our letters lead.

import { request } from "./api.js";
import { button, el, field, formOf } from "./ui.js";
import { LANGUAGES, remember, spoken, t } from "./words.js";

const COUNTRIES = (
  "AD AE AG AL AM AO AR AT AU AZ BA BB BD BE BF BG BH BI BJ BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL CM CN CO CR CU CV CY CZ " +
  "DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FR GA GB GD GE GH GM GN GQ GR GT GW GY HK HN HR HT HU ID IE IL IN IQ IR IS IT JM JO JP " +
  "KE KG KH KM KR KW KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MG MK ML MM MN MR MT MU MV MW MX MY MZ NA NE NG NI NL NO NP " +
  "NZ OM PA PE PG PH PK PL PT PY QA RO RS RU RW SA SC SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TD TG TH TJ TL TM TN TO TR TT TW " +
  "TZ UA UG US UY UZ VC VE VN VU YE ZA ZM ZW"
).split(" ");

/** The page. `entered(session)` is called with what the server answered. */
export function signInPage(entered, notice) {
  const here = localStorage.getItem("plixa.been-here");
  const page = el("main", { class: "sign-in" });

  const enter = (session) => {
    localStorage.setItem("plixa.been-here", "1");
    entered(session);
  };

  function show(title, text, ...content) {
    page.replaceChildren(
      el("section", { class: "card sign-in-card" },
        el("div", { class: "brand large" }, el("img", { src: "/panel/plixa.svg", alt: "", width: 40, height: 40 }), el("h1", { text: "Plixa" })),
        title && el("h2", { text: title }), text && el("p", { class: "muted", text }), content),
      el("p", { class: "muted small-print" }, t.nodes("signin.integrators", { link: el("a", { href: "/v1/docs", text: t("signin.api") }) })),
      languages());
    (page.querySelector("input") ?? page.querySelector("button")).focus();
  }

  const home = (registering, said) => {
    const tab = (label, chosen) => el("button", { type: "button", class: "tab", "aria-pressed": String(registering === chosen), text: label,
      on: { click: () => home(chosen) } });
    show(null, t("signin.pitch"),
      said && el("p", { class: "notice", role: "status", text: said }),
      el("div", { class: "tabs", role: "group", "aria-label": t("signin.new_or_back") }, tab(t("signin.create"), true), tab(t("signin.sign_in"), false)),
      registering ? registerForm(enter) : signInForm(enter, (token) => code(token)),
      !registering && button(t("signin.forgot"), { class: "quiet", on: { click: forgot } }));
  };

  const back = () => button(t("signin.back"), { class: "quiet", on: { click: () => home(false) } });
  const code = (token) => show(t("signin.code.title"), t("signin.code.text"), codeForm(token, enter), back());
  const forgot = () => show(t("signin.password.title"), t("signin.password.forgot"), forgotForm(() => home(false, t("signin.password.sent"))), back());

  const letter = letterOf(location.hash);
  const pages = {
    accept: (token) => show(t("signin.join.title"), t("signin.join.text"), acceptForm(token, (session) => leave(() => enter(session)))),
    reset: (token) => show(t("signin.password.title"), t("signin.password.reset"), resetForm(token, () => leave(() => home(false, t("signin.password.done"))))),
    "confirm-email": async (token) => {
      show(t("signin.mail.title"), t("signin.mail.moment"), button(t("signin.code.go"), { class: "primary", on: { click: () => leave(() => location.reload()) } }));
      const said = page.querySelector(".muted");
      try {
        said.textContent = t("signin.mail.confirmed", { email: (await request("POST", "/v1/auth/email/verify", { body: { token } })).data.email });
      } catch (error) {
        said.textContent = error.message;
      }
    },
  };
  queueMicrotask(() => (letter ? pages[letter.place](letter.token) : home(!here && !notice, notice)));
  return page;
}

/** To read this page in another language; the browser's is the first choice. */
function languages() {
  return el("p", { class: "row small-print" }, Object.entries(LANGUAGES).filter(([name]) => name !== spoken()).map(([name, text]) =>
    el("button", { type: "button", class: "quiet", lang: name, text, data: { own: "" }, on: { click: () => {
      remember(name);
      location.reload();
    } } })));
}

/** Where a link of one of our letters leads: `{place, token}`, or null. */
export function letterOf(hash) {
  const [, place, query] = /^#\/(accept|reset|confirm-email)\?(.*)$/.exec(hash) ?? [];
  const token = new URLSearchParams(query).get("token");
  return token ? { place, token } : null;
}

/** The link is spent: it should not be followed again by a reload. */
function leave(then) {
  history.replaceState(null, "", location.pathname);
  then();
}

const emailField = () => field(t("signin.field.email"), el("input", { name: "email", type: "email", autocomplete: "username" }));
const nameField = () => field(t("signin.field.name"), el("input", { name: "name", autocomplete: "name", maxLength: 255 }));
const newPassword = (label) => field(label, el("input", { name: "password", type: "password", autocomplete: "new-password" }), t("signin.password.hint"));

function signInForm(enter, challenge) {
  return formOf(t("signin.sign_in"), [
    emailField(), field(t("signin.field.password"), el("input", { name: "password", type: "password", autocomplete: "current-password" })),
  ], async (given) => {
    const { data } = await request("POST", "/v1/auth/login", { body: given });
    if ("two_factor_required" in data) challenge(data.token);
    else enter(data);
  });
}

function codeForm(token, enter) {
  return formOf(t("signin.code.go"), [
    field(t("signin.code.label"), el("input", { name: "code", autocomplete: "one-time-code", inputMode: "text" }), t("signin.code.hint")),
  ], async ({ code }) => {
    const typed = code.trim();
    const body = /^\d{6}$/.test(typed.replaceAll(" ", "")) ? { code: typed.replaceAll(" ", "") } : { recovery_code: typed };
    enter((await request("POST", "/v1/auth/2fa-challenge", { body, token })).data);
  });
}

function forgotForm(sent) {
  return formOf(t("signin.password.send"), [emailField()], async (given) => {
    await request("POST", "/v1/auth/password/forgot", { body: given });
    sent();
  });
}

function acceptForm(token, enter) {
  return formOf(t("signin.join.go"), [nameField(), newPassword(t("signin.password.new"))],
    async (given) => enter((await request("POST", "/v1/team/invitations/accept", { body: { ...given, token } })).data));
}

function resetForm(token, done) {
  return formOf(t("signin.password.set"), [newPassword(t("signin.password.new"))], async ({ password }) => {
    await request("POST", "/v1/auth/password/reset", { body: { password, password_confirmation: password, token } });
    done();
  });
}

function registerForm(enter) {
  return formOf(t("signin.register"), [
    field(t("signin.field.company"), el("input", { name: "company_name", autocomplete: "organization", maxLength: 255 })),
    nameField(), emailField(), newPassword(t("signin.field.password")),
    field(t("signin.field.country"), countrySelect()),
  ], async (given) => {
    const body = { ...given, password_confirmation: given.password, locale: spoken(), timezone: Intl.DateTimeFormat().resolvedOptions().timeZone };
    const key = crypto.randomUUID();
    try {
      enter((await request("POST", "/v1/auth/register", { body, key })).data);
    } catch (error) {
      if (!error.details?.timezone) throw error;
      delete body.timezone; // the browser's name for it is not known there
      enter((await request("POST", "/v1/auth/register", { body, key })).data);
    }
  });
}

function countrySelect() {
  const names = new Intl.DisplayNames(spoken(), { type: "region" });
  const here = new Intl.Locale(navigator.language).region ?? "BR";
  const sorted = COUNTRIES.map((code) => [names.of(code), code]).sort(([one], [other]) => one.localeCompare(other, spoken()));
  const chosen = COUNTRIES.includes(here) ? here : "BR";
  return el("select", { name: "country_code", autocomplete: "country", data: { own: "" } },
    sorted.map(([name, code]) => el("option", { value: code, text: name, selected: code === chosen })));
}
