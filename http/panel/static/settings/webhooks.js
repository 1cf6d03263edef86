// Servers of the owner's own that hear of what happens here.

import { webhooksBox } from "../webhooks.js";

export default function webhooks(page) {
  page.head(page.t("pages.webhooks"));
  page.box.append(webhooksBox());
}
