// The words of the panel, in the member's language; times and numbers as that language writes them, in the workspace's zone.
//
// A catalogue is a file of a room in a language, `words/<language>/<room>.json`. It is fetched before the modules that ask for its words
// are entered, so that asking is never waiting. What is not there shows its key, which a test does not let happen. Those of the first
// form come within the page, in the language that the browser asks for.

export const LANGUAGES = { en: "English", "pt-BR": "Português", es: "Español" };
const KEPT = "plixa.language";
const PSEUDO = "xx"; // every word in brackets: what shows without is not in the catalogues

const rooms = new Map(); // room → its words
const loading = new Map();
let language = "en";
let pseudo = false;
let zone;
let plurals = new Intl.PluralRules("en");
let formats = {};

/** The language that is spoken now. */
export const spoken = () => language;

/** The nearest language that there is, of those that somebody would like, in order. */
export function nearest(wanted) {
  for (const each of wanted.filter(Boolean)) {
    const found = Object.keys(LANGUAGES).find((name) => name.toLowerCase() === each.toLowerCase() || name.split("-")[0] === each.toLowerCase().split("-")[0]);
    if (found) return found;
  }
  return "en";
}

/** What this browser was told to speak, or null. */
export const chosenHere = () => new URLSearchParams(location.search).get("lang") ?? localStorage.getItem(KEPT);

/** Speak another language on this browser; null: the member's own again. */
export function remember(name) {
  if (name) localStorage.setItem(KEPT, name);
  else localStorage.removeItem(KEPT);
}

/** Speak this language, in this zone (left out: the browser's). The rooms that are there are fetched anew. */
export async function speak(name, timeZone) {
  pseudo = name === PSEUDO;
  const before = language;
  language = pseudo ? "en" : nearest([name]);
  zone = timeZone;
  plurals = new Intl.PluralRules(language);
  formats = {};
  document.documentElement.lang = language;
  if (before === language) return;
  const known = [...rooms.keys()];
  rooms.clear();
  loading.clear();
  await words(...known);
}

/** Have the words of these rooms. Throws where they cannot be fetched. */
export async function words(...names) {
  await Promise.all(names.map((room) => {
    if (!loading.has(room)) {
      loading.set(room, fetchRoom(room).catch((error) => {
        loading.delete(room);
        throw error;
      }));
    }
    return loading.get(room);
  }));
}

/** The words of a room that came within the page, if they did and are in this language. */
function within(room) {
  const given = document.getElementById("words");
  return given?.lang === language ? JSON.parse(given.textContent)[room] : undefined;
}

