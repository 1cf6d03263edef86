// Plan, usage and bills; what customers have paid.

import { moneyBox } from "../money.js";
import { el } from "../ui.js";

export default async function plan(page) {
  page.head(page.t("pages.plan"));
  const body = el("div", { class: "stack" });
  page.box.append(body);
  page.setQuery({ checkout: null, paid: null }); // the way back from the payment page is gone once only
  await moneyBox(body);
}
