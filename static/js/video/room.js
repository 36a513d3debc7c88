/* <video-room>: brings socket, connection, devices and page together. */

import { openCamera, openDevices } from "./devices.js";
import { Peer } from "./peer.js";
import { sceneOf } from "./scene.js";
import { Signalling } from "./signalling.js";
import { Stall } from "./stall.js";
import { summary } from "./stats.js";
import { say, wordsOf } from "./words.js";

const OVER = 4410;
const TAKEN = 4409;
const ASK_AGAIN_MS = 5000;

class VideoRoom extends HTMLElement {
  #page = crypto.randomUUID(); // tells a reload from a socket that came back
  #otherPage = "";
  #room = null;
  #epoch = 0;
  #prepared = "";
  #asking = 0;
  #signalling;
  #peer;
  #stall;
  #words;
  #devices = { audio: null, video: null, problem: "" };
  #isMuted = false;
  #isCameraOff = sessionStorage.getItem("camera") === "off";
  #other = { mic: true, cam: true };
  #wasConnected = false;
  #reported = "";

  connectedCallback() {
    this.#words = wordsOf(this);
    this.#signalling = new Signalling(this.dataset.socket);
    this.#peer = new Peer({
      isOfferer: this.#isProvider,
      send: (kind, body) => this.#signalling.send(kind, body),
    });
    this.#stall = new Stall({
      stats: () => this.#peer.stats(),
      onStall: () => this.#signalling.send("ice"),
    });
    this.#listen();
    this.#signalling.open();
    this.#openDevices();
  }

  /* What is really flowing, for tests and measurements. */
  async stats() {
    return summary(await this.#peer.stats(), this.#peer);
  }

  get #isProvider() {
    return this.dataset.role === "provider";
  }

  get #isInside() {
    return this.#room?.status === "admitted" || this.#room?.status === "live";
  }

  #find(name) {
    return this.querySelector(`[data-${name}]`);
  }

  #listen() {
    this.#signalling.addEventListener("frame", ({ detail }) => this.#hear(detail));
    this.#signalling.addEventListener("down", () => this.#say("offline"));
    this.#signalling.addEventListener("over", ({ detail }) => this.#finish(detail));
    this.#peer.addEventListener("change", () => this.#connectionChanged());
    this.#peer.addEventListener("remote", ({ detail }) => this.#show(detail));
    this.addEventListener("click", (event) => this.#press(event.target.closest("button, a")));
    window.addEventListener("pagehide", () => this.#signalling.close());
  }

  /* Frames */

  #hear(frame) {
    const answers = {
      welcome: () => this.#enter(frame),
      room: () => this.#roomChanged(frame.room),
      ice: () => this.#restart(frame.servers),
      prepare: () => this.#prepare(frame.page),
      desc: () => this.#peer.hear(frame),
      cand: () => this.#peer.hear(frame),
      media: () => this.#otherMedia(frame),
    };
    answers[frame.t]?.();
  }

  #enter({ epoch, ice, room }) {
    this.#epoch = epoch;
    this.#peer.ice = ice;
    this.#reported = "";
    if (!this.#isProvider && room.status === "scheduled") {
      this.#signalling.send("knock");
    }
    this.#roomChanged(room);
    this.#tellMedia();
    this.#say(this.dataset.scene); // in place of "reconnecting"
  }

  #roomChanged(room) {
    const isNewcomer = room.other.epoch !== this.#room?.other.epoch;
    const isNews = room.status !== this.#room?.status || isNewcomer;
    this.#room = room;
    if (room.other.has_left) {
      this.#hangUp();
    }
    if (this.#isInside) {
      this.#peer.openDoor();
    }
    this.#askForOffer();
    this.#report();
    if (isNews) {
      this.#tellMedia();
      this.dispatchEvent(new Event("news")); // htmx fetches the facts again
    }
    this.#draw();
  }

  /* The patient's page says that it is ready; the provider's then offers. */
  #askForOffer({ again = false } = {}) {
    clearTimeout(this.#asking);
    const { status, other } = this.#room;
    if (this.#isProvider || status === "scheduled" || !other.is_here) {
      return;
    }
    const occasion = `${this.#epoch}/${other.epoch}/${status === "waiting"}`;
    if (again || occasion !== this.#prepared) {
      this.#prepared = occasion;
      this.#signalling.send("prepare", { page: this.#page });
    }
    if (!this.#peer.isConnected) {
      this.#asking = setTimeout(() => this.#askForOffer({ again: true }), ASK_AGAIN_MS);
    }
  }

  #prepare(page) {
    if (page !== this.#otherPage || ["closed", "failed"].includes(this.#peer.state)) {
      this.#otherPage = page;
      this.#peer.begin();
    }
  }

  #restart(servers) {
    this.#peer.ice = servers;
    this.#peer.restart();
  }

  #otherMedia({ mic, cam }) {
    this.#other = { mic, cam };
    this.#stall.forgive();
    this.#say(mic ? this.dataset.scene : "they-muted");
    this.#draw();
  }

  /* The connection */

  #connectionChanged() {
    const { state, isConnected } = this.#peer;
    this.#wasConnected ||= isConnected && this.#isInside;
    if (isConnected) {
      this.#stall.start();
    }
    if (state === "disconnected" || state === "failed") {
      this.#signalling.send("ice"); // the answer brings fresh credentials, then the restart
    }
    this.#report();
    this.#draw();
  }

  #report() {
    if (this.#isInside && this.#peer.isConnected && this.#reported !== this.#peer.call) {
      this.#reported = this.#peer.call;
      this.#signalling.send("connected", { call: this.#peer.call });
    }
  }

  #hangUp() {
    this.#otherPage = "";
    this.#prepared = "";
    this.#stall.stop();
    this.#peer.close();
  }

  #show(stream) {
    const remote = this.#find("remote");
    remote.srcObject = stream;
    remote.play().catch(() => {
      this.#find("tap").hidden = false; // the browser wants a touch before it makes a sound
    });
  }

  #finish(code) {
    this.#hangUp();
    if (code === OVER) {
      location.reload(); // the server knows what comes after the end
      return;
    }
    this.#say(code === TAKEN ? "taken" : "refused");
    this.querySelectorAll("[data-tool], [data-admit]").forEach((tool) => {
      tool.disabled = true;
    });
  }

  /* Camera and microphone */

  async #openDevices() {
    this.#devices = await openDevices({ wantsVideo: !this.#isCameraOff });
    this.#isCameraOff ||= this.#devices.video === null;
    this.#useDevices();
    if (!this.#devices.audio) {
      this.#say("no-microphone");
    }
  }

  #useDevices() {
    const { audio, video } = this.#devices;
    this.#peer.setTrack("audio", audio);
    this.#peer.setTrack("video", video);
    this.#find("self").srcObject = video && new MediaStream([video]);
    this.#tellMedia();
    this.#draw();
  }

  #mute() {
    this.#isMuted = !this.#isMuted;
    this.#devices.audio.enabled = !this.#isMuted;
    this.#tellMedia();
    this.#draw();
  }

  /* Off means off: the camera is let go, and its light goes out. */
  async #switchCamera() {
    this.#isCameraOff = !this.#isCameraOff;
    this.#devices.video?.stop();
    this.#devices.video = this.#isCameraOff ? null : await openCamera();
    this.#isCameraOff = this.#devices.video === null;
    this.#useDevices();
  }

  #tellMedia() {
    if (this.#isInside) {
      const mic = this.#devices.audio !== null && !this.#isMuted;
      this.#signalling.send("media", { mic, cam: this.#devices.video !== null });
    }
  }

  /* The page */

  #press(button) {
    const { tool, admit, end, leave } = button?.dataset ?? {};
    const deeds = { mic: () => this.#mute(), cam: () => this.#switchCamera(), panel: () => this.#fold(button) };
    deeds[tool]?.();
    if (admit !== undefined) {
      button.disabled = true;
      this.#signalling.send("admit", {}, { keep: true });
    }
    if (end !== undefined) {
      button.disabled = true;
      this.#signalling.send("end", {}, { keep: true });
    }
    if (leave !== undefined) {
      this.#signalling.send("leave");
    }
    if (button?.closest("[data-tap]")) {
      this.#find("tap").hidden = true;
      this.#find("remote").play();
    }
  }

  #fold(button) {
    const panel = this.#find("panel");
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
    if (!panel.hidden) {
      panel.focus();
    }
  }

  #draw() {
    if (!this.#room) {
      return;
    }
    const { role } = this.dataset;
    const state = { role, room: this.#room, isConnected: this.#peer.isConnected };
    const scene = sceneOf({ ...state, wasConnected: this.#wasConnected });
    if (scene !== this.dataset.scene) {
      this.dataset.scene = scene;
      this.#say(scene);
    }
    for (const part of this.querySelectorAll("[data-in]")) {
      part.hidden = !part.dataset.in.split(" ").includes(scene);
    }
    const isSeen = scene === "together" && this.#other.cam;
    this.#find("remote").hidden = !isSeen;
    this.#find("remote-dark").hidden = scene !== "together" || isSeen;
    this.#drawTools();
  }

  #drawTools() {
    const mic = this.querySelector("[data-tool=mic]");
    const cam = this.querySelector("[data-tool=cam]");
    mic.disabled = !this.#devices.audio;
    cam.disabled = false;
    mic.setAttribute("aria-pressed", String(this.#isMuted));
    cam.setAttribute("aria-pressed", String(this.#isCameraOff));
    this.#find("self").hidden = !this.#devices.video;
  }

  #say(name) {
    say(this.#find("status"), this.#words(name));
  }
}

customElements.define("video-room", VideoRoom);
