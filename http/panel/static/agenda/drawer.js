// One appointment: what it is, what can be done with it, why it is as it is.

import { formDialog, part } from "../parts.js";
import { button, dialog, el, field, safely, toast } from "../ui.js";
import { full, inZone, money, t } from "../words.js";

/** Open the drawer of an appointment. */
export async function drawer(page, world, id, { changed }) {
  const body = el("div", { class: "stack" });
  const box = dialog(t("agenda.appointment"), body, { className: "drawer" });
  page.signal.addEventListener("abort", () => box.close());
  await draw();

  async function draw() {
    const answer = await safely(page.api("GET", `/v1/scheduling/appointments/${id}`));
    if (!answer) return box.close();
    const each = answer.data;
    const contact = each.contact_id && await safely(page.api("GET", `/v1/contacts/${each.contact_id}`));
    const service = world.services.get(each.service_id);
    const line = (label, value) => value && el("div", { class: "agenda-fact" }, el("dt", { class: "muted", text: label }), el("dd", { class: "anywhere", data: { own: "" } }, value));
    const customer = contact && el("a", { href: `#/contacts/${each.contact_id}`, on: { click: () => box.close() }, text: contact.data.contact_name || contact.data.contact_phone });
    body.replaceChildren(...[
      el("p", {}, el("span", { class: `tag agenda-${each.status}`, text: t(`agenda.status.${each.status}`) })),
      el("dl", { class: "agenda-facts" }, [line(t("agenda.service"), service?.name), line(t("agenda.when"), `${full(each.start)} – ${inZone(new Date(each.end)).slice(11)}`),
        line(t("agenda.with"), page.state.users.get(each.provider_id)?.name), line(t("agenda.customer"), customer), line(t("agenda.needs"), each.resource_ids.map((one) => world.resources.get(one)?.name).filter(Boolean).join(", ")),
        line(t("agenda.notes"), each.notes), line(t("agenda.reason"), each.reason),
        line(t("agenda.payment"), each.payment && `${money(each.payment.amount_cents, each.payment.currency)} · ${t(`agenda.paid.${each.payment.status}`)}`)].filter(Boolean)),
      el("div", { class: "row" }, deeds(each)),
      each.conversation_id && el("div", { class: "row" }, el("a", { class: "button", href: `#/conversations/${each.conversation_id}`, on: { click: () => box.close() }, text: t("agenda.conversation") })),
      await why(),
    ].filter(Boolean));
  }

  async function did(work) {
    await safely(work);
    await Promise.all([draw(), changed()]);
  }

  function deeds(each) {
    const deed = (name, act, className = "") => button(t(`agenda.do.${name}`), { class: className, on: { click: () => did(act) } });
    const move = button(t("agenda.do.move"), { on: { click: () => moving(each) } });
    const cancel = button(t("agenda.do.cancel"), { class: "danger-text", on: { click: () => cancelling(each) } });
    const edit = button(t("agenda.do.edit"), { on: { click: () => editing(each) } });
    const pay = each.payment?.status === "owed" || each.payment?.status === "open" ? button(t("agenda.do.pay"), { on: { click: link } }) : null;
    const invite = each.conversation_id && button(t("agenda.do.invite"), { on: { click: async () => {
      if (await safely(page.api("POST", `/v1/scheduling/appointments/${id}/invite`))) toast(t("agenda.invited"), "good");
    } } });
    switch (each.status) {
      case "pending": return [page.owner && deed("approve", () => page.api("POST", `/v1/scheduling/appointments/${id}/approve`), "primary"), page.owner && button(t("agenda.do.decline"), { on: { click: declining } }), move, edit, cancel, pay].filter(Boolean);
      case "confirmed": return [deed("arrive", () => page.api("POST", `/v1/scheduling/appointments/${id}/arrive`), "primary"), deed("complete", () => page.api("POST", `/v1/scheduling/appointments/${id}/complete`)), deed("no_show", () => page.api("POST", `/v1/scheduling/appointments/${id}/no-show`)), move, edit, invite, cancel, pay].filter(Boolean);
      case "arrived": return [deed("complete", () => page.api("POST", `/v1/scheduling/appointments/${id}/complete`), "primary"), deed("not_arrived", () => page.api("DELETE", `/v1/scheduling/appointments/${id}/arrive`)), edit, cancel, pay].filter(Boolean);
      case "completed": return [deed("not_complete", () => page.api("DELETE", `/v1/scheduling/appointments/${id}/complete`)), edit];
      case "no_show": return [deed("not_no_show", () => page.api("DELETE", `/v1/scheduling/appointments/${id}/no-show`)), edit];
      default: return [];
    }
  }

  async function link() {
    const answer = await safely(page.api("POST", `/v1/scheduling/appointments/${id}/payment-link`));
    if (!answer) return;
    await navigator.clipboard?.writeText(answer.data.url).catch(() => {}); // it is shown, too
    formDialog(t("agenda.do.pay"), [field(t("agenda.link"), el("input", { value: answer.data.url, readOnly: true }))], t("agenda.close"), async () => {});
  }

  function moving(each) {
    const who = el("select", { name: "provider" }, (world.services.get(each.service_id)?.provider_ids ?? []).map((one) => el("option", { value: one, text: page.state.users.get(one)?.name ?? "", selected: one === each.provider_id, data: { own: "" } })));
    formDialog(t("agenda.do.move"), [field(t("agenda.when"), el("input", { name: "start", type: "datetime-local", value: inZone(new Date(each.start)), step: 300 })), who.options.length ? field(t("agenda.with"), who) : ""], t("agenda.do.move"), async ({ start, provider }) => {
      const body = { start, revision: each.revision, ...(provider && { provider_id: Number(provider) }) };
      await page.api("POST", `/v1/scheduling/appointments/${id}/reschedule`, { body, key: crypto.randomUUID() });
      await Promise.all([draw(), changed()]);
    });
  }

  function cancelling(each) {
    const scope = el("select", { name: "scope" }, ["this", "following", "all"].map((one) => el("option", { value: one, text: t(`agenda.scope.${one}`) })));
    formDialog(t("agenda.do.cancel"), [each.series_id ? field(t("agenda.which"), scope) : "", field(t("agenda.reason"), el("input", { name: "reason", maxLength: 500 }), t("agenda.reason_hint"))], t("agenda.do.cancel"), async (given) => {
      await page.api("POST", `/v1/scheduling/appointments/${id}/cancel`, { body: { reason: given.reason.trim() || null, scope: given.scope ?? "this" } });
      await Promise.all([draw(), changed()]);
    }, { danger: true });
  }

  function declining() {
    formDialog(t("agenda.do.decline"), [field(t("agenda.reason"), el("input", { name: "reason", maxLength: 500 }))], t("agenda.do.decline"), async (given) => {
      await page.api("POST", `/v1/scheduling/appointments/${id}/decline`, { body: { reason: given.reason.trim() || null } });
      await Promise.all([draw(), changed()]);
    }, { danger: true });
  }

  function editing(each) {
    formDialog(t("agenda.do.edit"), [field(t("agenda.notes"), el("textarea", { name: "notes", rows: 4, maxLength: 2000, value: each.notes ?? "" }))], t("agenda.save"), async (given) => {
      await page.api("PATCH", `/v1/scheduling/appointments/${id}`, { body: { notes: given.notes.trim() || null } });
      await Promise.all([draw(), changed()]);
    });
  }

  async function why() {
    const answer = await safely(page.api("GET", `/v1/scheduling/appointments/${id}/timeline`));
    if (!answer) return null;
    return part(t("agenda.why"), null, el("ol", { class: "agenda-timeline" }, answer.data.map((each) => el("li", {}, el("time", { class: "muted", dateTime: each.at, text: full(each.at), data: { own: "" } }), el("span", { class: "anywhere", data: { own: "" }, text: each.text })))));
  }
}
