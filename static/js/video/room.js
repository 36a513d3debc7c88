/* <video-room>: brings socket, connection, devices and page together. */

import { stayAwake } from "./awake.js";
import { Choice } from "./choice.js";
import { Media } from "./media.js";
import { Peer } from "./peer.js";
import { Proof } from "./proof.js";
import { sceneOf } from "./scene.js";
import { Signalling } from "./signalling.js";
import { Stage } from "./stage.js";
import { Stall } from "./stall.js";
import { summary } from "./stats.js";

const OVER = 4410;
const TAKEN = 4409;
const ASK_AGAIN_MS = 5000;
const KEY = { name: "ECDSA", namedCurve: "P-256" };
const SILENT_LOOKS = 3; // a muted microphone sends silence, none sends nothing

class VideoRoom extends HTMLElement {
  #page = crypto.randomUUID(); // tells a reload from a socket that came back
  #otherPage = "";
  #epoch = 0;
  #room = null;
  #other = { mic: true, cam: true };
  #prepared = "";
  #asking = 0;
  #reported = "";
  #wasConnected = false;
  #isMoving = false;
  #isStalled = false;
  #silentLooks = 0;
  #isMuteUntold = false;
  #choice;
  #media;
  #signalling;
  #peer;
  #proof;
  #stall;
  #stage;

