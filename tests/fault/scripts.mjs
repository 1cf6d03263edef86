// Tries the scripts that we serve: every pattern that stands in them, and what their modules export.
//
// node --expose-internals scripts.mjs FOLDER < texts.json. FOLDER holds the scripts; the standard input is {name: text}.
// Each line of the output is {name, text, seconds, elements}, of the text on which something took longest. Nothing is
// waited for that takes too long: every text is tried at a few lengths, and no further than `LIMIT`.

import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

// Node's own parser of JavaScript: it knows a pattern from a division.
const acorn = createRequire(import.meta.url)("internal/deps/acorn/acorn/dist/acorn");
const LIMIT = 0.25;
const LENGTHS = [24, ...Array.from({ length: 10 }, (_, power) => 64 * 2 ** power), Infinity];
const PAGES = ["panel/panel.js", "panel/sw.js", "panel/docs.js", "panel/staff/staff.js", "simulator/page.js"]; // they begin to work as they are loaded, so only their patterns are tried
const folder = process.argv[2];
const texts = Object.entries(JSON.parse(readFileSync(0, "utf8")));

// -- a page that only counts ------------------------------------------------------------------------------------------

let elements = 0;

/** An element that takes everything, is whatever is asked for, and shows nothing. */
function element() {
  elements += 1;
  const children = [];
  const known = { append: (...more) => children.push(...more), replaceChildren: (...more) => (children.length = 0, children.push(...more)),
    dataset: {}, style: {}, classList: { add() {}, remove() {}, toggle() {} }, children, get firstChild() { return children[0]; }, get lastChild() { return children.at(-1); } };
  return new Proxy(known, { get: (it, name) => (name in it ? it[name] : () => {}), set: (it, name, value) => ((it[name] = value), true) });
}

Object.assign(globalThis, {
  document: { cookie: "", createElement: element, createElementNS: element, getElementById: () => null, addEventListener() {}, querySelectorAll: () => [], body: element() },
  sessionStorage: { getItem: () => null, setItem() {} },
  location: new URL("http://localhost/panel/"), matchMedia: () => ({ matches: false, addEventListener() {} }), addEventListener() {},
});

// -- what is tried ----------------------------------------------------------------------------------------------------

/** Every pattern of a script: `[how it is written, the pattern]`. */
function patternsOf(source) {
  const found = [];
  const look = (node) => {
    if (!node || typeof node !== "object") return;
    if (node.regex) found.push([`/${node.regex.pattern}/${node.regex.flags}`, new RegExp(node.regex.pattern, node.regex.flags)]);
    if (node.type === "NewExpression" && node.callee.name === "RegExp") throw new Error("A pattern that is put together cannot be tried: write it as a literal.");
    Object.values(node).forEach((inner) => (Array.isArray(inner) ? inner.forEach(look) : look(inner)));
  };
  look(acorn.parse(source, { ecmaVersion: "latest", sourceType: "module" }));
  return found;
}

/** Runs of what a pattern is written with, and an end that does not fit. */
function runsOf(written, length) {
  const parts = new Set([...written.matchAll(/[A-Za-z]{2,}|\p{Any}/gu)].map(([part]) => part));
  const run = (part) => part.repeat(Math.ceil(length / part.length)).slice(0, length);
  return [...parts].flatMap((part) => [[`a run of ${part}`, run(part)], [`a run of ${part}, then an end`, `${run(part).slice(2)}\u0001!`]]);
}

const USED = [(pattern, text) => text.replace(pattern, ""), (pattern, text) => text.split(pattern)];

/** What a message, a conversation and an event may be called with. */
const message = (text, type = "text") => ({ id: 1, conversation_id: 1, type, body: text, direction: "inbound", status: "sent", error: text, created_at: "2026-01-06T12:00:00Z",
  quoted_message_id: 2, author: { kind: "user", name: text }, reactions: { customer: text.slice(0, 64) }, extra: { menu: { shown: "list", options: [{ label: text }] } },
  media: type === "text" ? null : { file_name: text, mime: text } });
