// Small resources as pages: a value is a form, a list has its items, each with a form of its own.

import { request } from "../api.js";
import { latest } from "../latest.js";
import { ask, button, dialog, el, empty, showErrors, spinner, toast } from "../ui.js";
import { chosenHere, date, money, number, spoken, t } from "../words.js";
import { weekdays } from "./days.js";
import { fieldsOf } from "./form.js";

const PSEUDO = "xx"; // every word in brackets, as `words.js` has it
const UNDO = 8000; // as long as it is offered
const known = new Map(); // language → its forms, by the resource's name

/** Every resource's form, by name, in the language that is spoken. */
export async function forms() {
  const language = chosenHere() === PSEUDO ? PSEUDO : spoken();
  if (!known.has(language)) {
    known.set(language, fetch(`/panel/forms/${language}`).then((answer) => answer.json())
      .then(({ forms: all }) => new Map(all.map((form) => [form.name, form]))).catch((error) => {
        known.delete(language);
        throw error;
      }));
  }
  return known.get(language);
}

/** Show these resources below each other. Answers what each has drawn, by name. */
export async function resources(page, names, into = page.box) {
  const all = await forms();
  const shown = names.map((name) => all.get(name)).filter(Boolean);
  const refs = await refsOf(page, shown);
  const drawn = {};
  for (const form of shown) {
    const section = el("section", { class: "part", "aria-label": form.title });
    if (!page.box.querySelector("h1")) page.head(form.title);
    else section.append(el("h2", { text: form.title }));
    section.append(el("p", { class: "muted", text: form.text }));
    into.append(section);
    drawn[form.name] = await (form.list ? listOf : valueOf)(page, form, refs, section);
  }
  return drawn;
}

/** Names of what fields refer to. */
export async function refsOf(page, shown) {
  const wanted = new Set(shown.flatMap((form) => form.fields.flatMap((each) => [each.of, ...Object.values(each.picks ?? {})])).filter(Boolean));
  const named = (items) => new Map([...items].map((item) => [item.id, item.name ?? item.phone]));
  const { state } = page;
  const refs = { members: named(state.users.values()), labels: named(state.labels.values()), sectors: named(state.sectors.values()), numbers: named(state.numbers.values()) };
  if (wanted.has("services")) refs.services = named((await page.api("GET", "/v1/scheduling/services")).data);
  if (wanted.has("resources")) refs.resources = named((await page.api("GET", "/v1/scheduling/resources")).data);
  if (shown.some((form) => form.fields.some((each) => each.kind === "money"))) refs.currency = (await page.api("GET", "/v1/workspace-config")).data.currency;
  return refs;
}

/** Why it cannot be changed here, or null. */
async function lockOf(page, form) {
  if (form.write === "owner" && !page.owner) return el("p", { class: "notice", text: t("declared.owner_only") });
  if (!form.feature || !page.owner) return null;
  const { data } = await page.api("GET", "/v1/billing/subscription");
  if (data.features.includes(form.feature)) return null;
  return el("p", { class: "notice" }, t.nodes("declared.not_in_plan", { link: el("a", { href: "#/settings/plan", text: t("declared.see_plans") }) }));
}

// -- a value ----------------------------------------------------------------------------------------------------------

