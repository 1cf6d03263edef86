// That somebody of Plixa's staff acts as a member here: who, how, and for how long still. It stays on top of every page.

import { request } from "./api.js";
import { button, el } from "./ui.js";
import { span, t } from "./words.js";

/** The banner; `leave()` is called once they have stepped out, or their time is over. */
export function actingBanner({ name, mode, until }, leave) {
  const left = el("span", { class: "since" });
  const out = async () => {
    clearInterval(timer);
    await request("POST", "/v1/auth/logout").catch(() => {}); // it may be over already
    leave();
  };
  const tick = () => {
    const rest = Date.parse(until) - Date.now();
    left.textContent = t("acting.left", { time: span(rest) });
    if (rest <= 0) out();
  };
  const timer = setInterval(tick, 1000);
  const words = mode === "write" ? "acting.write" : "acting.read";
  queueMicrotask(tick);
  return el("div", { class: "down bad acting", role: "alert" }, el("span", { class: "grow" }, t.nodes(words, { name: el("strong", { data: { own: "" }, text: name }) }), " ", left),
    button(t("acting.leave"), { on: { click: out } }));
}
