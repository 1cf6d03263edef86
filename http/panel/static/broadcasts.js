// Messages to many: the list, one of them with its progress and outcome, and a new one with its dry run.

import { ApiError, request } from "./api.js";
import { merge } from "./live.js";
import { formOf } from "./forms.js";
import { ask, button, el, field, phone, toast } from "./ui.js";
import { full, until } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const LOOK_EVERY = 1000; // the counts of one that goes out are fetched so often at most
const PAGE = 25;
const STATES = { scheduled: "Scheduled", sending: "Going out", paused: "Paused", done: "Done", cancelled: "Cancelled", stopped: "Stopped" };
const OUTCOMES = [["replied", "Replied"], ["read", "Read"], ["delivered", "Delivered"], ["sent", "Sent"], ["pending", "Waiting"],
  ["unknown", "Not known"], ["skipped", "Left out"], ["failed", "Failed"]];
const REASONS = {
  quiet_hours: "It waits for the quiet hours to end.", daily_limit: "As many as may be have been written to today who had never written.",
  number_disconnected: "Its WhatsApp number is not connected. It goes on by itself.", number_missing: "There is no WhatsApp number. It goes on once there is one.",
  suspended: "The workspace is suspended.", plan: "Your plan does not include broadcasts.", person: "Somebody paused it.",
  failures: "Too many of the last recipients failed or opted out, so it stopped by itself. Look at them before you resume it.",
  label_deleted: "The label was deleted.", nobody: "Nobody has the label.",
};
const WHY_NOT = {
  duplicate: "listed twice", opted_out: "opted out", cooldown: "had a broadcast lately", complaint: "unhappy, and being looked after",
  breached_promise: "waiting for an overdue answer", in_conversation: "wrote within the last hour", booked: "has an appointment ahead", no_whatsapp: "not on WhatsApp",
  own_number: "your own number", stranger: "has never written", erased: "erased", cancelled: "cancelled",
};
const why = (reason) => WHY_NOT[reason] ?? reason ?? "";