async function valueOf(page, form, refs, section) {
  const lock = await lockOf(page, form);
  const place = el("div", {});
  section.append(place);
  if (lock) section.append(lock);
  let now, dirty = () => false;

  async function draw(kept = false) {
    const { data } = await page.api("GET", form.path);
    if (kept && now && (dirty() || JSON.stringify(data) === JSON.stringify(now))) return; // what somebody is writing is not drawn over
    now = data;
    const made = fieldsOf(form, now, refs, { locked: Boolean(lock) });
    const before = JSON.stringify(made.read());
    const save = el("button", { type: "submit", class: "primary", text: t("declared.save") });
    const node = el("form", { class: "stack declared-form", noValidate: true }, made.nodes, el("p", { class: "form-error", role: "alert" }), lock ? null : el("div", { class: "row end" }, save));
    dirty = () => node.isConnected && JSON.stringify(made.read()) !== before;
    page.guard(dirty);
    node.addEventListener("submit", async (event) => {
      event.preventDefault();
      save.disabled = true;
      try {
        await put(made.read());
      } catch (error) {
        showErrors(node, error);
      } finally {
        save.disabled = false;
      }
    });
    place.replaceChildren(node);
  }

  async function put(values, undoable = true) {
    const old = Object.fromEntries(form.fields.map((each) => [each.name, now[each.name]]));
    await page.api("PUT", form.path, { body: values });
    await draw();
    told.forEach((listener) => listener(now));
    toast(t("declared.saved"), "good", undoable ? { action: [t("declared.undo"), () => put(old, false)] } : {});
  }

  const told = [];
  place.append(spinner());
  await page.watch(() => draw(true));
  return { value: () => now, changed: (listener) => told.push(listener), again: draw };
}

// -- a list -----------------------------------------------------------------------------------------------------------

async function listOf(page, form, refs, section) {
  const lock = await lockOf(page, form);
  const rows = el("ul", { class: "list declared-list", "aria-label": form.title });
  const none = el("div", {});
  const add = lock ? null : button(form.list.one, { class: "primary", drawing: "plus", on: { click: () => edit(null) } });
  section.append(el("div", { class: "row" }, add), rows, none);
  if (lock) section.append(lock);
  const told = [];
  const leaving = new Map(); // id → the timer after which it is removed
  const newest = latest();
  let items = [];

  async function fetched() {
    const found = await newest(page.api("GET", form.path));
    if (!found) return;
    items = found.data;
    draw();
  }

  function draw() {
    const shown = items.filter((item) => !leaving.has(item.id));
    rows.replaceChildren(...shown.map((item, at) => row(item, at, shown)));
    rows.hidden = !shown.length;
    none.replaceChildren(...(shown.length ? [] : [empty("tag", form.title, form.list.none || t("declared.nothing"))]));
    if (add) add.disabled = items.length >= form.list.most;
    told.forEach((listener) => listener(shown));
  }

  function row(item, at, shown) {
    const colour = form.fields.find((each) => each.kind === "colour" && item[each.name]);
    const dot = colour && el("span", { class: "dot" });
    if (dot) dot.style.background = item[colour.name];
    const facts = form.list.shows.map((name) => factOf(form, name, item, refs)).filter(Boolean).join(" · ");
    const title = named(form, item, refs);
    const move = (by) => button(t(by < 0 ? "declared.up" : "declared.down", { name: title }), { drawing: by < 0 ? "up" : "down", bare: true, class: "quiet",
      disabled: !shown[at + by], on: { click: () => reorder(at, by) } });
    return el("li", { class: "list-row" }, dot || null, el("div", { class: "grow" }, el("strong", { class: "anywhere", data: { own: "" }, text: title }),
      facts && el("div", { class: "muted anywhere facts", data: { own: "" }, text: facts })),
      lock ? null : [
        form.list.reorder && move(-1), form.list.reorder && move(1),
        form.list.changes && button(t("declared.change", { name: title }), { drawing: "pencil", bare: true, class: "quiet", on: { click: () => edit(item) } }),
        button(t("declared.remove", { name: title }), { drawing: "bin", bare: true, class: "quiet", on: { click: () => remove(item) } }),
      ]);
  }

  function edit(item) {
    const made = fieldsOf(form, item, refs);
    const save = el("button", { type: "submit", class: "primary", text: t("declared.save") });
    const node = el("form", { class: "stack", noValidate: true }, made.nodes, el("p", { class: "form-error", role: "alert" }),
      el("div", { class: "row end" }, button(t("declared.cancel"), { on: { click: () => box.close() } }), save));
    const box = dialog(item ? named(form, item, refs) : form.list.one, node);
    const key = crypto.randomUUID();
    node.addEventListener("submit", async (event) => {
      event.preventDefault();
      save.disabled = true;
      try {
        await (item ? page.api("PUT", `${form.list.item}${item.id}`, { body: made.read() }) : page.api("POST", form.path, { body: made.read(), key }));
        box.close();
        await fetched();
        toast(t("declared.saved"), "good");
      } catch (error) {
        showErrors(node, error);
      } finally {
        save.disabled = false;
      }
    });
    node.querySelector("input, textarea, select")?.focus();
  }

  /** Where it takes something along, somebody is asked; otherwise it goes after a while in which it can be kept. */
  async function remove(item) {
    const name = named(form, item, refs);
    if (form.list.gone) {
      if (await ask({ title: t("declared.remove_title", { name }), text: form.list.gone, confirm: t("declared.remove_it"), danger: true })) await removeNow(item.id);
      return;
    }
    leaving.set(item.id, setTimeout(() => removeNow(item.id), UNDO));
    draw();
    toast(t("declared.removed", { name }), "info", { action: [t("declared.undo"), () => {
      clearTimeout(leaving.get(item.id));
      leaving.delete(item.id);
      draw();
    }] });
  }

  async function removeNow(id) {
    try {
      await request("DELETE", `${form.list.item}${id}`); // also after the page was left
      items = items.filter((item) => item.id !== id);
    } catch (error) {
      if (error.status !== 404) toast(error.message, "bad");
    } finally {
      leaving.delete(id);
      if (!page.signal.aborted) draw();
    }
  }

  async function reorder(at, by) {
    const ids = items.map((item) => item.id);
    ids.splice(at + by, 0, ...ids.splice(at, 1));
    items = (await page.api("POST", `${form.path}/reorder`, { body: { ids } })).data;
    draw();
    rows.children[at + by]?.querySelector("button:not([disabled])")?.focus();
  }

  await page.watch(fetched, ({ type }) => type.startsWith(`${form.events}.`));
  return { items: () => items, changed: (listener) => told.push(listener), edit, again: fetched };
}

