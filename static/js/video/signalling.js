/* The socket of a room: opens again when it drops, and stamps what is sent with its epoch. */

const VERSION = 1;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8000;
const PING_MS = 15000;
const PONG_MS = 10000;
// Codes after which another try would be refused as well (sessions/consumers.py).
const FINAL = new Set([4400, 4401, 4403, 4404, 4409, 4410]);

/* Events: "frame" (detail: the frame), "down", "over" (detail: the closing code). */
export class Signalling extends EventTarget {
  #address;
  #socket = null;
  #epoch = null; // known from the welcome on
  #sent = 0;
  #tries = 0;
  #timers = { open: 0, ping: 0, pong: 0 };
  #kept = [];
  #isClosed = false;

  constructor(path) {
    super();
    this.#address = new URL(path, location.href.replace(/^http/, "ws")).href;
    window.addEventListener("online", () => this.#openSoon(0));
  }

  open() {
    if (this.#isClosed || this.#socket) {
      return;
    }
    this.#socket = new WebSocket(this.#address);
    this.#socket.addEventListener("message", ({ data }) => this.#hear(JSON.parse(data)));
    this.#socket.addEventListener("close", ({ code }) => this.#drop(code));
  }

  /* Send a frame. Without a connection it is lost, unless `keep` is set: then it goes out next. */
  send(kind, body = {}, { keep = false } = {}) {
    if (this.#epoch !== null) {
      this.#sent += 1;
      const head = { v: VERSION, t: kind, epoch: this.#epoch, seq: this.#sent };
      this.#socket.send(JSON.stringify({ ...head, ...body }));
    } else if (keep) {
      this.#kept.push([kind, body]);
    }
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#timers.open);
    this.#socket?.close();
  }

  #hear(frame) {
    clearTimeout(this.#timers.pong);
    if (frame.t === "welcome") {
      this.#epoch = frame.epoch;
      this.#sent = 0;
      this.#tries = 0;
      this.#timers.ping = setInterval(() => this.#ping(), PING_MS);
      this.#kept.splice(0).forEach(([kind, body]) => this.send(kind, body));
    }
    this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  #ping() {
    this.send("ping");
    clearTimeout(this.#timers.pong);
    this.#timers.pong = setTimeout(() => this.#socket?.close(), PONG_MS);
  }

  #drop(code) {
    clearInterval(this.#timers.ping);
    clearTimeout(this.#timers.pong);
    this.#socket = null;
    this.#epoch = null;
    if (this.#isClosed) {
      return;
    }
    if (FINAL.has(code)) {
      this.#isClosed = true;
      this.dispatchEvent(new CustomEvent("over", { detail: code }));
      return;
    }
    this.dispatchEvent(new Event("down"));
    this.#openSoon(this.#pause());
  }

  /* Twice as long each time, and never two pages at the same moment. */
  #pause() {
    const longest = Math.min(FIRST_PAUSE_MS * 2 ** this.#tries, LONGEST_PAUSE_MS);
    this.#tries += 1;
    return longest * (0.5 + Math.random() / 2);
  }

  #openSoon(pause) {
    clearTimeout(this.#timers.open);
    this.#timers.open = setTimeout(() => this.open(), pause);
  }
}
