// What staff did, every request of theirs.

import { button, el, field, safely } from "../ui.js";
import { full, t } from "../words.js";
import { filters, pages, tag } from "./lists.js";
import { saved } from "./session.js";

export default async function audit(page) {
  const shown = pages(page, (query) => page.api("GET", `/v1/admin/audit-logs?${narrowed(query)}`), row, t("staff.audit.none"));
  page.head(t("staff.place.audit"), button(t("staff.audit.export"), { on: { click: () => safely(() => saved(`/v1/admin/audit-logs/export.csv?${narrowed(page.query)}`, "audit-log.csv")) } }));
  const by = (name, type) => field(t(`staff.audit.${name}`), el("input", { name, type, min: 1, value: page.query.get(name) ?? "" }));
  page.box.append(filters(page, [by("act", "search"), by("admin_id", "number"), by("tenant_id", "number")], () => safely(() => shown.draw())), shown.box);
  await shown.draw();
}

/** What the server knows of the address's query. */
const narrowed = (query) => new URLSearchParams([...query].filter(([name, value]) => value && ["act", "admin_id", "tenant_id", "cursor"].includes(name)));

function row(each) {
  const plain = (value) => (value ? JSON.stringify(value) : "");
  return el("div", { class: "list-row" }, el("span", { class: "grow", data: { own: "" } }, el("strong", { text: each.act }), " ", el("span", { class: "muted", text: [each.target, each.target_id].filter(Boolean).join(" ") }),
    el("br"), el("span", { class: "muted", text: [each.admin_name, each.reason, plain(each.before), plain(each.after)].filter(Boolean).join(" · ") })),
  each.outcome !== "ok" && tag(each.outcome, "bad"), each.tenant_id && el("a", { href: `#/tenants/${each.tenant_id}`, text: String(each.tenant_id), "aria-label": t("staff.audit.of", { id: String(each.tenant_id) }) }),
  el("time", { class: "muted", dateTime: each.at, text: full(each.at) }));
}
