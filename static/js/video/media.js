/* This person's own microphone and camera, and whether they are on. */

import { openCamera, openDevices } from "./devices.js";

/* Event "change": a track came, went, or was muted. */
export class Media extends EventTarget {
  #audio = null;
  #video = null;
  #isMuted = false;
  #isClosed = false;

  get audio() {
    return this.#audio;
  }

  get video() {
    return this.#video;
  }

  get isMuted() {
    return this.#isMuted;
  }

  /* What the other person is told. */
  get state() {
    return { mic: this.#audio !== null && !this.#isMuted, cam: this.#video !== null };
  }

  async open() {
    const { audio, video } = await openDevices();
    this.#audio = audio;
    this.#video = video;
    this.#changed();
  }

  /* Let both go, also what is still on its way. */
  close() {
    this.#isClosed = true;
    this.#changed();
  }

  /* Muted, the microphone sends silence: the connection stays measurable. */
  toggleMute() {
    this.#isMuted = !this.#isMuted;
    this.#audio.enabled = !this.#isMuted;
    this.#changed();
  }

  /* Off means off: the camera is let go, and its light goes out. */
  async toggleCamera() {
    if (this.#video) {
      this.#video.stop();
      this.#video = null;
    } else {
      this.#video = await openCamera();
    }
    this.#changed();
  }

  #changed() {
    if (this.#isClosed) {
      this.#audio?.stop();
      this.#video?.stop();
      this.#audio = this.#video = null;
    }
    this.dispatchEvent(new Event("change"));
  }
}
