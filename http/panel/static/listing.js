// The list at the side: which conversations, in the address as well, and the controls above it.

import { request } from "./api.js";
import { HOLDERS, TABS, chosen, emptyText, filterChips, filterForm, fromQuery, matches, tabOf, toQuery } from "./filters.js";
import { Bulk } from "./bulk.js";
import { Found } from "./found.js";
import { Rows, latestFirst } from "./rows.js";
import { button, el, icon, toast } from "./ui.js";
import { defaultOf, saveView, viewChips } from "./views.js";
import { t } from "./words.js";

const TYPED = 250;
const PAGE = 50;
const OPEN = { status: "open" };

/**
 * hooks: `open(id, message)`, `userName(id)`, `take(page)` keeps what was fetched, `redraw()`, `loaded()`, `kept(view)`
 * a view was saved, `manage()` the views.
 */
export class Listing {
  #state;
  #hooks;
  #rows;
  #tried = null; // the filters of which the first page was asked for as it was missing
  #pages = new Map(); // filters → how far they have been fetched, and which ids were found
  /** @type {Record<string, any>} */
  #filters = OPEN;
  counts = null; // of what is mine and what is nobody's, once they are known
  #view = null; // the id of the chosen view
  #base = null; // the view whose filters have been changed since
  #asked = null; // the query string that was last followed
  #held = null; // the open conversation stays in the list that it was opened from, though it is read by that
  #choosing = false;
  #drawn = "";

