// What is wrong with the workspace's numbers, in words, and what there is to do about it. Nothing here touches the page.

import { phone } from "./ui.js";
import { t } from "./words.js";

export const NUMBER_STATES = {
  connected: "numbers.state.connected",
  connecting: "numbers.state.connecting",
  pending_qr: "numbers.state.pending_qr",
  disconnected: "numbers.state.disconnected",
};

/** What to call a number. */
export const numberName = (number) => number.name || phone(number.phone) || t("numbers.new");

/** Why it is down, in a sentence; what is said of a detail that is not known here is the server's. */
export function whyOf({ status_detail: detail, status_text: text }) {
  return t.has(`numbers.why.${detail}`) ? t(`numbers.why.${detail}`) : text ?? "";
}

/** What helps a number that is down: `repair` and `restart` ask the server first, `scan` shows the code; null: waiting. */
export function remedy({ status, status_detail: why }) {
  if (status === "connected" || status === "connecting") return null;
  if (why === "unknown_to_gateway") return { does: "repair", label: "numbers.help.repair" };
  if (why === "setup_failed" || why === "closed") return { does: "restart", label: "numbers.help.restart" };
  return { does: "scan", label: "numbers.help.scan" };
}

/**
 * The numbers that need somebody, the worst first: `{number, tone, says, since, remedy}`. Tone `bad`: nobody gets through;
 * `warn`: it is on its way. A workspace without numbers is a trouble of its own, with `number: null`.
 */
export function troubles(numbers) {
  if (!numbers.length) {
    return [{ number: null, tone: "warn", says: t("numbers.none"), since: null,
      remedy: { does: "add", label: "numbers.help.add" } }];
  }
  return numbers.filter((number) => number.status !== "connected").map(trouble).sort((a, b) => Number(a.tone > b.tone) - Number(a.tone < b.tone));
}

function trouble(number) {
  return { number, tone: number.status === "disconnected" ? "bad" : "warn", since: number.status_changed_at ?? null,
    says: t(`numbers.is.${number.status}`, { name: numberName(number), why: whyOf(number) }).trim(), remedy: remedy(number) };
}
