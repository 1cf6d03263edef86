// The workspace: its picture, its language and zone; for owners, its end.

import { resources } from "../declared/resource.js";
import { formDialog, part, passwordField } from "../parts.js";
import { button, el, safely, toast } from "../ui.js";
import { date, t } from "../words.js";

const IMAGES = "image/png,image/jpeg,image/webp,image/gif";

export default async function workspace(page) {
  page.head(t("pages.workspace"));
  const { data: { tenant } } = await page.api("GET", "/v1/me");
  page.box.append(part(t("workspace.logo"), null, picture(page, tenant)));
  await resources(page, ["regional"]);
  if (page.owner) page.box.append(part(t("workspace.end"), t("workspace.end_text"), await ending(page)));
}

function picture(page, tenant) {
  const shown = el("div", { class: "row" });
  const file = el("input", { type: "file", accept: IMAGES, class: "unseen", "aria-label": t("workspace.choose"), tabIndex: -1 });
  file.addEventListener("change", async () => {
    const form = new FormData();
    form.append("file", file.files[0]);
    file.value = "";
    const answer = await safely(page.api("POST", "/v1/workspace-config/logo", { form }));
    if (answer) draw(answer.data.logo_url);
  });
  const remove = async () => {
    if (await safely(page.api("DELETE", "/v1/workspace-config/logo"))) draw(null);
  };
  function draw(url) {
    shown.replaceChildren(url ? el("img", { class: "workspace-logo", src: url, alt: t("workspace.logo") }) : el("span", { class: "muted", text: t("workspace.no_logo") }),
      ...(page.owner ? [button(t("workspace.choose"), { drawing: "image", on: { click: () => file.click() } }), url ? button(t("workspace.remove_logo"), { on: { click: remove } }) : ""] : []));
  }
  draw(tenant.logo_url);
  return [shown, file];
}

async function ending(page) {
  const place = el("div", { class: "stack" });
  await draw();
  return place;

  async function draw() {
    const { data } = await page.api("GET", "/v1/account/deletion");
    place.replaceChildren(...(data.scheduled_for
      ? [el("p", { class: "notice", text: t("workspace.ends", { when: date(data.scheduled_for) }) }), el("div", { class: "row" }, button(t("workspace.keep"), { class: "primary", on: { click: keep } }))]
      : [el("div", { class: "row" }, button(t("workspace.end"), { class: "danger-text", on: { click: end } }))]));
  }

  async function keep() {
    if (await safely(page.api("DELETE", "/v1/account/deletion"))) toast(t("workspace.kept"), "good");
    await draw();
  }

  function end() {
    formDialog(t("workspace.end"), [passwordField()], t("workspace.end_it"), async ({ password }) => {
      await page.api("POST", "/v1/account/deletion", { body: { password } });
      await draw();
    }, { danger: true, text: t("workspace.end_text") });
  }
}