/** What an item is called. */
function named(form, item, refs) {
  const each = form.fields.find((one) => one.name === form.list.named);
  return wordsOf(each, item[form.list.named], item, refs) || `#${item.id}`;
}

function factOf(form, name, item, refs) {
  const each = form.fields.find((one) => one.name === name);
  const value = item[name];
  if (!each || value === null || value === "" || (Array.isArray(value) && !value.length)) return "";
  if (each.kind === "switch") return value ? "" : `${each.label}: ${t("declared.no")}`;
  const words = wordsOf(each, value, item, refs);
  return each.kind === "number" ? `${each.label}: ${words}` : words;
}

/** A field's value as people read it. item: what it is of. */
export function wordsOf(each, value, item, refs) {
  if (!each) return String(value ?? "");
  const option = (one) => each.options?.find((known_) => known_.value === one)?.label ?? one;
  const ref = (one) => refs[each.of]?.get(one) ?? "";
  switch (each.kind) {
    case "date": return date(`${value}T12:00:00Z`);
    case "money": return money(value, item.currency ?? refs.currency);
    case "number": return number(value / each.unit);
    case "choice": return option(value);
    case "choices": return value.map(option).join(", ");
    case "one": return ref(value);
    case "many": return value.map(ref).filter(Boolean).join(", ");
    case "switch": return t(value ? "declared.yes" : "declared.no");
    case "texts":
    case "numbers": return value.join(", ");
    case "week": return daysOf(value.flatMap((day_, at) => (day_.enabled ? [[at, day_.open, day_.close]] : [])));
    case "windows": return daysOf(value.map((one) => [one.weekday, one.start_time, one.end_time]));
    default: {
      const of = each.picks?.[item[each.when?.[0]]];
      return of ? refs[of]?.get(Number(value)) ?? "" : String(value ?? "");
    }
  }
}

/** "Monday 09:00–18:00, …" of times on weekdays. */
function daysOf(times) {
  const names = weekdays();
  return times.map(([at, from, to]) => `${names[at]} ${from}–${to}`).join(", ") || t("declared.closed");
}
