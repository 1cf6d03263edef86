// What a member has put back among the unread, to come back to it: a mark of this browser's, theirs alone.
// The server counts what was read and never less, so that no colleague's count and no report changes with it.

const KEPT = "plixa.unread";
const MOST = 200; // the oldest marks are forgotten

let marks = null;

function known() {
  try {
    marks ??= new Set(JSON.parse(localStorage.getItem(KEPT)) ?? []);
  } catch {
    marks = new Set(); // somebody else has written there
  }
  return marks;
}

function keep() {
  try {
    localStorage.setItem(KEPT, JSON.stringify([...known()].slice(-MOST)));
  } catch {
    // A browser that keeps nothing keeps it for this page.
  }
}

/** Whether a member has marked this conversation. */
export const isMarked = (member, id) => known().has(`${member}.${id}`);

export function mark(member, id) {
  known().add(`${member}.${id}`);
  keep();
}

/** It has been opened. Answers whether it was marked. */
export function unmark(member, id) {
  if (!known().delete(`${member}.${id}`)) return false;
  keep();
  return true;
}

addEventListener("storage", ({ key }) => {
  if (key === KEPT) marks = null; // another tab has changed it
});
