// Who works here, who is invited.

import { latest } from "../latest.js";
import { formDialog, part } from "../parts.js";
import { ask, avatar, button, el, empty, field, safely, toast } from "../ui.js";
import { brief, t } from "../words.js";

export default async function team(page) {
  const invite = page.owner && button(t("team.invite"), { class: "primary", drawing: "plus", on: { click: () => invitation() } });
  page.head(t("pages.team"), ...[invite].filter(Boolean));
  const [newestMembers, newestInvited] = [latest(), latest()];
  const members = el("ul", { class: "list", "aria-label": t("team.members") });
  const invited = el("div", {});
  page.box.append(part(t("team.members"), t("team.about"), members), page.owner ? part(t("team.invitations"), null, invited) : "");
  await page.watch(() => Promise.all([drawMembers(), page.owner && drawInvited()]), ({ data }) => data.user);

  async function drawMembers() {
    const found = await newestMembers(page.api("GET", "/v1/team/members"));
    if (found) members.replaceChildren(...found.data.map(member));
  }

  function member(each) {
    const seen = each.is_online ? t("team.here") : each.last_seen_at ? t("team.seen", { when: brief(each.last_seen_at) }) : t("team.never");
    const facts = [t(`team.role.${each.role}`), seen, each.is_available ? t("team.takes") : t("team.takes_none"), each.two_factor_enabled && t("team.two_factor")];
    const own = each.id === page.session.me.id;
    return el("li", { class: "list-row" }, avatar(each.name, each.id), el("div", { class: "grow" }, el("strong", { class: "anywhere", data: { own: "" }, text: each.name }),
      el("div", { class: "muted anywhere", data: { own: "" }, text: each.email }), el("div", { class: "muted facts", text: facts.filter(Boolean).join(" · ") })),
      page.owner && !own && button(t("team.remove", { name: each.name }), { drawing: "bin", bare: true, class: "quiet", on: { click: () => remove(each) } }));
  }

  async function remove(each) {
    if (!await ask({ title: t("team.remove_title", { name: each.name }), text: t("team.remove_text"), confirm: t("team.remove_it"), danger: true })) return;
    await safely(page.api("DELETE", `/v1/team/members/${each.id}`));
    await drawMembers();
  }

  async function drawInvited() {
    const found = await newestInvited(page.api("GET", "/v1/team/invitations"));
    if (!found) return;
    const open = found.data.filter((each) => each.status !== "accepted");
    invited.replaceChildren(open.length ? el("ul", { class: "list" }, open.map(invitedRow)) : empty("people", t("team.none"), t("team.none_text")));
  }

  function invitedRow(each) {
    const state = each.status === "expired" ? t("team.expired") : t("team.until", { when: brief(each.expires_at) });
    return el("li", { class: "list-row" }, el("div", { class: "grow" }, el("strong", { class: "anywhere", data: { own: "" }, text: each.email }),
      el("div", { class: "muted", text: `${t(`team.role.${each.role}`)} · ${state}` })),
      button(t("team.resend"), { on: { click: () => again(each) } }),
      button(t("team.withdraw", { email: each.email }), { drawing: "bin", bare: true, class: "quiet", on: { click: () => withdraw(each) } }));
  }

  async function again(each) {
    const answer = await safely(page.api("POST", `/v1/team/invitations/${each.id}/resend`));
    if (answer) link(answer.data);
    await drawInvited();
  }

  async function withdraw(each) {
    await safely(page.api("DELETE", `/v1/team/invitations/${each.id}`));
    toast(t("team.withdrawn"));
    await drawInvited();
  }

  function invitation() {
    const role = el("select", { name: "role" }, ["agent", "owner"].map((each) => el("option", { value: each, text: t(`team.role.${each}`) })));
    formDialog(t("team.invite"), [field(t("team.email"), el("input", { name: "email", type: "email", autocomplete: "off" })), field(t("team.may"), role, t("team.may_text"))],
      t("team.send"), async ({ email, role: chosen }) => {
        const { data } = await page.api("POST", "/v1/team/invitations", { body: { email: email.trim(), role: chosen }, key: crypto.randomUUID() });
        link(data);
        await drawInvited();
      });
  }

  /** The mail has it, too; a chat is quicker. */
  function link({ email, accept_url: url }) {
    const shown = el("input", { value: url, readOnly: true, "aria-label": t("team.link") });
    formDialog(t("team.sent_title"), [field(t("team.link"), shown)], t("team.copy"), async () => {
      shown.select();
      await navigator.clipboard?.writeText(url);
      toast(t("team.copied"), "good");
    }, { text: t("team.sent", { email }) });
  }
}
