"use strict";
// The simulator's page. It polls, and draws anew only what has changed; every text is set as text, never as HTML.

const byId = (id) => document.getElementById(id);
const POLL_MS = 700;
const state = { instance: null, replyTo: null, drawn: {}, seen: new Set() };

// slow_ms is milliseconds; all others are probabilities.
const FAULTS = [
  ["slow_ms", "Slow answers", 5000, 50, (v) => (v ? `${v} ms` : "off")],
  ["error_rate", "Answers 503"],
  ["drop_after_send", "Hangs up after sending"],
  ["refuse", "WhatsApp refuses the message"],
  ["no_menus", "No buttons and lists"],
  ["duplicate", "Webhooks come twice"],
  ["reorder", "Webhooks overtake each other"],
  ["silence", "Webhooks do not come"],
];

function el(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

async function call(method, path, body) {
  const options = { method, headers: { Accept: "application/json" } };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(path, options);
  const value = await answer.json();
  if (!answer.ok) throw new Error([value.response.message].flat(3).join(" "));
  return value;
}

// What a person did: errors are shown, and the page looks again at once.
async function act(method, path, body) {
  try {
    await call(method, path, body);
  } catch (error) {
    toast(error.message);
  }
  await look();
}

function toast(text) {
  byId("toast").textContent = text;
  byId("toast").hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { byId("toast").hidden = true; }, 5000);
}

const phone = () => byId("phone").value.replace(/\D/g, "");
const customerPath = () => `/sim/customers/${phone()}`;

function send(message) {
  if (!state.instance) return toast("No business number is connected yet: connect one first.");
  const common = { instance: state.instance, from_me: byId("from-me").checked };
  if (byId("name").value && !common.from_me) common.name = byId("name").value;
  if (byId("lid").checked) common.addressing = "lid_only";
  return act("POST", `${customerPath()}/messages`, { ...common, ...message });
}

// --- Left: instances -------------------------------------------------------------------------------------------------

function drawInstances(instances) {
  if (!instances.some((one) => one.name === state.instance)) state.instance = instances[0]?.name ?? null;
  const items = instances.length ? instances.map(instanceItem) : [el("li", { className: "empty" },
    "No number yet. Connect one in Plixa, or call ", el("code", { textContent: "POST /instance/create" }), ".")];
  byId("instances").replaceChildren(...items);
  const chosen = instances.find((one) => one.name === state.instance);
  byId("peer").textContent = chosen ? chosen.name : "No number yet";
  byId("avatar").src = chosen ? `/sim/pictures/${chosen.number}.svg` : "data:,";
  byId("avatar").style.visibility = chosen ? "visible" : "hidden";
}

function instanceItem(one) {
  const item = el("li", { className: `instance${one.name === state.instance ? " chosen" : ""}` },
    el("div", { className: "instance-head" }, el("strong", { textContent: one.name }),
      el("span", { className: `badge ${one.state}`, textContent: one.state })),
    el("small", { textContent: `+${one.number} · ${one.messages} messages` }),
    el("small", { textContent: one.webhook ?? "no webhook" }));
  item.onclick = () => { state.instance = one.name; look(); };
  const path = encodeURIComponent(one.name);
  if (one.qr) item.append(el("img", { className: "qr", src: one.qr, alt: "QR code" }));
  if (one.state === "connecting") item.append(button("Scan with the phone", "primary", () => act("POST", `/sim/scan/${path}`, {})));
  if (one.state === "open") item.append(button("Unlink the phone", "", () => act("POST", `/sim/unlink/${path}`, {})));
  return item;
}

function button(text, className, onclick) {
  return el("button", { type: "button", textContent: text, className, onclick: (event) => { event.stopPropagation(); onclick(); } });
}

// --- Middle: the phone -----------------------------------------------------------------------------------------------

