// Beside a conversation: whose it is, its labels, who leads it, and what happened in it and why.

import { request } from "./api.js";
import { avatar, button, dialog, el, field, icon, nameOf, phone, safely } from "./ui.js";
import { brief, date, full, t } from "./words.js";

const PAGE = 200;
const ON_ITS_WAY = /^(message\.(sending|sent|ticked)|effect\.)/;

/** What there is to know of one conversation. hooks: `conversation()`, `changed(resource)`. */
export class Details {
  #id;
  #state;
  #hooks;
  #after = 0;
  #open = true;
  #reading = false;
  #drawn = "";

  constructor(id, state, hooks) {
    this.#id = id;
    this.#state = state;
    this.#hooks = hooks;
    this.place = el("div", { class: "stack" });
    this.events = el("ol", { class: "timeline" });
    this.more = el("p", { class: "muted", role: "status" });
    const every = el("input", { type: "checkbox", on: { change: () => this.events.classList.toggle("every", every.checked) } });
    this.said = el("p", { class: "muted", role: "status", data: { own: "" } });
    this.node = el("div", { class: "stack details" }, el("section", { class: "setting" }, this.place),
      el("section", { class: "setting" }, el("h3", { text: t("details.summary") }), this.said,
        el("div", { class: "row" }, button(t("details.summarise"), { drawing: "spark", on: { click: () => this.#summarise() } }))),
      el("section", { class: "setting" }, el("h3", { text: t("details.happened") }), el("a", { href: `#/conversations/${id}/why`, text: t("details.through_time") }),
        el("label", { class: "check" }, every, el("span", { text: t("details.every") })), this.more, this.events));
    this.draw();
  }

  close() {
    this.#open = false;
  }

  async #change(work) {
    const answer = await safely(work);
    if (answer) this.#hooks.changed(answer.data);
    else this.#drawn = ""; // what was chosen did not come to be: show what is
    this.draw();
  }

  #patch(body) {
    return this.#change(request("PATCH", `/v1/conversations/${this.#id}`, { body }));
  }

  async #summarise() {
    this.said.textContent = t("details.summary_waits");
    const answer = await safely(request("POST", `/v1/conversations/${this.#id}/summary`));
    this.said.textContent = answer?.data.summary ?? "";
  }

  /** Draw what has changed; nothing where the conversation is not there any more. */
  draw() {
    const now = this.#hooks.conversation();
    if (!this.#open || !now) return;
    const { users, labels, sectors } = this.#state;
    const shows = JSON.stringify([now.assigned_user_id, now.sector_id, now.labels, now.mode, now.notes, now.contact_name, now.csat, [...users.values()], [...labels.values()], [...sectors.values()]]);
    if (shows !== this.#drawn) {
      this.#drawn = shows;
      const focused = this.place.contains(document.activeElement) ? [...this.place.querySelectorAll("a, button, select")].indexOf(document.activeElement) : -1;
      this.place.replaceChildren(...[this.#contact(now), this.#assignee(now), sectors.size > 0 && this.#sector(now), this.#labels(now), ...this.#leads(now)].filter(Boolean));
      if (focused >= 0) [...this.place.querySelectorAll("a, button, select")][focused]?.focus();
    }
    this.#read();
  }

  #contact(now) {
    return el("div", { class: "who-is" }, avatar(nameOf(now), now.contact_id), el("div", { class: "grow" },
      el("strong", { data: { own: "" }, text: nameOf(now) }), el("div", { class: "muted", data: { own: "" }, text: phone(now.contact_phone) }),
      now.created_at && el("div", { class: "muted", text: t("details.since", { day: date(now.created_at) }) }),
      now.csat && el("div", { class: "tag" }, icon("star"), t("details.rated", { score: now.csat.rating })),
      now.contact_id && el("a", { href: `#/contacts/${now.contact_id}`, text: t("details.see_contact") })));
  }

  #choice(label, options, value, act) {
    return field(label, el("select", { on: { change: (event) => act(Number(event.target.value) || null) } },
      options.map(([each, text]) => el("option", { value: each ?? "", text, selected: each === value }))));
  }

  #assignee(now) {
    const { me, users } = this.#state;
    const people = [...users.values()].filter((it) => !it.removed).map((it) => [it.id, it.id === me.id ? t("details.me", { name: it.name }) : it.name]);
    return this.#choice(t("details.assignee"), [[null, t("details.nobody")], ...people], now.assigned_user_id, (value) => this.#patch({ assigned_user_id: value }));
  }

  #sector(now) {
    const sectors = [...this.#state.sectors.values()].map((it) => [it.id, it.name]);
    return this.#choice(t("details.sector"), [[null, t("details.none")], ...sectors], now.sector_id, (value) => this.#patch({ sector_id: value }));
  }

  #labels(now) {
    if (!this.#state.labels.size) return el("p", { class: "muted", text: t("details.no_labels") });
    return el("div", { class: "field" }, el("span", { class: "legend", text: t("details.labels") }), el("div", { class: "row", role: "group", "aria-label": t("details.labels") },
      [...this.#state.labels.values()].map((label) => {
        const on = now.labels?.includes(label.id);
        const chip = el("button", { type: "button", class: "label-chip", "aria-pressed": String(on), data: { label: label.id, own: "" },
          on: { click: () => this.#change(request(on ? "DELETE" : "POST", `/v1/conversations/${this.#id}/labels/${label.id}`)) } }, el("span", { class: "dot" }), label.name);
        chip.firstChild.style.background = label.color;
        return chip;
      })));
  }

  #leads(now) {
    const led = now.mode === "ai" || now.mode === "flow";
    const ask = (what) => this.#change(request("POST", `/v1/conversations/${this.#id}/${what}`));
    return [now.mode && el("p", { text: t(`details.lead.${now.mode}`) }),
      led && button(t("details.take_over"), { drawing: "person", on: { click: () => ask("take-over") } }),
      now.mode === "human" && button(t("details.give_back"), { drawing: "spark", on: { click: () => ask("give-back") } })];
  }

  /** What has happened since the last entry. */
  async #read() {
    if (this.#reading || !this.#open) return;
    this.#reading = true;
    try {
      for (let next = this.#after; next !== null;) {
        const { data, meta } = await request("GET", `/v1/conversations/${this.#id}/timeline?after=${next}&limit=${PAGE}`);
        for (const entry of data) {
          this.#after = Math.max(this.#after, entry.offset);
          this.events.prepend(line(entry)); // the latest on top
        }
        next = meta.next_after;
      }
      this.more.textContent = "";
    } catch (error) {
      this.more.textContent = error.message;
    } finally {
      this.#reading = false;
    }
  }
}

/** The same over the page, where there is no room beside the conversation. `closed()` is called once it is gone. */
export function detailsDrawer(details, closed) {
  return dialog(t("details.title"), details.node, { className: "drawer", closed });
}

function line({ at, type, text }) {
  return el("li", { class: ON_ITS_WAY.test(type) ? "muted step" : "" }, el("time", { class: "muted", dateTime: at, title: full(at), text: brief(at) }),
    el("span", { data: { own: "" }, text }));
}
