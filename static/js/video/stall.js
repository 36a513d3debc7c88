/* Notices that nothing arrives any more, sooner than the browser does (5 to 6 s).

It trusts only what has been flowing: whoever is muted still sends silence, and a person without
camera and microphone sends nothing, so silence from the start is no sign. */

const STEP_MS = 500;
const STILL_STEPS = 3;
const REST_STEPS = 8; // after a restart: give it time

export class Stall {
  #stats;
  #onStall;
  #onLook;
  #timer = 0;
  #received = 0;
  #still = 0;
  #isFlowing = false;

  /* onLook gets { isMoving, hasSound }: since the last look, and ever on this connection. */
  constructor({ stats, onStall, onLook }) {
    this.#stats = stats;
    this.#onStall = onStall;
    this.#onLook = onLook;
  }

  start() {
    this.#timer ||= setInterval(() => this.#look(), STEP_MS);
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = 0;
  }

  /* The other side said that it changes what it sends. */
  forgive() {
    this.#isFlowing = false;
    this.#still = 0;
  }

  async #look() {
    const inbound = (await this.#stats()).filter(({ type }) => type === "inbound-rtp");
    const received = inbound.reduce((sum, { packetsReceived }) => sum + packetsReceived, 0);
    const isMoving = received > this.#received;
    this.#received = received;
    this.#still = isMoving ? 0 : this.#still + 1;
    this.#isFlowing ||= isMoving;
    const hasSound = inbound.some(({ kind, packetsReceived }) => kind === "audio" && packetsReceived);
    this.#onLook({ isMoving, hasSound });
    if (this.#isFlowing && this.#still === STILL_STEPS) {
      this.#still = -REST_STEPS;
      this.#onStall();
    }
  }
}
