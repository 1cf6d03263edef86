// What a member has not read themselves, counted from the live push: see `actors/conversation/view.py`.

const MOST = 100; // nobody counts further

/** The id of a conversation's last message; 0 where there is none. */
export const lastId = (conversation) => conversation?.last_message?.id ?? 0;

/**
 * What is unread to a member after an event, given the conversation as it was before; undefined where it has to be
 * fetched. `me`: `id`, and `since`, when they joined, in milliseconds.
 */
export function counted(known, { conversation, message, activity }, me) {
  if (activity?.absorbed) return undefined; // it has another one's messages now, which nobody has counted
  if (conversation?.created_at) return 0; // it has just begun
  const unread = known?.unread_by_me;
  if (unread === undefined || unread === null) return undefined;
  if (activity?.seen_by === me.id && activity.upto >= lastId(known)) return 0;
  const counts = message?.direction === "inbound" && message.id > lastId(known) && Date.parse(message.created_at) >= me.since;
  return counts ? Math.min(MOST, unread + 1) : unread;
}

/** A patch from the live push without a last message that is older than the one which is known: what was fetched may be ahead. */
export function forward(known, patch) {
  if (!patch.last_message?.id || patch.last_message.id >= lastId(known)) return patch;
  const { last_message: _, ...rest } = patch;
  return rest;
}

/** Which of two times is later; two within a millisecond, which is all that a Date knows, are told apart by their text. */
export const compared = (one, other) => Date.parse(one) - Date.parse(other) || Number(one > other) - Number(one < other);

/** The later of two times, of which one may be missing. */
export const latest = (one, other) => (!one || compared(one, other) < 0 ? other : one);

/** When something last went on in a conversation that this patch changes; see `actors/conversation/view.py`. */
export const activity = (known, patch) => latest(patch.last_activity_at ?? known?.last_activity_at, patch.last_message?.created_at);

/** Of two looks at a conversation the one with the right count: with the newer last message, then the one that has read more. */
export function later(one, other) {
  if (lastId(one) !== lastId(other)) return lastId(one) > lastId(other) ? one : other;
  return (other.unread_by_me ?? 0) < (one.unread_by_me ?? 0) ? other : one;
}
