// Messages to many: the list, one of them with its progress and outcome, and a new one with its dry run.

import { ApiError, request } from "./api.js";
import { latest } from "./latest.js";
import { pages } from "./parts.js";
import { ask, button, el, empty, field, formOf, phone, safely, toast } from "./ui.js";
import { full, listed, number, percent, t, until } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const LOOK_EVERY = 1000; // the counts of one that goes out are fetched so often at most
const PAGE = 25;
const MOST = 1000; // numbers that are typed in
const OUTCOMES = ["replied", "read", "delivered", "sent", "pending", "unknown", "skipped", "failed"];
const BRACES = { brace: "{{", ecarb: "}}" }; // what is filled in by the server stands so in a text

const why = (reason) => (t.has(`broadcasts.why.${reason}`) ? t(`broadcasts.why.${reason}`) : reason ?? "");
const reasonOf = (reason) => (t.has(`broadcasts.reason.${reason}`) ? t(`broadcasts.reason.${reason}`) : reason);

/** All of them, in a box of their own; what is shown of them is looked at again whenever one of them moves. */
export function broadcastsBox(page, body) {
  const { state } = page;
  const { owner } = page;
  let look = null; // at what is shown
  list();
  return page.watch(() => look(), ({ data }) => data.broadcast, { wait: LOOK_EVERY });

  /** Show something else; `again` looks at it. */
  function show(again, ...nodes) {
    look = again;
    body.replaceChildren(...nodes);
    body.querySelector("[data-first]")?.focus();
  }

  // -- the list -------------------------------------------------------------------------------------------------------

  function list() {
    const all = pages(t("pages.broadcasts"), (cursor) => page.api("GET", `/v1/broadcasts?${new URLSearchParams({ limit: String(PAGE), ...(cursor && { cursor }) })}`), row,
      () => empty("megaphone", t("broadcasts.none")));
    const add = owner ? button(t("broadcasts.new"), { drawing: "plus", class: "primary", data: { first: "" }, on: { click: create } })
      : el("p", { class: "muted", text: t("broadcasts.only_owner") });
    show(all.again, el("div", { class: "row" }, add), all.node);
  }

  /** Back to the list. */
  function leave() {
    list();
    return safely(look());
  }

  function row(each) {
    return el("li", {}, el("button", { type: "button", class: "list-row broadcasts-row", on: { click: () => open(each.id) } },
      el("span", { class: "grow" }, el("strong", { class: "anywhere", data: { own: "" }, text: each.name }),
        el("span", { class: "muted broadcasts-line", text: t("broadcasts.row", { total: each.total, replied: each.counts.replied, when: full(each.started_at ?? each.scheduled_at ?? each.created_at) }) })), stateTag(each)));
  }

  // -- one of them ----------------------------------------------------------------------------------------------------

  /** What is told of it is drawn where it stands: who reads the list of its people goes on reading. */
  function open(id) {
    const place = el("div", { class: "stack" });
    const newest = latest();
    show(async () => {
      const found = await newest(page.api("GET", `/v1/broadcasts/${id}`));
      if (found && !redraw(found.data)) place.replaceChildren(...detail(found.data));
    }, button(t("broadcasts.all"), { drawing: "back", data: { first: "" }, on: { click: leave } }), place);
    return safely(look());
  }

  function detail(one) {
    const head = el("div", { class: "row" }, el("h2", { class: "grow", data: { own: "" }, text: one.name }), stateTag(one));
    const text = el("blockquote", { class: "text-of-many", data: { own: "" }, text: one.body });
    const live = el("div", { class: "stack", role: "status", "aria-live": "polite", "aria-atomic": "false", data: { live: one.id } }, ...outcome(one));
    const people = el("div", { class: "stack" }, button(t("broadcasts.people"), { on: { click: (event) => recipients(event.currentTarget.parentNode, one.id) } }));
    return [head, text, live, el("div", { class: "row", data: { actions: "" } }, actions(one)), people];
  }

  function outcome(one) {
    const waits = one.reason && (one.waits_until ? t("broadcasts.until", { why: reasonOf(one.reason), when: until(one.waits_until) }) : reasonOf(one.reason));
    const when = one.status === "scheduled" && one.scheduled_at ? t("broadcasts.starts", { when: until(one.scheduled_at) }) : null;
    return [(waits || when) && el("p", { class: one.status === "stopped" ? "notice" : "muted", text: waits || when }), plot(one), table(one)].filter(Boolean);
  }

  function actions(one) {
    if (!owner) return [];
    const tell = (what, label, props = {}) => button(label, { ...props, on: { click: () => act(one, what) } });
    return [
      one.status === "sending" && tell("pause", t("broadcasts.pause")),
      (one.status === "paused" || one.status === "stopped") && tell("resume", t("broadcasts.resume"), { class: "primary" }),
      !["done", "cancelled"].includes(one.status) && tell("cancel", t("broadcasts.cancel"), { class: "danger-text" }),
    ].filter(Boolean);
  }

  async function act(one, what) {
    const sure = what !== "cancel" || await ask({ title: t("broadcasts.sure.cancel"), confirm: t("broadcasts.cancel"), danger: true,
      text: t("broadcasts.sure.cancel_text") });
    if (!sure) return;
    const answer = await safely(page.api("POST", `/v1/broadcasts/${one.id}/${what}`));
    if (answer) redraw(answer.data);
  }

  /** How it stands now, where it is shown; answers whether it is. */
  function redraw(one) {
    const live = body.querySelector(`[data-live="${one.id}"]`);
    if (!live) return false;
    live.replaceChildren(...outcome(one));
    body.querySelector("[data-actions]").replaceChildren(...actions(one));
    body.querySelector(".state-tag").replaceWith(stateTag(one));
    return true;
  }

  async function recipients(place, id, cursor = "", rows = el("tbody")) {
    try {
      const { data, meta } = await request("GET", `/v1/broadcasts/${id}/recipients?limit=100${cursor && `&cursor=${cursor}`}`);
      rows.append(...data.map((each) => el("tr", {}, el("td", { data: { own: "" }, text: each.name ?? "" }), el("td", { data: { own: "" }, text: phone(each.phone) }),
        el("td", { text: [nameOfState(each.status), why(each.reason)].filter(Boolean).join(": ") }))));
      const more = meta.next_cursor && button(t("broadcasts.show_more"), { on: { click: () => recipients(place, id, meta.next_cursor, rows) } });
      place.replaceChildren(el("div", { class: "wide-table" }, el("table", {}, el("caption", { text: t("broadcasts.recipients") }),
        el("thead", {}, el("tr", {}, ["broadcasts.column.name", "broadcasts.column.number", "broadcasts.column.came"].map((key) => el("th", { scope: "col", text: t(key) })))), rows)), more || "");
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  // -- a new one ------------------------------------------------------------------------------------------------------

  function create() {
    const name = el("input", { name: "name", maxLength: 100, required: true });
    const text = el("textarea", { name: "body", rows: 4, maxLength: 1024, placeholder: t("broadcasts.form.text_example", BRACES) });
    const source = el("select", { name: "label_id" }, el("option", { value: "", text: t("broadcasts.form.listed") }),
      ...[...state.labels.values()].map((label) => el("option", { value: label.id, text: t("broadcasts.form.labelled", { name: label.name }) })));
    const numbers = el("textarea", { name: "recipients", rows: 4, placeholder: "(11) 98765-0001 Bia\n+55 11 98765-0002" });
    const byHand = field(t("broadcasts.form.numbers"), numbers, t("broadcasts.form.numbers_hint", { n: MOST }));
    const later = el("input", { name: "scheduled_at", type: "datetime-local" });
    const dry = el("div", { class: "stack", role: "status", "aria-live": "polite" });
    const key = crypto.randomUUID();
    source.addEventListener("change", () => { byHand.hidden = source.value !== ""; });
    const form = formOf(t("broadcasts.form.send"), [
      field(t("broadcasts.form.name"), name, t("broadcasts.form.name_hint")), field(t("broadcasts.form.to"), source), byHand,
      field(t("broadcasts.form.text"), text, t("broadcasts.form.text_hint", BRACES)),
      field(t("broadcasts.form.when"), later, t("broadcasts.form.when_hint")),
      button(t("broadcasts.form.dry"), { class: "wide", on: { click: () => tryDry() } }), dry,
    ], async (given) => {
      const asked = wanted(given);
      const sure = await ask({ title: t("broadcasts.sure.send"), confirm: t("broadcasts.sure.go"), text: given.label_id ? t("broadcasts.sure.label") : t("broadcasts.sure.numbers", { n: asked.recipients.length }) });
      if (!sure) return;
      const body = { ...asked, name: given.name.trim(), scheduled_at: given.scheduled_at || null };
      const { data } = await request("POST", "/v1/broadcasts", { body, key });
      toast(t(data.status === "scheduled" ? "broadcasts.scheduled" : "broadcasts.goes"));
      open(data.id);
    });

    async function tryDry() {
      dry.replaceChildren(el("p", { class: "muted", text: t("broadcasts.looking") }));
      try {
        const { data } = await request("POST", "/v1/broadcasts/preview", { body: wanted(Object.fromEntries(new FormData(form))) });
        dry.replaceChildren(...tried(data));
      } catch (error) {
        dry.replaceChildren(el("p", { class: "form-error", role: "alert", text: errorText(error) }));
      }
    }
    show(async () => {}, button(t("broadcasts.all"), { drawing: "back", on: { click: leave } }), form);
    name.focus();
  }
}

/** What the form's fields mean. Throws ApiError where a line is no number. */
/** @param {Record<string, any>} given */
function wanted({ body, label_id: label, recipients = "" }) {
  if (label) return { body, source: "label", label_id: Number(label) };
  const lines = recipients.split("\n").map((line) => line.trim()).filter(Boolean);
  return { body, source: "manual", recipients: lines.map((line) => {
    const found = /^([+\d\s().\-/]*\d)[\s,;]*(.*)$/.exec(line);
    if (!found) throw new ApiError(422, "VALIDATION_FAILED", "", { recipients: [t("broadcasts.no_number", { line: line.slice(0, 40) })] });
    return { phone: found[1].trim(), name: found[2].trim() || null };
  }) };
}

function errorText(error) {
  const details = Object.entries(error.details ?? {}).slice(0, 5).map(([place, texts]) => {
    const line = /^recipients\.(\d+)/.exec(place);
    return line ? t("broadcasts.line", { n: Number(line[1]) + 1, text: texts.join(" ") }) : texts.join(" ");
  });
  return details.join(" ") || error.message;
}

/** What the dry run says. */
function tried(data) {
  const left = Object.entries(data.skipped).map(([reason, count]) => `${number(count)} ${why(reason)}`);
  const ends = data.ends_at ? t("broadcasts.dry.ends", { when: until(data.ends_at) }) : t("broadcasts.dry.never");
  return [
    el("p", {}, el("strong", { text: t("broadcasts.dry.would", { count: data.would_get_it, total: data.total }) }), " ", ends),
    data.strangers > 0 && el("p", { class: "notice", text: t("broadcasts.dry.strangers", { n: data.strangers }) }),
    left.length > 0 && el("p", { class: "muted", text: t("broadcasts.dry.left", { words: listed(left) }) }),
    ...data.samples.map(({ name, phone: to, text }) => el("figure", { class: "sample" }, el("figcaption", { class: "muted", text: name || phone(to) || t("common.unknown_contact") }),
      el("blockquote", { class: "text-of-many", data: { own: "" }, text }))),
  ].filter(Boolean);
}

function stateTag({ status }) {
  return el("span", { class: `tag state-tag ${{ done: "done", stopped: "late", paused: "soon" }[status] ?? ""}`, text: t(`broadcasts.state.${status}`) });
}

const nameOfState = (name) => (t.has(`broadcasts.outcome.${name}`) ? t(`broadcasts.outcome.${name}`) : name);

/** One bar of all recipients, by what came of them. The table below says the same in numbers. */
function plot({ total, counts }) {
  const drawing = document.createElementNS(SVG, "svg");
  const parts = OUTCOMES.filter((name) => counts[name] > 0);
  drawing.setAttribute("viewBox", "0 0 1000 28");
  drawing.setAttribute("preserveAspectRatio", "none");
  drawing.setAttribute("class", "outcome-plot");
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", t("broadcasts.outcome_of", { words: listed(parts.map((name) => `${nameOfState(name)} ${number(counts[name])}`)) || t("broadcasts.nothing") }));
  let from = 0;
  for (const name of parts) {
    const width = 1000 * counts[name] / total;
    const bar = document.createElementNS(SVG, "rect");
    for (const [key, value] of Object.entries({ x: from, y: 0, width: Math.max(width - 2, 1), height: 28, class: `outcome-${name}` })) bar.setAttribute(key, String(value));
    const title = document.createElementNS(SVG, "title");
    title.textContent = `${nameOfState(name)}: ${number(counts[name])}`;
    bar.append(title);
    drawing.append(bar);
    from += width;
  }
  return drawing;
}

function table({ total, counts }) {
  const share = (count) => (total ? percent(count / total) : "");
  const row = (name, label, count) => el("tr", {}, el("th", { scope: "row" }, name && el("span", { class: `key outcome-${name}` }), label),
    el("td", { text: number(count) }), el("td", { text: share(count) }));
  return el("table", { class: "outcomes" }, el("caption", { class: "unseen", text: t("broadcasts.outcomes") }),
    el("tbody", {}, OUTCOMES.map((name) => row(name, nameOfState(name), counts[name])), row(null, t("broadcasts.booked"), counts.booked),
      row(null, t("broadcasts.opted_out"), counts.opted_out), row(null, t("broadcasts.in_all"), total)));
}
