// All that can be set, by its parts.

import { GROUPS } from "../routes.js";
import { el, icon } from "../ui.js";

export default function settings(page) {
  const { t } = page;
  page.head(t("pages.settings"));
  const parts = GROUPS.map((group) => [group, page.shell.routes.filter((route) => route.in === "settings" && route.group === group)]);
  page.box.append(...parts.filter(([, routes]) => routes.length).map(([group, routes]) => el("section", { class: "setting" }, el("h2", { text: t(`shell.group.${group}`) }),
    el("ul", { class: "list" }, routes.map((route) => el("li", {}, el("a", { class: "list-row", href: `#${route.at}` },
      icon(route.drawing ?? "gear"), el("span", { class: "grow", text: t(`pages.${route.name}`) }))))))));
}
