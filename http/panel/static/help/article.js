// An article as elements: of what its text was rendered to, only what is named here reaches the page.

import { el } from "../ui.js";

const AS_THEY_ARE = new Set(["p", "ul", "ol", "li", "strong", "em", "s", "del", "code", "pre", "blockquote", "br", "hr", "table", "thead", "tbody", "tr", "th", "td"]);
const LINK = /^(?:https:|mailto:|tel:)/;

/** The article's text; its headings are of this level, 3 for h3. */
export function drawn(html, level) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  return el("div", { class: "help-drawn", data: { own: "" } }, inside(parsed.body, level));
}

const inside = (node, level) => [...node.childNodes].map((child) => (child.nodeType === Node.TEXT_NODE ? child.data : element(child, level)));

function element(node, level) {
  const tag = node.localName;
  if (/^h[1-6]$/.test(tag)) return el(`h${level}`, {}, inside(node, level));
  if (tag === "a" && LINK.test(node.getAttribute("href") ?? "")) return el("a", { href: node.getAttribute("href"), target: "_blank", rel: "noopener noreferrer" }, inside(node, level));
  if (tag === "img") return el("img", { src: node.getAttribute("src"), alt: node.getAttribute("alt") ?? "" });
  return AS_THEY_ARE.has(tag) ? el(tag, {}, inside(node, level)) : inside(node, level);
}
