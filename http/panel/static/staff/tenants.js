// Workspaces: found, looked at, suspended, stepped into, granted a plan.

import { ask, button, dialog, el, field, formOf, safely, toast } from "../ui.js";
import { brief, date, full, number, t } from "../words.js";
import { choice, facts, filters, pages, tag } from "./lists.js";
import { openPanel } from "./session.js";

const PLANS = ["starter", "professional", "business"];

export default async function tenants(page) {
  return page.params.id ? detail(page, page.params.id) : listed(page);
}

async function listed(page) {
  const any = ["", t("staff.frame.all")];
  const shown = pages(page, (query) => page.api("GET", `/v1/admin/tenants?${query}`), row, t("staff.tenant.none"));
  page.head(t("staff.place.tenants"));
  page.box.append(filters(page, [
    field(t("staff.tenant.search"), el("input", { name: "q", type: "search", value: page.query.get("q") ?? "" })),
    choice("status", t("staff.tenant.status"), [any, ["active", t("staff.status.active")], ["suspended", t("staff.status.suspended")]], page.query.get("status")),
    choice("plan", t("staff.tenant.plan"), [any, ...PLANS.map((plan) => [plan, plan])], page.query.get("plan")),
  ], () => safely(() => shown.draw())), shown.box);
  await shown.draw();
}

function row(tenant) {
  const { numbers_down: down, dead_letters: dead, doubtful_sends: doubtful, webhooks_off: off } = tenant.health;
  return el("a", { class: "list-row", href: `#/tenants/${tenant.id}` },
    el("span", { class: "grow" }, el("strong", { data: { own: "" }, text: tenant.name }), el("br"), el("span", { class: "muted", data: { own: "" }, text: tenant.owners.join(", ") })),
    el("span", { class: "row end" }, tenant.status === "suspended" && tag(t("staff.status.suspended"), "bad"), tag(tenant.plan),
      down > 0 && tag(t("staff.tenant.down", { n: down }), "bad"), dead + doubtful > 0 && tag(t("staff.tenant.trouble", { n: dead + doubtful }), "bad"), off > 0 && tag(t("staff.tenant.off", { n: off }), "bad"),
      tenant.last_activity_at && el("time", { class: "muted", dateTime: tenant.last_activity_at, text: brief(tenant.last_activity_at) })));
}

