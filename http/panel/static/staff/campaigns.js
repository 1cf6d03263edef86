// E-mail campaigns: written, tried out, sent, watched, stopped.

import { ask, button, el, field, formOf, safely, showErrors, toast } from "../ui.js";
import { full, inZone, number, t } from "../words.js";
import { facts, pages, tag } from "./lists.js";

const GROUPS = { plans: ["starter", "professional", "business"], locales: ["en", "pt-BR", "es"], statuses: ["active", "suspended"], roles: ["owner", "agent"] };
const AT_FIRST = new Set(["active", "owner"]);
const WORKS = 3000;

export default async function campaigns(page) {
  if (page.params.id === "new") return write(page);
  return page.params.id ? detail(page, page.params.id) : listed(page);
}

async function listed(page) {
  const shown = pages(page, (query) => page.api("GET", `/v1/admin/campaigns?${query}`), row, t("staff.campaign.none"));
  page.head(t("staff.place.campaigns"), el("a", { class: "button primary", href: "#/campaigns/new", text: t("staff.campaign.new") }));
  page.box.append(shown.box);
  await shown.draw();
}

function row(each) {
  return el("a", { class: "list-row", href: `#/campaigns/${each.id}` }, el("strong", { class: "grow", data: { own: "" }, text: each.subject }),
    el("span", { class: "row end" }, tag(t(`staff.sending.${each.status}`)), each.size !== null && tag(t("staff.campaign.people", { n: each.size })),
      el("time", { class: "muted", dateTime: each.created_at, text: full(each.created_at) })));
}

const label = (group, name) => (group === "roles" ? t(`staff.role.${name}`) : group === "statuses" ? t(`staff.status.${name}`) : name);

function write(page) {
  const audience = el("div", { class: "stack" }, Object.entries(GROUPS).map(([group, names]) => el("fieldset", { class: "field" }, el("legend", { class: "legend", text: t(`staff.audience.${group}`) }),
    el("div", { class: "row" }, names.map((name) => el("label", { class: "check" }, el("input", { type: "checkbox", name: group, value: name, checked: AT_FIRST.has(name) }), label(group, name)))))));
  const chosen = () => Object.fromEntries(Object.keys(GROUPS).map((group) => [group, [...audience.querySelectorAll(`[name=${group}]:checked`)].map((each) => each.value)]));
  const size = el("p", { class: "muted", role: "status" });
  const count = () => safely(async () => {
    const { data } = await page.api("POST", "/v1/admin/campaigns/audience", { body: chosen() });
    size.textContent = t("staff.campaign.people", { n: data.size });
    return data.size;
  });
  const form = formOf(t("staff.campaign.send"), [
    field(t("staff.campaign.subject"), el("input", { name: "subject", maxLength: 200 })),
    field(t("staff.campaign.body"), el("textarea", { class: "staff-long", name: "body", maxLength: 32768 }), t("staff.campaign.markdown")),
    audience, size,
    field(t("staff.campaign.at"), el("input", { name: "scheduled_at", type: "datetime-local", min: inZone(new Date()) }), t("staff.campaign.at_hint")),
    field(t("staff.campaign.test_to"), el("input", { name: "email", type: "email" })),
    button(t("staff.campaign.test"), { on: { click: () => test(page, form) } }),
  ], async ({ subject, body, scheduled_at: at }) => {
    const many = await count();
    if (!await ask({ title: t("staff.campaign.sure"), text: t("staff.campaign.people", { n: many ?? 0 }), confirm: t("staff.campaign.send") })) return;
    const sent = { subject, body, audience: chosen(), scheduled_at: at ? new Date(at).toISOString() : null };
    const { data } = await page.api("POST", "/v1/admin/campaigns", { body: sent, key: crypto.randomUUID() });
    page.go(`/campaigns/${data.id}`);
  });
  audience.addEventListener("change", count);
  page.head(t("staff.campaign.new"));
  page.box.append(el("p", {}, el("a", { href: "#/campaigns", text: t("staff.campaign.back") })), form);
  count();
}

async function test(page, form) {
  const { subject, body, email } = Object.fromEntries(new FormData(form));
  try {
    const { data } = await page.api("POST", "/v1/admin/campaigns/test", { body: { subject, body, email } });
    showErrors(form, null);
    if (data.sent) toast(t("staff.campaign.tested", { email }), "good");
    else toast(data.reason, "bad");
  } catch (error) {
    showErrors(form, error);
  }
}

async function detail(page, id) {
  const box = el("div", { class: "stack" });
  const heading = el("h1", { data: { own: "" } });
  const acts = el("div", { class: "row" });
  let working = true;
  const act = (path) => button(t(`staff.campaign.${path}`), { on: { click: () => safely(async () => {
    draw((await page.api("POST", `/v1/admin/campaigns/${id}/${path}`)).data);
  }) } });
  const end = (over) => button(t(over ? "staff.frame.remove" : "staff.campaign.cancel"), { class: "danger-text", on: { click: async () => {
    if (!await ask({ title: t(over ? "staff.campaign.hide" : "staff.campaign.stop"), confirm: t(over ? "staff.frame.remove" : "staff.campaign.cancel"), danger: true })) return;
    safely(async () => {
      await page.api("DELETE", `/v1/admin/campaigns/${id}`);
      if (over) page.go("/campaigns");
      else await load();
    });
  } } });
  const draw = (found) => {
    const over = ["sent", "cancelled"].includes(found.status);
    working = !over;
    heading.textContent = found.subject;
    acts.replaceChildren(...[found.status === "sending" && act("pause"), ["paused", "stopped"].includes(found.status) && act("resume"), end(over)].filter(Boolean));
    box.replaceChildren(el("p", { class: "row" }, tag(t(`staff.sending.${found.status}`)), found.reason ?? ""),
      facts([[t("staff.campaign.size"), found.size === null ? "–" : number(found.size)],
        ...Object.entries(found.counts).filter(([, n]) => n > 0).map(([name, n]) => [t(`staff.mail.${name}`), number(n)]),
        [t("staff.campaign.at"), found.scheduled_at && full(found.scheduled_at)], [t("staff.campaign.finished"), found.finished_at && full(found.finished_at)]]),
      el("pre", { class: "code", tabIndex: 0, data: { own: "" }, text: found.body }));
  };
  const load = async () => draw((await page.api("GET", `/v1/admin/campaigns/${id}`)).data);
  const people = pages(page, (query) => page.api("GET", `/v1/admin/campaigns/${id}/recipients?${query}`), (each) => el("div", { class: "list-row" },
    el("span", { class: "grow", data: { own: "" }, text: each.email }), tag(t(`staff.mail.${each.status}`)), each.reason && el("span", { class: "muted", data: { own: "" }, text: each.reason })), t("staff.campaign.nobody"));
  page.box.append(el("header", { class: "page-head" }, heading, acts), el("p", {}, el("a", { href: "#/campaigns", text: t("staff.campaign.back") })), box, el("h2", { text: t("staff.campaign.recipients") }), people.box);
  page.every(WORKS, () => working && safely(load));
  await Promise.all([load(), people.draw()]);
}
