/* Tells the server that somebody is there, warns before it locks, and covers the page when it has.
   The server decides: other windows of the same person count, and a laptop may have slept. */

import "./passkey.js";

const WARNED = 60; // seconds ahead
const REPORT_EVERY = 30_000; // milliseconds
const KEEPS_ITS_OWN = "message-thread, note-editor"; // they ask before they leave, too
const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel"];

class SessionLock extends HTMLElement {
  #endsAt = 0;
  #reportedAt = 0;
  #timer = 0;
  #isWarned = false;
  #isLocked = false;
  #isSure = false; // the server has just said that it knows who sends

  connectedCallback() {
    this.#expect(Number(this.dataset.left));
    for (const sign of SIGNS) addEventListener(sign, () => this.#notice(), { passive: true, capture: true });
    document.addEventListener("visibilitychange", () => this.#look());
    addEventListener("pageshow", (event) => event.persisted && this.#look());
    document.addEventListener("submit", (event) => this.#before(event), { capture: true });
    this.#dialog.addEventListener("cancel", (event) => event.preventDefault());
    this.#dialog.addEventListener("close", () => this.#isLocked && this.#dialog.showModal());
    this.#dialog.addEventListener("submit", (event) => this.#submit(event));
  }

  get #dialog() {
    return this.querySelector("dialog");
  }

  get #box() {
    return this.querySelector(".locked__form");
  }

  get #isCall() {
    return "isCall" in this.dataset;
  }

  // Time

  #expect(seconds) {
    this.#endsAt = Date.now() + seconds * 1000;
    this.#isWarned &&= seconds <= WARNED;
    if (!this.#isWarned) this.#say("");
    const next = this.#isWarned ? seconds : Math.max(seconds - WARNED, 0);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask("GET"), next * 1000 + 50);
  }

  #notice() {
    const isEnough = Date.now() - this.#reportedAt < REPORT_EVERY && !this.#isWarned;
    if (this.#isLocked || isEnough) return;
    this.#reportedAt = Date.now();
    this.#isWarned = false; // pressed: said once is enough
    this.#ask("POST");
  }

  #look() {
    if (document.visibilityState === "visible") this.#ask("GET");
  }

  async #ask(method) {
    const headers = { "x-csrftoken": JSON.parse(document.body.getAttribute("hx-headers"))["x-csrftoken"] };
    try {
      const response = await fetch(this.dataset.activity, { method, headers, redirect: "manual" });
      const { left, who, csrf } = response.ok ? await response.json() : {};
      if (who === this.dataset.who) this.#hear(left, csrf, method);
      else this.#lose(); // nobody is signed in now, or somebody else
      return who === this.dataset.who && left > 0;
    } catch {
      this.#expect(Math.max((this.#endsAt - Date.now()) / 1000, 5)); // no connection: ask again
      this.#say(this.dataset.offline);
      return false;
    }
  }

  #hear(left, csrf, method) {
    if (left <= 0) this.#lock();
    else if (this.#isLocked) this.#unlock(left, csrf);
    else {
      if (left <= WARNED && !this.#isWarned) this.#warn(method === "POST");
      this.#expect(left);
    }
  }

  /** Said in time, and once. After a whole day no key puts it off. */
  #warn(isWhole) {
    if (this.#isCall) return;
    this.#isWarned = true;
    this.#say(isWhole ? this.dataset.warningWhole : this.dataset.warning);
  }

  #say(words) {
    const status = this.querySelector("[role=status]");
    if (status.textContent !== words) status.textContent = words;
  }

  // Words on their way

  /** Written words leave the page only for a server that answers, and still knows who wrote them:
      the way to the sign-in, or the browser's own page of errors, would eat them. */
  async #before(event) {
    const form = event.target;
    if (this.#isSure || !hasWords(form) || form.closest(KEEPS_ITS_OWN)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!(await this.#ask("GET"))) return;
    this.#isSure = true;
    form.requestSubmit(event.submitter);
    this.#isSure = false;
  }

  // The lock

  async #lock() {
    if (this.#isLocked || this.#isCall) return;
    this.#cover();
    await this.#fill();
  }

  #cover() {
    this.#isLocked = true;
    this.#say("");
    clearTimeout(this.#timer);
    document.body.dataset.locked = "";
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  async #fill() {
    const address = `${this.dataset.lock}?next=${encodeURIComponent(location.pathname)}`;
    try {
      const response = await fetch(address, { headers: { "HX-Request": "true" }, redirect: "manual" });
      if (response.ok) this.#show(await response.text());
      else this.#ask("GET");
    } catch {
      setTimeout(() => this.#isLocked && this.#fill(), 5000);
    }
  }

  #show(html) {
    this.#box.innerHTML = html;
    this.#box.querySelector("[name=password]").focus();
  }

  async #submit(event) {
    const form = event.target;
    if (event.defaultPrevented || !form.action.endsWith(this.dataset.lock)) return;
    event.preventDefault();
    const sent = { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" }, redirect: "manual" };
    const response = await fetch(form.action, sent).catch(() => null);
    if (response?.status === 204) this.#ask("GET");
    else if (response?.status === 422) this.#show(await response.text());
    else if (response) this.#lose();
  }

  #unlock(left, csrf) {
    this.#isLocked = false;
    this.querySelector(".locked__gone").hidden = true;
    for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = csrf;
    document.body.setAttribute("hx-headers", JSON.stringify({ "x-csrftoken": csrf }));
    this.#box.replaceChildren();
    this.#dialog.close();
    delete document.body.dataset.locked;
    this.#expect(left);
    document.dispatchEvent(new Event("unlocked"));
  }

  /** Signed out elsewhere: what was typed stays, covered, for who signs in again. */
  #lose() {
    if (this.#isCall) return;
    this.#cover();
    this.querySelector(".locked__gone").hidden = false;
    this.#box.replaceChildren();
    this.#timer = setTimeout(() => this.#ask("GET"), 5000);
  }
}

function hasWords(form) {
  const areas = [...form.querySelectorAll("textarea")];
  return form.getAttribute("method") === "post" && areas.some((area) => area.value.trim());
}

customElements.define("session-lock", SessionLock);
