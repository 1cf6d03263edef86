// What customers said, the newest first.

import { pages, part } from "../parts.js";
import { el, empty } from "../ui.js";
import { brief, t } from "../words.js";

/** The part of the report with every score. */
export async function ratings(page) {
  const list = pages(t("reports.said"), (cursor) => page.api("GET", `/v1/csat/ratings?${new URLSearchParams({ limit: "20", ...(cursor && { cursor }) })}`), row, () => empty("star", t("reports.no_ratings"), t("reports.no_ratings_text")));
  await list.again();
  return part(t("reports.said"), null, list.node);

  function row(each) {
    return el("li", {}, el("a", { class: "list-row reports-row", href: `#/conversations/${each.conversation_id}` }, el("strong", { data: { own: "" }, text: `${each.rating} / 5` }),
      el("span", { class: "grow" }, el("span", { class: "anywhere", data: { own: "" }, text: each.comment ?? "" }), el("span", { class: "muted reports-why", data: { own: "" }, text: [each.contact_name, page.state.users.get(each.user_id)?.name].filter(Boolean).join(" · ") })),
      el("time", { class: "muted", dateTime: each.rated_at, text: brief(each.rated_at), data: { own: "" } })));
  }
}
