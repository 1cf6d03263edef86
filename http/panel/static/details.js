// Beside a conversation: whose it is, its labels, who leads it, and what happened in it and why.

import { request } from "./api.js";
import { button, dialog, el, field, toast } from "./ui.js";
import { brief, full } from "./words.js";

const LEADS = { human: "A person leads: nothing answers by itself.", ai: "The AI answers.", flow: "A flow answers.", idle: "Nobody leads: what answers by itself may take up the next message." };
const PAGE = 200;
const ON_ITS_WAY = /^(message\.(sending|sent|ticked)|effect\.)/;

/** The drawer. `hooks`: `conversation()`, `changed(resource)`, `closed()`. Answers a function that draws what has changed. */
export function detailsDrawer(id, state, hooks) {
  const place = el("div", { class: "stack" });
  const events = el("ol", { class: "timeline" });
  const more = el("p", { class: "muted", role: "status" });
  const every = el("input", { type: "checkbox", on: { change: () => events.classList.toggle("every", every.checked) } });
  let after = 0;
  let open = true;
  let reading = false;
  let drawn = "";
  let box = null;

  async function change(work) {
    try {
      const { data } = await work;
      hooks.changed(data);
    } catch (error) {
      toast(error.message, "bad");
      drawn = ""; // what was chosen did not come to be: show what is
    }
    draw();
  }

  const patch = (body) => change(request("PATCH", `/v1/conversations/${id}`, { body }));
  const choice = (label, options, value, act) => field(label, el("select", { on: { change: (event) => act(Number(event.target.value) || null) } },
    options.map(([each, text]) => el("option", { value: each ?? "", text, selected: each === value }))));

  function leads(now) {
    const led = now.mode === "ai" || now.mode === "flow";
    const ask = (what) => change(request("POST", `/v1/conversations/${id}/${what}`));
    return [el("p", { text: LEADS[now.mode] ?? "" }),
      led && button("Take over", { drawing: "person", on: { click: () => ask("take-over") } }),
      now.mode === "human" && button("Hand back to the automation", { drawing: "spark", on: { click: () => ask("give-back") } })];
  }

  function labels(now) {
    if (!state.labels.size) return el("p", { class: "muted", text: "The workspace has no labels yet." });
    return el("div", { class: "field" }, el("span", { class: "legend", text: "Labels" }), el("div", { class: "row", role: "group", "aria-label": "Labels" }, [...state.labels.values()].map((label) => {
      const on = now.labels?.includes(label.id);
      const chip = el("button", { type: "button", class: "label-chip", "aria-pressed": String(on), data: { label: label.id },
        on: { click: () => change(request(on ? "DELETE" : "POST", `/v1/conversations/${id}/labels/${label.id}`)) } }, el("span", { class: "dot" }), label.name);
      chip.firstChild.style.background = label.color;
      return chip;
    })));
  }

  function draw() {
    const now = hooks.conversation();
    if (!open) return;
    if (!now) return box?.close(); // deleted, merged into another one, or somebody else's now
    const shows = JSON.stringify([now.assigned_user_id, now.sector_id, now.labels, now.mode, [...state.users.values()], [...state.labels.values()]]);
    if (shows !== drawn) {
      drawn = shows;
      const focused = place.contains(document.activeElement) ? [...place.querySelectorAll("button, select")].indexOf(document.activeElement) : -1;
      const people = [...state.users.values()].filter((it) => !it.removed).map((it) => [it.id, it.id === state.me.id ? `${it.name} (you)` : it.name]);
      place.replaceChildren(...[
        choice("Assigned to", [[null, "Nobody"], ...people], now.assigned_user_id, (value) => patch({ assigned_user_id: value })),
        state.sectors.size > 0 && choice("Sector", [[null, "None"], ...[...state.sectors.values()].map((it) => [it.id, it.name])], now.sector_id,
          (value) => patch({ sector_id: value })),
        labels(now), ...leads(now)].filter(Boolean));
      if (focused >= 0) [...place.querySelectorAll("button, select")][focused]?.focus();
    }
    read();
  }

  /** What has happened since the last entry. */
  async function read() {
    if (reading || !open) return;
    reading = true;
    try {
      for (let next = after; next !== null;) {
        const { data, meta } = await request("GET", `/v1/conversations/${id}/timeline?after=${next}&limit=${PAGE}`);
        for (const entry of data) {
          after = Math.max(after, entry.offset);
          events.prepend(line(entry)); // the latest on top
        }
        next = meta.next_after;
      }
      more.textContent = "";
    } catch (error) {
      more.textContent = error.message;
    } finally {
      reading = false;
    }
  }

  draw();
  box = dialog("Details", el("div", { class: "stack" }, el("section", { class: "setting" }, place),
    el("section", { class: "setting" }, el("h3", { text: "What happened, and why" }),
      el("label", { class: "check" }, every, "Every step on the way to WhatsApp, too"), more, events)), { className: "drawer", closed: () => {
    open = false;
    hooks.closed();
  } });
  return draw;
}

function line({ at, type, text }) {
  return el("li", { class: ON_ITS_WAY.test(type) ? "muted step" : "" }, el("time", { class: "muted", dateTime: at, title: full(at), text: brief(at) }),
    el("span", { text }));
}
