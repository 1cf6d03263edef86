// Webhook endpoints: the page to add, change, test and remove them, with their deliveries, retry and replay.

import { request } from "./api.js";
import { ask, button, el, field, showErrors, toast } from "./ui.js";
import { full, number, t } from "./words.js";

const DELIVERIES = "/v1/webhook-deliveries";
const EVENTS = ["message.inbound", "message.outbound", "conversation.created", "conversation.updated", "conversation.deleted"];
const PAGE = 20;
const PERIODS = { hour: 3_600_000, day: 86_400_000, week: 7 * 86_400_000 };

const STATES = ["pending", "delivering", "delivered", "failed", "cancelled"];

/** The owner's endpoints. */
export function webhooksBox() {
  const body = el("div", { class: "stack" });

  async function safely(work) {
    try {
      return await work();
    } catch (error) {
      toast(error.message, "bad");
      return null;
    }
  }

  function show(...children) {
    body.replaceChildren(...children.flat().filter(Boolean));
    body.querySelector("button, input")?.focus();
  }

  async function list() {
    const answer = await safely(() => request("GET", "/v1/webhook-endpoints"));
    if (!answer) return;
    show(answer.data.length ? el("ul", { class: "numbers" }, answer.data.map(row)) : el("p", { class: "muted", text: t("webhooks.none") }),
      el("div", { class: "row end" }, button(t("webhooks.add"), { class: "primary", on: { click: () => edit(null) } })));
  }

  function row(endpoint) {
    return el("li", { class: "number" }, el("span", { class: `dot ${endpoint.is_active ? "connected" : "disconnected"}` }),
      el("div", { class: "grow" }, el("strong", { class: "anywhere", text: endpoint.description || endpoint.url }),
        endpoint.description && el("div", { class: "muted anywhere", text: endpoint.url }), el("div", { class: "muted", text: stateOf(endpoint) })),
      button(t("webhooks.deliveries"), { on: { click: () => open(endpoint) } }), button(t("webhooks.change"), { on: { click: () => edit(endpoint) } }));
  }

  function edit(endpoint) {
    const boxes = EVENTS.map((name) => el("input", { type: "checkbox", name: "events", value: name, checked: !endpoint || endpoint.events.includes(name) }));
    const active = el("input", { type: "checkbox", name: "is_active", checked: endpoint?.is_active ?? true });
    const form = el("form", { class: "stack", noValidate: true },
      field(t("webhooks.url"), el("input", { name: "url", type: "url", value: endpoint?.url ?? "", maxLength: 2048, placeholder: "https://" }), t("webhooks.url_hint")),
      el("fieldset", { class: "field", data: { field: "events" } }, el("legend", { text: t("webhooks.events") }),
        boxes.map((each) => el("label", { class: "check" }, each, each.value)), el("span", { class: "field-error" })),
      field(t("webhooks.description"), el("input", { name: "description", value: endpoint?.description ?? "", maxLength: 120 })),
      el("label", { class: "check" }, active, t("webhooks.active")), el("p", { class: "form-error", role: "alert" }),
      el("div", { class: "row end" }, button(t("webhooks.back"), { on: { click: list } }),
        endpoint && button(t("webhooks.remove"), { class: "danger-text", on: { click: () => remove(endpoint) } }),
        endpoint && button(t("webhooks.rotate"), { on: { click: () => rotate(endpoint) } }), el("button", { type: "submit", class: "primary", text: t("webhooks.save") })));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const given = { url: form.elements.url.value.trim(), events: boxes.filter((each) => each.checked).map((each) => each.value),
        description: form.elements.description.value.trim() || null, is_active: active.checked };
      try {
        const { data } = endpoint ? await request("PUT", `/v1/webhook-endpoints/${endpoint.id}`, { body: given })
          : await request("POST", "/v1/webhook-endpoints", { body: given, key: crypto.randomUUID() });
        if (data.secret) secret(data.secret);
        else list();
      } catch (error) {
        showErrors(form, error);
      }
    });
    show(form);
  }

  function secret(text) {
    const shown = el("input", { value: text, readOnly: true });
    const copy = async () => {
      shown.select();
      await navigator.clipboard?.writeText(text);
      toast(t("webhooks.copied"));
    };
    show(field(t("webhooks.secret"), shown, t("webhooks.secret_hint")), el("div", { class: "row end" }, button(t("webhooks.copy"), { class: "primary", on: { click: copy } }),
      button(t("webhooks.back"), { on: { click: list } })));
  }

  async function rotate(endpoint) {
    if (!await ask({ title: t("webhooks.sure.rotate"), text: t("webhooks.sure.rotate_text"), confirm: t("webhooks.rotate") })) return;
    const answer = await safely(() => request("PUT", `/v1/webhook-endpoints/${endpoint.id}`, { body: { rotate_secret: true } }));
    if (answer) secret(answer.data.secret);
  }

  async function remove(endpoint) {
    if (!await ask({ title: t("webhooks.sure.remove"), text: t("webhooks.sure.remove_text"), confirm: t("webhooks.remove"), danger: true })) return;
    if (await safely(() => request("DELETE", `/v1/webhook-endpoints/${endpoint.id}`))) list();
  }

  // -- deliveries -----------------------------------------------------------------------------------------------------

  function open(endpoint) {
    const rows = el("ul", { class: "numbers" });
    const filter = el("select", { name: "status" }, el("option", { value: "", text: t("webhooks.all") }), STATES.map((each) => el("option", { value: each, text: t(`webhooks.state.${each}`) })));
    const older = button(t("webhooks.more"), { hidden: true, on: { click: () => page(older.dataset.cursor) } });
    async function page(cursor) {
      const query = new URLSearchParams({ endpoint_id: endpoint.id, limit: String(PAGE), ...(filter.value && { status: filter.value }), ...(cursor && { cursor }) });
      const answer = await safely(() => request("GET", `${DELIVERIES}?${query}`));
      if (!answer) return;
      const made = answer.data.map((each) => delivery(each, () => page()));
      if (cursor) rows.append(...made);
      else rows.replaceChildren(...(made.length ? made : [el("li", { class: "muted", text: t("webhooks.nothing") })]));
      older.dataset.cursor = answer.meta.next_cursor ?? "";
      older.hidden = !answer.meta.next_cursor;
    }
    async function test() {
      const answer = await safely(() => request("POST", `/v1/webhook-endpoints/${endpoint.id}/test`));
      if (answer) toast(resultOf(answer.data), answer.data.status === "delivered" ? "info" : "bad");
      page();
    }
    async function replay(period) {
      const since = new Date(Date.now() - PERIODS[period]).toISOString();
      if (await safely(() => request("POST", `/v1/webhook-endpoints/${endpoint.id}/replay`, { body: { since } }))) toast(t("webhooks.queued"));
      setTimeout(page, 1000);
    }
    filter.addEventListener("change", () => page());
    show(el("div", { class: "row" }, button(t("webhooks.back"), { on: { click: list } }), button(t("webhooks.test"), { on: { click: test } })),
      el("strong", { class: "anywhere", text: endpoint.description || endpoint.url }), el("p", { class: "muted", text: stateOf(endpoint) }),
      endpoint.is_active && el("div", { class: "row", role: "group", "aria-label": t("webhooks.replay") }, el("span", { class: "muted", text: t("webhooks.replay") }),
        Object.keys(PERIODS).map((period) => button(t(`webhooks.period.${period}`), { on: { click: () => replay(period) } }))),
      field(t("webhooks.status"), filter), rows, older);
    page();
  }

  function delivery(each, again) {
    const inside = el("div", { class: "stack" });
    const shown = el("details", { class: "grow" }, el("summary", {}, el("strong", { text: each.type }), ` ${resultOf(each)} `,
      el("time", { class: "muted", dateTime: each.created_at, text: full(each.created_at) })), inside);
    shown.addEventListener("toggle", async () => {
      if (!shown.open || inside.childElementCount) return;
      const answer = await safely(() => request("GET", `/v1/webhook-deliveries/${each.id}`));
      if (answer) inside.append(...detail(answer.data));
    });
    async function retry() {
      if (await safely(() => request("POST", `/v1/webhook-deliveries/${each.id}/retry`))) toast(t("webhooks.queued"));
      again();
    }
    return el("li", { class: "number" }, shown, each.status === "failed" && !each.erased && each.type !== "webhook.test" && button(t("webhooks.retry"), { on: { click: retry } }));
  }

  list();
  return body;
}