const conversation = (text) => ({ id: 1, contact_id: 1, contact_name: text, contact_phone: text, labels: [1], mode: "ai", last_message: message(text), unread_by_me: 1, created_at: "2026-01-06T12:00:00Z" });
const state = (text) => ({ labels: new Map([[1, { id: 1, name: text, color: text }]]), users: new Map(), sectors: new Map(), numbers: new Map(), me: { id: 1 } });
const hooks = (text) => ({ me: 2, conversation: () => conversation(text), media: element, quote() {}, jump() {}, open() {}, userName: () => text });

/** Calls of exported things that one word does not do for; none of them may raise. */
const CALLS = {
  "bubble.js": {
    "a text": ({ fillBubble }, text) => fillBubble(element(), message(text), false, message(text), hooks(text)),
    "a note": ({ fillBubble }, text) => fillBubble(element(), message(text, "note"), false, null, hooks(text)),
    "a place": ({ fillBubble }, text) => fillBubble(element(), message(text, "location"), true, null, hooks(text)),
  },
  "rows.js": { "a row": ({ Rows }, text) => new Rows(state(text), hooks(text)).of(conversation(text), true) },
  "filters.js": {
    "a search": ({ matches }, text) => matches({ q: text.slice(0, 200) }, conversation(text), 1, null),
    "an address": ({ fromQuery }, text) => fromQuery(new Map(["q", "assignee", "label"].map((name) => [name, text]))),
    "a digit": ({ toQuery }, text) => toQuery({ q: text }),
  },
  "words.js": { "a word that is filled in": ({ learn, t }, text) => (learn("common", { filled: "{text}, {text}" }), t("common.filled", { text })) },
  "ui.js": {
    "a preview": ({ gist }, text) => gist(message(text)),
    "a name": ({ avatar }, text) => avatar(text, 1),
  },
  "written.js": { "links": ({ words }, text) => words(text) },
};

/** Everything that a module exports, called with a text and with a message of it; what it makes of them is its own matter. */
function exportsOf(module) {
  const functions = Object.entries(module).filter(([, it]) => typeof it === "function" && !/^class\b/.test(Function.prototype.toString.call(it)));
  const tolerant = (run) => { try { run(); } catch { /* it wants something else than a text */ } };
  return functions.flatMap(([name, it]) => [[`${name}(text)`, (text) => tolerant(() => it(text))], [`${name}(message)`, (text) => tolerant(() => it(message(text)))]]);
}

// -- trying -----------------------------------------------------------------------------------------------------------

const worst = new Map();

function attempt(name, kind, text, run) {
  for (const length of LENGTHS) {
    if (worst.get(name)?.seconds > LIMIT) return; // once is enough
    elements = 0;
    const before = process.threadCpuUsage();
    try {
      run(text.slice(0, length));
    } catch (error) {
      console.log(JSON.stringify({ name, text: kind, raised: String(error) }));
      return;
    }
    const { user, system } = process.threadCpuUsage(before);
    const spent = { seconds: (user + system) / 1e6, elements };
    const known = worst.get(name);
    worst.set(name, {
      name, text: !known || spent.seconds > known.seconds ? kind : known.text,
      seconds: Math.max(spent.seconds, known?.seconds ?? 0), elements: Math.max(elements, known?.elements ?? 0),
    });
    if (text.length <= length) return;
  }
}

for (const later of ["unhandledRejection", "uncaughtException"]) process.on(later, () => {}); // of a server or a page that is not there
const length = texts[0][1].length;
for (const file of readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".js"))) {
  for (const [written, pattern] of patternsOf(readFileSync(join(folder, file), "utf8"))) {
    for (const [kind, text] of [...texts, ...runsOf(written, length)]) {
      for (const use of USED) attempt(`${file} ${written}`, kind, text, (it) => use(pattern, it));
    }
  }
  if (PAGES.includes(file)) continue;
  const module = await import(pathToFileURL(join(folder, file)));
  const calls = Object.entries(CALLS[file.replace("panel/", "")] ?? {}).map(([name, call]) => [name, (text) => call(module, text)]);
  for (const [name, run] of [...calls, ...exportsOf(module)]) {
    for (const [kind, text] of texts) attempt(`${file} ${name}`, kind, text, run);
  }
}
for (const spent of worst.values()) console.log(JSON.stringify(spent));
process.exit(0); // whatever a module has begun to wait for
