// Every key there is.

import { el } from "../ui.js";

const INBOX = [["/", "shell.key.search"], ["↑ ↓ Home End", "shell.key.move"], ["Enter", "shell.key.open"], ["j", "shell.key.next"], ["k", "shell.key.previous"], ["e", "shell.key.resolve"], ["a", "shell.key.take"], ["r", "shell.key.reply"], ["n", "shell.key.note"], ["u", "shell.key.unread"], ["d", "shell.key.details"], ["Esc", "shell.key.back"]];

export default function keys(page) {
  const { t } = page;
  page.head(t("pages.keys"), el("a", { class: "button", href: "#/help", text: t("pages.help") }));
  const goes = page.shell.routes.filter((route) => route.key).map((route) => [`g ${route.key}`, t(`pages.${route.name}`)]);
  page.box.append(table(t("shell.key.anywhere"), [["Ctrl K", t("shell.palette.title")], ["?", t("pages.help")], ...goes]), table(t("pages.inbox"), INBOX.map(([key, words]) => [key, t(words)])));
}

function table(title, rows) {
  return el("section", { class: "setting" }, el("h2", { text: title }), el("dl", { class: "keys" }, rows.flatMap(([key, text]) =>
    [el("dt", {}, key.split(" ").map((each) => el("kbd", { data: { own: "" }, text: each }))), el("dd", { text })])));
}
