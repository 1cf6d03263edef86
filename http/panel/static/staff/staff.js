// The back office: who of the staff it is, in which language, and then its pages.

import { button, el } from "../ui.js";
import { LANGUAGES, chosenHere, nearest, remember, speak, spoken, t, words } from "../words.js";
import { Office } from "./office.js";
import { unsubscribe } from "./push.js";
import { bearer, keepBearer, staffRequest, whenOver } from "./session.js";
import { factorPage, signInPage } from "./signin.js";

const app = document.getElementById("app");
let office = null;

whenOver(() => office && welcome(t("staff.sign.ended")));
start();

async function start() {
  await speak(chosenHere() ?? nearest(navigator.languages), Intl.DateTimeFormat().resolvedOptions().timeZone);
  try {
    await words("common", "errors", "staff");
    if (!bearer()) return welcome();
    await enter();
  } catch (error) {
    if (error.status === 401) return welcome(t("staff.sign.ended"));
    app.replaceChildren(el("main", { class: "sign-in" }, el("section", { class: "card sign-in-card" }, el("h1", { text: "Plixa" }),
      el("p", { text: error.message }), button(t("common.again"), { class: "primary", on: { click: start } }),
      button(t("common.sign_out"), { on: { click: () => welcome() } }))));
  }
}

/** Whoever is signed in: to their pages, or to set up a second factor first, where it is demanded. */
async function enter() {
  const { data: me } = await staffRequest("GET", "/v1/admin/me");
  try {
    await staffRequest("GET", "/v1/admin/staff");
  } catch (error) {
    if (error.code !== "TWO_FACTOR_REQUIRED") throw error;
    return app.replaceChildren(factorPage(() => enter()));
  }
  office = new Office(me, { out: signOut, languages });
  app.replaceChildren(office.node);
  office.start();
}

function welcome(notice) {
  office?.stop();
  office = null;
  keepBearer(null);
  document.title = "Plixa";
  app.replaceChildren(signInPage((token) => {
    keepBearer(token);
    start();
  }, notice, languages()));
}

async function signOut() {
  await unsubscribe();
  await staffRequest("POST", "/v1/admin/auth/logout").catch(() => {});
  history.replaceState(null, "", location.pathname);
  welcome();
}

/** To read it in another language. */
function languages() {
  return el("p", { class: "row small-print" }, Object.entries(LANGUAGES).filter(([name]) => name !== spoken()).map(([name, text]) =>
    el("button", { type: "button", class: "quiet", lang: name, text, data: { own: "" }, on: { click: () => {
      remember(name);
      location.reload();
    } } })));
}
