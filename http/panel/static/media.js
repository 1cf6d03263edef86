// The files of a conversation's messages: fetched as they come into sight, shown, or said why not.

import { file } from "./api.js";
import { kind, button, el, icon } from "./ui.js";
import { size, t } from "./words.js";

const FETCHED_BY = 4000; // a file comes from the gateway a moment after its message; the live push says when

/** Those of one conversation. `root` is what scrolls; `message(id)` answers a message as it is known now. */
export class Media {
  #conversation;
  #message;
  #watcher;
  #held = new Map();
  #urls = [];
  #closed = false;

  constructor(conversation, root, message) {
    this.#conversation = conversation;
    this.#message = message;
    this.#watcher = new IntersectionObserver((seen) => this.#seen(seen), { root, rootMargin: "300px" });
  }

  close() {
    this.#watcher.disconnect();
    this.#urls.forEach((url) => URL.revokeObjectURL(url));
    this.#closed = true;
  }

  /** A message's file, or what stands for it; the same node for as long as the thread is open. */
  of(message) {
    const known = this.#held.get(message.id);
    if (known) return known.node;
    const { media, type } = message;
    const node = el("div", { class: `media media-${type}`, data: { message: message.id } });
    const held = { node, state: "idle", tries: 0 };
    this.#held.set(message.id, held);
    if (media.thumbnail && type !== "document") node.append(el("img", { class: "thumb", src: `data:image/jpeg;base64,${media.thumbnail}`, alt: "" }));
    if (type === "document" || type === "video") node.append(this.#fileButton(message, held));
    else this.#watcher.observe(node);
    return node;
  }

  #fileButton({ media, type }, held) {
    const name = media.file_name || t(type === "video" ? "bubble.media.play" : "bubble.media.document");
    return el("button", { type: "button", class: "file", on: { click: () => this.#fetchMedia(held) } },
      icon(type === "video" ? "video" : "file"), el("span", { class: "grow", text: name }), el("span", { class: "muted", text: size(media.bytes) }));
  }

  #seen(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      this.#watcher.unobserve(target);
      const held = this.#held.get(Number(target.dataset.message));
      const age = Date.now() - Date.parse(this.#message(Number(target.dataset.message)).created_at);
      if (age > FETCHED_BY) this.#fetchMedia(held);
      else setTimeout(() => !this.#closed && held.state === "idle" && this.#fetchMedia(held), FETCHED_BY);
    }
  }

  /** The file may be there now. */
  retry(id) {
    const held = this.#held.get(id);
    if (held && (held.state === "missing" || (held.state === "idle" && !held.node.querySelector(".file")))) this.#fetchMedia(held);
  }

  async #fetchMedia(held) {
    const id = Number(held.node.dataset.message);
    if (held.state === "loading") return;
    if (held.url) return this.#showMedia(held, this.#message(id));
    held.state = "loading";
    held.node.classList.add("loading");
    try {
      const blob = await file(this.#conversation, id);
      if (this.#closed) return;
      held.url = URL.createObjectURL(blob);
      this.#urls.push(held.url);
      held.state = "there";
      this.#showMedia(held, this.#message(id));
    } catch (error) {
      held.state = "missing";
      this.#mediaMissing(held, error);
    } finally {
      held.node.classList.remove("loading");
    }
  }

  #mediaMissing(held, error) {
    held.node.querySelector(".missing")?.remove();
    const lost = this.#message(Number(held.node.dataset.message))?.error;
    const coming = error.status === 404 && !lost;
    held.node.append(el("p", { class: "missing muted" }, coming ? t("bubble.media.coming") : error.message, " ",
      button(t("common.again"), { on: { click: () => this.#fetchMedia(held) } })));
    if (coming && ++held.tries <= 5) setTimeout(() => !this.#closed && held.state === "missing" && this.#fetchMedia(held), 1500 * held.tries);
  }

  #showMedia({ node, url }, { media, type, body }) {
    const name = media.file_name || kind(type) || t("bubble.media.file");
    if (type === "image" || type === "sticker") {
      const picture = el("img", { src: url, alt: body || name });
      node.replaceChildren(el("a", { href: url, target: "_blank", rel: "noopener", "aria-label": t("bubble.media.open", { name }) }, picture));
    } else if (type === "audio") {
      node.replaceChildren(el("audio", { src: url, controls: true, preload: "metadata" }));
    } else if (type === "video") {
      node.replaceChildren(el("video", { src: url, controls: true, playsInline: true }));
      node.firstChild.play().catch(() => {});
    } else {
      const save = el("a", { href: url, download: name });
      node.append(save);
      save.click();
      save.remove();
    }
  }
}
