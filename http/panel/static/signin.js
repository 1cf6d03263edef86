// The pages for those who are not signed in: in, a new workspace, and where the links of our letters lead.

import { request } from "./api.js";
import { formOf } from "./setup.js";
import { button, el, field } from "./ui.js";

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
      el("p", { class: "muted small-print" }, "For integrators: ", el("a", { href: "/v1/docs", text: "the API" })));
    (page.querySelector("input") ?? page.querySelector("button")).focus();
  }

  const home = (registering, said) => {
    const tab = (label, chosen) => el("button", { type: "button", class: "tab", "aria-pressed": String(registering === chosen), text: label,
      on: { click: () => home(chosen) } });
    show(null, "Every WhatsApp conversation of your business, live, in one inbox.",
      said && el("p", { class: "notice", role: "status", text: said }),
      el("div", { class: "tabs", role: "group", "aria-label": "New here, or back again" }, tab("Create a workspace", true), tab("Sign in", false)),
      registering ? registerForm(enter) : signInForm(enter, (token) => code(token)),
      !registering && button("Forgot the password?", { class: "quiet", on: { click: forgot } }));
  };

  const back = () => button("Back to signing in", { class: "quiet", on: { click: () => home(false) } });
  const code = (token) => show("One more step", "Your account has two-factor authentication.", codeForm(token, enter), back());
  const forgot = () => show("A new password", "We send you a link to set it. It is good for an hour.", forgotForm((said) => home(false, said)), back());

  const letter = letterOf(location.hash);
  const pages = {
    accept: (token) => show("Join the workspace", "You have been invited. Say who you are, and you are in.", acceptForm(token, (session) => leave(() => enter(session)))),
    reset: (token) => show("A new password", "You are signed out everywhere else by it.", resetForm(token, () => leave(() => home(false, "The new password is set. Sign in with it.")))),
    "confirm-email": async (token) => {
      show("Your e-mail address", "One moment…", button("Go on", { class: "primary", on: { click: () => leave(() => location.reload()) } }));
      const said = page.querySelector(".muted");
      try {
        said.textContent = `${(await request("POST", "/v1/auth/email/verify", { body: { token } })).data.email} is confirmed.`;
      } catch (error) {
        said.textContent = error.message;
      }
    },
  };
  queueMicrotask(() => (letter ? pages[letter.place](letter.token) : home(!here && !notice, notice)));
  return page;
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

const newPassword = () => field("New password", el("input", { name: "password", type: "password", autocomplete: "new-password" }), "At least 8 characters.");

function signInForm(enter, challenge) {
  return formOf("Sign in", [
    field("E-mail", el("input", { name: "email", type: "email", autocomplete: "username" })),
    field("Password", el("input", { name: "password", type: "password", autocomplete: "current-password" })),
  ], async (given) => {
    const { data } = await request("POST", "/v1/auth/login", { body: given });
    if (data.two_factor_required) challenge(data.token);
    else enter(data);
  });
}

function codeForm(token, enter) {
  return formOf("Go on", [
    field("Code", el("input", { name: "code", autocomplete: "one-time-code", inputMode: "text" }), "Of your authenticator app, or a recovery code."),
  ], async ({ code }) => {
    const typed = code.trim();
    const body = /^\d{6}$/.test(typed.replaceAll(" ", "")) ? { code: typed.replaceAll(" ", "") } : { recovery_code: typed };
    enter((await request("POST", "/v1/auth/2fa-challenge", { body, token })).data);
  });
}

function forgotForm(said) {
  return formOf("Send the link", [field("E-mail", el("input", { name: "email", type: "email", autocomplete: "username" }))],
    async (given) => said((await request("POST", "/v1/auth/password/forgot", { body: given })).data.message));
}

function acceptForm(token, enter) {
  return formOf("Join", [
    field("Your name", el("input", { name: "name", autocomplete: "name", maxLength: 255 })), newPassword(),
  ], async (given) => enter((await request("POST", "/v1/team/invitations/accept", { body: { ...given, token } })).data));
}

function resetForm(token, done) {
  return formOf("Set the password", [newPassword()], async ({ password }) => {
    await request("POST", "/v1/auth/password/reset", { body: { password, password_confirmation: password, token } });
    done();
  });
}

function registerForm(enter) {
  return formOf("Create the workspace", [
    field("Company", el("input", { name: "company_name", autocomplete: "organization", maxLength: 255 })),
    field("Your name", el("input", { name: "name", autocomplete: "name", maxLength: 255 })),
    field("E-mail", el("input", { name: "email", type: "email", autocomplete: "username" })),
    field("Password", el("input", { name: "password", type: "password", autocomplete: "new-password" }), "At least 8 characters."),
    field("Country", countrySelect()),
  ], async (given) => {
    const body = { ...given, password_confirmation: given.password, locale: localeOf(navigator.language),
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone };
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

/** The browser's language, as far as the server speaks it. */
export function localeOf(language) {
  const [spoken] = language.split("-");
  return [language, spoken].find((each) => ["en", "pt", "pt-BR", "es"].includes(each)) ?? "en";
}

function countrySelect() {
  const names = new Intl.DisplayNames(undefined, { type: "region" });
  const here = new Intl.Locale(navigator.language).region ?? "BR";
  const sorted = COUNTRIES.map((code) => [names.of(code), code]).sort(([one], [other]) => one.localeCompare(other));
  const chosen = COUNTRIES.includes(here) ? here : "BR";
  return el("select", { name: "country_code", autocomplete: "country" },
    sorted.map(([name, code]) => el("option", { value: code, text: name, selected: code === chosen })));
}
