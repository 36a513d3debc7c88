/* The connection to the other person's browser.

One side alone, the provider's, makes offers: the first, and those of an ICE restart. When both do,
a start can hang, and Chromium freezes the picture of the one who has to take an offer back. A
connection that is not there after five seconds is made anew under a new call id, and what still
arrives for the old one is dropped.

The connection is made empty while the patient waits. Tracks are put in when the door is open. */

const PATIENCE_MS = 5000;
const KINDS = ["audio", "video"];

/* Events: "change" (the connection's state), "remote" (detail: the other's MediaStream), "described"
(detail: the call, and both descriptions as SDP). */
export class Peer extends EventTarget {
  #isOfferer;
  #send;
  #configuration = { iceServers: [], bundlePolicy: "max-bundle" };
  #connection = null;
  #call = "";
  #early = []; // candidates that came before their description
  #isDoorOpen = false;
  #tracks = { audio: null, video: null };
  #own = new MediaStream(); // names our tracks as one stream, so that lips and voice agree
  #remote = new MediaStream();
  #watchdog = 0;
  #turn = Promise.resolve();

  constructor({ isOfferer, send }) {
    super();
    this.#isOfferer = isOfferer;
    this.#send = send;
  }

  get call() {
    return this.#call;
  }

  get state() {
    return this.#connection?.connectionState ?? "closed";
  }

  get isConnected() {
    return this.state === "connected";
  }

  /* The path is there, but whoever is at its end has not the certificate that the other side named:
     somebody may be in between. The browser then sends and shows nothing. */
  get isUnproven() {
    const { iceConnectionState: path } = this.#connection ?? {};
    const transports = (this.#connection?.getSenders() ?? []).map(({ transport }) => transport);
    const isRefused = transports.some((transport) => transport?.state === "failed");
    return isRefused && (path === "connected" || path === "completed");
  }

  /* One for all connections of this page, before the first: its digits go on to hold (proof.js). */
  set certificate(certificate) {
    this.#configuration = { ...this.#configuration, certificates: [certificate] };
  }

  set ice(servers) {
    // Whole, each time: a browser refuses a configuration that drops the bundle policy.
    this.#configuration = { ...this.#configuration, iceServers: servers };
    this.#connection?.setConfiguration(this.#configuration);
  }

  /* Offer a new connection. Only the offerer calls this. */
  begin() {
    this.#make(crypto.randomUUID());
    for (const kind of KINDS) {
      this.#connection.addTransceiver(kind, { direction: "sendrecv", streams: [this.#own] });
    }
    this.#fill();
    this.#watchdog = setTimeout(() => this.#isOver() || this.begin(), PATIENCE_MS);
  }

  /* Take one frame, after those before it. One that the browser refuses does not stop the next. */
  hear(frame) {
    const take = () => (frame.t === "desc" ? this.#hearDescription(frame) : this.#hearCandidate(frame));
    this.#turn = this.#turn.then(take).catch((refusal) => console.warn(`${frame.t}: ${refusal.name}`));
    return this.#turn;
  }

  /* From here on camera and microphone are sent. */
  openDoor() {
    this.#isDoorOpen = true;
    this.#fill();
  }

  /* Put a track in, or take it out with null. */
  setTrack(kind, track) {
    this.#tracks[kind] = track;
    this.#fill();
  }

  /* Look for another path, unless that is under way. The other side hears of it in an offer. */
  restart() {
    if (this.#isOfferer && this.#connection?.signalingState === "stable") {
      this.#connection.restartIce();
    }
  }

  close() {
    clearTimeout(this.#watchdog);
    this.#connection?.close();
    this.#connection = null;
    this.#call = "";
    this.#early = [];
    this.#remote = new MediaStream();
    this.dispatchEvent(new Event("change"));
  }

  async stats() {
    return [...((await this.#connection?.getStats()) ?? new Map()).values()];
  }

  #isOver() {
    return this.isConnected || this.#connection === null;
  }

  #make(call) {
    this.close();
    this.#call = call;
    const connection = new RTCPeerConnection(this.#configuration);
    this.#connection = connection;
    connection.addEventListener("icecandidate", ({ candidate }) => this.#tell(call, candidate));
    connection.addEventListener("negotiationneeded", () => this.#offer(connection));
    connection.addEventListener("track", ({ track }) => this.#receive(connection, track));
    connection.addEventListener("connectionstatechange", () => {
      if (connection === this.#connection) {
        this.dispatchEvent(new Event("change"));
      }
    });
  }

  #receive(connection, track) {
    if (connection === this.#connection) {
      this.#remote.addTrack(track);
      this.dispatchEvent(new CustomEvent("remote", { detail: this.#remote }));
    }
  }

  #tell(call, candidate) {
    if (candidate && call === this.#call) {
      const { candidate: text, sdpMid: mid, sdpMLineIndex: line } = candidate;
      this.#send("cand", { call, candidate: text, mid, line });
    }
  }

  async #offer(connection) {
    if (this.#isOfferer && connection === this.#connection) {
      await connection.setLocalDescription();
      this.#describe(connection);
    }
  }

  #describe(connection) {
    if (connection === this.#connection) {
      const { type, sdp } = connection.localDescription;
      this.#send("desc", { call: this.#call, type, sdp });
    }
  }

  async #hearDescription({ call, type, sdp }) {
    if (call !== this.#call) {
      if (this.#isOfferer || type !== "offer") {
        return; // of a connection that was given up
      }
      this.#make(call);
    }
    const connection = this.#connection;
    await connection.setRemoteDescription({ type, sdp });
    for (const candidate of this.#early.splice(0)) {
      await this.#add(connection, candidate);
    }
    if (type === "offer") {
      await this.#answer(connection);
    }
    if (connection === this.#connection) {
      const { localDescription: own, remoteDescription: other } = connection;
      const detail = { call, own: own.sdp, other: other.sdp };
      this.dispatchEvent(new CustomEvent("described", { detail }));
    }
  }

  async #answer(connection) {
    for (const transceiver of connection.getTransceivers()) {
      transceiver.direction = "sendrecv";
      transceiver.sender.setStreams(this.#own);
    }
    this.#fill();
    await connection.setLocalDescription();
    this.#describe(connection);
  }

  async #hearCandidate({ call, candidate: text, mid, line }) {
    if (call !== this.#call) {
      return;
    }
    const candidate = { candidate: text, sdpMid: mid, sdpMLineIndex: line };
    if (!this.#connection.remoteDescription) {
      this.#early.push(candidate);
    } else {
      await this.#add(this.#connection, candidate);
    }
  }

  /* A path that the browser cannot use is one less; the others may do. */
  #add(connection, candidate) {
    return connection.addIceCandidate(candidate).catch(() => {});
  }

  /* Give each sender the track it should have now: before the door opens, none. */
  #fill() {
    for (const { sender, receiver } of this.#connection?.getTransceivers() ?? []) {
      const track = this.#isDoorOpen ? this.#tracks[receiver.track.kind] : null;
      if (sender.track !== track) {
        sender.replaceTrack(track);
      }
    }
  }
}
