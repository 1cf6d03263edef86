// What the lists of the back office share: filters in the address, pages one after the other.

import { latest } from "../latest.js";
import { button, el, empty, field } from "../ui.js";
import { t } from "../words.js";

/** A select whose options are `[value, label]`. */
export function choice(name, label, options, value) {
  return field(label, el("select", { name }, options.map(([key, text]) => el("option", { value: key, text, selected: key === value }))));
}

/** Filters that are kept in the address; `changed()` after each change. */
export function filters(page, fields, changed) {
  const form = el("form", { class: "staff-filters", role: "search", "aria-label": t("staff.frame.filters") }, fields);
  const take = (event) => {
    event.preventDefault();
    page.setQuery(Object.fromEntries(new FormData(form)));
    changed();
  };
  form.addEventListener("submit", take);
  form.addEventListener("change", take);
  return form;
}

/** Rows page by page: `fetch(query)` answers `{data, meta}`, `row(each)` draws one. Answers the box and what draws it anew. */
export function pages(page, fetch, row, nothing) {
  const list = el("ul", { class: "list" });
  const more = button(t("staff.frame.more"), { on: { click: () => next() } });
  const box = el("div", { class: "stack" }, list, more);
  let cursor = null;
  const newest = latest();

  async function next(anew = false) {
    const query = new URLSearchParams(page.query);
    if (cursor && !anew) query.set("cursor", cursor);
    const found = await newest(fetch(query));
    if (!found) return;
    const { data, meta } = found;
    cursor = meta?.next_cursor ?? null;
    if (anew) list.replaceChildren();
    list.append(...data.map((each) => el("li", {}, row(each))));
    more.hidden = !cursor;
    if (!list.children.length) list.append(el("li", {}, empty("search", nothing)));
  }
  return { box, draw: () => next(true) };
}

/** A `dl` of `[name, value]`; what is null is left out. */
export function facts(pairs) {
  return el("dl", { class: "staff-facts" }, pairs.filter(([, value]) => value !== null && value !== undefined && value !== "").flatMap(([name, value]) =>
    [el("dt", { text: name }), el("dd", { data: { own: "" } }, value)]));
}

export const tag = (text, tone = "") => el("span", { class: `staff-tag ${tone}`, text });
