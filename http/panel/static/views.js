// Saved views: filters with a name, the member's own and the workspace's for everybody.

import { ApiError, request } from "./api.js";
import { chosen } from "./filters.js";
import { ask, button, dialog, el, field, icon, showErrors, toast } from "./ui.js";
import { t } from "./words.js";

/** In the order in which they are shown: the member's own, then the workspace's, each set as it was put in order. */
export function inOrder(views) {
  return [...views.values()].sort((one, other) => Number(one.user_id === 0) - Number(other.user_id === 0) || one.position - other.position || one.id - other.id);
}

/** What the inbox opens with; undefined where nobody has said. */
export const defaultOf = (views) => inOrder(views).find((view) => view.is_default);

/** Fold an event of the live push. Answers whether it changed any view. */
export function foldViews(views, type, data) {
  if (data.view) {
    if (data.view.deleted) views.delete(data.view.id);
    else views.set(data.view.id, data.view);
  } else if (type === "view.reordered") {
    for (const [id, position] of Object.entries(data.positions)) if (views.has(Number(id))) views.set(Number(id), { ...views.get(Number(id)), position });
  } else {
    return forgetGone(views, data);
  }
  return true;
}

/** What is gone from the workspace is looked for no more, as the server shows it. */
function forgetGone(views, data) {
  let changed = false;
  for (const [name, gone] of [["label", data.label?.deleted], ["sector", data.sector?.deleted], ["assignee", data.user?.removed]]) {
    const id = gone && (data[name] ?? data.user).id;
    for (const view of gone ? views.values() : []) {
      if (view[name] !== id) continue;
      views.set(view.id, { ...view, [name]: null });
      changed = true;
    }
  }
  return changed;
}

/** One chip a view. `choose(view)` is called. */
export function viewChips(views, current, choose) {
  return inOrder(views).map((view) => el("button", { type: "button", class: "view", "aria-pressed": String(view.id === current),
    title: t(view.user_id === 0 ? "inbox.view.shared" : "inbox.view.own"), on: { click: () => choose(view) } },
  view.user_id === 0 && icon("people", t("inbox.view.mark")), el("span", { text: view.name })));
}

const mayWrite = (view, me) => view.user_id !== 0 || me.role === "owner";

/** Save these filters: as a new view, or as what `base` looks for from now on. Answers the view, or null. */
export function saveView(filters, state, base) {
  return new Promise((resolve) => {
    const owner = state.me.role === "owner";
    let saved = null;
    const name = el("input", { name: "name", maxLength: 60, placeholder: t("inbox.view.example") });
    const shared = el("input", { type: "checkbox", name: "shared" });
    const anew = async () => {
      saved = (await request("POST", "/v1/views", { body: { name: name.value.trim(), shared: shared.checked, ...chosen(filters) }, key: crypto.randomUUID() })).data;
    };
    const instead = async () => {
      saved = (await request("PUT", `/v1/views/${base.id}`, { body: { ...NOTHING, ...chosen(filters) } })).data;
    };
    const run = async (work) => {
      try {
        await work();
        box.close();
      } catch (error) {
        showErrors(form, error instanceof ApiError ? error : new ApiError(0, "UNKNOWN", String(error)));
      }
    };
    const form = el("form", { class: "stack", noValidate: true, on: { submit: (event) => { event.preventDefault(); run(anew); } } },
      field(t("inbox.view.name"), name), owner && el("label", { class: "check" }, shared, t("inbox.view.share_it")),
      el("p", { class: "form-error", role: "alert" }),
      el("div", { class: "row end" },
        base && mayWrite(base, state.me) && el("button", { type: "button", text: t("inbox.view.instead", { name: base.name }), on: { click: () => run(instead) } }),
        el("button", { type: "submit", class: "primary", text: t("inbox.view.save") })));
    const box = dialog(t("inbox.view.save_as"), form, { className: "small", closed: () => resolve(saved) });
    name.focus();
  });
}

