// The live push: a WebSocket that comes back by itself and resumes where it was.
//
// Who it is goes in the first frame: a token contains "|", which a browser does not allow in a sub-protocol's name.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
const QUIET = 60_000; // the server says something every 25 s
const OFFLINE_AFTER = 4;

const BAD_FRAME = 4400;
const SIGN_IN = 4401;
const NOT_ALLOWED = 4403;
const TOO_OLD = 4409; // away for too long: everything anew, then on from there
const ELSEWHERE = 4410;

/** Merge a partial resource into what is known: objects key by key, anything else replaces. */
export function merge(known, patch) {
  const merged = isObject(known) ? { ...known } : {};
  for (const [name, value] of Object.entries(patch)) merged[name] = isObject(value) ? merge(merged[name], value) : value;
  return merged;
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * hooks: `path` of the socket, if it is not that of members; `proof()` the token, or the key of the cookie; `snapshot()` fetches everything anew and answers
 * the offset as of which it is true; `event(event)` folds one; `state(name, why, reason)` with name connecting, live,
 * reconnecting, offline or stopped (why: frame or not_allowed); `signIn()`.
 */
export class Live {
  #hooks;
  #socket = null;
  #timer = null;
  #watch = null;
  #tries = 0;
  #epoch = null;
  #stopped = false;
  #first = null;
  #stale = false;
  #live = false; // the server has said so on the socket that is open

  /** The offset of the last event that was folded; null before the first snapshot. */
  after = null;

  constructor(hooks) {
    this.#hooks = hooks;
    this.wake = () => this.#wake();
    addEventListener("online", this.wake);
    addEventListener("offline", this.wake);
    document.addEventListener("visibilitychange", this.wake);
  }

  start() {
    this.#hooks.state("connecting");
    // Beside the connection, so that there is something to see even where a WebSocket cannot get through.
    this.#first = this.#snapshot().catch(() => {});
    this.#connect();
  }

  /** Tell the others something that is not kept; nothing where nobody can be reached. */
  say(frame) {
    if (this.#live && this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ op: "ephemeral", ...frame }));
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#watch);
    removeEventListener("online", this.wake);
    removeEventListener("offline", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
    this.#socket?.close();
    this.#socket = null;
  }

  #wake() {
    if (this.#stopped || document.hidden) return;
    if (!navigator.onLine) this.#hooks.state("offline");
    else if (this.#timer !== null) this.#connect();
    else if (this.#live) this.#hooks.state("live"); // the socket has outlived a short loss
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}${this.#hooks.path ?? "/v1/ws"}`, ["plixa.v1"]);
    this.#socket = socket;
    this.#listenFor(socket);
    socket.onopen = () => socket.send(JSON.stringify({ op: "auth", ...this.#hooks.proof() }));
    socket.onmessage = (message) => {
      if (socket !== this.#socket) return;
      this.#listenFor(socket);
      this.#take(socket, JSON.parse(message.data));
    };
    socket.onclose = ({ code, reason }) => {
      if (socket === this.#socket) this.#lost(code, reason);
    };
  }

  /** A socket that says nothing for too long is dead, whatever the browser believes. */
  #listenFor(socket) {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => {
      if (socket !== this.#socket) return;
      socket.close();
      this.#lost(0, "");
    }, QUIET);
  }

  #take(socket, frame) {
    switch (frame.op) {
      case "hello":
        this.#begin(socket, frame);
        break;
      case "events":
        // `head` may be ahead of what this frame holds; only what was folded counts.
        for (const event of frame.events) {
          if (event.offset <= this.after) continue;
          this.after = event.offset;
          this.#hooks.event(event);
        }
        break;
      case "live":
        this.after = Math.max(this.after, frame.head);
        this.#tries = 0;
        this.#live = true;
        this.#hooks.state("live");
        break;
      case "ephemeral":
        this.#hooks.ephemeral?.(frame);
        break;
      default:
        break; // ping, and what later servers may say
    }
  }

  async #begin(socket, hello) {
    await this.#first;
    const another = this.#epoch !== null && hello.epoch !== this.#epoch;
    if (this.after === null || this.#stale || another || hello.head < this.after) {
      try {
        await this.#snapshot();
      } catch {
        socket.close();
        return;
      }
    }
    this.#epoch = hello.epoch;
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ op: "resume", after: this.after }));
  }

  async #snapshot() {
    this.after = await this.#hooks.snapshot();
    this.#stale = false;
  }

  #lost(code, reason) {
    this.#socket = null;
    this.#live = false;
    clearTimeout(this.#watch);
    if (this.#stopped) return;
    if (code === SIGN_IN) {
      this.stop();
      this.#hooks.signIn();
    } else if (code === BAD_FRAME || code === NOT_ALLOWED) {
      this.stop();
      this.#hooks.state("stopped", code === BAD_FRAME ? "frame" : "not_allowed", reason);
    } else {
      if (code === TOO_OLD) this.#stale = true;
      this.#comeBack(code);
    }
  }

  #comeBack(code) {
    const longest = code === ELSEWHERE && this.#tries === 0 ? FIRST_WAIT : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#tries);
    this.#tries += 1;
    const gone = !navigator.onLine || this.#tries > OFFLINE_AFTER;
    this.#hooks.state(gone ? "offline" : "reconnecting");
    this.#timer = setTimeout(() => this.#connect(), longest * (0.5 + Math.random() / 2));
  }
}
