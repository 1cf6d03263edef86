// This browser is told of tickets while no page of the back office is open, in the language that it shows here.

import { spoken } from "../words.js";
import { staffRequest } from "./session.js";

const PUSHED = "plixa.staff.push"; // this browser is told
const PATH = "/v1/admin/push/subscriptions";

export const canPush = () => Boolean(globalThis.Notification && globalThis.PushManager && navigator.serviceWorker);
export const isPushed = () => Boolean(localStorage.getItem(PUSHED));

/** Ask whether this browser may tell, and let it be told. Answers whether it is from now on. */
export async function allow() {
  return await Notification.requestPermission() === "granted" && subscribe();
}

/** Called again, it refreshes the subscription: other keys, another language. Answers whether it is told. */
export async function subscribe() {
  try {
    const { data: me } = await staffRequest("GET", "/v1/admin/me");
    await navigator.serviceWorker.register("/staff/sw.js");
    const worker = await navigator.serviceWorker.ready;
    const found = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: me.push_key });
    const { endpoint, keys } = found.toJSON();
    await staffRequest("POST", PATH, { body: { endpoint, keys, locale: spoken() } });
    localStorage.setItem(PUSHED, "1");
    return true;
  } catch {
    localStorage.removeItem(PUSHED); // the desk is live while it is open
    return false;
  }
}

/** Who has signed out is told nothing here any more. */
export async function unsubscribe() {
  if (!isPushed()) return;
  localStorage.removeItem(PUSHED);
  try {
    const worker = await navigator.serviceWorker.getRegistration("/staff/");
    const found = await worker?.pushManager.getSubscription();
    if (!found) return;
    await staffRequest("DELETE", PATH, { body: { endpoint: found.endpoint } });
    await found.unsubscribe();
  } catch {
    // The server forgets a subscription that nobody takes.
  }
}