const NOTHING = { status: null, mode: null, assignee: null, label: null, sector: null, phone_instance: null, snoozed: null, unread: null, q: null };

/** Rename, share, order and delete views. Answers a function that draws it anew when a view has changed; it does nothing once closed. */
export function viewsDialog(state, changed) {
  const body = el("div", { class: "stack" });
  let open = true;

  /**
   * @param {Promise<any>} work
   * @param {{focus?: any}} [after]
   */
  async function act(work, { focus } = {}) {
    try {
      const { data } = await work;
      changed(data);
    } catch (error) {
      toast(error.message, "bad");
    }
    draw();
    if (focus) body.querySelector(focus)?.focus();
  }

  const put = (view, fields) => act(request("PUT", `/v1/views/${view.id}`, { body: fields }), { focus: `[data-view="${view.id}"] button` });

  async function rename(view) {
    const name = await ask({ title: t("inbox.view.rename"), label: t("inbox.view.name"), value: view.name, limit: 60, confirm: t("common.save") });
    if (name !== null) put(view, { name });
  }

  async function remove(view) {
    const text = t(view.user_id === 0 ? "inbox.view.delete_shared" : "inbox.view.delete_own");
    const sure = await ask({ title: t("inbox.view.delete_title", { name: view.name }), text, confirm: t("inbox.view.delete"), danger: true });
    if (sure) act(request("DELETE", `/v1/views/${view.id}`).then(() => ({ data: { id: view.id, deleted: true } })));
  }

  function move(set, at, to) {
    const ids = set.map((view) => view.id);
    ids.splice(to, 0, ...ids.splice(at, 1));
    act(request("POST", "/v1/views/reorder", { body: { ids } }), { focus: `[data-view="${set[at].id}"] button` });
  }

  function row(view, at, set) {
    const writes = mayWrite(view, state.me);
    const owner = state.me.role === "owner";
    const tool = (label, drawing, act_, extra = {}) => button(t(label, { name: view.name }), { drawing, bare: true, class: "quiet", ...extra, on: { click: act_ } });
    return el("li", { class: "view-row", data: { view: view.id } },
      el("span", { class: "grow view-name" }, view.name, view.is_default && el("span", { class: "tag", text: t("inbox.view.first") })),
      !writes ? el("span", { class: "muted", text: t("inbox.view.only_owner") }) : el("span", { class: "row tools" },
        tool(view.is_default ? "inbox.tool.first_not" : "inbox.tool.first", "star", () => put(view, { is_default: !view.is_default }), { "aria-pressed": String(view.is_default) }),
        tool("inbox.tool.up", "up", () => move(set, at, at - 1), { disabled: at === 0 }),
        tool("inbox.tool.down", "down", () => move(set, at, at + 1), { disabled: at === set.length - 1 }),
        owner && tool(view.user_id === 0 ? "inbox.tool.share_not" : "inbox.tool.share", "people", () => put(view, { shared: view.user_id !== 0 }), { "aria-pressed": String(view.user_id === 0) }),
        tool("inbox.tool.rename", "pencil", () => rename(view)),
        tool("inbox.tool.delete", "bin", () => remove(view), { class: "quiet danger-text" })));
  }

  function draw() {
    if (!open) return;
    const views = inOrder(state.views);
    /** @type {[string, any[]][]} */
    const sets = [[t("inbox.view.yours"), views.filter((view) => view.user_id !== 0)], [t("inbox.view.shared"), views.filter((view) => view.user_id === 0)]];
    body.replaceChildren(...sets.filter(([, set]) => set.length).map(([title, set]) => el("section", { class: "setting" }, el("h3", { text: title }),
      el("ul", { class: "view-rows" }, set.map((view, at) => row(view, at, set))))));
    if (!views.length) body.append(el("p", { class: "muted", text: t("inbox.view.none") }));
  }

  draw();
  dialog(t("inbox.view.title"), body, { closed: () => { open = false; } });
  return draw;
}