async function detail(page, id) {
  const { data: tenant } = await page.api("GET", `/v1/admin/tenants/${id}`);
  const again = (call) => safely(async () => {
    await call();
    page.box.replaceChildren();
    await detail(page, id);
  });
  const suspended = tenant.status === "suspended";
  const suspend = async () => {
    const reason = await ask({ title: t("staff.tenant.suspend"), text: t("staff.tenant.suspend_text"), label: t("staff.tenant.reason"), limit: 280, confirm: t("staff.tenant.suspend"), danger: true });
    if (reason) again(() => page.api("POST", `/v1/admin/tenants/${id}/suspend`, { body: { reason } }));
  };
  page.head(tenant.name, suspended
    ? button(t("staff.tenant.reactivate"), { class: "primary", on: { click: () => again(() => page.api("POST", `/v1/admin/tenants/${id}/reactivate`, { body: {} })) } })
    : button(t("staff.tenant.suspend"), { class: "danger-text", on: { click: suspend } }),
  page.manages && button(t("staff.tenant.step_in"), { on: { click: () => stepIn(page, tenant) } }),
  page.manages && button(t("staff.tenant.step_out"), { on: { click: () => again(() => page.api("DELETE", `/v1/admin/tenants/${id}/impersonate`)) } }),
  page.manages && button(t("staff.tenant.licence"), { on: { click: () => licence(page, tenant, again) } }));
  page.box.querySelector("h1").dataset.own = "";
  page.box.append(el("p", {}, el("a", { href: "#/tenants", text: t("staff.tenant.back") })),
    ...(suspended ? [el("p", { class: "notice", text: t("staff.tenant.is_suspended", { reason: tenant.suspension?.reason ?? "" }) })] : []),
    el("div", { class: "staff-two" },
      el("section", { class: "card" }, facts([
        [t("staff.tenant.plan"), tenant.plan], [t("staff.tenant.licence"), tenant.licence && `${tenant.licence.plan} · ${tenant.licence.until ? date(tenant.licence.until) : t("staff.tenant.for_life")}`],
        [t("staff.tenant.trial"), tenant.trial_ends_at && date(tenant.trial_ends_at)], [t("staff.tenant.owners"), tenant.owners.join(", ")],
        [t("staff.tenant.where"), `${tenant.country_code} · ${tenant.timezone} · ${tenant.locale}`], [t("staff.tenant.founded"), tenant.founded_at && full(tenant.founded_at)],
        [t("staff.tenant.active"), tenant.last_activity_at && full(tenant.last_activity_at)], [t("staff.tenant.messages"), number(tenant.messages_30d)],
        [t("staff.tenant.contacts"), number(tenant.contacts)], [t("staff.tenant.numbers"), number(tenant.usage.numbers)],
        [t("staff.tenant.numbers_down"), number(tenant.health.numbers_down)], [t("staff.figure.dead"), number(tenant.health.dead_letters)],
        [t("staff.figure.doubtful"), number(tenant.health.doubtful_sends)], [t("staff.tenant.webhooks_off"), number(tenant.health.webhooks_off)],
        [t("staff.tenant.deleted"), tenant.deletion_scheduled_for && full(tenant.deletion_scheduled_for)],
      ])),
      el("section", {}, el("h2", { text: t("staff.tenant.team") }), el("ul", { class: "list" }, tenant.team.map((member) => el("li", { class: "list-row" },
        el("span", { class: "grow", data: { own: "" } }, el("strong", { text: member.name }), el("br"), el("span", { class: "muted", text: member.email })),
        tag(t(`staff.role.${member.role}`)), member.two_factor_enabled && tag("2FA", "good")))))),
    el("p", {}, el("a", { href: `#/audit?tenant_id=${id}`, text: t("staff.tenant.audit") })));
}

function stepIn(page, tenant) {
  const box = dialog(t("staff.tenant.step_in"), el("div", { class: "stack" }, el("p", { class: "muted", text: t("staff.tenant.step_in_text") }),
    formOf(t("staff.tenant.step_in"), [
      choice("user_id", t("staff.tenant.as"), tenant.team.map((member) => [String(member.id), member.name])),
      choice("mode", t("staff.tenant.mode"), [["read", t("staff.tenant.to_read")], ["write", t("staff.tenant.to_write")]]),
      field(t("staff.tenant.reason"), el("input", { name: "reason", maxLength: 280 })),
    ], async ({ user_id: user, mode, reason }) => {
      const { data } = await page.api("POST", `/v1/admin/tenants/${tenant.id}/impersonate`, { body: { reason, mode, user_id: Number(user) } });
      box.close();
      if (!openPanel(data.token)) toast(t("staff.tenant.no_window"), "bad");
    })), { className: "small" });
}

function licence(page, tenant, again) {
  const box = dialog(t("staff.tenant.licence"), el("div", { class: "stack" },
    formOf(t("staff.tenant.grant"), [
      choice("plan_key", t("staff.tenant.plan"), PLANS.map((plan) => [plan, plan]), tenant.licence?.plan),
      field(t("staff.tenant.months"), el("input", { name: "expires_in_months", type: "number", min: 1, max: 120 }), t("staff.tenant.months_hint")),
      field(t("staff.tenant.reason"), el("input", { name: "reason", maxLength: 280 })),
    ], async ({ plan_key: plan, expires_in_months: months, reason }) => {
      await page.api("POST", `/v1/admin/tenants/${tenant.id}/license`, { body: { plan_key: plan, expires_in_months: months ? Number(months) : null, reason: reason || null } });
      box.close();
      toast(t("staff.tenant.granted"), "good");
      again(async () => {});
    }),
    tenant.licence && button(t("staff.tenant.revoke"), { class: "danger-text", on: { click: () => {
      box.close();
      again(() => page.api("DELETE", `/v1/admin/tenants/${tenant.id}/license`));
    } } })), { className: "small" });
}
