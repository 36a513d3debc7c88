/* An open day, a provider's or the front desk's: fetched anew when the server says that something changed. */

const LONGEST_PAUSE = 30_000; // milliseconds
const NOT_FOUND = 4404; // signed out: trying again will not help

class LiveDay extends HTMLElement {
  #socket = null;
  #attempts = 0;
  #known = "";

  connectedCallback() {
    this.#known = this.#news; // the page itself has said it
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#refresh();
    });
    this.addEventListener("htmx:afterSettle", () => this.#tell());
    this.#connect();
  }

  #connect() {
    const address = new URL(this.dataset.socket, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    this.#socket = new WebSocket(address);
    this.#socket.addEventListener("open", () => this.#opened());
    this.#socket.addEventListener("message", () => this.#refresh());
    this.#socket.addEventListener("close", (event) => this.#closed(event.code));
  }

  #opened() {
    if (this.#attempts > 0) this.#refresh(); // something may have happened while it was away
    this.#attempts = 0;
  }

  #closed(code) {
    if (code === NOT_FOUND) {
      location.reload(); // leads to the sign-in
      return;
    }
    const pause = Math.min(LONGEST_PAUSE, 1000 * 2 ** this.#attempts++);
    // Not all at once: after a restart of the server every page comes back.
    setTimeout(() => this.#connect(), pause * (0.5 + Math.random() / 2));
  }

  #refresh() {
    htmx.trigger(this.querySelector("[hx-get]"), "changed");
  }

  get #news() {
    return this.querySelector("[data-news]")?.textContent.trim() ?? "";
  }

  /** Say once, politely, who waits or needs help; the place that says it is not replaced with the list. */
  #tell() {
    if (this.#news === this.#known) return;
    this.#known = this.#news;
    this.querySelector("[role=status]").textContent = this.#news;
  }
}

customElements.define("live-day", LiveDay);