  connectedCallback() {
    this.#stage = new Stage(this);
    this.#choice = new Choice(this.dataset.socket);
    this.#media = new Media(this.#choice);
    this.#signalling = new Signalling(this.dataset.socket);
    this.#peer = new Peer({
      isOfferer: this.#isProvider,
      send: (kind, body) => this.#signalling.send(kind, body),
    });
    this.#proof = new Proof({
      isOfferer: this.#isProvider,
      send: (kind, body) => this.#signalling.send(kind, body),
      onCode: (code, standing) => this.#stage.showCode(code, standing),
      onForged: () => this.#differ(),
      onChanged: () => this.#connectAnew(),
    });
    this.#stall = new Stall({
      stats: () => this.#peer.stats(),
      onStall: () => this.#stalled(),
      onLook: (seen) => this.#looked(seen),
    });
    this.#listen();
    this.#media.open();
    stayAwake();
    this.#open();
  }

  async #open() {
    this.#peer.certificate = await RTCPeerConnection.generateCertificate(KEY);
    this.#signalling.open();
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

  #listen() {
    this.#signalling.addEventListener("frame", ({ detail }) => this.#hear(detail));
    this.#signalling.addEventListener("down", () => this.#stage.say("offline"));
    this.#signalling.addEventListener("over", ({ detail }) => this.#finish(detail));
    this.#peer.addEventListener("change", () => this.#connectionChanged());
    this.#peer.addEventListener("described", ({ detail }) => this.#proof.begin(detail.call, detail));
    this.#peer.addEventListener("remote", ({ detail }) => this.#stage.showOther(detail));
    this.#media.addEventListener("change", () => this.#mediaChanged());
    this.addEventListener("click", ({ target }) => this.#press(target.closest("button, a")));
    window.addEventListener("pagehide", () => this.#signalling.close());
  }

  #hear(frame) {
    const answers = {
      welcome: () => this.#enter(frame),
      room: () => this.#roomChanged(frame.room),
      ice: () => this.#restart(frame.servers),
      prepare: () => this.#prepare(frame.page),
      desc: () => this.#peer.hear(frame),
      cand: () => this.#peer.hear(frame),
      commit: () => this.#proof.hear(frame),
      reveal: () => this.#proof.hear(frame),
      differ: () => this.#breakOff("differ"),
      media: () => this.#otherMedia(frame),
    };
    answers[frame.t]?.();
  }

  /* The room */

  #enter({ epoch, ice, room }) {
    this.#epoch = epoch;
    this.#reported = "";
    this.#peer.ice = ice;
    if (!this.#isProvider && room.status === "scheduled") {
      this.#signalling.send("knock");
    }
    this.#roomChanged(room);
    this.#tellMedia();
    this.#stage.reopen();
    this.#stage.say(this.#stage.scene); // in place of "reconnecting"
  }

  #roomChanged(room) {
    const isNewcomer = room.other.epoch !== this.#room?.other.epoch;
    const isNews = isNewcomer || room.status !== this.#room?.status;
    this.#room = room;
    if (room.other.has_left) {
      this.#hangUp();
    }
    if (this.#isInside) {
      this.#peer.openDoor();
    }
    this.#askForOffer();
    this.#report();
    this.#draw();
    if (isNews) {
      this.#tellMedia();
      this.dispatchEvent(new Event("news")); // htmx fetches the emergency facts again
    }
  }

  #finish(code) {
    if (code === OVER) {
      this.#stopMedia();
      this.#choice.forget();
      location.reload(); // the server knows what comes after the end
    } else {
      this.#breakOff(code === TAKEN ? "taken" : "refused");
    }
  }

  #breakOff(scene) {
    this.#stopMedia();
    this.#signalling.close();
    this.#stage.close(scene);
  }

  #stopMedia() {
    this.#hangUp();
    this.#media.close();
    this.#room = null;
  }

  #agree() {
    this.#proof.agree();
    this.#stage.codesAgree();
  }

  #connectAnew() {
    if (this.#isProvider) {
      this.#peer.begin();
    } else {
      this.#page = crypto.randomUUID(); // asks for another connection, as a reload does
      this.#askForOffer({ isAgain: true });
    }
  }

  /* Somebody may be in between: nothing more is sent, by either page. */
  #differ() {
    this.#signalling.send("differ", { call: this.#peer.call || "none" });
    this.#breakOff("differ");
  }

  /* The connection */

  /* The patient's page says that it is ready, the provider's then offers. */
  #askForOffer({ isAgain = false } = {}) {
    clearTimeout(this.#asking);
    const { status, other } = this.#room;
    if (this.#isProvider || status === "scheduled" || !other.is_here) {
      return;
    }
    const occasion = `${this.#epoch} ${other.epoch} ${status === "waiting"}`;
    if (isAgain || occasion !== this.#prepared) {
      this.#prepared = occasion;
      this.#signalling.send("prepare", { page: this.#page });
    }
    if (!this.#peer.isConnected) {
      this.#asking = setTimeout(() => this.#askForOffer({ isAgain: true }), ASK_AGAIN_MS);
    }
  }

  #prepare(page) {
    if (page !== this.#otherPage || ["closed", "failed"].includes(this.#peer.state)) {
      this.#otherPage = page;
      this.#peer.begin();
    } else {
      this.#proof.again();
    }
  }

  #restart(servers) {
    this.#peer.ice = servers;
    this.#peer.restart();
  }

  #connectionChanged() {
    const { state, isConnected } = this.#peer;
    if (isConnected) {
      this.#wasConnected ||= this.#isInside;
      this.#stall.start();
    }
    if (state === "disconnected" || state === "failed") {
      this.#signalling.send("ice"); // the answer brings fresh credentials, then the restart
    }
    this.#report();
    this.#draw();
    if (this.#peer.isUnproven) {
      this.#stage.say("unproven");
    }
  }

  #report() {
    if (this.#isInside && this.#peer.isConnected && this.#reported !== this.#peer.call) {
      this.#reported = this.#peer.call;
      this.#signalling.send("connected", { call: this.#peer.call });
    }
  }

  /* Told in words before the browser notices: a still picture is not "connected". */
  #stalled() {
    this.#signalling.send("ice");
    if (this.#stage.scene === "together") {
      this.#isStalled = true;
      this.#stage.say("stalled");
    }
  }

  #looked({ isMoving, hasSound }) {
    this.#isMoving = isMoving;
    if (isMoving && this.#isStalled) {
      this.#isStalled = false;
      this.#stage.say(this.#stage.scene); // in place of "stalled"
    }
    const isSilent = this.#isInside && !this.#other.mic && !hasSound;
    this.#silentLooks = isSilent ? this.#silentLooks + 1 : 0;
    if (hasSound && this.#isMuteUntold && this.#stage.scene === "together") {
      this.#isMuteUntold = false;
      this.#stage.say("they-muted");
    }
    this.#draw();
  }

  #hangUp() {
    this.#isMoving = false;
    this.#isStalled = false;
    this.#silentLooks = 0;
    this.#otherPage = "";
    this.#prepared = "";
    clearTimeout(this.#asking);
    this.#stall.stop();
    this.#peer.close();
  }

  /* Camera and microphone */

  #mediaChanged() {
    this.#peer.setTrack("audio", this.#media.audio);
    this.#peer.setTrack("video", this.#media.video);
    this.#stage.showOwn(this.#media);
    this.#tellMedia();
  }

  #tellMedia() {
    if (this.#isInside) {
      this.#signalling.send("media", this.#media.state);
    }
  }

  #otherMedia({ mic, cam }) {
    this.#other = { mic, cam };
    this.#isMuteUntold = !mic; // told at the next look, which knows muted from missing
    this.#stall.forgive();
    this.#draw();
    if (mic) {
      this.#stage.say(this.#stage.scene); // in place of "muted"
    }
  }

  /* The page */

  #press(button) {
    const { tool, deed } = button?.dataset ?? {};
    const answers = {
      mic: () => this.#media.toggleMute(),
      cam: () => this.#media.toggleCamera(),
      panel: () => this.#stage.fold(),
      tap: () => this.#stage.hearOther(),
      reload: () => location.reload(),
      same: () => this.#agree(),
      differ: () => this.#differ(),
    };
    answers[tool]?.();
    if (deed) {
      this.#signalling.send(deed, {}, { keep: deed !== "leave" });
      button.disabled = true;
    }
  }

  #draw() {
    if (this.#room) {
      const { isConnected } = this.#peer;
      const known = { role: this.dataset.role, room: this.#room, isConnected };
      const seen = { isMoving: this.#isMoving, wasConnected: this.#wasConnected };
      const scene = sceneOf({ ...known, ...seen });
      const isOtherSilent = scene === "together" && this.#silentLooks >= SILENT_LOOKS;
      this.#stage.play(scene, { isOtherSeen: this.#other.cam, isOtherSilent });
      if (scene === "away" && !this.#room.other.is_here) {
        this.#stage.say("they-lost");
      }
    }
  }
}

customElements.define("video-room", VideoRoom);
