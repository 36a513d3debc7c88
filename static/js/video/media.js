/* This person's own microphone and camera, and whether they are on: as chosen before, in this visit. */

import { openCamera, openDevices, openMicrophone } from "./devices.js";

/* Event "change": a track came, went, or was muted. */
export class Media extends EventTarget {
  #audio = null;
  #video = null;
  #choice;
  #isClosed = false;

  constructor(choice) {
    super();
    this.#choice = choice;
  }

  get audio() {
    return this.#audio;
  }

  get video() {
    return this.#video;
  }

  get isMuted() {
    return this.#choice.isMuted;
  }

  /* What the other person is told. */
  get state() {
    return { mic: this.#audio !== null && !this.isMuted, cam: this.#video !== null };
  }

  async open() {
    const open = this.#choice.isCameraOff ? openMicrophone : openDevices;
    const { audio, video } = await open();
    this.#audio = audio;
    this.#video = video;
    this.#hush();
    this.#changed();
  }

  /* Let both go, also what is still on its way. */
  close() {
    this.#isClosed = true;
    this.#changed();
  }

  /* Muted, the microphone sends silence: the connection stays measurable. */
  toggleMute() {
    this.#choice.keep({ isMuted: !this.isMuted });
    this.#hush();
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
    this.#choice.keep({ isCameraOff: this.#video === null });
    this.#changed();
  }

  #hush() {
    if (this.#audio) {
      this.#audio.enabled = !this.isMuted;
    }
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
