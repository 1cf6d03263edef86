// My calendar elsewhere: Google's, both ways, and an address that other programs read.

import { part } from "../parts.js";
import { button, el, field, safely, toast } from "../ui.js";
import { full, t } from "../words.js";

export default async function sync(page) {
  page.head(t("pages.calendar_sync"));
  const google = el("div", { class: "stack" });
  const changes = el("div", {});
  const feed = el("div", { class: "stack" });
  page.box.append(part(t("sync.google"), t("sync.google_text"), google, changes), part(t("sync.feed"), t("sync.feed_text"), feed));
  await Promise.all([drawGoogle(), drawFeed()]);

  async function drawGoogle() {
    const { data } = await page.api("GET", "/v1/scheduling/calendar/google");
    const linked = data.state !== "none";
    google.replaceChildren(...[el("p", { class: data.state === "connected" || !linked ? "muted" : "notice", text: data.available ? t(`sync.state.${data.state}`) : t("sync.not_here") }),
      data.email && el("strong", { class: "anywhere", data: { own: "" }, text: data.email }), data.last_synced_at && el("p", { class: "muted", text: t("sync.last", { when: full(data.last_synced_at) }) }),
      data.last_error && el("p", { class: "form-error", data: { own: "" }, text: data.last_error }),
      data.available && el("div", { class: "row" }, button(t(linked ? "sync.again" : "sync.connect"), { class: linked ? "" : "primary", on: { click: connect } }), linked && button(t("sync.end"), { class: "danger-text", on: { click: end } }))].filter(Boolean));
    if (linked) took(await page.api("GET", "/v1/scheduling/calendar/google/changes"));
  }

  async function connect() {
    const answer = await safely(page.api("GET", "/v1/scheduling/calendar/google/connect"));
    if (answer) location.assign(answer.data.url);
  }

  async function end() {
    await safely(page.api("POST", "/v1/scheduling/calendar/google/disconnect", { body: {} }));
    await drawGoogle();
  }

  /** What was changed over there and not yet here. */
  function took(answer) {
    if (!answer) return;
    const rows = answer.data.map((each) => el("li", { class: "list-row" }, el("a", { class: "grow", href: `#/agenda?appointment=${each.appointment_id}` }, el("span", { text: t(`sync.change.${each.kind}`) }), el("span", { class: "muted", data: { own: "" }, text: each.start ? ` ${full(each.start)}` : "" })),
      button(t("sync.accept"), { class: "primary", on: { click: async () => took(await safely(page.api("POST", `/v1/scheduling/calendar/google/changes/${each.appointment_id}/accept`))) } }),
      button(t("sync.revert"), { on: { click: async () => took(await safely(page.api("POST", `/v1/scheduling/calendar/google/changes/${each.appointment_id}/revert`))) } })));
    changes.replaceChildren(...(rows.length ? [el("ul", { class: "list", "aria-label": t("sync.changes") }, rows)] : []));
  }

  async function drawFeed(url = null) {
    const { data } = await page.api("GET", "/v1/scheduling/calendar/feed");
    const made = async () => {
      const answer = await safely(page.api("POST", "/v1/scheduling/calendar/feed"));
      if (answer) await drawFeed(answer.data.url);
    };
    const ended = async () => {
      if (await safely(page.api("DELETE", "/v1/scheduling/calendar/feed"))) toast(t("sync.feed_ended"));
      await drawFeed();
    };
    feed.replaceChildren(...[url && field(t("sync.address"), el("input", { value: url, readOnly: true }), t("sync.address_text")), el("p", { class: "muted", text: t(data.active ? "sync.feed_on" : "sync.feed_off") }),
      el("div", { class: "row" }, button(t(data.active ? "sync.feed_new" : "sync.feed_make"), { on: { click: made } }), data.active && button(t("sync.feed_end"), { class: "danger-text", on: { click: ended } }))].filter(Boolean));
  }
}