/** All of them, in a box of their own. Answers what the live push brings it: `fold(data)`. */
export function broadcastsBox(state, body, signal) {
  const known = new Map();
  const owner = state.me.role === "owner";
  let shown = null; // the one that is open
  let timer = null;
  signal.addEventListener("abort", () => clearTimeout(timer));
  list();

  function show(...nodes) {
    body.replaceChildren(...nodes);
    body.querySelector("[data-first]")?.focus();
  }

  function failed(error) {
    body.replaceChildren(el("p", { class: "form-error", role: "alert", text: error.message }), button("Try again", { on: { click: list } }));
  }

  // -- the list -------------------------------------------------------------------------------------------------------

  async function list() {
    shown = null;
    show(el("p", { class: "muted", text: "Loading…" }));
    try {
      known.clear();
      const rows = el("ul", { class: "many" });
      const more = button("Show older ones", { hidden: true, on: { click: () => page(rows, more) } });
      await page(rows, more);
      const add = owner ? button("New broadcast", { drawing: "plus", class: "primary", data: { first: "" }, on: { click: create } })
        : el("p", { class: "muted", text: "Only the owner of the workspace can send one." });
      show(el("div", { class: "row" }, add), known.size ? rows : el("p", { class: "muted", text: "Nothing has been sent to many yet." }), more);
    } catch (error) {
      failed(error);
    }
  }

  async function page(rows, more) {
    const from = more.dataset.cursor ? `&cursor=${more.dataset.cursor}` : "";
    const { data, meta } = await request("GET", `/v1/broadcasts?limit=${PAGE}${from}`);
    for (const each of data) {
      known.set(each.id, each);
      rows.append(el("li", {}, el("button", { type: "button", class: "row-button", on: { click: () => open(each.id) } },
        el("span", { class: "row-text" }, el("span", { class: "row-line" }, el("span", { class: "row-name", text: each.name }), stateTag(each)),
          el("span", { class: "muted", text: `${each.total} recipients · ${each.counts.replied} replied · ${full(each.started_at ?? each.scheduled_at ?? each.created_at)}` })))));
    }
    more.dataset.cursor = meta.next_cursor ?? "";
    more.hidden = !meta.next_cursor;
  }

  // -- one of them ----------------------------------------------------------------------------------------------------

  async function open(id) {
    shown = id;
    try {
      known.set(id, (await request("GET", `/v1/broadcasts/${id}`)).data);
      if (shown === id) show(...detail(known.get(id)));
    } catch (error) {
      if (shown === id) failed(error);
    }
  }

  function detail(one) {
    const head = el("div", { class: "row" }, button("All broadcasts", { drawing: "back", data: { first: "" }, on: { click: list } }),
      el("h3", { class: "grow", text: one.name }), stateTag(one));
    const text = el("blockquote", { class: "text-of-many", text: one.body });
    const live = el("div", { class: "stack", role: "status", "aria-live": "polite", "aria-atomic": "false", data: { live: "" } }, ...outcome(one));
    const people = el("div", { class: "stack" }, button("Show the recipients", { on: { click: (event) => recipients(event.currentTarget.parentNode, one.id) } }));
    return [head, text, live, el("div", { class: "row", data: { actions: "" } }, actions(one)), people];
  }

  function outcome(one) {
    const waits = one.reason && [REASONS[one.reason] ?? one.reason, one.waits_until && ` Until ${until(one.waits_until)}.`].filter(Boolean).join("");
    const when = one.status === "scheduled" && one.scheduled_at ? `Starts ${until(one.scheduled_at)}.` : null;
    return [(waits || when) && el("p", { class: one.status === "stopped" ? "notice" : "muted", text: waits || when }), plot(one), table(one)].filter(Boolean);
  }

  function actions(one) {
    if (!owner) return [];
    const tell = (what, label, props = {}) => button(label, { ...props, on: { click: () => act(one, what) } });
    return [
      one.status === "sending" && tell("pause", "Pause"),
      (one.status === "paused" || one.status === "stopped") && tell("resume", "Resume", { class: "primary" }),
      !["done", "cancelled"].includes(one.status) && tell("cancel", "Cancel it", { class: "danger-text" }),
    ].filter(Boolean);
  }

  async function act(one, what) {
    const sure = what !== "cancel" || await ask({ title: "Cancel this broadcast?", confirm: "Cancel it", danger: true,
      text: "Who has it keeps it; whoever is still waiting gets nothing. It cannot be resumed." });
    if (!sure) return;
    try {
      const { data } = await request("POST", `/v1/broadcasts/${one.id}/${what}`);
      known.set(one.id, data);
      redraw(one.id);
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  function redraw(id) {
    const live = body.querySelector("[data-live]");
    if (shown !== id || !live) return;
    live.replaceChildren(...outcome(known.get(id)));
    body.querySelector("[data-actions]").replaceChildren(...actions(known.get(id)));
    body.querySelector(".state-tag").replaceWith(stateTag(known.get(id)));
  }

  async function recipients(place, id, cursor = "", rows = el("tbody")) {
    try {
      const { data, meta } = await request("GET", `/v1/broadcasts/${id}/recipients?limit=100${cursor && `&cursor=${cursor}`}`);
      rows.append(...data.map((each) => el("tr", {}, el("td", { text: each.name ?? "" }), el("td", { text: phone(each.phone) }),
        el("td", { text: [nameOfState(each.status), why(each.reason)].filter(Boolean).join(": ") }))));
      const more = meta.next_cursor && button("Show more", { on: { click: () => recipients(place, id, meta.next_cursor, rows) } });
      place.replaceChildren(el("div", { class: "wide-table" }, el("table", {}, el("caption", { text: "Recipients" }),
        el("thead", {}, el("tr", {}, ["Name", "Number", "What came of it"].map((text) => el("th", { scope: "col", text })))), rows)), more || "");
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  // -- a new one ------------------------------------------------------------------------------------------------------

  function create() {
    shown = null;
    const name = el("input", { name: "name", maxLength: 100, required: true });
    const text = el("textarea", { name: "body", rows: 4, maxLength: 1024, placeholder: "Oi {{first_name}}, …" });
    const source = el("select", { name: "label_id" }, el("option", { value: "", text: "The numbers below" }),
      ...[...state.labels.values()].map((label) => el("option", { value: label.id, text: `Everybody labelled ${label.name}` })));
    const numbers = el("textarea", { name: "recipients", rows: 4, placeholder: "(11) 98765-0001 Bia\n+55 11 98765-0002" });
    const listed = field("Numbers, one a line, with a name or without", numbers, "At most 1,000.");
    const later = el("input", { name: "scheduled_at", type: "datetime-local" });
    const dry = el("div", { class: "stack", role: "status", "aria-live": "polite" });
    const key = crypto.randomUUID();
    source.addEventListener("change", () => { listed.hidden = source.value !== ""; });
    const form = formOf("Send it", [
      field("What you call it", name, "Recipients do not see it."), field("To", source), listed,
      field("Text", text, "{{name}} and {{first_name}} become each contact's own."),
      field("When", later, "By the workspace's clock. Leave it empty to begin now."),
      button("Try it dry", { class: "wide", on: { click: () => tryDry() } }), dry,
    ], async (given) => {
      const asked = wanted(given);
      const sure = await ask({ title: "Send it?", confirm: "Send", text: given.label_id ? "It goes to everybody with the label." : `It goes to ${asked.recipients.length} numbers.` });
      if (!sure) return;
      const body = { ...asked, name: given.name.trim(), scheduled_at: given.scheduled_at || null };
      const { data } = await request("POST", "/v1/broadcasts", { body, key });
      toast(data.status === "scheduled" ? "It is scheduled." : "It goes out.");
      open(data.id);
    });

    async function tryDry() {
      dry.replaceChildren(el("p", { class: "muted", text: "Looking…" }));
      try {
        const { data } = await request("POST", "/v1/broadcasts/preview", { body: wanted(Object.fromEntries(new FormData(form))) });
        dry.replaceChildren(...tried(data));
      } catch (error) {
        dry.replaceChildren(el("p", { class: "form-error", role: "alert", text: errorText(error) }));
      }
    }
    show(button("All broadcasts", { drawing: "back", on: { click: list } }), form);
    name.focus();
  }

  return {
    /** What the live push tells of one; while it goes out, its counts are fetched from time to time. */
    fold({ broadcast }) {
      if (!known.has(broadcast.id)) return shown === null && body.querySelector(".many") ? list() : undefined;
      known.set(broadcast.id, merge(known.get(broadcast.id), broadcast));
      redraw(broadcast.id);
      if (shown !== broadcast.id) return undefined;
      timer ??= setTimeout(async () => {
        timer = null;
        const { data } = await request("GET", `/v1/broadcasts/${broadcast.id}`).catch(() => ({ data: null }));
        if (data) known.set(data.id, data);
        redraw(broadcast.id);
      }, LOOK_EVERY);
      return undefined;
    },
  };
}

/** What the form's fields mean. Throws ApiError where a line is no number. */
function wanted({ body, label_id: label, recipients = "" }) {
  if (label) return { body, source: "label", label_id: Number(label) };
  const lines = recipients.split("\n").map((line) => line.trim()).filter(Boolean);
  return { body, source: "manual", recipients: lines.map((line) => {
    const found = /^([+\d\s().\-/]*\d)[\s,;]*(.*)$/.exec(line);
    if (!found) throw new ApiError(422, "VALIDATION_FAILED", "", { recipients: [`“${line.slice(0, 40)}” does not begin with a number.`] });
    return { phone: found[1].trim(), name: found[2].trim() || null };
  }) };
}

function errorText(error) {
  const details = Object.entries(error.details ?? {}).slice(0, 5).map(([place, texts]) => {
    const line = /^recipients\.(\d+)/.exec(place);
    return `${line ? `Line ${Number(line[1]) + 1}: ` : ""}${texts.join(" ")}`;
  });
  return details.join(" ") || error.message;
}

/** What the dry run says. */
function tried(data) {
  const left = Object.entries(data.skipped).map(([reason, count]) => `${count} ${why(reason)}`);
  const ends = data.ends_at ? `The last one would have it ${until(data.ends_at)}.` : "It would not come to an end.";
  return [
    el("p", {}, el("strong", { text: `${data.would_get_it} of ${data.total} would get it. ` }), ends),
    data.strangers > 0 && el("p", { class: "notice", text: `${data.strangers} of them have never written to you: WhatsApp may restrict numbers that write to strangers. They get it slowly.` }),
    left.length > 0 && el("p", { class: "muted", text: `Left out: ${left.join(", ")}.` }),
    ...data.samples.map(({ name, phone: to, text }) => el("figure", { class: "sample" }, el("figcaption", { class: "muted", text: name || phone(to) || "Unknown contact" }),
      el("blockquote", { class: "text-of-many", text }))),
  ].filter(Boolean);
}

function stateTag({ status }) {
  return el("span", { class: `tag state-tag ${{ done: "done", stopped: "late", paused: "soon" }[status] ?? ""}`, text: STATES[status] ?? status });
}

const nameOfState = (name) => OUTCOMES.find(([each]) => each === name)?.[1] ?? name;

/** One bar of all recipients, by what came of them. The table below says the same in numbers. */
function plot({ total, counts }) {
  const drawing = document.createElementNS(SVG, "svg");
  const parts = OUTCOMES.filter(([name]) => counts[name] > 0);
  drawing.setAttribute("viewBox", "0 0 1000 28");
  drawing.setAttribute("preserveAspectRatio", "none");
  drawing.setAttribute("class", "outcome-plot");
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", `Outcome: ${parts.map(([name, label]) => `${label} ${counts[name]}`).join(", ") || "nothing yet"}`);
  let from = 0;
  for (const [name, label] of parts) {
    const width = 1000 * counts[name] / total;
    const bar = document.createElementNS(SVG, "rect");
    for (const [key, value] of Object.entries({ x: from, y: 0, width: Math.max(width - 2, 1), height: 28, class: `outcome-${name}` })) bar.setAttribute(key, value);
    const title = document.createElementNS(SVG, "title");
    title.textContent = `${label}: ${counts[name]}`;
    bar.append(title);
    drawing.append(bar);
    from += width;
  }
  return drawing;
}

function table({ total, counts }) {
  const share = (count) => (total ? `${Math.round(100 * count / total)} %` : "");
  const row = (name, label, count) => el("tr", {}, el("th", { scope: "row" }, name && el("span", { class: `key outcome-${name}` }), label),
    el("td", { text: count.toLocaleString() }), el("td", { text: share(count) }));
  return el("table", { class: "outcomes" }, el("caption", { class: "unseen", text: "Outcome" }),
    el("tbody", {}, OUTCOMES.map(([name, label]) => row(name, label, counts[name])), row(null, "Booked", counts.booked), row(null, "Opted out", counts.opted_out), row(null, "In all", total)));
}
