// Small resources that no line of `routes.js` names: a new one has its page for nothing.

import { ROUTES } from "../routes.js";
import { el, empty, icon } from "../ui.js";
import { t } from "../words.js";
import { forms, resources } from "./resource.js";

const ELSEWHERE = ["views"]; // made and changed beside the list of conversations

export default async function other(page) {
  if (page.params.resource) return resources(page, [page.params.resource]);
  page.head(t("pages.other"));
  const placed = new Set([...ROUTES.flatMap((route) => route.resources ?? []), ...HANDMADE, ...ELSEWHERE]);
  const rest = [...(await forms()).values()].filter((form) => !placed.has(form.name));
  page.box.append(rest.length ? el("ul", { class: "list" }, rest.map((form) => el("li", {}, el("a", { class: "list-row", href: `#/settings/other/${form.name}` }, icon("gear"), el("span", { class: "grow", text: form.title })))))
    : empty("gear", t("declared.nothing_other"), t("declared.nothing_other_text")));
}

/** On pages of their own, with something beside them. */
const HANDMADE = ["business_hours", "holidays", "closures", "assignment_rules", "ai", "faqs", "base_schedule", "regional", "digest"];
