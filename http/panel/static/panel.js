// The beginning: who is it, in which language, and then the pages for those who are signed in or those who are not.

import { ApiError, forgetSession, keepSession, request, sentences, signedIn, whenSignedOut } from "./api.js";
import { button, el, toast } from "./ui.js";
import { chosenHere, nearest, speak, t, words } from "./words.js";

const app = document.getElementById("app");
const LETTER = /^#\/(?:accept|reset|confirm-email)\?/; // a link of one of our letters
let shell = null;

const tabs = new BroadcastChannel("plixa"); // who signs out in one signs out in all
tabs.onmessage = ({ data }) => data === "out" && shell && leave();
whenSignedOut(() => shell && leave(t("signin.ended")));
addEventListener("unhandledrejection", refused);
start();

/** What nobody waited for was refused, or its page was left. */
function refused(event) {
  const { reason } = event;
  if (reason?.name !== "AbortError" && !(reason instanceof ApiError)) return;
  event.preventDefault();
  if (reason instanceof ApiError) toast(reason.message, "bad");
}

async function start() {
  try {
    await speak(chosenHere() ?? nearest(navigator.languages));
    if (LETTER.test(location.hash) || !signedIn()) return await welcome(); // all that the first form needs is here by now
    await words("common", "errors");
    const { data } = await request("GET", "/v1/me");
    await enter(data);
  } catch (error) {
    await failed(error);
  }
}

async function failed(error) {
  await words("common", "signin").catch(() => {});
  if (error.status === 401) return welcome(t("signin.ended"));
  app.replaceChildren(el("main", { class: "sign-in" }, el("section", { class: "card sign-in-card" }, el("h1", { text: "Plixa" }),
    el("p", { text: error.message }), button(t("common.again"), { class: "primary", on: { click: start } }),
    button(t("common.sign_out"), { on: { click: () => welcome() } }))));
}

async function welcome(notice) {
  forgetSession();
  document.title = "Plixa";
  const [{ signInPage }] = await Promise.all([import("./signin.js"), words("common", "signin")]);
  app.replaceChildren(signInPage((session) => keepSession(session.token).then(() => enter(session)).catch(failed), notice));
  Promise.all([sentences(), words("errors")]).catch(() => {}); // for what they get wrong, while they type; the server's own words do as well
}

async function enter(session) {
  await speak(chosenHere() ?? nearest([session.user.locale, ...(session.user.locale ? [] : navigator.languages), session.tenant.locale]), session.tenant.timezone);
  const [{ Shell }] = await Promise.all([import("./shell.js"), words("common", "errors", "shell", "pages", "numbers")]);
  shell = new Shell(session, { left: leave, signedOut });
  app.replaceChildren(shell.node);
  if (session.acting) await actedIn(session.acting);
  shell.start();
}

/** By their own will: in all tabs. */
function signedOut() {
  tabs.postMessage("out");
  leave();
}

/** Somebody of Plixa's staff is here as a member. */
async function actedIn(acting) {
  const [{ actingBanner }] = await Promise.all([import("./acting.js"), words("acting")]);
  shell.node.querySelector(".content").prepend(actingBanner(acting, () => leave(t("signin.ended"))));
}

/** Out of it, to the first page. */
function leave(notice) {
  shell?.stop();
  shell = null;
  welcome(notice);
}
