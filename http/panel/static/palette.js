// The command palette: every page, what can be done here, and people to write to, by a few letters of their names.

import { request } from "./api.js";
import { dialog, el, nameOf, phone } from "./ui.js";
import { t } from "./words.js";

const TYPED = 200;
const PEOPLE = 6;
const plain = (text) => text.slice(0, 200).normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();

/** Open it. `commands`: `[words, act]` each, the words as they are shown. */
export function palette(commands) {
  let found = [];
  let at = 0;
  let asked = "";
  let timer = null;
  const list = el("ul", { class: "list", role: "listbox", "aria-label": t("shell.palette.found"), id: "palette-found" });
  const box = el("input", { type: "search", role: "combobox", "aria-label": t("shell.palette.title"), "aria-controls": "palette-found", "aria-expanded": "true", placeholder: t("shell.palette.place"), maxLength: 100, on: {
    input: () => look(),
    keydown: (event) => key(event),
  } });
  const shown = dialog(t("shell.palette.title"), el("div", { class: "stack palette" }, box, list), { closed: () => clearTimeout(timer) });
  look();
  box.focus();

  function look() {
    const sought = plain(box.value.trim());
    asked = sought;
    at = 0;
    draw(commands.filter(([words]) => sought.split(" ").every((part) => plain(words).includes(part))));
    clearTimeout(timer);
    if (sought.length > 1) timer = setTimeout(() => people(sought), TYPED);
  }

  async function people(sought) {
    const { data } = await request("GET", `/v1/conversations?${new URLSearchParams({ q: box.value.trim(), limit: String(PEOPLE) })}`).catch(() => ({ data: [] }));
    if (asked !== sought) return; // they have typed on
    draw([...found.filter(([, , person]) => !person), ...data.map((each) => [`${nameOf(each)} ${each.contact_name ? phone(each.contact_phone) : ""}`.trim(), () => {
      location.hash = `#/conversations/${each.id}`;
    }, true])]);
  }

  function draw(next) {
    found = next;
    at = Math.min(at, Math.max(0, found.length - 1));
    list.replaceChildren(...found.map(([words, , person], n) => el("li", { class: "list-row", role: "option", id: `palette-${n}`, "aria-selected": String(n === at), data: person ? { own: "" } : {}, text: words, on: { click: () => go(n) } })));
    if (!found.length) list.append(el("li", { class: "list-row muted", text: t("shell.palette.none") }));
    box.setAttribute("aria-activedescendant", found.length ? `palette-${at}` : "");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  }

  function key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) {
      at = (at + step + found.length) % found.length;
      draw(found);
    } else if (event.key === "Enter") go(at);
    else return;
    event.preventDefault();
  }

  function go(n) {
    const chosen = found[n];
    if (!chosen) return;
    shown.close();
    chosen[1]();
  }
}