function drawChat(screen) {
  const chat = byId("chat");
  const atEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80;
  const playing = [...chat.querySelectorAll("audio")].some((audio) => !audio.paused);
  if (playing) return false;
  const rows = [];
  let day = "", side = "";
  for (const message of screen.messages) {
    const at = new Date(message.at * 1000);
    if (at.toDateString() !== day) {
      day = at.toDateString();
      side = "";
      rows.push(el("div", { className: "day", textContent: at.toLocaleDateString([], { day: "numeric", month: "long" }) }));
    }
    rows.push(bubble(message, at, message.from !== side));
    side = message.from;
  }
  if (!rows.length) rows.push(el("div", { className: "hint", textContent: "Say hello: what you write here arrives as a customer's message." }));
  chat.replaceChildren(...rows);
  if (atEnd) chat.scrollTop = chat.scrollHeight;
  return true;
}

function bubble(message, at, turn) {
  const node = el("div", { className: "bubble", tabIndex: 0 });
  node.classList.toggle("mine", message.from === "customer");
  node.classList.toggle("turn", turn);
  node.classList.toggle("bare", message.type === "sticker" && !message.deleted);
  node.classList.toggle("new", !state.seen.has(message.id));
  state.seen.add(message.id);
  if (message.deleted) node.append(el("p", { className: "gone", textContent: "🚫 This message was deleted" }));
  else node.append(...content(message));
  node.append(el("div", { className: "meta" }, note(message), time(at), ticks(message)));
  if (message.options.length && !message.deleted) node.append(options(message));
  if (message.reactions.length) {
    node.classList.add("reacted");
    node.append(el("div", { className: "reactions", textContent: message.reactions.join(" ") }));
  }
  node.onclick = (event) => { if (!event.target.closest("a, audio, button")) openMenu(message, node); };
  node.onkeydown = (event) => { if (event.key === "Enter" && event.target === node) openMenu(message, node); };
  return node;
}

// What can be tapped stands under the words, for as long as the message is there: late taps are a thing to try, too.
function options(message) {
  const tap = (choice) => send({ type: "tap", to: message.id, choice: choice.id, from_me: false });
  return el("div", { className: "options" }, ...message.options.map((choice) => button(choice.label, "", () => tap(choice))));
}

function content(message) {
  const parts = [];
  if (message.quoted) parts.push(el("div", { className: "quote", textContent: message.quoted.text }));
  parts.push(...(VIEWS[message.type] ?? (() => []))(message));
  if (message.text && message.type !== "sticker") parts.push(el("p", {}, ...bold(message.text)));
  if (message.footer) parts.push(el("small", { className: "footer", textContent: message.footer }));
  return parts;
}

const BOLD_WITHIN = 4000; // characters: what comes after is shown as it is

// *Stars* make bold, as on a real phone.
function bold(text) {
  const parts = text.slice(0, BOLD_WITHIN).split(/(\*[^*\n]+\*)/);
  return [...parts.map((part) => /^\*[^*\n]+\*$/.test(part) ? el("b", { textContent: part.slice(1, -1) }) : part), text.slice(BOLD_WITHIN)];
}

const VIEWS = {
  image: (m) => m.media ? [el("img", { src: m.media, alt: "Photo", onload: keepEnd })] : [el("p", { className: "gone", textContent: "📷 Photo" })],
  sticker: (m) => [el("img", { className: "sticker", src: m.media ?? "", alt: "Sticker", onload: keepEnd })],
  audio: (m) => {
    const audio = el("audio", { controls: true, preload: "metadata", src: m.media ?? "" });
    if (m.from === "business") audio.onplay = () => call("POST", `${customerPath()}/messages`, { instance: m.instance, type: "played", to: m.id });
    return [audio];
  },
  video: (m) => [fileLink(m, "🎬", "Video", "")],
  document: (m) => [fileLink(m, "📄", m.fileName ?? "File", "Open")],
  location: (m) => [el("div", { className: "place" }), el("p", { textContent: m.name ?? "" }), el("small", { textContent: m.address ?? "" })],
  contact: (m) => [el("div", { className: "file" }, el("b", { textContent: "👤" }), el("span", { textContent: m.displayName ?? "Contact" }))],
};

