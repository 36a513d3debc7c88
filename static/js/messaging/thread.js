/* An open thread: what arrives is shown without a reload, and nothing that was typed is lost. */

const PING_EVERY = 30_000; // milliseconds
const PONG_WITHIN = 10_000;
const LONGEST_PAUSE = 30_000;
const REFUSED = [409, 410, 422, 507]; // with a fragment that says why
const REASONS = { 410: "erased", 413: "tooLarge", 429: "tooOften" }; // and without one
const NOT_FOUND = 4404; // signed out, or no longer part of the thread: trying again will not help

class MessageThread extends HTMLElement {
  #socket = null;
  #attempts = 0;
  #timers = {};
  #isSending = false;

  connectedCallback() {
    this.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    document.addEventListener("visibilitychange", () => this.#look());
    window.addEventListener("online", () => this.#connect());
    document.addEventListener("unlocked", () => this.#connect());
    window.addEventListener("beforeunload", this.#ask);
    document.addEventListener("quick-exit", () => window.removeEventListener("beforeunload", this.#ask));
    this.#connect();
  }

  /** Where one writes; null where nobody would read it. */
  get #form() {
    return this.querySelector("form");
  }

  /** The form, or the notice in its place. */
  get #end() {
    return this.querySelector("#latest");
  }

  get #list() {
    return this.querySelector(".msgs");
  }

  get #last() {
    return Number(this.#list.lastElementChild?.dataset.number ?? 0);
  }

  // The socket

  #connect() {
    if (this.#socket && this.#socket.readyState <= WebSocket.OPEN) return;
    clearTimeout(this.#timers.retry);
    const address = new URL(this.dataset.socket, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    socket.addEventListener("open", () => this.#opened());
    socket.addEventListener("message", (event) => this.#hear(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => this.#closed(event.code));
    this.#socket = socket;
  }

  #opened() {
    this.#attempts = 0;
    this.#say("");
    this.#timers.ping = setInterval(() => this.#ping(), PING_EVERY);
    this.#catchUp();
  }

  #closed(code) {
    clearInterval(this.#timers.ping);
    clearTimeout(this.#timers.pong);
    if (code === NOT_FOUND) {
      this.#warn(this.dataset.signedOut);
      return;
    }
    const pause = Math.min(LONGEST_PAUSE, 1000 * 2 ** this.#attempts++);
    // Not all at once: after a restart of the server every page comes back.
    this.#timers.retry = setTimeout(() => this.#connect(), pause * (0.5 + Math.random() / 2));
  }

  #ping() {
    this.#socket.send("ping");
    this.#timers.pong = setTimeout(() => this.#socket.close(), PONG_WITHIN);
  }

  #hear(frame) {
    if (frame.kind === "pong") clearTimeout(this.#timers.pong);
    else if (frame.kind === "resumed") this.#catchUp();
    else if (frame.kind === "changed") this.#change(frame.html);
    else this.#arrive(frame.html);
  }

  // What arrives

  #arrive(html) {
    const items = parse(html).querySelectorAll(".msg");
    if (Number(items[0].dataset.number) > this.#last + 1) this.#catchUp();
    else this.#add(items);
  }

  async #catchUp() {
    try {
      const response = await fetch(`${this.dataset.thread}missed/${this.#last}/`, { redirect: "error" });
      if (response.ok) this.#add(parse(await response.text()).querySelectorAll(".msg"));
    } catch {
      // No connection: the socket notices too, and its next opening asks again.
    }
  }

  #add(items) {
    const isAtEnd = this.#end.getBoundingClientRect().top < window.innerHeight;
    const fresh = [...items].filter((item) => Number(item.dataset.number) > this.#last);
    if (fresh.length === 0) return;
    this.querySelector("[data-empty]")?.remove();
    this.#list.append(...fresh);
    if (isAtEnd) this.#end.scrollIntoView({ block: "end" });
    this.#look();
  }

  /** A message that is shown already: what came with it was checked meanwhile. */
  #change(html) {
    const item = parse(html).querySelector(".msg");
    this.querySelector(`#${item.id}`)?.replaceWith(item);
  }

  /** Tell the server what has been seen, so that no mail asks to look at it. */
  #look() {
    if (document.visibilityState !== "visible" || this.#last === 0 || !this.#form) return;
    const body = new FormData(this.#form);
    body.delete("body");
    body.delete("uploads");
    body.set("number", this.#last);
    fetch(`${this.dataset.thread}reading/`, { method: "POST", body, redirect: "manual" }).catch(() => {});
  }

  // What is sent

  /** Words and files that were not sent are kept nowhere: a reload would lose them. */
  #ask = (event) => {
    if (!this.#form) return;
    const { body, uploads } = this.#form.elements;
    if (body.value.trim() || uploads.files.length > 0) event.preventDefault();
  };

  async #send() {
    if (this.#isSending) return;
    this.#isSending = true;
    this.#say(this.dataset.sending);
    const sent = this.#form.elements.body.value;
    try {
      await this.#answered(await this.#post(), sent);
    } catch {
      this.#warn(this.dataset.notSent);
    }
    this.#isSending = false;
  }

  #post() {
    return fetch(this.#form.getAttribute("action"), {
      method: "POST",
      body: new FormData(this.#form),
      headers: { "HX-Request": "true" },
      redirect: "manual",
    });
  }

  async #answered(response, sent) {
    const answer = parse(await response.text());
    const end = answer.querySelector("#latest");
    const isRefused = REFUSED.includes(response.status) && end !== null;
    if (!response.ok && !isRefused) {
      this.#warn(this.#reason(response));
      return;
    }
    if (!answer.querySelector("form")) {
      this.#endWith(end, sent);
      return;
    }
    const words = this.#form.elements.body.value; // she may have typed on in the meantime
    const rest = isRefused || !words.startsWith(sent) ? words : words.slice(sent.length);
    const { files } = this.#form.elements.uploads;
    this.#end.replaceWith(end);
    this.#form.elements.body.value = rest;
    if (isRefused) this.#form.elements.uploads.files = files;
    this.#form.elements.body.focus();
    this.#say("");
    const items = answer.querySelectorAll(".msg");
    if (items.length > 0) this.#arrive(items[0].outerHTML);
  }

  #reason(response) {
    const isSignedOut = response.type === "opaqueredirect" || response.status === 403;
    if (isSignedOut) return this.dataset.signedOut;
    return this.dataset[REASONS[response.status] ?? "notSent"];
  }

  /** The notice shows what was sent; she may have typed on in the meantime. Nobody promises an answer. */
  #endWith(notice, sent) {
    document.querySelector("[data-promise]")?.remove();
    const words = this.#form.elements.body.value;
    if (words !== sent) notice.querySelector(".letter").innerText = words;
    this.#form.replaceWith(notice);
    this.#say("");
    notice.scrollIntoView({ block: "nearest" });
  }

  #say(words) {
    this.#tell(words, "small");
  }

  /** Something needs a look: words that were not sent are not a small thing. */
  #warn(words) {
    this.#tell(words, "notice notice--warning");
  }

  #tell(words, tone) {
    const line = this.querySelector("[data-status]");
    line.className = tone;
    line.textContent = words;
  }
}

function parse(html) {
  const box = document.createElement("template");
  box.innerHTML = html;
  return box.content;
}

customElements.define("message-thread", MessageThread);
