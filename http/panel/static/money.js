// Plan, usage and bills, the way to Stripe's pages and back; what customers have paid, and the account it lands on.

import { request } from "./api.js";
import { button, el, toast } from "./ui.js";

const PLANS = { starter: "Starter", professional: "Professional", business: "Business" };
const BECAUSE = { licence: "granted by Plixa", subscription: "by your subscription", trial: "on trial", none: "without a subscription" };
const WORDS = { numbers: "WhatsApp numbers", seats: "Seats", ai_cents: "AI this month (US cents)" };
const WHOLE = new Set(["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]);
const THREE = new Set(["BHD", "JOD", "KWD", "OMR", "TND"]);

/** An amount in a currency's minor units, for people. */
export function money(amount, currency) {
  const places = WHOLE.has(currency) ? 0 : THREE.has(currency) ? 3 : 2;
  return `${currency} ${(amount / 10 ** places).toFixed(places)}`;
}

/** The owner's plan and payments. */
export async function moneyBox(body) {
  try {
    const [plan, bills, account, payments] = await Promise.all([
      request("GET", "/v1/billing/subscription"),
      request("GET", "/v1/billing/invoices"),
      request("GET", "/v1/payments/connect"),
      request("GET", "/v1/payments"),
    ]);
    body.replaceChildren(...planOf(plan.data), ...billsOf(bills.data), ...paymentsOf(account.data, payments.data));
  } catch (error) {
    body.replaceChildren(el("p", { class: "form-error", text: error.message }));
  }
}

/** Go to a page of Stripe's; its address is asked for when it is needed, and works for a short time. */
async function go(path, sent) {
  try {
    const { data } = await request("POST", path, sent && { body: sent });
    location.assign(data.url);
  } catch (error) {
    toast(error.message, "bad");
  }
}

function planOf(data) {
  const { subscription } = data;
  const alive = subscription && !["canceled", "incomplete_expired"].includes(subscription.status);
  const until = subscription?.ends_at ? ` It ends on ${new Date(subscription.ends_at).toLocaleDateString()}.` : "";
  return [
    el("h3", { text: `${PLANS[data.plan]}, ${BECAUSE[data.because]}` }),
    subscription?.status === "past_due" && el("p", { class: "notice", text: "A payment did not go through. It is tried again; please check your card." }),
    until && el("p", { class: "muted", text: until }),
    el("ul", {}, ...Object.entries(data.usage).map(([name, { used, included }]) =>
      el("li", { text: `${WORDS[name]}: ${used} of ${included || "any"}${data.over.includes(name) ? " (over the limit: nothing new can be added)" : ""}` }))),
    el("div", { class: "row" },
      ...(alive ? [] : Object.keys(PLANS).map((plan) => button(PLANS[plan], { on: { click: () => go("/v1/billing/checkout", { plan }) } }))),
      data.manageable && button("Card, plan, invoices", { on: { click: () => go("/v1/billing/portal") } })),
  ].filter(Boolean);
}

function billsOf(bills) {
  if (!bills.length) return [];
  return [el("h3", { text: "Bills" }), el("ul", {}, ...bills.map((bill) =>
    el("li", {}, `${bill.number ?? bill.invoice}: ${money(bill.amount_cents, bill.currency)}, ${bill.status} `,
      button("Open", { on: { click: (event) => openBill(bill, event.currentTarget) } }))))];
}

async function openBill(bill, pressed) {
  try {
    const { data } = await request("GET", `/v1/billing/invoices/${bill.id}/lines`);
    pressed.replaceWith(el("ul", {}, ...data.map((line) =>
      el("li", { title: line.digest, text: `${line.kind}: ${line.quantity} in ${line.events} events (${line.from_position} to ${line.to_position})` }))));
  } catch (error) {
    toast(error.message, "bad");
  }
}

function paymentsOf(account, payments) {
  const how = !account.connected ? "Not connected: customers cannot pay deposits." : account.ready ? "Ready to take deposits." : "Stripe still needs something.";
  return [
    el("h3", { text: "Payments from customers" }), el("p", { class: "muted", text: how }),
    el("div", { class: "row" },
      !account.ready && button(account.connected ? "Go on at Stripe" : "Connect Stripe", { on: { click: () => go("/v1/payments/connect", {}) } }),
      account.connected && button("Stripe dashboard", { on: { click: () => go("/v1/payments/dashboard-link") } })),
    el("ul", {}, ...payments.map((each) => el("li", {
      title: [each.stripe.session, each.stripe.payment_intent].filter(Boolean).join(" → "),
      text: `Appointment ${each.appointment_id}: ${money(each.amount_cents, each.currency)}, ${each.status.replace("_", " ")}${each.slot === false ? ". Paid too late: give it back or book anew" : ""}`,
    }))),
  ];
}