function fileLink(message, icon, name, hint) {
  return el("a", { className: "file", href: message.media ?? "#", target: "_blank", rel: "noopener" },
    el("b", { textContent: icon }), el("span", { textContent: name }, el("small", { textContent: hint })));
}

function keepEnd() {
  const chat = byId("chat");
  if (chat.scrollHeight - chat.scrollTop - chat.clientHeight < 500) chat.scrollTop = chat.scrollHeight;
}

function note(message) {
  const notes = [message.edited ? "edited" : "", message.via === "phone" ? "from its phone" : ""].filter(Boolean);
  return notes.length ? el("span", { textContent: notes.join(" · ") }) : null;
}

function time(at) {
  return el("span", { textContent: at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) });
}

function ticks(message) {
  const looks = {
    PENDING: ["🕓", "single"], SERVER_ACK: ["✓", "single"], DELIVERY_ACK: ["✓✓", ""],
    READ: ["✓✓", "read"], PLAYED: ["✓✓", "read"], ERROR: ["!", "error"],
  };
  const [text, look] = looks[message.status] ?? ["", ""];
  return el("span", { className: `ticks ${look}`, textContent: text, title: message.status });
}

function openMenu(message, node) {
  const about = (type, text) => { closeMenu(); send({ type, to: message.id, text: text ?? "", from_me: message.from === "business" && type !== "reaction" }); };
  const emojis = ["👍", "❤️", "😂", "😮", "🙏"].map((emoji) => el("button", { type: "button", textContent: emoji, onclick: () => about("reaction", emoji) }));
  const items = [el("div", { className: "emojis" }, ...emojis), button("Reply", "", () => { closeMenu(); replyTo(message); })];
  if (message.from === "customer" && !message.deleted) {
    items.push(button("Edit", "", () => edit(message, about)), button("Delete for everyone", "", () => about("delete")));
  }
  const menu = byId("menu");
  menu.replaceChildren(...items);
  menu.hidden = false;
  const place = node.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(place.left, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(place.bottom + 4, innerHeight - menu.offsetHeight - 8))}px`;
}

function edit(message, about) {
  const text = prompt("New text", message.text);
  if (text) about("edit", text);
  else closeMenu();
}

function closeMenu() { byId("menu").hidden = true; }

function replyTo(message) {
  state.replyTo = message?.id ?? null;
  byId("replying").hidden = !message;
  byId("replying-text").textContent = message ? message.text || message.type : "";
  if (message) byId("text").focus();
}

// --- Right: faults and webhooks --------------------------------------------------------------------------------------

function buildFaults() {
  const rows = FAULTS.map(([name, title, max = 1, step = 0.05]) => {
    const input = el("input", { type: "range", id: `fault-${name}`, min: 0, max, step, value: 0, onchange: putFaults, oninput: labelFaults });
    return el("label", { className: "fault" }, el("span", { textContent: title }), el("output", { id: `label-${name}` }), input);
  });
  byId("faults").replaceChildren(...rows);
}

function labelFaults() {
  for (const [name, , , , format = (v) => (v ? `${Math.round(v * 100)} %` : "off")] of FAULTS) {
    const value = Number(byId(`fault-${name}`).value);
    byId(`label-${name}`).textContent = format(value);
    byId(`label-${name}`).parentElement.classList.toggle("on", value > 0);
  }
}

function putFaults() {
  // What is not on the page (the seed, the details) stays as it was last seen.
  const { seed, ...rest } = state.faults ?? {};
  const shown = Object.fromEntries(FAULTS.map(([name]) => [name, Number(byId(`fault-${name}`).value)]));
  return act("PUT", "/sim/faults", { ...rest, ...shown });
}

function drawFaults(faults) {
  state.faults = faults;
  for (const [name] of FAULTS) {
    const input = byId(`fault-${name}`);
    if (document.activeElement !== input || !input.matches(":active")) input.value = faults[name];
  }
  labelFaults();
}

function drawWebhooks(webhooks) {
  const shown = [["emitted", ""], ["delivered", ""], ["pending", ""], ["retried", "bad"], ["rejected", "bad"], ["given_up", "bad"], ["dropped", "bad"], ["silenced", "bad"]];
  byId("stats").replaceChildren(el("span", { textContent: "Webhooks:" }), ...shown
    .filter(([name, look]) => !look || webhooks[name])
    .map(([name, look]) => el("span", { className: look }, el("b", { textContent: webhooks[name] }), ` ${name.replace("_", " ")}`)));
  const items = webhooks.recent.slice(0, 30).map(hookItem);
  byId("hooks").replaceChildren(...(items.length ? items : [el("li", { textContent: "None yet." })]));
}

function hookItem(hook) {
  const ok = hook.outcome >= 200 && hook.outcome < 300;
  const look = ok ? "ok" : hook.outcome === "pending" ? "wait" : "bad";
  const outcome = typeof hook.outcome === "number" || hook.outcome === "pending" ? hook.outcome : "no answer";
  return el("li", { title: `${hook.instance} → ${hook.url}\n${hook.outcome}` }, el("span", { textContent: hook.event }),
    el("span", { className: look, textContent: hook.attempts > 1 ? `${outcome} · try ${hook.attempts}` : String(outcome) }));
}

// --- Polling ---------------------------------------------------------------------------------------------------------

async function draw(name, path, how) {
  const value = await call("GET", path);
  const text = JSON.stringify(value) + state.instance + path;
  if (state.drawn[name] !== text && how(value) !== false) state.drawn[name] = text;
  return value;
}

async function look() {
  await draw("instances", "/sim/instances", drawInstances);
  await draw("faults", "/sim/faults", drawFaults);
  await draw("webhooks", "/sim/webhooks", drawWebhooks);
  if (!/^\d{8,15}$/.test(phone())) return;
  const query = state.instance ? `?instance=${encodeURIComponent(state.instance)}` : "";
  const screen = await draw("chat", `${customerPath()}/messages${query}`, drawChat);
  byId("open").checked = screen.open;
  byId("exists").checked = screen.exists;
  byId("presence").textContent = !state.instance ? "" : screen.presence === "composing" ? "typing…" : screen.presence === "recording" ? "recording audio…" : "online";
}

async function poll() {
  try {
    if (!document.hidden) await look();
    document.body.classList.remove("lost");
  } catch {
    toast("The simulator does not answer. Is it still running?");
  }
  setTimeout(poll, POLL_MS);
}

async function listPhones() {
  const customers = await call("GET", "/sim/customers");
  byId("phones").replaceChildren(...customers.map((one) => el("option", { value: one.phone, label: one.name ?? "" })));
}

byId("composer").onsubmit = (event) => {
  event.preventDefault();
  const text = byId("text").value.trim();
  if (!text) return;
  const message = state.replyTo ? { text, quoted: state.replyTo } : { text };
  byId("text").value = "";
  replyTo(null);
  byId("chat").scrollTop = byId("chat").scrollHeight;
  send(message);
};
for (const one of document.querySelectorAll("[data-send]")) one.onclick = () => send({ type: one.dataset.send });
byId("open").onchange = (event) => act("PUT", customerPath(), { open: event.target.checked });
byId("exists").onchange = (event) => act("PUT", customerPath(), { exists: event.target.checked });
byId("phone").onchange = async () => {
  const known = (await call("GET", "/sim/customers")).find((one) => one.phone === phone());
  byId("name").value = known?.name ?? "";
  await look();
};
byId("phone").onfocus = () => listPhones().catch(() => {});
byId("replying-stop").onclick = () => replyTo(null);
byId("reset").onclick = () => { if (confirm("Forget all numbers, chats and faults?")) act("POST", "/sim/reset", {}); };
document.addEventListener("pointerdown", (event) => { if (!event.target.closest(".menu")) closeMenu(); });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") closeMenu(); });

const asked = new URLSearchParams(location.search);
if (asked.get("phone")) byId("phone").value = asked.get("phone");
if (asked.get("instance")) state.instance = asked.get("instance");
buildFaults();
poll();
