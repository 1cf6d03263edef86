// What to show where no conversation is open: the next thing to do.

import { NUMBER_STATES, whyOf } from "./troubles.js";
import { button, empty, phone, spinner } from "./ui.js";
import { t } from "./words.js";

/** The page. `conversations`: how many there are; `hooks`: `numbers(pair)`, `settings()`. */
export function restPage({ me, numbers: all }, loaded, conversations, hooks) {
  if (!loaded) return spinner();
  const numbers = [...all.values()];
  const connected = numbers.find((number) => number.status === "connected");
  const owner = me.role === "owner";
  if (!numbers.length) {
    return empty("phone", t("inbox.rest.connect"), t(owner ? "inbox.rest.connect_text" : "inbox.rest.connect_wait"),
      owner && button(t("numbers.help.add"), { drawing: "plus", class: "primary", on: { click: () => hooks.numbers() } }));
  }
  if (!connected && !conversations) {
    const [pending] = numbers;
    return empty("phone", t(NUMBER_STATES[pending.status]), t("inbox.rest.pending", { why: whyOf(pending) }),
      owner && button(t("numbers.show_code"), { class: "primary", on: { click: () => hooks.numbers(pending.id) } }));
  }
  if (!conversations) {
    return empty("inbox", t("inbox.rest.ready"), t("inbox.rest.ready_text", { number: phone(connected.phone) || t("inbox.rest.your_number") }),
      button(t("inbox.rest.welcome"), { drawing: "gear", on: { click: () => hooks.settings() } }));
  }
  return empty("inbox", t("inbox.rest.choose"), t("inbox.rest.choose_text"));
}
