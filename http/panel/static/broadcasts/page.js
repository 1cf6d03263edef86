// Messages to many.

import { broadcastsBox } from "../broadcasts.js";
import { el } from "../ui.js";

export default function broadcasts(page) {
  page.head(page.t("pages.broadcasts"));
  const body = el("div", { class: "stack broadcasts" });
  page.box.append(body);
  return broadcastsBox(page, body);
}