  constructor(state, hooks) {
    this.#state = state;
    this.#hooks = hooks;
    this.bulk = new Bulk(state, { drawn: () => this.#drawChosen() });
    this.#rows = new Rows(state, { open: (id) => hooks.open(id), userName: hooks.userName, chosen: (id, on, shift) => this.#chooseRow(id, on, shift) });
    this.found = new Found((id, message) => hooks.open(id, message));
    this.#build();
  }

  #build() {
    this.searchBox = el("input", { type: "search", placeholder: t("inbox.search"), "aria-label": t("inbox.search_label"), maxLength: 200, on: {
      input: () => this.#typed(),
      keydown: (event) => event.key === "Escape" && this.#clearSearch(event),
    } });
    this.funnel = button(t("inbox.filters"), { drawing: "filter", bare: true, class: "quiet funnel", "aria-expanded": "false", "aria-controls": "filters",
      on: { click: () => this.#unfold(!this.#choosing) } });
    this.tabs = el("div", { class: "tabs", role: "group", "aria-label": t("inbox.tabs") }, Object.keys(TABS).map((name) =>
      el("button", { type: "button", class: "tab", data: { tab: name }, on: { click: () => this.#turn(TABS[name]) } },
        t(`inbox.tab.${name}`), el("span", { class: "count" }))));
    this.views = el("div", { class: "views", role: "group", "aria-label": t("inbox.view.title") });
    this.form = el("div", { id: "filters", hidden: true });
    this.chips = el("div", { class: "filter-chips" });
    this.list = el("ul", { class: "rows", "aria-label": t("inbox.list"), on: { keydown: (event) => this.#rowKey(event) } });
    this.list.setAttribute("aria-busy", "true");
    this.end = el("div", { class: "list-end", role: "status" });
    this.box = el("div", { class: "rows-box" }, this.list, this.end, this.found.node);
    this.node = el("nav", { class: "side", "aria-label": t("pages.inbox") },
      el("div", { class: "search" }, icon("search"), this.searchBox, this.funnel),
      this.views, this.tabs, this.form, this.chips, this.bulk.node, this.box);
  }

  /** Whether nothing is looked for but what everybody sees first. */
  get bare() {
    return tabOf(this.#filters) === "open" && Object.keys(this.#filters).length === 1;
  }

  search() {
    this.searchBox.focus();
  }

  /** The id of the conversation that many rows below this one; of the first where none is open. */
  beside(id, by) {
    const ids = [...this.list.children].map((row) => Number(row.dataset.id));
    return ids[id === null ? 0 : ids.indexOf(id) + by] ?? null;
  }

  focus(id) {
    this.#rows.button(id)?.focus();
  }

  // -- the address ------------------------------------------------------------------------------------------------------

  /** The address of a conversation, or of none, with what is listed beside it. */
  address(id) {
    const home = defaultOf(this.#state.views);
    const shown = this.#view !== null ? { view: this.#view } : this.#filters;
    const asIs = home ? this.#view === home.id : this.#view === null && this.bare;
    const query = asIs ? "" : `?${new URLSearchParams(Object.keys(shown).length ? shown : { status: "" })}`;
    return `#/${id ? `conversations/${id}` : ""}${query}`;
  }

  /** Show the list alone. */
  leave() {
    location.hash = this.address(null);
  }

  /** Follow the address. Answers the id of the conversation that it names, or null. */
  route() {
    const [, id, query] = /^#\/(?:conversations\/(\d+))?(?:\?(.*))?$/.exec(location.hash) ?? [];
    if ((query ?? "") !== this.#asked) {
      this.#follow(query ?? "");
      this.#fill();
    }
    return Number(id) || null;
  }

  #follow(query) {
    this.#asked = query;
    const given = new URLSearchParams(query);
    const id = Number(given.get("view")) || null;
    const view = id === null && !query ? defaultOf(this.#state.views) : this.#state.views.get(id);
    if (id !== null && !view) toast(t("inbox.view.gone"), "bad");
    this.#view = view?.id ?? null;
    this.#filters = view ? chosen(view) : query && id === null ? fromQuery(given) : OPEN;
    this.searchBox.value = this.#filters.q ?? "";
    this.found.look(this.#filters.q ?? "");
    this.#drawForm();
  }

  /** Choose filters; `view`: whose they are. */
  #choose(filters, view = null) {
    if (this.#view !== null && view === null) this.#base = this.#view;
    if (view !== null) this.#base = null;
    this.#filters = chosen(filters);
    this.#view = view;
    this.#held = null;
    const id = /^#\/conversations\/(\d+)/.exec(location.hash)?.[1];
    history.replaceState(null, "", this.address(id));
    this.#asked = /\?(.*)$/.exec(location.hash)?.[1] ?? "";
    this.#fill();
    this.#drawForm();
    this.#hooks.redraw();
    this.box.scrollTop = 0;
  }

  /** Another tab: what was narrowed down by hand stays so, what a view looked for does not. */
  #turn(tab) {
    /** @type {Record<string, any>} */
    const { assignee, ...others } = this.#view === null ? this.#filters : {};
    this.#choose({ ...others, ...(HOLDERS.includes(tabOf(this.#filters)) ? {} : { assignee }), ...tab });
    this.#base = null;
  }

  // -- what is fetched --------------------------------------------------------------------------------------------------

  /** Before the first fetch, and before everything anew: the address says what is listed, where it is the inbox's. */
  settle(here) {
    this.#pages.clear();
    this.#tried = null;
    if (!here) return;
    const query = /\?(.*)$/.exec(location.hash)?.[1] ?? "";
    if (query !== this.#asked) this.#follow(query);
  }

  get #key() {
    return String(toQuery(this.#filters));
  }

  /** The first page of what is listed. */
  first() {
    return this.#page();
  }

  #page(cursor) {
    return request("GET", `/v1/conversations?${new URLSearchParams({ ...Object.fromEntries(toQuery(this.#filters)), limit: String(PAGE), ...(cursor ? { cursor } : {}) })}`);
  }

  /** Fetch the first page, if nobody has; what could not be fetched is not asked for again at each drawing. */
  complete() {
    if (!this.#hooks.loaded() || this.#tried === this.#key) return;
    this.#tried = this.#key;
    this.#fill();
  }

  /** Keep a page of these filters. */
  keep(page, key = this.#key) {
    this.#hooks.take(page);
    const found = this.#pages.get(key)?.found ?? new Set();
    page.data.forEach((each) => found.add(each.id));
    this.#pages.set(key, { last: page.data.at(-1) ?? this.#pages.get(key)?.last, next: page.meta.next_cursor, loading: false, found });
    this.list.removeAttribute("aria-busy");
  }

  /** Fetch what these filters need and have not got. */
  async #fill(cursor) {
    const key = this.#key;
    const known = this.#pages.get(key);
    if (!this.#hooks.loaded() || known?.loading || (known && !cursor)) return;
    this.#pages.set(key, { ...known, loading: true });
    this.#hooks.redraw();
    try {
      this.keep(await this.#page(cursor), key);
    } catch (error) {
      this.#pages.delete(key);
      toast(error.message, "bad");
    }
    this.#hooks.redraw();
  }

  // -- drawing ----------------------------------------------------------------------------------------------------------

  /** Draw it: `all` conversations that are known, how many I have not read, which one is open. */
  draw(all, unread, current) {
    if (this.#view !== null) this.#followView();
    if (current === null) this.#held = null;
    const found = this.#pages.get(this.#key)?.found;
    const fits = (each, filters) => matches(filters, each, this.#state.me.id, found);
    const shown = all.filter((each) => fits(each, this.#filters) || (each.id === this.#held && fits(each, { ...this.#filters, unread: undefined })));
    if (shown.some((each) => each.id === current)) this.#held = current;
    this.#drawHead(unread);
    this.#drawRows(shown.filter((each) => this.#reached(each)).sort(latestFirst), current, all.length);
  }

  /** Whether it lies above the end of what was fetched: below it, others between those that are known may be missing. */
  #reached(each) {
    const page = this.#pages.get(this.#key);
    return !page?.next || each.id === this.#held || latestFirst(each, page.last) <= 0;
  }

  /** Somebody has changed the view that is shown, or it is gone. */
  #followView() {
    const view = this.#state.views.get(this.#view);
    if (!view) {
      toast(t("inbox.view.left"));
      return this.#choose(this.#filters);
    }
    if (String(toQuery(chosen(view))) === this.#key) return;
    this.#filters = chosen(view);
    this.#drawForm();
    this.#fill();
  }

  #drawHead(unread) {
    for (const tab of this.tabs.children) {
      tab.setAttribute("aria-pressed", String(tab.dataset.tab === tabOf(this.#filters)));
      const count = tab.dataset.tab === "unread" ? unread : this.counts?.[tab.dataset.tab];
      tab.querySelector(".count").textContent = count ? (count > 99 ? "99+" : count) : "";
    }
    const { views, users, labels, sectors, numbers } = this.#state;
    const drawn = JSON.stringify([this.#filters, this.#view, this.#base, ...[views, users, labels, sectors, numbers].map((each) => [...each.values()])]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.views.hidden = !views.size;
    this.views.replaceChildren(...viewChips(views, this.#view, (view) => this.#choose(view, view.id)),
      button(t("inbox.view.manage"), { drawing: "more", bare: true, class: "quiet", on: { click: () => this.#hooks.manage() } }));
    this.#drawChips();
    if (!this.form.contains(document.activeElement)) this.#drawForm();
  }

  #drawChips() {
    const chips = filterChips(this.#filters, this.#state, (name) => this.#choose({ ...this.#filters, [name]: null }));
    const saves = chips.length || tabOf(this.#filters) === undefined || (this.#base && !this.bare);
    this.funnel.classList.toggle("active", chips.length > 0);
    this.chips.hidden = this.#view !== null || !saves; // a view's name says it all
    this.chips.replaceChildren(...chips, button(t("inbox.view.save_as"), { drawing: "plus", class: "filter-chip save", on: { click: () => this.#save() } }));
  }

  async #save() {
    const view = await saveView(this.#filters, this.#state, this.#state.views.get(this.#base));
    if (!view) return;
    this.#hooks.kept(view);
    this.#choose(view, view.id);
    toast(t("inbox.view.saved", { name: view.name }));
  }

  #unfold(open) {
    this.#choosing = open;
    this.funnel.setAttribute("aria-expanded", String(open));
    this.form.hidden = !open;
    this.#drawForm();
    if (open) this.form.querySelector("select")?.focus();
  }

  #drawForm() {
    if (!this.#choosing) return;
    const focused = this.form.contains(document.activeElement) ? /** @type {HTMLInputElement} */ (document.activeElement).name : null;
    this.form.replaceChildren(filterForm(this.#filters, this.#state, (filters) => this.#choose(filters)),
      el("div", { class: "row end filters-end" },
        this.#view === null && button(t("inbox.view.save_as"), { class: "quiet", on: { click: () => this.#save() } }),
        button(t("inbox.clear"), { on: { click: () => this.#choose(OPEN) } }), button(t("inbox.done"), { class: "primary", on: { click: () => { this.#unfold(false); this.funnel.focus(); } } })));
    if (focused) this.form.querySelector(`[name="${focused}"]`)?.focus();
  }

  #drawRows(shown, current, known) {
    const rows = shown.map((each) => this.#rows.of(each, each.id === current));
    const keep = new Set(rows);
    const focused = this.list.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement) : null;
    for (const row of [...this.list.children]) if (!keep.has(row)) row.remove();
    rows.forEach((row, at) => {
      if (this.list.children[at] !== row) this.list.insertBefore(row, this.list.children[at] ?? null);
    });
    if (focused?.isConnected) focused.focus({ preventScroll: true });
    const first = rows.find((row) => row.firstChild.getAttribute("aria-current") === "true") ?? rows[0];
    for (const row of rows) row.firstChild.tabIndex = row === first ? 0 : -1;
    this.bulk.keepOnly(shown.map(({ id }) => id));
    this.#drawEnd(rows.length, known);
  }

  /** Tick a row, or with shift all from the last one that was ticked. */
  #chooseRow(id, on, shift) {
    const ids = [...this.list.children].map((row) => Number(row.dataset.id));
    const last = ids.indexOf(this.bulk.last);
    const range = shift && last >= 0 ? ids.slice(Math.min(last, ids.indexOf(id)), Math.max(last, ids.indexOf(id)) + 1) : [id];
    this.bulk.choose(range, on, id);
  }

  #drawChosen() {
    this.list.classList.toggle("choosing", this.bulk.ids.size > 0);
    for (const row of this.list.children) row.querySelector("input").checked = this.bulk.ids.has(Number(row.dataset.id));
  }

  #drawEnd(count, known) {
    const page = this.#pages.get(this.#key);
    const end = [];
    if (page?.loading || !this.#hooks.loaded()) end.push(el("span", { class: "spinner", role: "img", "aria-label": t("common.loading") }));
    else if (page?.next) end.push(button(t("inbox.show_more"), { on: { click: () => this.#fill(this.#pages.get(this.#key)?.next) } }));
    else if (!count) end.push(...this.#empty(known));
    const drawn = end.map((each) => each.outerHTML).join("");
    if (this.end.innerHTML !== drawn) this.end.replaceChildren(...end);
  }

  #empty(known) {
    if (!known && this.bare) return [el("p", { class: "muted", text: t("inbox.none_yet") })];
    const elsewhere = this.#filters.q && Object.keys(this.#filters).length > 1;
    return [el("p", { class: "muted", text: emptyText(this.#filters, this.#state) }),
      ...(elsewhere ? [button(t("inbox.everywhere"), { on: { click: () => this.#choose({ q: this.#filters.q }) } })] : [])];
  }

  // -- searching, and the keys ------------------------------------------------------------------------------------------

  #typed() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => {
      const q = this.searchBox.value.trim();
      this.found.look(q);
      this.#choose({ ...this.#filters, q });
    }, TYPED);
  }

  #clearSearch(event) {
    event.stopPropagation();
    this.searchBox.value = "";
    this.#typed();
  }

  #rowKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
    const rows = [...this.list.querySelectorAll(".row-button")];
    const to = event.key === "Home" ? rows[0] : event.key === "End" ? rows.at(-1) : step && rows[rows.indexOf(document.activeElement) + step];
    if (!to) return;
    event.preventDefault();
    to.focus();
  }
}
