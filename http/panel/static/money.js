// Plan, usage and bills, the way to Stripe's pages and back; what customers have paid, and the account it lands on.

import { request } from "./api.js";
import { ask, button, el, toast } from "./ui.js";
import { date, full, money, number, t } from "./words.js";

const PLANS = ["starter", "professional", "business"];

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
async function go(asking) {
  try {
    const { data } = await asking();
    location.assign(data.url);
  } catch (error) {
    toast(error.message, "bad");
  }
}

function planOf(data) {
  const { subscription } = data;
  const alive = subscription && !["canceled", "incomplete_expired"].includes(subscription.status);
  return [
    el("h2", { text: t(`money.because.${data.because}`, { plan: t(`money.plan.${data.plan}`) }) }),
    subscription?.status === "past_due" && el("p", { class: "notice", text: t("money.past_due") }),
    subscription?.ends_at && el("p", { class: "muted", text: t("money.ends", { date: date(subscription.ends_at) }) }),
    el("ul", {}, ...Object.entries(data.usage).map(([name, { used, included }]) =>
      el("li", {}, el("span", { text: t(`money.usage.${name}`, { used, included: included || t("money.any") }) }),
        data.over.includes(name) && el("span", { class: "tag late", text: t("money.over") })))),
    el("div", { class: "row" },
      ...(alive ? [] : PLANS.map((plan) => button(t(`money.plan.${plan}`), { on: { click: () => go(() => request("POST", "/v1/billing/checkout", { body: { plan } })) } }))),
      data.manageable && button(t("money.portal"), { on: { click: () => go(() => request("POST", "/v1/billing/portal")) } })),
  ].filter(Boolean);
}

function billsOf(bills) {
  if (!bills.length) return [];
  return [el("h2", { text: t("money.bills") }), el("ul", {}, ...bills.map((bill) =>
    el("li", {}, el("span", { data: { own: "" }, text: `${bill.number ?? bill.invoice}: ${money(bill.amount_cents, bill.currency)}` }), ` ${t(`money.bill.${bill.status}`)} `,
      button(t("money.open_bill"), { on: { click: (event) => openBill(bill, event.currentTarget) } }))))];
}

async function openBill(bill, pressed) {
  try {
    const { data } = await request("GET", `/v1/billing/invoices/${bill.id}/lines`);
    pressed.replaceWith(el("ul", {}, ...data.map((line) =>
      el("li", { title: line.digest }, t("money.line", { kind: t(`money.kind.${line.kind}`), quantity: line.quantity, events: line.events, from: number(line.from_position), to: number(line.to_position) }), " ",
        button(t("money.events"), { on: { click: (event) => openEvents(bill, line, event.currentTarget) } })))));
  } catch (error) {
    toast(error.message, "bad");
  }
}

/** All that is left of it goes back. */
async function refund(each, pressed) {
  const left = money(each.amount_cents - each.refunded_cents, each.currency);
  if (!await ask({ title: t("money.refund_title", { amount: left }), text: t("money.refund_text"), confirm: t("money.refund"), danger: true })) return;
  pressed.disabled = true;
  try {
    await request("POST", `/v1/payments/${each.id}/refund`, { body: {}, key: crypto.randomUUID() });
    toast(t("money.refunded"), "good");
    pressed.remove();
  } catch (error) {
    pressed.disabled = false;
    toast(error.message, "bad");
  }
}

const nameOf = (type) => (t.has(`money.event.${type}`) ? t(`money.event.${type}`) : type);

/** What a line of a bill was counted from: the log's own events. */
async function openEvents(bill, line, pressed) {
  try {
    const { data } = await request("GET", `/v1/billing/invoices/${bill.id}/events?kind=${line.kind}`);
    pressed.replaceWith(el("ul", {}, ...data.map((each) => el("li", { data: { own: "" }, text: `${number(each.position)} · ${full(each.at)} · ${nameOf(each.type)} · ${number(each.units)}` }))));
  } catch (error) {
    toast(error.message, "bad");
  }
}

function paymentsOf(account, payments) {
  const how = t(!account.connected ? "money.account.off" : account.ready ? "money.account.ready" : "money.account.waits");
  return [
    el("h2", { text: t("money.payments") }), el("p", { class: "muted", text: how }),
    el("div", { class: "row" },
      !account.ready && button(t(account.connected ? "money.go_on" : "money.connect"), { on: { click: () => go(() => request("POST", "/v1/payments/connect", { body: {} })) } }),
      account.connected && button(t("money.dashboard"), { on: { click: () => go(() => request("POST", "/v1/payments/dashboard-link")) } })),
    el("ul", {}, ...payments.map((each) => el("li", {}, el("span", { title: [each.stripe.session, each.stripe.payment_intent].filter(Boolean).join(" → "), data: { own: "" },
      text: t("money.payment", { id: String(each.appointment_id), amount: money(each.amount_cents, each.currency), status: t(`agenda.paid.${each.status}`) }) }),
    each.slot === false && el("span", { class: "tag late", text: t("money.too_late") }),
    ["paid", "partly_refunded"].includes(each.status) && button(t("money.refund"), { on: { click: (event) => refund(each, event.currentTarget) } })))),
  ];
}
