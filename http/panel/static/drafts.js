// What was begun to be written, by conversation: it outlives a reload and a browser that is closed, not a sign-out.

const KEPT = "plixa.drafts";
const MOST = 50; // conversations; the oldest are forgotten

function all() {
  try {
    return new Map(JSON.parse(localStorage.getItem(KEPT)) ?? []);
  } catch {
    return new Map(); // somebody else has written there
  }
}

/** `{text, note}` of a conversation, as it was left by this member. */
export function draftOf(member, id) {
  return all().get(`${member}.${id}`) ?? { text: "", note: false };
}

export function keepDraft(member, id, draft) {
  const drafts = all();
  drafts.delete(`${member}.${id}`);
  if (draft.text.trim()) drafts.set(`${member}.${id}`, draft);
  try {
    localStorage.setItem(KEPT, JSON.stringify([...drafts].slice(-MOST)));
  } catch {
    // A browser that keeps nothing keeps no drafts.
  }
}

export const forgetDrafts = () => localStorage.removeItem(KEPT);
