/* What the room's page shows. The hooks are data attributes of sessions/templates/sessions/room.html. */

import { say, wordsOf } from "./words.js";

export class Stage {
  #page;
  #words;

  constructor(page) {
    this.#page = page;
    this.#words = wordsOf(page);
  }

  get scene() {
    return this.#page.dataset.scene;
  }

  say(name) {
    say(this.#find("status"), this.#words(name));
  }

  /* Show the parts of a scene; a new one is announced. */
  play(scene, { isOtherSeen, isOtherSilent = false }) {
    if (scene !== this.scene) {
      this.#page.dataset.scene = scene;
      this.say(scene);
    }
    for (const part of this.#page.querySelectorAll("[data-in]")) {
      part.hidden = !part.dataset.in.split(" ").includes(scene);
    }
    const isTogether = scene === "together";
    this.#find("remote").hidden = !(isTogether && isOtherSeen);
    this.#find("remote-dark").hidden = !isTogether || isOtherSeen;
    this.#find("remote-silent").hidden = !isOtherSilent;
  }

  showOther(stream) {
    const remote = this.#find("remote");
    remote.srcObject = stream;
    remote.play().catch(({ name }) => {
      // The browser wants a touch before it makes a sound; anything else mends itself.
      this.#find("tap").hidden = name !== "NotAllowedError";
    });
  }

  hearOther() {
    this.#find("tap").hidden = true;
    this.#find("remote").play();
  }

  showOwn({ audio, video, isMuted }) {
    const self = this.#find("self");
    self.srcObject = video && new MediaStream([video]);
    self.hidden = !video;
    this.#offer("mic", { isOff: isMuted });
    this.#offer("cam", { isOff: !video });
    this.#tool("mic").disabled = !audio;
    this.#tool("cam").disabled = false;
    this.#find("own-silent").hidden = Boolean(audio);
  }

  /* The digits of this connection. What was compared counts while the certificates are the same. */
  showCode(code, standing) {
    this.#find("code").textContent = `${code.slice(0, 3)} ${code.slice(3)}`;
    this.#compared(standing === "agreed");
    this.#find("changed").hidden = standing !== "changed";
    this.#find("privacy").open ||= standing === "changed";
  }

  codesAgree() {
    this.#compared(true);
    this.#find("changed").hidden = true;
    this.#find("privacy").querySelector("summary").focus(); // the button that was pressed is gone
  }

  #compared(isDone) {
    this.#find("to-compare").hidden = isDone;
    this.#find("compared").hidden = !isDone;
  }

  fold() {
    const panel = this.#find("panel");
    panel.hidden = !panel.hidden;
    this.#tool("panel").setAttribute("aria-expanded", String(!panel.hidden));
    if (!panel.hidden) {
      panel.focus();
    }
  }

  /* A press that was lost with a connection can be made again. */
  reopen() {
    for (const button of this.#page.querySelectorAll("button[data-deed]")) {
      button.disabled = false;
    }
  }

  /* The page has lost its place: only the scene that says so stays. */
  close(scene) {
    this.play(scene, { isOtherSeen: false });
    for (const name of ["status", "own-silent", "tools", "panel", "tap"]) {
      this.#find(name).hidden = true;
    }
    this.#page.querySelector(`[data-in="${scene}"] h1`).focus();
  }

  #find(name) {
    return this.#page.querySelector(`[data-${name}]`);
  }

  #tool(name) {
    return this.#page.querySelector(`[data-tool="${name}"]`);
  }

  /* A control says in words what a press will do, and only there: a state beside it would be said twice. */
  #offer(name, { isOff }) {
    const tool = this.#tool(name);
    tool.toggleAttribute("data-is-off", isOff);
    tool.querySelector("[data-to=off]").hidden = isOff;
    tool.querySelector("[data-to=on]").hidden = !isOff;
  }
}
