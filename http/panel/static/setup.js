// Everything around the inbox: the WhatsApp numbers, the settings.

import { request } from "./api.js";
import { ask, button, dialog, el, field, icon, phone, showErrors, toast } from "./ui.js";

/** A form that is sent by `submit(fields)`; what is wrong is shown beside its fields. */
export function formOf(submitLabel, fields, submit) {
  const press = el("button", { type: "submit", class: "primary wide", text: submitLabel });
  const form = el("form", { class: "stack", noValidate: true }, ...fields, el("p", { class: "form-error", role: "alert" }), press);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    press.disabled = true;
    try {
      await submit(Object.fromEntries(new FormData(form)));
      showErrors(form, null);
    } catch (error) {
      showErrors(form, error);
    } finally {
      press.disabled = false;
    }
  });
  return form;
}

// -- numbers ----------------------------------------------------------------------------------------------------------

export const NUMBER_STATES = {
  connected: "Connected",
  connecting: "Connecting",
  pending_qr: "Waiting for the QR code",
  disconnected: "Disconnected",
};

/** The workspace's numbers: add one, pair it, restart it, disconnect it. */
export function numbersDialog(state, { changed, pair = null }) {
  const body = el("div", { class: "stack" });
  let pairing = pair;
  let drawn = "";

  async function act(number, what) {
    try {
      const { data } = await request("POST", `/v1/phone-instances/${number.id}/${what}`);
      changed(data);
      if (what === "restart" && data.status !== "connected") pairing = number.id;
      draw(true);
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  function row(number) {
    const buttons = state.me.role !== "owner" ? [] : [
      number.status !== "connected" && button("Show the QR code", { class: "primary", on: { click: () => { pairing = number.id; draw(true); } } }),
      number.status !== "pending_qr" && button("Restart", { on: { click: () => act(number, "restart") } }),
      number.status === "connected" && button("Disconnect", { class: "danger-text", on: { click: () => disconnect(number) } }),
    ];
    return el("li", { class: "number" },
      el("span", { class: `dot ${number.status}` }),
      el("div", { class: "grow" }, el("strong", { text: number.name || phone(number.phone) || "New number" }),
        el("div", { class: "muted", text: [number.name && phone(number.phone), NUMBER_STATES[number.status]].filter(Boolean).join(" · ") })),
      el("div", { class: "row" }, buttons));
  }

  async function disconnect(number) {
    const sure = await ask({ title: "Disconnect this number?", text: "Messages stop arriving until it is paired again with a new QR code.",
      confirm: "Disconnect", danger: true });
    if (sure) act(number, "disconnect");
  }

  function addForm() {
    const form = formOf("Add a number", [field("Name", el("input", { name: "name", maxLength: 60, placeholder: "Front desk" }), "What your team calls it.")],
      async ({ name }) => {
        const { data } = await request("POST", "/v1/phone-instances", { body: { name: name.trim() || null }, key: crypto.randomUUID() });
        changed(data);
        pairing = data.id;
        draw(true);
      });
    return form;
  }

  function draw(force = false) {
    const numbers = [...state.numbers.values()];
    const now = JSON.stringify([pairing, numbers]);
    if (!force && now === drawn) return;
    drawn = now;
    const current = state.numbers.get(pairing);
    if (current) {
      if (body.dataset.pairing === String(current.id)) return;
      body.dataset.pairing = current.id;
      body.replaceChildren(pairingView(current, { state, changed, done: () => { pairing = null; draw(true); } }));
      return;
    }
    delete body.dataset.pairing;
    body.replaceChildren(
      numbers.length ? el("ul", { class: "numbers" }, numbers.map(row)) : el("p", { class: "muted", text: "No number yet. Add one, then scan its QR code with the phone." }),
      state.me.role === "owner" ? addForm() : el("p", { class: "muted", text: "Only the owner of the workspace can add a number." }));
    if (!numbers.length) body.querySelector("input")?.focus();
  }

  draw();
  const timer = setInterval(draw, 500);
  return dialog("WhatsApp numbers", body, { closed: () => clearInterval(timer) });
}

/** The QR code of one number, fetched anew every two seconds until the number is connected. */
function pairingView(number, { state, changed, done }) {
  const picture = el("img", { class: "qr", alt: `QR code to pair ${number.name || "the number"}`, hidden: true });
  const waiting = el("div", { class: "qr qr-waiting" }, el("span", { class: "spinner" }));
  const says = el("p", { class: "qr-state", role: "status", text: "Asking for a QR code…" });
  const code = el("p", { class: "pairing-code", hidden: true });
  const link = el("a", { class: "button primary", target: "_blank", rel: "noopener", text: "Open the scan link", hidden: true });
  const view = el("div", { class: "stack pairing" },
    el("ol", { class: "steps" }, ["Open WhatsApp on the phone of the business.", "Settings → Linked devices → Link a device.",
      "Point the camera at this code."].map((text) => el("li", { text }))),
    picture, waiting, code, link, says,
    el("div", { class: "row end" }, button("Back", { on: { click: done } })));

  async function look() {
    if (!view.isConnected) return;
    try {
      const { data } = await request("GET", `/v1/phone-instances/${number.id}/qr`);
      if (!view.isConnected) return;
      if (data.status === "connected" || state.numbers.get(number.id)?.status === "connected") {
        const { data: numbers } = await request("GET", "/v1/phone-instances");
        numbers.forEach(changed);
        connected(numbers.find((each) => each.id === number.id) ?? number);
        return;
      }
      show(data);
    } catch (error) {
      says.textContent = error.message;
    }
    setTimeout(look, 2000);
  }

  function show({ status, code: text, image, pairing_code }) {
    const safe = image?.startsWith("data:image/") ? image : null;
    if (safe && picture.src !== safe) picture.src = safe;
    picture.hidden = !safe;
    waiting.hidden = Boolean(safe);
    link.hidden = !/^https?:\/\//.test(text ?? "");
    if (!link.hidden) link.href = text;
    code.hidden = !pairing_code;
    code.textContent = pairing_code ? `Or type this code on the phone: ${pairing_code}` : "";
    says.textContent = status === "connecting" ? "Scanned; connecting…" : safe ? "Waiting for the phone. The code changes by itself." : "The code is being made…";
  }

  function connected(now) {
    view.replaceChildren(el("div", { class: "success" }, icon("done"), el("strong", { text: "Connected" }),
      el("p", { class: "muted", text: now.phone ? `${phone(now.phone)} is live. Whoever writes to it appears in the inbox.` : "The number is live." })),
    el("div", { class: "row end" }, button("Done", { class: "primary", on: { click: (event) => event.target.closest("dialog").close() } })));
    view.querySelector(".primary").focus();
  }

  setTimeout(look, 0);
  return view;
}

// -- settings ---------------------------------------------------------------------------------------------------------

/** The drawer with the greeting and the service-level targets. */
export async function settingsDrawer(state, signOut) {
  const body = el("div", { class: "stack" }, el("p", { class: "muted", text: "Loading…" }));
  const box = dialog("Settings", body, { className: "drawer" });
  try {
    const [{ data: welcome }, { data: sla }] = await Promise.all([request("GET", "/v1/welcome-config"), request("GET", "/v1/sla-config")]);
    const owner = state.me.role === "owner";
    body.replaceChildren(
      section("New conversations", "Who takes them is chosen among those who do, and have the inbox open.", availabilityBox(state)),
      ...(owner ? [] : [el("p", { class: "notice", text: "Only the owner of the workspace can change what follows." })]),
      section("Welcome message", "Goes out the first time that somebody writes; not if one of you answers first.", welcomeForm(welcome, owner)),
      section("Reply targets", "How long a customer should wait at most. The inbox counts down and shows what is late.", slaForm(sla, owner)),
      section("You", `${state.me.name} · ${state.me.email} · ${state.me.role} of ${state.tenant.name}`,
        el("div", { class: "row" }, button("Sign out", { drawing: "out", on: { click: () => { box.close(); signOut(); } } }),
          el("a", { class: "button", href: "/v1/docs", target: "_blank" }, icon("book"), el("span", { text: "API documentation" })))));
  } catch (error) {
    body.replaceChildren(el("p", { class: "form-error", text: error.message }));
  }
}

function availabilityBox(state) {
  const box = el("input", { type: "checkbox", checked: state.users.get(state.me.id)?.is_available ?? state.me.is_available, on: {
    change: async () => {
      try {
        const { data } = await request("PUT", "/v1/me/availability", { body: { is_available: box.checked } });
        box.checked = data.is_available;
        toast(data.is_available ? "You take new conversations." : "New conversations go to others.");
      } catch (error) {
        box.checked = !box.checked;
        toast(error.message, "bad");
      }
    },
  } });
  return el("label", { class: "check" }, box, "I take new conversations");
}

function section(title, text, ...children) {
  return el("section", { class: "setting" }, el("h3", { text: title }), el("p", { class: "muted", text }), ...children);
}

function welcomeForm(now, owner) {
  const form = formOf("Save the message", [
    el("label", { class: "check" }, el("input", { type: "checkbox", name: "enabled", checked: now.enabled }), "Greet new contacts"),
    field("Message", el("textarea", { name: "message", rows: 4, maxLength: 1000, value: now.message ?? "", placeholder: "Hello! We answer in a few minutes." })),
    field("Wait before it (seconds)", el("input", { name: "delay_seconds", type: "number", min: 0, max: 300, value: now.delay_seconds })),
  ], async ({ enabled, message, delay_seconds }) => {
    const body = { enabled: enabled === "on", message: message.trim() || null, delay_seconds: Number(delay_seconds) };
    await request("PUT", "/v1/welcome-config", { body });
    toast("The welcome message is saved.");
  });
  return locked(form, owner);
}

function slaForm(now, owner) {
  const minutes = (seconds) => (seconds === null ? "" : String(Math.round(seconds / 0.6) / 100));
  const seconds = (text) => (text === "" ? null : Math.round(Number(text) * 60));
  const input = (name, value) => el("input", { name, type: "number", min: 0, step: "any", value: minutes(value), placeholder: "No target" });
  const form = formOf("Save the targets", [
    field("First answer within (minutes)", input("first_response_seconds", now.first_response_seconds)),
    field("Resolved within (minutes)", input("resolution_seconds", now.resolution_seconds)),
  ], async (given) => {
    const body = { first_response_seconds: seconds(given.first_response_seconds), resolution_seconds: seconds(given.resolution_seconds) };
    await request("PUT", "/v1/sla-config", { body });
    toast("The targets are saved; they count from the next conversation on.");
  });
  return locked(form, owner);
}

function locked(form, owner) {
  if (owner) return form;
  for (const input of form.elements) input.disabled = true;
  return form;
}
