// A voice message, spoken here.

import { button, el } from "./ui.js";
import { span, t } from "./words.js";

const TYPES = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"];
const LONGEST = 300_000;

export const canRecord = () => Boolean(globalThis.MediaRecorder && navigator.mediaDevices?.getUserMedia);

export class Recorder {
  #recorder = null;
  #dropped = false;

  /** Record, with what stops it drawn into `place`. Answers `{file, voice: {seconds}}`, or null where it was thrown away. */
  async take(place) {
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      throw new Error(t("composer.no_microphone"));
    }
    const type = TYPES.find((each) => MediaRecorder.isTypeSupported(each));
    this.#recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
    const began = Date.now();
    const parts = [];
    const clock = el("span", { class: "grow", role: "timer" });
    const line = el("div", { class: "chip recording" }, el("span", { class: "dot" }), clock,
      button(t("composer.discard"), { on: { click: () => this.drop() } }), button(t("composer.send_voice"), { class: "primary", on: { click: () => this.#recorder.stop() } }));
    place.append(line);
    const tick = setInterval(() => {
      clock.textContent = t("composer.recording", { time: span(Date.now() - began) });
      if (Date.now() - began > LONGEST) this.#recorder.stop();
    }, 250);
    this.#recorder.ondataavailable = ({ data }) => parts.push(data);
    await new Promise((resolve) => {
      this.#recorder.onstop = resolve;
      this.#recorder.start();
    });
    clearInterval(tick);
    stream.getTracks().forEach((track) => track.stop());
    line.remove();
    if (this.#dropped) return null;
    const kind = (this.#recorder.mimeType || "audio/webm").split(";")[0];
    return { file: new File(parts, `voice.${kind.split("/")[1]}`, { type: kind }), voice: { seconds: Math.round((Date.now() - began) / 1000) } };
  }

  drop() {
    this.#dropped = true;
    if (this.#recorder?.state === "recording") this.#recorder.stop();
  }
}
