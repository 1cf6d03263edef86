// Webhook endpoints: the page to add, change, test and remove them, with their deliveries, retry and replay.

import { request } from "./api.js";
import { ask, button, el, field, showErrors, toast } from "./ui.js";
import { full } from "./words.js";

const PATH = "/v1/webhook-endpoints";
const DELIVERIES = "/v1/webhook-deliveries";
const EVENTS = ["message.inbound", "message.outbound", "conversation.created", "conversation.updated", "conversation.deleted"];
const PAGE = 20;
const PERIODS = { hour: 3_600_000, day: 86_400_000, week: 7 * 86_400_000 };

/** All words of this page. */
const SAYS = {
  title: "Webhooks", add: "Add an endpoint", save: "Save", none: "No endpoint yet. Add one, and your server hears of what happens here.",
  url: "URL", urlHint: "https, on port 443 or 8443.", events: "What it hears of", description: "What it is for", active: "Send to it",
  secret: "The secret of this endpoint, shown once", secretHint: "Keep it where your server checks signatures. Whoever has it can pretend to be us.",
  copy: "Copy", copied: "Copied.", change: "Change", test: "Send a test", rotate: "New secret", remove: "Remove", back: "Back", deliveries: "Deliveries",
  more: "Show older ones", retry: "Retry", replay: "Replay", replayTitle: "Send again what happened in the last …",
  hour: "Hour", day: "Day", week: "Week", queued: "It is on its way.", nothing: "Nothing was sent to it yet.", erased: "What it told of was erased.",
  off: { gone: "Switched off: it answered 410.", failing: "Switched off: nothing was taken for five days." }, idle: "Switched off.", on: "On.",
  all: "All", status: "Status", body: "What was sent", answer: "What it answered", next: "Next try", tries: (count) => `${count} ${count === 1 ? "try" : "tries"}`,
  sure: { remove: "Remove this endpoint?", removeText: "What waits for it is not sent. Its deliveries can be read for 30 days.",
    rotate: "Make a new secret?", rotateText: "The old one signs beside it for 24 hours." },
};
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
    const answer = await safely(() => request("GET", PATH));
    if (!answer) return;
    show(answer.data.length ? el("ul", { class: "numbers" }, answer.data.map(row)) : el("p", { class: "muted", text: SAYS.none }),
      el("div", { class: "row end" }, button(SAYS.add, { class: "primary", on: { click: () => edit(null) } })));
  }

  function row(endpoint) {
    return el("li", { class: "number" }, el("span", { class: `dot ${endpoint.is_active ? "connected" : "disconnected"}` }),
      el("div", { class: "grow" }, el("strong", { class: "anywhere", text: endpoint.description || endpoint.url }),
        endpoint.description && el("div", { class: "muted anywhere", text: endpoint.url }), el("div", { class: "muted", text: stateOf(endpoint) })),
      button(SAYS.deliveries, { on: { click: () => open(endpoint) } }), button(SAYS.change, { on: { click: () => edit(endpoint) } }));
  }

  function edit(endpoint) {
    const boxes = EVENTS.map((name) => el("input", { type: "checkbox", name: "events", value: name, checked: !endpoint || endpoint.events.includes(name) }));
    const active = el("input", { type: "checkbox", name: "is_active", checked: endpoint?.is_active ?? true });
    const form = el("form", { class: "stack", noValidate: true },
      field(SAYS.url, el("input", { name: "url", type: "url", value: endpoint?.url ?? "", maxLength: 2048, placeholder: "https://" }), SAYS.urlHint),
      el("fieldset", { class: "field", data: { field: "events" } }, el("legend", { text: SAYS.events }),
        boxes.map((each) => el("label", { class: "check" }, each, each.value)), el("span", { class: "field-error" })),
      field(SAYS.description, el("input", { name: "description", value: endpoint?.description ?? "", maxLength: 120 })),
      el("label", { class: "check" }, active, SAYS.active), el("p", { class: "form-error", role: "alert" }),
      el("div", { class: "row end" }, button(SAYS.back, { on: { click: list } }),
        endpoint && button(SAYS.remove, { class: "danger-text", on: { click: () => remove(endpoint) } }),
        endpoint && button(SAYS.rotate, { on: { click: () => rotate(endpoint) } }), el("button", { type: "submit", class: "primary", text: SAYS.save })));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const given = { url: form.elements.url.value.trim(), events: boxes.filter((each) => each.checked).map((each) => each.value),
        description: form.elements.description.value.trim() || null, is_active: active.checked };
      try {
        const { data } = endpoint ? await request("PUT", `/v1/webhook-endpoints/${endpoint.id}`, { body: given })
          : await request("POST", PATH, { body: given, key: crypto.randomUUID() });
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
      toast(SAYS.copied);
    };
    show(field(SAYS.secret, shown, SAYS.secretHint), el("div", { class: "row end" }, button(SAYS.copy, { class: "primary", on: { click: copy } }),
      button(SAYS.back, { on: { click: list } })));
  }

  async function rotate(endpoint) {
    if (!await ask({ title: SAYS.sure.rotate, text: SAYS.sure.rotateText, confirm: SAYS.rotate })) return;
    const answer = await safely(() => request("PUT", `/v1/webhook-endpoints/${endpoint.id}`, { body: { rotate_secret: true } }));
    if (answer) secret(answer.data.secret);
  }

  async function remove(endpoint) {
    if (!await ask({ title: SAYS.sure.remove, text: SAYS.sure.removeText, confirm: SAYS.remove, danger: true })) return;
    if (await safely(() => request("DELETE", `/v1/webhook-endpoints/${endpoint.id}`))) list();
  }

  // -- deliveries -----------------------------------------------------------------------------------------------------

  function open(endpoint) {
    const rows = el("ul", { class: "numbers" });
    const filter = el("select", { name: "status" }, el("option", { value: "", text: SAYS.all }), STATES.map((each) => el("option", { value: each, text: each })));
    const older = button(SAYS.more, { hidden: true, on: { click: () => page(older.dataset.cursor) } });
    async function page(cursor) {
      const query = new URLSearchParams({ endpoint_id: endpoint.id, limit: PAGE, ...(filter.value && { status: filter.value }), ...(cursor && { cursor }) });
      const answer = await safely(() => request("GET", `${DELIVERIES}?${query}`));
      if (!answer) return;
      const made = answer.data.map((each) => delivery(each, () => page()));
      if (cursor) rows.append(...made);
      else rows.replaceChildren(...(made.length ? made : [el("li", { class: "muted", text: SAYS.nothing })]));
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
      if (await safely(() => request("POST", `/v1/webhook-endpoints/${endpoint.id}/replay`, { body: { since } }))) toast(SAYS.queued);
      setTimeout(page, 1000);
    }
    filter.addEventListener("change", () => page());
    show(el("div", { class: "row" }, button(SAYS.back, { on: { click: list } }), button(SAYS.test, { on: { click: test } })),
      el("strong", { class: "anywhere", text: endpoint.description || endpoint.url }), el("p", { class: "muted", text: stateOf(endpoint) }),
      endpoint.is_active && el("div", { class: "row", role: "group", "aria-label": SAYS.replayTitle }, el("span", { class: "muted", text: SAYS.replayTitle }),
        Object.keys(PERIODS).map((period) => button(SAYS[period], { on: { click: () => replay(period) } }))),
      field(SAYS.status, filter), rows, older);
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
      if (await safely(() => request("POST", `/v1/webhook-deliveries/${each.id}/retry`))) toast(SAYS.queued);
      again();
    }
    return el("li", { class: "number" }, shown, each.status === "failed" && !each.erased && each.type !== "webhook.test" && button(SAYS.retry, { on: { click: retry } }));
  }

  list();
  return body;
}

/** Whether an endpoint is on, and if not, why. */
export function stateOf(endpoint) {
  return endpoint.is_active ? SAYS.on : SAYS.off[endpoint.disabled_reason] ?? SAYS.idle;
}

/** A delivery in one line. */
export function resultOf(delivery) {
  const words = [delivery.status, delivery.status !== "delivered" && delivery.error, delivery.attempts > 0 && SAYS.tries(delivery.attempts),
    delivery.duration_ms !== null && `${delivery.duration_ms} ms`];
  return words.filter(Boolean).join(" · ");
}

function detail(delivery) {
  return [
    delivery.next_attempt_at && el("p", { class: "muted", text: `${SAYS.next}: ${full(delivery.next_attempt_at)}` }),
    delivery.erased ? el("p", { class: "muted", text: SAYS.erased }) : code(SAYS.body, JSON.stringify(delivery.body, null, 2)),
    delivery.response_body && code(`${SAYS.answer} (${delivery.response_status})`, delivery.response_body),
  ].filter(Boolean);
}

function code(label, text) {
  return el("div", {}, el("p", { class: "muted", text: label }), el("pre", { class: "code", tabIndex: 0, "aria-label": label, text }));
}
