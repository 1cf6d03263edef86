// When people can be booked: the base schedule, each one's own, dates that are different, what is blocked.

import { resources } from "../declared/resource.js";
import { windowsField } from "../declared/widgets.js";
import { formDialog, part } from "../parts.js";
import { avatar, button, el, field, safely, toast } from "../ui.js";
import { t } from "../words.js";

export default async function schedules(page) {
  page.head(t("pages.schedules"));
  await resources(page, ["base_schedule"]);
  const rows = el("ul", { class: "list", "aria-label": t("agenda.people") });
  page.box.append(part(t("agenda.people"), t("agenda.people_text"), rows, page.owner && el("div", { class: "row" }, button(t("agenda.give_all"), { on: { click: giveAll } }))));
  await draw();

  async function draw() {
    const users = [...page.state.users.values()];
    const found = await Promise.all(users.map((each) => page.api("GET", `/v1/scheduling/providers/${each.id}/schedule`)));
    rows.replaceChildren(...users.map((each, at) => row(each, found[at].data)));
  }

  function row(user, schedule) {
    return el("li", { class: "list-row" }, avatar(user.name, user.id), el("div", { class: "grow" }, el("strong", { class: "anywhere", data: { own: "" }, text: user.name }), el("div", { class: "muted", text: t(`agenda.source.${schedule.source}`) })),
      page.owner && button(t("agenda.change_of", { name: user.name }), { drawing: "pencil", bare: true, class: "quiet", on: { click: () => edit(user, schedule) } }));
  }

  function edit(user, schedule) {
    const weekly = windowsField({ name: "rules", label: t("agenda.weekly"), hint: "" }, schedule.rules.filter((each) => each.kind === "open" && each.weekday !== null));
    const special = el("div", { class: "stack" }, schedule.rules.filter((each) => each.date !== null || each.kind === "blocked").map(line));
    const zone = el("input", { name: "timezone", value: schedule.timezone });
    formDialog(user.name, [field(t("agenda.zone"), zone), weekly.node, el("fieldset", { class: "field" }, el("legend", { class: "legend", text: t("agenda.special") }), special,
      button(t("agenda.add_special"), { on: { click: () => special.append(line({ kind: "blocked", date: new Date().toISOString().slice(0, 10), weekday: null, start_time: "09:00", end_time: "18:00" })) } }))], t("agenda.save"), async () => {
      const rules = [...weekly.read().map((each) => ({ kind: "open", ...each })), ...[...special.children].map((each) => each.read())];
      await page.api("PUT", `/v1/scheduling/providers/${user.id}/schedule`, { body: { timezone: zone.value, rules } });
      toast(t("agenda.saved"), "good");
      await draw();
    });
  }

  /** A day that is different, or time that is blocked. */
  function line(rule) {
    const kind = el("select", { "aria-label": t("agenda.kind") }, ["open", "blocked"].map((each) => el("option", { value: each, text: t(`agenda.rule.${each}`), selected: each === rule.kind })));
    const on = el("input", { type: "date", value: rule.date ?? "", "aria-label": t("agenda.day"), hidden: rule.weekday !== null });
    const from = el("input", { type: "time", value: rule.start_time, "aria-label": t("agenda.from") });
    const to = el("input", { type: "time", value: rule.end_time, "aria-label": t("agenda.to") });
    const made = el("div", { class: "declared-window" }, kind, on, from, el("span", { class: "muted", text: "–" }), to, button(t("agenda.remove_line"), { drawing: "close", bare: true, class: "quiet", on: { click: () => made.remove() } }));
    made.read = () => ({ kind: kind.value, weekday: rule.weekday, date: rule.weekday === null ? on.value : null, start_time: from.value, end_time: to.value });
    return made;
  }

  async function giveAll() {
    if (await safely(page.api("POST", "/v1/scheduling/default-schedule/import", { body: {} }))) toast(t("agenda.given"), "good");
    await draw();
  }
}
