// That somebody has written, told to a member who looks elsewhere: a sound, and a notice of the desktop.

import { t } from "./words.js";

const LEVEL = "plixa.sound"; // "off", "soft" or "loud"
const LOUDNESS = { soft: 0.05, loud: 0.25 };
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
  if (!document.hidden || globalThis.Notification?.permission !== "granted") return;
  const shown = new Notification(t("inbox.sound", { name: title }), { body: text, icon: "/panel/plixa.svg", tag: title });
  shown.onclick = () => {
    window.focus();
    open();
    shown.close();
  };
}

/** The count on the mark of an app that was installed. */
export function badge(count) {
  if (count) navigator.setAppBadge?.(count).catch(() => {});
  else navigator.clearAppBadge?.().catch(() => {});
}
