// What is wrong with the workspace's numbers, in words, and what there is to do about it. Nothing here touches the page.

import { phone } from "./ui.js";

export const NUMBER_STATES = {
  connected: "Connected",
  connecting: "Connecting",
  pending_qr: "Waiting for the QR code",
  disconnected: "Disconnected",
};

/** What to call a number. */
export const numberName = (number) => number.name || phone(number.phone) || "The new number";

/** What helps a number that is down: `repair` and `restart` ask the server first, `scan` shows the code; null: waiting. */
export function remedy({ status, status_detail: why }) {
  if (status === "connected" || status === "connecting") return null;
  if (why === "unknown_to_gateway") return { does: "repair", label: "Repair" };
  if (why === "setup_failed" || why === "closed") return { does: "restart", label: "Restart" };
  return { does: "scan", label: "Scan the code" };
}

/**
 * The numbers that need somebody, the worst first: `{number, tone, says, since, remedy}`. Tone `bad`: nobody gets through;
 * `warn`: it is on its way. A workspace without numbers is a trouble of its own, with `number: null`.
 */
export function troubles(numbers) {
  if (!numbers.length) {
    return [{ number: null, tone: "warn", says: "There is no WhatsApp number yet, so no messages arrive.", since: null,
      remedy: { does: "add", label: "Connect a number" } }];
  }
  return numbers.filter((number) => number.status !== "connected").map(trouble).sort((a, b) => (a.tone > b.tone) - (a.tone < b.tone));
}

function trouble(number) {
  const state = number.status === "disconnected" ? "is disconnected" : number.status === "connecting" ? "is reconnecting" : "is not paired";
  return { number, tone: number.status === "disconnected" ? "bad" : "warn", since: number.status_changed_at ?? null,
    says: `${numberName(number)} ${state}. ${number.status_text ?? ""}`.trim(), remedy: remedy(number) };
}
