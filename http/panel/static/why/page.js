// One conversation through time: what happened and why, how it stood at each step, what the customer saw then.

import { latest } from "../latest.js";
import { part } from "../parts.js";
import { el, empty, gist, nameOf, safely } from "../ui.js";
import { full, t } from "../words.js";
import { words } from "../written.js";

const PAGE = 200;
const PAUSE = 200; // while somebody moves the slider
const STEP = /^(message\.(sending|sent|ticked)|effect\.)/;

export default async function why(page) {
  const id = Number(page.params.id);
  const [{ data: conversation }, { data: causes }] = await Promise.all([page.api("GET", `/v1/conversations/${id}`), page.api("GET", `/v1/conversations/${id}/why`)]);
  page.head(t("pages.why"), el("a", { class: "button", href: `#/conversations/${id}`, text: t("why.conversation") }));
  page.box.append(el("p", { class: "muted", data: { own: "" }, text: nameOf(conversation) }), ...questions(causes, conversation, page.owner));

  const entries = await everything(page, id);
  if (!entries.length) return page.box.append(empty("clock", t("why.nothing"), ""));
  const every = el("input", { type: "checkbox" });
  const slider = el("input", { type: "range", class: "why-slider", name: "at", min: 0, max: entries.length - 1, step: 1, value: at(), "aria-label": t("why.slider") });
  const when = el("output", { class: "why-when", data: { own: "" } });
  const lines = el("ol", { class: "why-lines", "aria-label": t("why.happened") });
  const stood = el("div", { class: "card" });
  const seen = el("div", { class: "why-phone", role: "log", "aria-label": t("why.seen"), tabIndex: 0 });
  page.box.append(el("div", { class: "why-time" }, slider, when), el("div", { class: "why-columns" }, part(t("why.happened"), null, el("label", { class: "check" }, every, t("why.every")), lines),
    part(t("why.stood"), null, stood), part(t("why.seen"), t("why.seen_text"), seen)));
  lines.append(...entries.map(line));
  every.addEventListener("change", () => lines.classList.toggle("every", every.checked));
  slider.addEventListener("input", () => choose(Number(slider.value)));
  page.keys({ ArrowLeft: ["why.back", () => choose(Number(slider.value) - 1)], ArrowRight: ["why.on", () => choose(Number(slider.value) + 1)] });
  const newest = latest();
  let timer;
  choose(Number(slider.value));

  function at() {
    const asked = Number(page.query.get("offset"));
    const found = entries.findIndex((each) => each.offset === asked);
    return found < 0 ? entries.length - 1 : found;
  }

  function line(each, n) {
    const grounds = each.details.grounds ?? [];
    return el("li", { class: STEP.test(each.type) ? "why-step" : "" }, el("button", { type: "button", class: "why-line", on: { click: () => choose(n) } }, el("time", { class: "muted", dateTime: each.at, text: full(each.at), data: { own: "" } }),
      el("span", { class: "anywhere", data: { own: "" }, text: each.text })), grounds.length > 0 && el("details", { class: "why-grounds" }, el("summary", { text: t("why.grounds") }),
      el("ul", {}, grounds.map((one) => el("li", { class: "anywhere", data: { own: "" }, text: typeof one === "string" ? one : [one.question, one.answer].filter(Boolean).join(" — ") })))));
  }

  function choose(n) {
    if (n < 0 || n >= entries.length) return;
    slider.value = n;
    const each = entries[n];
    when.textContent = full(each.at);
    slider.setAttribute("aria-valuetext", `${full(each.at)}: ${each.text}`);
    page.setQuery({ offset: each.offset });
    [...lines.children].forEach((row, k) => (k === n ? row.setAttribute("aria-current", "step") : row.removeAttribute("aria-current")));
    lines.children[n].scrollIntoView({ block: "nearest" });
    clearTimeout(timer);
    timer = setTimeout(() => show(each), PAUSE);
  }

  async function show(each) {
    const found = await newest(Promise.all([safely(page.api("GET", `/v1/conversations/${each.conversation_id}/at/${each.offset}`)), safely(page.api("GET", `/v1/conversations/${id}/seen?${new URLSearchParams({ at: each.at })}`))]));
    if (!found || page.signal.aborted) return;
    const [standing, screen] = found;
    if (standing) stood.replaceChildren(...facts(standing.data));
    if (screen) {
      seen.replaceChildren(...(screen.data.length ? screen.data.map(bubble) : [el("p", { class: "muted", text: t("why.nothing_yet") })]));
      seen.scrollTop = seen.scrollHeight;
    }
  }

  function facts(now) {
    const { state } = page;
    const name = (map, one) => map.get(one)?.name ?? t("why.none");
    const rows = [[t("why.fact.status"), t(`why.status.${now.status}`)], [t("why.fact.mode"), t(`why.mode.${now.mode}`)], [t("why.fact.assigned"), name(state.users, now.assigned_user_id)], [t("why.fact.sector"), name(state.sectors, now.sector_id)],
      [t("why.fact.labels"), now.labels.map((one) => state.labels.get(one)?.name).filter(Boolean).join(", ") || t("why.none")], [t("why.fact.unread"), String(now.unread_count)], ...(now.snoozed_until ? [[t("why.fact.snoozed"), full(now.snoozed_until)]] : [])];
    return [el("dl", { class: "why-facts" }, rows.map(([label, value]) => [el("dt", { class: "muted", text: label }), el("dd", { class: "anywhere", data: { own: "" }, text: value })]).flat()),
      el("details", {}, el("summary", { text: t("why.all") }), el("pre", { class: "code", tabIndex: 0, data: { own: "" }, text: JSON.stringify(now.state, null, 2) }))];
  }
}

