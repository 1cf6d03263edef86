// The digest by e-mail, and one to try.

import { resources } from "../declared/resource.js";
import { button, el, safely, toast } from "../ui.js";
import { t } from "../words.js";

export default async function digest(page) {
  await resources(page, ["digest"]);
  page.box.append(el("div", { class: "row" }, button(t("digest.try"), { on: { click: async () => {
    const answer = await safely(page.api("POST", "/v1/digest-config/test"));
    if (answer) toast(t("digest.sent", { email: answer.data.email }), "good");
  } } })));
}
