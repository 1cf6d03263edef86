// What to show where no conversation is open: the next thing to do.

import { NUMBER_STATES } from "./troubles.js";
import { button, el, icon, phone } from "./ui.js";

/** The page. `conversations`: how many there are; `hooks`: `numbers(pair)`, `settings()`. */
export function restPage({ me, numbers: all }, loaded, conversations, hooks) {
  if (!loaded) return el("div", { class: "rest" }, el("span", { class: "spinner", role: "img", "aria-label": "Loading" }));
  const numbers = [...all.values()];
  const connected = numbers.find((number) => number.status === "connected");
  const owner = me.role === "owner";
  if (!numbers.length) {
    return page("phone", "Connect your WhatsApp number", owner
      ? "Pair the phone of your business once, with a QR code. From then on, every message to it appears here, live."
      : "The owner of the workspace has not connected a number yet.",
    owner && button("Connect a number", { drawing: "plus", class: "primary", on: { click: () => hooks.numbers() } }));
  }
  if (!connected && !conversations) {
    const [pending] = numbers;
    return page("phone", NUMBER_STATES[pending.status], `The number is not connected, so no messages arrive. ${pending.status_text ?? ""}`,
      owner && button("Show the QR code", { class: "primary", on: { click: () => hooks.numbers(pending.id) } }));
  }
  if (!conversations) {
    return page("inbox", "Ready for the first message",
      `Write to ${phone(connected.phone) || "your number"} on WhatsApp, and watch it appear here. With the simulator, write from its page, as a customer.`,
      button("Set a welcome message", { drawing: "gear", on: { click: () => hooks.settings() } }));
  }
  return page("inbox", "Choose a conversation", "Press / to search, ↑ and ↓ to move through the list, Enter to open, Esc to come back.");
}

function page(drawing, title, text, action) {
  return el("div", { class: "rest" }, el("span", { class: "rest-mark" }, icon(drawing)), el("h2", { text: title }), el("p", { class: "muted", text }), action);
}
