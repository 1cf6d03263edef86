// Where a text has links. Without imports, so that a test runs it.

const MOST_LINKS = 200; // in one text: more is no message but a load
const LONGEST = 2048;
const LINK = /https?:\/\/[^\s<>"]+/gi;
const BEHIND = new Set([..."'.,;:!?*_~`…”’»。、，！？；："]); // of the sentence around it, or a mark of WhatsApp's
const PAIRS = { ")": "(", "]": "[", "}": "{" };

/** The places of its links: from, to. */
export function links(text) {
  const found = [];
  for (const each of text.matchAll(LINK)) {
    if (found.length >= MOST_LINKS) break;
    const length = bare(each[0].slice(0, LONGEST));
    if (/[^/]/.test(each[0].slice(each[0].indexOf("//") + 2, length))) found.push([each.index, each.index + length]);
  }
  return found;
}

/** How much of it is the link: a bracket at its end belongs to it where it was opened in it. */
function bare(link) {
  const open = {};
  for (const sign of link) {
    if (Object.values(PAIRS).includes(sign)) open[sign] = (open[sign] ?? 0) + 1;
    if (PAIRS[sign]) open[PAIRS[sign]] = (open[PAIRS[sign]] ?? 0) - 1;
  }
  let end = link.length;
  for (; end > 0; end -= 1) {
    const pair = PAIRS[link[end - 1]];
    if (!BEHIND.has(link[end - 1]) && !(pair && open[pair] < 0)) break;
    if (pair) open[pair] += 1;
  }
  return end;
}