/** Everything that the log has of it. */
async function everything(page, id) {
  const found = [];
  for (let next = 0; next !== null;) {
    const { data, meta } = await page.api("GET", `/v1/conversations/${id}/timeline?after=${next}&limit=${PAGE}`);
    found.push(...data);
    next = meta.next_after;
  }
  return found;
}

/** Why late, why no answer; and where the other questions of an owner are answered. */
function questions({ late, unanswered, unanswered_since: since }, conversation, owner) {
  const causes = (list) => el("ul", { class: "why-causes" }, list.map((each) => el("li", { data: { own: "" }, text: each.text })));
  return [
    ...late.map((each) => part(t(`why.late.${each.clock}`), null, el("p", { class: "notice" }, each.met_at ? t("why.late_met", { due: full(each.due_at), met: full(each.met_at) }) : t("why.late_open", { due: full(each.due_at) })), causes(each.causes))),
    since ? part(t("why.unanswered"), null, el("p", { class: "notice", text: t("why.unanswered_since", { when: full(since) }) }), causes(unanswered)) : "",
    el("nav", { class: "row", "aria-label": t("why.more") }, owner && [el("a", { class: "button", href: "#/reports/handoffs", text: t("why.handoffs") }), el("a", { class: "button", href: "#/settings/audit", text: t("pages.audit") })],
      el("a", { class: "button", href: "#/?in_doubt=1", text: t("why.doubt") }), conversation.contact_id && el("a", { class: "button", href: `#/contacts/${conversation.contact_id}`, text: t("why.contact") })),
  ].filter(Boolean);
}

function bubble(each) {
  const gone = each.deleted ? t("why.deleted") : null;
  return el("p", { class: `why-bubble ${each.direction === "outbound" ? "why-out" : "why-in"}` }, el("span", { class: "anywhere", data: { own: "" } }, each.body && !gone ? words(each.body) : gone ?? gist(each)),
    el("span", { class: "muted why-tick", data: { own: "" } }, [each.edited && t("why.edited"), each.direction === "outbound" && t(`why.tick.${each.status}`)].filter(Boolean).join(" · ")));
}
