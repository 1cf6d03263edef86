// That somebody has written, told to a member who looks elsewhere: a sound, and a notice of the desktop.

import { request } from "./api.js";
import { t } from "./words.js";

const LEVEL = "plixa.sound"; // "off", "soft" or "loud"
const LOUDNESS = { soft: 0.05, loud: 0.25 };
const PUSHED = "plixa.push"; // this browser is told by push
const APART = 1500; // between two sounds
let last = 0;

export const level = () => localStorage.getItem(LEVEL) ?? "soft";

export function setLevel(name) {
  localStorage.setItem(LEVEL, name);
  ring();
}

/** Two short tones; a browser that has not been clicked in yet stays silent. */
export function ring() {
  const loud = LOUDNESS[level()];
  if (!loud || Date.now() - last < APART || !globalThis.AudioContext) return;
  last = Date.now();
  const sound = new AudioContext();
  if (sound.state === "suspended" && !navigator.userActivation?.hasBeenActive) return void sound.close();
  [660, 880].forEach((pitch, at) => {
    const tone = sound.createOscillator();
    const gain = sound.createGain();
    tone.frequency.value = pitch;
    gain.gain.setValueAtTime(loud, sound.currentTime + at * 0.12);
    gain.gain.exponentialRampToValueAtTime(0.001, sound.currentTime + at * 0.12 + 0.25);
    tone.connect(gain).connect(sound.destination);
    tone.start(sound.currentTime + at * 0.12);
    tone.stop(sound.currentTime + at * 0.12 + 0.3);
  });
  setTimeout(() => sound.close(), 1000);
}

/** A customer has written. `open()`: go there. */
export function notify({ title, text, open }) {
  ring();
  if (!document.hidden || globalThis.Notification?.permission !== "granted" || localStorage.getItem(PUSHED)) return; // what is pushed is shown by the service worker
  const shown = new Notification(t("inbox.sound", { name: title }), { body: text, icon: "/panel/plixa.svg", tag: title });
  shown.onclick = () => {
    window.focus();
    open();
    shown.close();
  };
}

/** Ask whether this browser may tell of messages, and let it be told while no page is open. Answers whether it may. */
export async function allow() {
  if (await Notification.requestPermission() !== "granted") return false;
  await subscribe();
  return true;
}

/** Let this browser be told by push, where it is allowed and can be; called again, it refreshes. */
export async function subscribe() {
  if (globalThis.Notification?.permission !== "granted" || !navigator.serviceWorker || !globalThis.PushManager) return;
  try {
    const { data } = await request("GET", "/v1/push/vapid-public-key");
    await navigator.serviceWorker.register("/panel/sw.js");
    const worker = await navigator.serviceWorker.ready;
    const found = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: data.public_key });
    const { endpoint, keys } = found.toJSON();
    await request("POST", "/v1/push/subscriptions", { body: { endpoint, keys } });
    localStorage.setItem(PUSHED, "1");
  } catch {
    localStorage.removeItem(PUSHED); // the page tells by itself while it is open
  }
}

/** Who has signed out is told nothing here any more. */
export async function unsubscribe() {
  if (!localStorage.getItem(PUSHED)) return;
  localStorage.removeItem(PUSHED);
  try {
    const worker = await navigator.serviceWorker.ready;
    const found = await worker.pushManager.getSubscription();
    if (!found) return;
    await request("DELETE", "/v1/push/subscriptions", { body: { endpoint: found.endpoint } });
    await found.unsubscribe();
  } catch {
    // The server forgets a subscription that nobody takes.
  }
}

/** The count on the mark of an app that was installed. */
export function badge(count) {
  if (count) navigator.setAppBadge?.(count).catch(() => {});
  else navigator.clearAppBadge?.().catch(() => {});
}
