// Contacts from a file: choose it, say what each column is, watch it, read the report.

import { part, table } from "../parts.js";
import { button, el, safely } from "../ui.js";
import { number, t } from "../words.js";
import { beginning, decoded, guesses, renamed } from "./csv.js";

const BUILT_IN = ["phone", "name", "first_name", "middle_name", "last_name", "other_phone", "notes", "labels"];
const LOOK = 1000;

export default async function importing(page) {
  page.head(t("contacts.import"), el("a", { class: "button", href: "#/contacts", text: t("pages.contacts") }));
  const place = el("div", { class: "stack" });
  page.box.append(place);
  const { data: fields } = await page.api("GET", "/v1/custom-field-definitions");
  if (page.query.get("id")) watch(Number(page.query.get("id")));
  else choose();

  function choose() {
    const file = el("input", { type: "file", name: "file", accept: ".csv,text/csv,text/plain", "aria-label": t("contacts.file") });
    file.addEventListener("change", async () => {
      const text = decoded(new Uint8Array(await file.files[0].arrayBuffer()));
      map(text, file.files[0].name);
    });
    place.replaceChildren(part(t("contacts.file"), t("contacts.file_text"), file));
  }

  function map(text, name) {
    const begin = beginning(text);
    const [header = [], ...examples] = begin.lines;
    const options = [["", t("contacts.leave_out")], ...BUILT_IN.map((each) => [each, t(`contacts.column.${each}`)]), ...fields.map((each) => [`custom_fields.${each.key}`, each.name])];
    const guess = guesses(header, fields);
    const chosen = header.map((cell, at) => {
      const is = guess[at];
      return el("select", { "aria-label": t("contacts.is_what", { column: cell }) }, options.map(([value, words]) => el("option", { value, text: words, selected: value === is, data: value.includes(".") ? { own: "" } : {} })));
    });
    const said = el("p", { class: "form-error", role: "alert" });
    const own = (words) => el("span", { data: { own: "" }, class: "anywhere", text: words });
    const rows = header.map((cell, at) => [own(cell), chosen[at], own(examples.map((line) => line[at]).filter(Boolean).slice(0, 2).join(" · ").slice(0, 80))]);
    place.replaceChildren(part(t("contacts.columns"), t("contacts.columns_text"), table(t("contacts.columns"), [t("contacts.in_file"), t("contacts.is"), t("contacts.example")], rows), said,
      el("div", { class: "row end" }, button(t("contacts.another"), { on: { click: choose } }), button(t("contacts.import_it"), { class: "primary", on: { click: send } }))));

    async function send(event) {
      const names = chosen.map((each, at) => each.value || `- ${at + 1}`);
      const twice = chosen.map((each) => each.value).find((each, at, all) => each && each !== "other_phone" && all.indexOf(each) !== at);
      said.textContent = twice ? t("contacts.twice") : chosen.some((each) => each.value === "phone") ? "" : t("contacts.no_phone");
      if (said.textContent) return;
      event.currentTarget.disabled = true;
      const form = new FormData();
      form.append("file", new Blob([renamed(text, names, begin)], { type: "text/csv" }), name);
      const answer = await safely(page.api("POST", "/v1/contacts/import", { form, key: crypto.randomUUID() }));
      if (!answer) return map(text, name);
      page.setQuery({ id: answer.data.id });
      watch(answer.data.id);
    }
  }

  async function watch(id) {
    const again = () => setTimeout(() => page.signal.aborted || watch(id), LOOK);
    const answer = await page.api("GET", `/v1/contacts/imports/${id}`).catch((error) => {
      if (error.passing) again(); // it goes on without being watched
      else throw error;
    });
    if (!answer) return;
    place.replaceChildren(...report(answer.data));
    if (answer.data.status === "running") again();
  }

  function report(data) {
    const done = data.status === "running" ? data.rows_done : data.rows_total;
    const bar = el("progress", { max: Math.max(1, data.rows_total), value: done, "aria-label": t("contacts.progress") });
    const counts = ["added", "changed", "unchanged", "merged", "failed"].map((each) => [t(`contacts.count.${each}`), number(data[each])]);
    return [part(t(`contacts.import_state.${data.status}`), data.reason, bar, el("p", { class: "muted", text: t("contacts.rows", { done, all: data.rows_total }) }),
      table(t("contacts.report"), [t("contacts.what"), t("contacts.how_many")], counts)),
    data.problems.length ? part(t("contacts.problems"), t("contacts.problems_text"), table(t("contacts.problems"), [t("contacts.line"), t("contacts.column_name"), t("contacts.problem")],
      data.problems.map((each) => [String(each.line), own(each.column ?? ""), own(`${each.message} ${each.hint}`)]))) : "",
    data.status === "running" ? "" : el("div", { class: "row" }, button(t("contacts.another"), { on: { click: () => { page.setQuery({ id: null }); choose(); } } }),
      el("a", { class: "button primary", href: "#/contacts", text: t("pages.contacts") }))].filter(Boolean);
  }

  function own(words) {
    return el("span", { class: "anywhere", data: { own: "" }, text: words });
  }
}
