// The second factor, and where I am signed in.

import { formDialog, part, passwordField } from "../parts.js";
import { ask, button, dialog, el, field, safely, toast } from "../ui.js";
import { brief, t } from "../words.js";

export default async function security(page) {
  page.head(t("pages.security"));
  const factor = el("div", { class: "stack" });
  const signed = el("ul", { class: "list", "aria-label": t("account.sessions") });
  page.box.append(part(t("account.factor"), t("account.factor_text"), factor),
    part(t("account.sessions"), t("account.sessions_text"), signed, el("div", { class: "row" }, button(t("account.sign_out_others"), { on: { click: others } }))));
  await Promise.all([drawFactor(), drawSessions()]);

  async function drawFactor() {
    const { data } = await page.api("GET", "/v1/me/2fa");
    if (!data.enabled) {
      factor.replaceChildren(el("p", { class: "notice", text: t("account.factor_off") }),
        el("div", { class: "row" }, button(t("account.factor_on"), { class: "primary", on: { click: setUp } })));
      return;
    }
    factor.replaceChildren(el("p", { class: "tag done", text: t("account.factor_is_on") }), el("p", { class: "muted", text: t("account.codes_left", { n: data.recovery_codes_remaining }) }),
      el("div", { class: "row" }, button(t("account.new_codes"), { on: { click: remake } }), button(t("account.revoke_code"), { on: { click: revoke } }),
        button(t("account.factor_end"), { class: "danger-text", on: { click: end } })));
  }

  function setUp() {
    formDialog(t("account.factor_on"), [passwordField()], t("account.next"), async ({ password }) => {
      const { data } = await page.api("POST", "/v1/me/2fa/setup", { body: { password } });
      confirm(data);
    }, { text: t("account.prove") });
  }

  function confirm({ secret, qr }) {
    const code = el("input", { name: "code", inputMode: "numeric", autocomplete: "one-time-code", maxLength: 10 });
    const shown = qr.startsWith("data:") ? qr : `data:image/svg+xml;utf8,${encodeURIComponent(qr)}`;
    formDialog(t("account.factor_on"), [el("p", { text: t("account.scan") }), el("img", { class: "qr", src: shown, alt: t("account.qr") }),
      el("p", { class: "muted" }, t.nodes("account.or_type", { secret: el("code", { class: "anywhere", data: { own: "" }, text: secret }) })), field(t("account.code"), code)],
      t("account.factor_on"), async (given) => {
        const { data } = await page.api("POST", "/v1/me/2fa/confirm", { body: { code: given.code.trim() } });
        codes(data.recovery_codes);
        await drawFactor();
      });
  }

  function codes(list) {
    const body = el("div", { class: "stack" }, el("p", { class: "notice", text: t("account.codes_once") }), el("pre", { class: "code", tabIndex: 0, data: { own: "" }, text: list.join("\n") }),
      el("div", { class: "row end" }, button(t("account.copy"), { class: "primary", on: { click: async () => {
        await navigator.clipboard?.writeText(list.join("\n"));
        toast(t("account.copied"), "good");
      } } })));
    dialog(t("account.codes"), body, { className: "small" });
  }

  const proof = () => [passwordField(), field(t("account.code"), el("input", { name: "code", inputMode: "numeric", autocomplete: "one-time-code" }), t("account.code_or_recovery"))];
  /** What somebody typed is a code of six digits, or one of the recovery codes. */
  const proven = (/** @type {Record<string, any>} */ { password, code }) => ({ password, ...(/^\d{6}$/.test(code.trim()) ? { code: code.trim() } : { recovery_code: code.trim() }) });

  function remake() {
    formDialog(t("account.new_codes"), proof(), t("account.next"), async (given) => {
      const { data } = await page.api("POST", "/v1/me/2fa/recovery-codes", { body: proven(given) });
      codes(data.recovery_codes);
      await drawFactor();
    }, { text: t("account.new_codes_text") });
  }

  function revoke() {
    formDialog(t("account.revoke_code"), [passwordField(), field(t("account.recovery_code"), el("input", { name: "code", autocomplete: "off" }))], t("account.next"), async ({ password, code }) => {
      await page.api("POST", "/v1/me/2fa/recovery-codes/revoke", { body: { password, code: code.trim() } });
      await drawFactor();
    }, { text: t("account.revoke_text") });
  }

  function end() {
    formDialog(t("account.factor_end"), proof(), t("account.factor_end"), async (given) => {
      await page.api("DELETE", "/v1/me/2fa", { body: proven(given) });
      await drawFactor();
    }, { danger: true, text: t("account.factor_end_text") });
  }

  async function drawSessions() {
    const { data } = await page.api("GET", "/v1/me/sessions");
    signed.replaceChildren(...data.map((each) => el("li", { class: "list-row" }, el("div", { class: "grow" },
      el("strong", { class: "anywhere", data: { own: "" }, text: device(each.user_agent) }),
      el("div", { class: "muted" }, el("span", { data: { own: "" }, text: each.address ?? "" }), " · ", each.last_used_at ? t("account.used", { when: brief(each.last_used_at) }) : t("account.unused"))),
      each.current ? el("span", { class: "tag done", text: t("account.this_one") }) : button(t("account.sign_out"), { on: { click: () => leave(each) } }))));
  }

  async function leave(each) {
    await safely(page.api("DELETE", `/v1/me/sessions/${each.id}`));
    await drawSessions();
  }

  async function others() {
    if (!await ask({ title: t("account.sign_out_others"), text: t("account.sign_out_text"), confirm: t("account.sign_out") })) return;
    await safely(page.api("DELETE", "/v1/me/sessions"));
    await drawSessions();
  }
}

/** What a browser calls itself, as people call it. */
export function device(agent) {
  const browser = /(Edg|OPR|Firefox|Chrome|Safari)\//.exec(agent ?? "")?.[1] ?? "";
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(agent ?? "")?.[1] ?? "";
  return [{ Edg: "Edge", OPR: "Opera" }[browser] ?? browser, system.replace(" OS X", "")].filter(Boolean).join(" · ") || (agent ?? "").slice(0, 80) || "?";
}