async function fetchRoom(room) {
  const here = within(room);
  if (here) return learn(room, here);
  const answer = await fetch(new URL(`./words/${language}/${room}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`No words: ${room}`);
  learn(room, await answer.json());
}

/** Take these as the words of a room. */
export function learn(room, catalogue) {
  rooms.set(room, catalogue);
}

function find(key) {
  const [room, ...way] = key.split(".");
  return way.reduce((found, name) => found?.[name], rooms.get(room));
}

/** The words of a key, "room.key" or "room.group.key". `{name}` in them is filled in; where there are forms for numbers, `n` chooses. */
export function t(key, given = {}) {
  return t.nodes(key, given).join("");
}

/** Whether there are words for this key. */
t.has = (key) => find(key) !== undefined;

/** The same in parts, so that what is filled in can be an element. */
t.nodes = (key, given = {}) => {
  let found = find(key);
  if (typeof found === "object" && found !== null) found = found[plurals.select(given.n ?? 0)] ?? found.other;
  if (typeof found !== "string") return [key];
  const parts = found.split(/\{(\w+)\}/).map((part, at) => (at % 2 ? filled(given[part]) : part)).filter((part) => part !== "");
  return pseudo ? ["⟦", ...parts, "⟧"] : parts;
};

const filled = (value) => (typeof value === "number" ? number(value) : value ?? "");

// -- numbers and times ------------------------------------------------------------------------------------------------

const DAY = 86_400_000;
const KINDS = {
  clock: { hour: "2-digit", minute: "2-digit" },
  weekday: { weekday: "short" },
  date: { day: "numeric", month: "short" },
  dated: { day: "numeric", month: "short", year: "numeric" },
  long: { weekday: "long", day: "numeric", month: "long" },
  full: { dateStyle: "medium", timeStyle: "short" },
};

function format(kind) {
  formats[kind] ??= new Intl.DateTimeFormat(language, { ...KINDS[kind], timeZone: zone });
  return formats[kind];
}

/** The calendar's day of a moment in the workspace's zone, as days since 1970. */
function dayOf(at) {
  formats.day ??= new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  return Math.round(Date.parse(`${formats.day.format(at)}T00:00:00Z`) / DAY);
}

/** Whole days between two moments by the calendar: 0 is the same day. */
const daysApart = (from, to) => dayOf(to) - dayOf(from);

export const clock = (iso) => format("clock").format(new Date(iso));
export const full = (iso) => format("full").format(new Date(iso));
export const date = (iso) => format("dated").format(new Date(iso));

/** As short as it can be said: the time, the weekday, or the date. */
export function brief(iso) {
  const at = new Date(iso);
  const days = daysApart(at, new Date());
  if (days === 0) return clock(at);
  return format(days > 0 && days < 7 ? "weekday" : "date").format(at);
}

/** The heading over a day's messages. */
export function day(iso) {
  const days = daysApart(new Date(iso), new Date());
  return days === 0 ? t("common.today") : days === 1 ? t("common.yesterday") : format("long").format(new Date(iso));
}

/** "today 14:30", "tomorrow 09:00", "Fri 09:00": a moment that is to come, or was just now. */
export function until(iso) {
  const at = new Date(iso);
  const days = daysApart(new Date(), at);
  const name = days > 1 && days < 7 ? format("weekday").format(at) : format("date").format(at);
  if (days === 0) return t("common.at.today", { clock: clock(at) });
  return days === 1 ? t("common.at.tomorrow", { clock: clock(at) }) : t("common.at.other", { day: name, clock: clock(at) });
}

/** The moment of a clock's time some days from now in the workspace's zone: `inDays(1, 9)` is tomorrow at nine. */
export function inDays(days, hour) {
  return fromZone(new Date((dayOf(new Date()) + days) * DAY + hour * 3_600_000));
}

/** The moment that "2026-11-30T09:00" is in the workspace's zone. */
export const zoned = (local) => fromZone(new Date(`${local}Z`));

/** The moment whose clock in the zone shows what this one's shows in UTC; looked at twice, for the hour that a clock is changed. */
function fromZone(wanted) {
  const shifted = (at) => new Date(wanted.getTime() - (Date.parse(`${inZone(at)}:00Z`) - Math.floor(at.getTime() / 60_000) * 60_000));
  return shifted(shifted(wanted));
}

/** The weekday in the workspace's zone: 0 is Sunday. */
export const weekday = () => (dayOf(new Date()) + 4) % 7;

/** "2026-11-30T09:00" of a moment in the workspace's zone, as `datetime-local` writes it. */
export function inZone(at) {
  formats.local ??= new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" });
  return formats.local.format(at).replace(" ", "T");
}

/** "4:59", "2 h 10 m", "3 d". */
export function span(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  if (seconds < 2 * 86_400) return t("common.span.hours", { hours: Math.floor(seconds / 3600), minutes: Math.floor((seconds % 3600) / 60) });
  return t("common.span.days", { days: Math.floor(seconds / 86_400) });
}

export const number = (value, options) => new Intl.NumberFormat(language, options).format(value);

/** 0.25 → "25 %". */
export const percent = (share) => number(share, { style: "percent", maximumFractionDigits: 1 });

/** "R$ 12,50" of an amount in the currency's smallest unit. */
export function money(amount, currency) {
  const written = new Intl.NumberFormat(language, { style: "currency", currency });
  return written.format(amount / 10 ** written.resolvedOptions().maximumFractionDigits);
}

/** "1.4 MB". */
export function size(bytes) {
  if (bytes === null || bytes === undefined) return "";
  if (bytes < 1000) return `${number(bytes)} B`;
  return bytes < 1e6 ? `${number(Math.round(bytes / 1e3))} kB` : `${number(bytes / 1e6, { maximumFractionDigits: 1 })} MB`;
}

/** "one, two and three". */
export const listed = (items) => new Intl.ListFormat(language, { type: "conjunction" }).format(items);
