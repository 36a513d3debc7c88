/* A note that saves itself while it is written, and says so. */

const SAVE_EVERY = 4000; // milliseconds, where something has changed

class NoteEditor extends HTMLElement {
  #saved = null;
  #saving = null;
  #isLeaving = false;
  #isStopped = false; // a newer copy exists, or nobody is signed in: a person has to decide

  connectedCallback() {
    this.#isStopped = this.hasAttribute("data-is-conflict");
    this.#saved = this.#isStopped ? null : this.#words;
    setInterval(() => this.#save(), SAVE_EVERY);
    this.addEventListener("submit", (event) => this.#submit(event));
    window.addEventListener("beforeunload", this.#ask);
  }

  get #form() {
    return this.querySelector("form");
  }

  get #words() {
    return this.#form.elements.body.value;
  }

  /** The page is left only for a server that has just answered: its error page would eat the words. */
  async #submit(event) {
    if (this.#isLeaving) return;
    event.preventDefault();
    await this.#saving; // it would make the page's own revision old
    if (this.#saving || !(await this.#deliver())) return;
    this.#isLeaving = true;
    window.removeEventListener("beforeunload", this.#ask);
    this.#form.requestSubmit(event.submitter);
  }

  #ask = (event) => {
    if (this.#words !== this.#saved) event.preventDefault();
  };

  #save() {
    if (this.#saving || this.#isStopped || this.#words === this.#saved) return;
    this.#deliver();
  }

  #deliver() {
    this.#saving = this.#send(this.#words).finally(() => {
      this.#saving = null;
    });
    return this.#saving;
  }

  /** Save; return whether the server can now take the form itself, to go on or to say what is wrong. */
  async #send(words) {
    const body = new FormData(this.#form);
    body.set("deed", "save");
    try {
      const response = await fetch(location.href, {
        method: "POST",
        body,
        headers: { "HX-Request": "true" },
        redirect: "manual",
      });
      if (response.ok) this.#keep(await response.text(), words);
      else this.#refused(response);
      return response.ok || response.status === 409 || response.status === 422;
    } catch {
      this.#saved = null; // so that the next round tries again
      this.#warn(this.dataset.notSaved);
      return false;
    }
  }

  #keep(html, words) {
    this.#saved = words;
    const box = document.createElement("template");
    box.innerHTML = html;
    this.#form.elements.revision.value = box.content.querySelector("[name=revision]").value;
    this.#say(box.content.querySelector("[role=status]").textContent);
  }

  #refused(response) {
    const isSignedOut = response.type === "opaqueredirect" || response.status === 403;
    this.#isStopped = isSignedOut || response.status === 409;
    if (isSignedOut) this.#warn(this.dataset.signedOut);
    else this.#warn(response.status === 409 ? this.dataset.conflict : this.dataset.notSaved);
  }

  #say(words) {
    this.#tell(words, "small");
  }

  /** Something needs a look: words that were not saved are not a small thing. */
  #warn(words) {
    this.#tell(words, "notice notice--warning");
  }

  #tell(words, tone) {
    const line = this.querySelector("[role=status]");
    line.className = tone;
    line.textContent = words;
  }
}

customElements.define("note-editor", NoteEditor);
