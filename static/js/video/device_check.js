/* <device-check>: see oneself, hear oneself, and learn in words what is wrong. */

import { openDevices } from "./devices.js";
import { measure } from "./meter.js";
import { roundTrip } from "./probe.js";
import { playTone } from "./tone.js";
import { say, wordsOf } from "./words.js";

const HEARD = 0.25; // louder than the fan of a laptop
const SLOW_MS = 300; // beyond it people begin to talk over each other
const KNOWN = new Set(["NotAllowedError", "NotFoundError", "NotReadableError"]);

class DeviceCheck extends HTMLElement {
  #words;
  #stopMeter = () => {};

  connectedCallback() {
    this.#words = wordsOf(this);
    this.#find("tone").addEventListener("click", () => playTone());
    this.#find("again").addEventListener("click", () => this.#try());
    this.#try().then(() => this.#testPath());
  }

  #find(name) {
    return this.querySelector(`[data-${name}]`);
  }

  async #try() {
    this.#stopMeter();
    const { audio, video, problem } = await openDevices();
    const preview = this.#find("preview");
    preview.srcObject = video && new MediaStream([video]);
    preview.hidden = !video;
    say(this.#find("status"), this.#words(this.#outcome({ audio, video, problem })));
    this.#find("again").hidden = Boolean(audio && video);
    if (audio) {
      this.#stopMeter = measure(audio, (level) => this.#show(level));
    }
  }

  async #testPath() {
    const token = this.querySelector("[name=csrfmiddlewaretoken]").value;
    const servers = JSON.parse(this.dataset.ice);
    const ms = await roundTrip(this.dataset.probe, { servers, token });
    const name = ms === null ? "unreached" : ms > SLOW_MS ? "slow" : "answered";
    say(this.#find("path"), this.#words(name).replace("{ms}", ms));
  }

  #outcome({ audio, video, problem }) {
    if (audio && video) {
      return "ready";
    }
    if (audio || video) {
      return audio ? "no-camera" : "no-microphone";
    }
    return KNOWN.has(problem) ? problem : "OtherError";
  }

  #show(level) {
    this.#find("level").value = level;
    if (level > HEARD) {
      say(this.#find("level-words"), this.#words("heard"));
    }
  }
}

customElements.define("device-check", DeviceCheck);
