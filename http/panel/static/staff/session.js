// The token of somebody of staff, which is none of the panel's: each is good for its own side only.

import { request } from "../api.js";

const KEPT = "plixa.staff";
const OF_THE_PANEL = "plixa.token";
let onOver = () => {};

export const bearer = () => sessionStorage.getItem(KEPT);

export function keepBearer(value) {
  if (value) sessionStorage.setItem(KEPT, value);
  else sessionStorage.removeItem(KEPT);
}

/** What to do when the session is over. */
export function whenOver(listener) {
  onOver = listener;
}

/** As `request`, with the token of staff. */
export async function staffRequest(method, path, options = {}) {
  try {
    return await request(method, path, { token: bearer(), ...options });
  } catch (error) {
    if (error.status === 401 && !options.token) onOver();
    throw error;
  }
}

/** A file of an answer that needs the token, to be saved. */
export async function saved(path, name) {
  const answer = await fetch(path, { headers: { Authorization: `Bearer ${bearer()}` } });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The panel in a window of its own, as the member whose token this is: what is kept in a window is that window's. */
export function openPanel(token) {
  const opened = open("", "_blank");
  if (!opened) return false; // the browser lets no window open
  opened.sessionStorage.setItem(OF_THE_PANEL, token);
  opened.location.replace("/panel/");
  return true;
}
