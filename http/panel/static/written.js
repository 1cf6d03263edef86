// What people wrote, as it is shown: links can be clicked, WhatsApp's marks are drawn.

import { links } from "./links.js";
import { el } from "./ui.js";

const MOST_PARTS = 400; // of one text: more is no message but a load

const MARKED = /```([^`]{1,2000})```|(?<![\p{L}\p{N}])([*_~])(?=\S)([^*_~\n]{1,1000})(?<=\S)\2(?![\p{L}\p{N}])/gu;
const MARKS = { "*": "strong", _: "em", "~": "s" };

/** Words with WhatsApp's own marks drawn: *bold*, _italic_, ~struck~, ```as it is```. */
function marked(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(MARKED)) {
    if (parts.length >= MOST_PARTS) break;
    parts.push(text.slice(from, found.index), el(found[1] === undefined ? MARKS[found[2]] : "code", { text: found[1] ?? found[3] }));
    from = found.index + found[0].length;
  }
  return [...parts, text.slice(from)].filter((part) => part !== "");
}

/** Words with their links clickable and their marks drawn. */
export function words(text) {
  const parts = [];
  let from = 0;
  for (const [start, end] of links(text)) {
    const link = text.slice(start, end);
    parts.push(...marked(text.slice(from, start)), el("a", { href: link, target: "_blank", rel: "noopener noreferrer", text: link }));
    from = end;
  }
  return [...parts, ...marked(text.slice(from))];
}
