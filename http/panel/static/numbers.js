// The WhatsApp numbers: what is wrong with them on top of every page, and the page to add, pair, repair, rename and remove them.

import { request } from "./api.js";
import { NUMBER_STATES, numberName, remedy, troubles, whyOf } from "./troubles.js";
import { ask, button, el, field, formOf, icon, phone, toast } from "./ui.js";
import { full, t, until } from "./words.js";

const SHOWN = 3; // troubles at once; the page has them all
const LOOK_EVERY = 2000;
const CODE_WITHIN = 20_000; // a gateway makes one in a few seconds, or never

// -- on top of the page -----------------------------------------------------------------------------------------------

/** A line for each number that is down, with what to do. `open(pair, restart)`: shows the page. */
export class NumberBanner {
  #drawn = null;
  #hooks;

  constructor(hooks) {
    this.#hooks = hooks;
    this.node = el("div", { class: "troubles", role: "region", "aria-label": t("numbers.region") });
    this.said = el("p", { class: "unseen", role: "alert" });
  }

  draw({ numbers, me }, bare) {
    const found = troubles([...numbers.values()]).filter((each) => each.tone === "bad" || !bare);
    const now = JSON.stringify([found, me.role]);
    if (now === this.#drawn) return;
    this.#drawn = now;
    const focused = this.node.contains(document.activeElement);
    this.node.replaceChildren(...found.slice(0, SHOWN).map((each) => this.#line(each, me.role === "owner")),
      ...(found.length > SHOWN ? [el("p", { class: "down warn" }, el("span", { class: "grow", text: t("numbers.more", { n: found.length - SHOWN }) }),
        button(t("numbers.show_all"), { on: { click: () => this.#hooks.open() } }))] : []));
    this.node.hidden = !found.length;
    if (focused) this.node.querySelector("button")?.focus();
    const worst = found.filter(({ tone }) => tone === "bad").map(({ says }) => says).join(" ");
    if (this.said.textContent !== worst) this.said.textContent = worst; // read out when it changes, not at every drawing
  }

  #line({ number, tone, says, since, remedy: helps }, owner) {
    return el("p", { class: `down ${tone}` }, icon("alert"),
      el("span", { class: "grow" }, says, since && el("time", { class: "since", dateTime: since, title: full(since), text: t("numbers.since", { when: until(since) }) }),
        !owner && helps && t("numbers.only_owner_mends")),
      owner && helps && button(t(helps.label), { on: { click: () => this.#hooks.open(number?.id ?? null, helps.does === "repair" || helps.does === "restart") } }));
  }
}

// -- the page ---------------------------------------------------------------------------------------------------------

/** The workspace's numbers, until the signal says. `pair`: begin with the code of this one; `restart`: and restart or repair it first. */
export function numbersBox(state, { changed, signal, pair = null, restart = false }) {
  const body = el("div", { class: "stack" });
  let pairing = pair;
  let drawn = "";

  async function act(number, what) {
    try {
      const { data } = await request("POST", `/v1/phone-instances/${number.id}/${what}`);
      changed(data);
      if (what === "restart" && data.status !== "connected") pairing = number.id;
      draw(true);
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  function row(number) {
    const helps = remedy(number);
    const buttons = state.me.role !== "owner" ? [] : [
      helps?.does === "scan" && button(t("numbers.show_code"), { class: "primary", on: { click: () => { pairing = number.id; draw(true); } } }),
      helps?.does === "scan" || button(t(helps?.label ?? "numbers.help.restart"), { class: helps ? "primary" : "", on: { click: () => act(number, "restart") } }),
      number.status === "connected" && button(t("numbers.disconnect"), { on: { click: () => disconnect(number) } }),
      button(t("numbers.rename", { name: numberName(number) }), { drawing: "pencil", bare: true, class: "quiet", on: { click: () => rename(number) } }),
      button(t("numbers.remove", { name: numberName(number) }), { drawing: "bin", bare: true, class: "quiet danger-text", on: { click: () => remove(number) } }),
    ];
    return el("li", { class: "number" },
      el("span", { class: `dot ${number.status}` }),
      el("div", { class: "grow" }, el("strong", { data: { own: "" }, text: numberName(number) }),
        el("div", { class: "muted", text: [number.name && phone(number.phone), t(NUMBER_STATES[number.status])].filter(Boolean).join(" · ") }),
        whyOf(number) && el("div", { class: "muted", text: whyOf(number) })),
      el("div", { class: "row" }, buttons));
  }

  async function disconnect(number) {
    const sure = await ask({ title: t("numbers.sure.disconnect"), text: t("numbers.sure.disconnect_text"),
      confirm: t("numbers.disconnect"), danger: true });
    if (sure) act(number, "disconnect");
  }

  async function rename(number) {
    const name = await ask({ title: t("numbers.rename_title"), label: t("numbers.name"), value: number.name ?? "", limit: 60, confirm: t("common.save") });
    if (name === null) return;
    try {
      const { data } = await request("PATCH", `/v1/phone-instances/${number.id}`, { body: { name: name || null } });
      changed(data);
      draw(true);
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  async function remove(number) {
    const sure = await ask({ title: t("numbers.sure.remove", { name: numberName(number) }), confirm: t("numbers.sure.remove_go"), danger: true,
      text: t("numbers.sure.remove_text") });
    if (!sure) return;
    try {
      await request("DELETE", `/v1/phone-instances/${number.id}`);
      changed({ id: number.id, deleted: true });
      toast(t("numbers.removed", { name: numberName(number) }));
      draw(true);
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  function addForm() {
    const form = formOf(t("numbers.add"), [field(t("numbers.name"), el("input", { name: "name", maxLength: 60, placeholder: t("numbers.name_example") }), t("numbers.name_hint"))],
      async ({ name }) => {
        const { data } = await request("POST", "/v1/phone-instances", { body: { name: name.trim() || null }, key: crypto.randomUUID() });
        changed(data);
        pairing = data.id;
        draw(true);
      });
    return form;
  }

  function draw(force = false) {
    const numbers = [...state.numbers.values()];
    const now = JSON.stringify([pairing, numbers]);
    if (!force && now === drawn) return;
    drawn = now;
    const current = state.numbers.get(pairing);
    if (current) {
      if (body.dataset.pairing === String(current.id)) return;
      body.dataset.pairing = current.id;
      body.replaceChildren(pairingView(current, { state, changed, restart, done: () => { pairing = null; draw(true); } }));
      restart = false;
      return;
    }
    delete body.dataset.pairing;
    body.replaceChildren(
      numbers.length ? el("ul", { class: "numbers" }, numbers.map(row)) : el("p", { class: "muted", text: t("numbers.first") }),
      state.me.role === "owner" ? addForm() : el("p", { class: "muted", text: t("numbers.only_owner_adds") }));
    if (!numbers.length) body.querySelector("input")?.focus();
  }

  draw();
  const timer = setInterval(draw, 500);
  signal.addEventListener("abort", () => clearInterval(timer));
  return body;
}

/** The QR code of one number, fetched anew every two seconds until the number is connected; what keeps it is said. */
function pairingView(number, { state, changed, restart, done }) {
  const picture = el("img", { class: "qr", alt: t("numbers.pair.picture", { name: numberName(number) }), hidden: true });
  const waiting = el("div", { class: "qr qr-waiting" }, el("span", { class: "spinner" }));
  const says = el("p", { class: "qr-state", role: "status", text: t(restart ? "numbers.pair.anew" : "numbers.pair.asking") });
  const code = el("p", { class: "pairing-code", hidden: true });
  const link = el("a", { class: "button primary", target: "_blank", rel: "noopener", text: t("numbers.pair.link"), hidden: true });
  const again = button(t("common.again"), { class: "primary", hidden: true, on: { click: anew } });
  const view = el("div", { class: "stack pairing" },
    el("ol", { class: "steps" }, ["numbers.pair.step_1", "numbers.pair.step_2", "numbers.pair.step_3"].map((step) => el("li", {}, el("span", { text: t(step) })))),
    picture, waiting, code, link, says,
    el("div", { class: "row end" }, again, button(t("numbers.pair.back"), { on: { click: done } })));
  let asked = Date.now();
  let timer = null;

  /** Restart it; of one that the gateway has lost that makes a new instance. */
  async function anew() {
    asked = Date.now();
    again.hidden = true;
    show({ status: "pending_qr" }, t("numbers.pair.anew"));
    try {
      const { data } = await request("POST", `/v1/phone-instances/${number.id}/restart`);
      changed(data);
    } catch (error) {
      giveUp(error.message);
    }
    look();
  }

  async function look() {
    clearTimeout(timer);
    if (!view.isConnected) return;
    try {
      const { data } = await request("GET", `/v1/phone-instances/${number.id}/qr`);
      if (!view.isConnected) return;
      if (data.status === "connected" || state.numbers.get(number.id)?.status === "connected") {
        const { data: numbers } = await request("GET", "/v1/phone-instances");
        numbers.forEach(changed);
        connected(numbers.find((each) => each.id === number.id) ?? number);
        return;
      }
      show(data);
      if (data.image) asked = Date.now();
      else if (Date.now() - asked > CODE_WITHIN) giveUp(t("numbers.pair.none", { n: CODE_WITHIN / 1000, why: whyOf({ ...number, ...data }) }));
    } catch (error) {
      if (error.status === 404) return done();
      giveUp(error.message);
    }
    clearTimeout(timer);
    timer = setTimeout(look, LOOK_EVERY);
  }

  function giveUp(why) {
    says.textContent = why;
    waiting.hidden = !picture.hidden;
    waiting.replaceChildren(icon("alert"));
    again.hidden = false;
  }

  /**
   * @param {{status: string, code?: string, image?: string, pairing_code?: string}} now
   * @param {string} [instead]
   */
  function show({ status, code: text, image, pairing_code }, instead) {
    const safe = image?.startsWith("data:image/") ? image : null;
    if (safe && picture.src !== safe) picture.src = safe;
    picture.hidden = !safe;
    waiting.hidden = Boolean(safe);
    if (again.hidden || safe) waiting.replaceChildren(el("span", { class: "spinner" }));
    if (safe) again.hidden = true;
    link.hidden = !/^https?:\/\//.test(text ?? "");
    if (!link.hidden) link.href = text;
    code.hidden = !pairing_code;
    code.textContent = pairing_code ? t("numbers.pair.type", { code: pairing_code }) : "";
    const now = instead ?? (t(status === "connecting" ? "numbers.pair.scanned" : safe ? "numbers.pair.waiting" : "numbers.pair.making"));
    if (again.hidden && says.textContent !== now) says.textContent = now;
  }

  function connected(now) {
    view.replaceChildren(el("div", { class: "success" }, icon("done"), el("strong", { text: t("numbers.state.connected") }),
      el("p", { class: "muted", text: now.phone ? t("numbers.pair.live", { number: phone(now.phone) }) : t("numbers.pair.live_unnamed") })),
    el("div", { class: "row end" }, button(t("numbers.pair.done"), { class: "primary", on: { click: done } })));
    view.querySelector(".primary").focus();
  }

  timer = setTimeout(restart ? anew : look, 0);
  return view;
}
