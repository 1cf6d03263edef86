// The grid of hours: columns with what is booked in them, which can be dragged to another time or another column.
//
// Own code and no library: a grid of hours is a column of a fixed height with blocks at their minutes; FullCalendar would be 250 kB
// for it, with words and colours of its own.

import { el } from "../ui.js";
import { t } from "../words.js";

const HOUR = 56; // pixels
const SNAP = 15; // minutes
const FIRST = 8;
const LAST = 19;
const MOST = 500; // of a column: more are no day but a mistake
const MOVED = 5; // pixels before a press becomes a drag

/** columns: `{name, on, provider, items}`; items: `{id, from, to, words, status}` in minutes. hooks: open(id), move(item, start, provider), book(at). */
export function grid(columns, hooks) {
  const all = columns.flatMap((column) => column.items);
  const first = Math.min(FIRST, ...all.map((each) => Math.floor(each.from / 60)));
  const last = Math.max(LAST, ...all.map((each) => Math.ceil(each.to / 60)));
  const hours = Array.from({ length: last - first }, (_, at) => first + at);
  const top = (minute) => ((minute - first * 60) / 60) * HOUR;
  const bodies = columns.map((column) => {
    const body = el("div", { class: "agenda-column", data: { on: column.on } }, lanes(column.items).map(({ item, lane, of }) => block(item, column, lane, of)));
    body.style.height = `${(last - first) * HOUR}px`;
    body.addEventListener("dblclick", (event) => {
      if (event.target === body) hooks.book({ on: column.on, provider_id: column.provider ?? null, at: clock(snapped(event.offsetY)) });
    });
    return body;
  });
  const node = el("div", { class: "agenda-grid", role: "region", "aria-label": t("agenda.grid"), tabIndex: 0 },
    el("div", { class: "agenda-hours", "aria-hidden": "true" }, hours.map((hour) => el("span", { text: clock(hour * 60), data: { own: "" } }))),
    columns.map((column, at) => el("section", { class: "agenda-part", "aria-labelledby": `agenda-${at}` }, el("h3", { id: `agenda-${at}`, class: "agenda-name", data: { own: "" }, text: column.name }), bodies[at])));
  node.style.gridTemplateColumns = `52px repeat(${columns.length}, minmax(120px, 1fr))`;
  return node;

  function snapped(pixels) {
    return Math.round((first * 60 + (pixels / HOUR) * 60) / SNAP) * SNAP;
  }

  function block(item, column, lane, of) {
    const made = el("button", { type: "button", data: { own: "", id: item.id }, class: `agenda-block agenda-${item.status}`, "aria-label": `${item.words.time} ${item.words.title}, ${item.words.who}, ${t(`agenda.status.${item.status}`)}`,
      on: { click: () => made.dataset.dragged || hooks.open(item.id), pointerdown: (event) => drag(event, made, item, column) } },
    el("span", { class: "agenda-time", data: { own: "" }, text: item.words.time }), el("strong", { data: { own: "" }, text: item.words.title }), el("span", { data: { own: "" }, text: item.words.who }));
    if (item.to - item.from < 45) made.classList.add("agenda-small");
    made.style.top = `${top(item.from)}px`;
    made.style.height = `${Math.max(24, top(item.to) - top(item.from) - 2)}px`;
    made.style.left = `${(lane / of) * 100}%`;
    made.style.width = `calc(${100 / of}% - 3px)`;
    if (item.words.colour) made.style.setProperty("--own", item.words.colour);
    return made;
  }

  function drag(press, made, item, column) {
    delete made.dataset.dragged;
    if (press.button !== 0 || !["pending", "confirmed"].includes(item.status)) return;
    const from = { x: press.clientX, y: press.clientY };
    let target = column;
    made.setPointerCapture(press.pointerId);
    made.dataset.held = "";
    const move = (event) => {
      const [right, down] = [event.clientX - from.x, event.clientY - from.y];
      if (!made.dataset.dragged && Math.hypot(right, down) < MOVED) return;
      made.dataset.dragged = "1";
      const over = bodies.findIndex((body) => {
        const box = body.getBoundingClientRect();
        return event.clientX >= box.left && event.clientX < box.right;
      });
      if (over >= 0) target = columns[over];
      made.style.transform = `translate(${right}px, ${down}px)`;
      made.querySelector(".agenda-time").textContent = clock(snapped(top(item.from) + down));
    };
    const end = (event) => {
      delete made.dataset.held;
      for (const [name, heard] of Object.entries({ pointermove: move, pointerup: end, pointercancel: end })) made.removeEventListener(name, heard);
      if (!made.dataset.dragged) return;
      const minute = snapped(top(item.from) + event.clientY - from.y);
      made.style.transform = "";
      made.querySelector(".agenda-time").textContent = item.words.time;
      if (event.type === "pointerup" && minute >= 0 && minute < 1440 && (minute !== item.from || target !== column)) {
        hooks.move(item, `${target.on}T${clock(minute)}`, target.provider && target.provider !== item.provider_id ? target.provider : null);
      }
    };
    for (const [name, heard] of Object.entries({ pointermove: move, pointerup: end, pointercancel: end })) made.addEventListener(name, heard);
  }
}

/** Which of how many lanes each item stands in, so that none covers another. */
export function lanes(items) {
  const placed = [];
  let cluster = [];
  let ends = [];
  let latest = -Infinity;
  const close = () => {
    for (const each of cluster) each.of = ends.length;
    placed.push(...cluster);
    cluster = [];
    ends = [];
    latest = -Infinity;
  };
  for (const item of [...items].slice(0, MOST).sort((one, other) => one.from - other.from || other.to - one.to)) {
    if (ends.length && latest <= item.from) close();
    latest = Math.max(latest, item.to);
    const free = ends.findIndex((end) => end <= item.from);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = item.to;
    cluster.push({ item, lane, of: 1 });
  }
  close();
  return placed;
}

/** "09:15" of minutes since midnight. */
export function clock(minute) {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(Math.round(minute % 60)).padStart(2, "0")}`;
}