/** Whether an endpoint is on, and if not, why. */
export function stateOf(endpoint) {
  return t(endpoint.is_active ? "webhooks.on" : `webhooks.off.${endpoint.disabled_reason ?? "idle"}`);
}

/** A delivery in one line. */
export function resultOf(delivery) {
  const words = [t(`webhooks.state.${delivery.status}`), delivery.status !== "delivered" && delivery.error, delivery.attempts > 0 && t("webhooks.tries", { n: delivery.attempts }),
    delivery.duration_ms !== null && `${number(delivery.duration_ms)} ms`];
  return words.filter(Boolean).join(" · ");
}

function detail(delivery) {
  return [
    delivery.next_attempt_at && el("p", { class: "muted", text: t("webhooks.next", { when: full(delivery.next_attempt_at) }) }),
    delivery.erased ? el("p", { class: "muted", text: t("webhooks.erased") }) : code(t("webhooks.body"), JSON.stringify(delivery.body, null, 2)),
    delivery.response_body && code(t("webhooks.answer", { status: String(delivery.response_status) }), delivery.response_body),
  ].filter(Boolean);
}

function code(label, text) {
  return el("div", {}, el("p", { class: "muted", text: label }), el("pre", { class: "code", tabIndex: 0, "aria-label": label, text }));
}
