/* Six digits that both pages show, and that agree only if nobody sits in between.

Each page knows two certificates: its own, and the one that answers it. Somebody in between has to
answer each side with one of his own, so the two pairs differ. Digits of the pairs alone could be
forged: he would make certificates until they agree. So each side adds a number that nobody knows
before: the provider's page binds itself to its own by a hash, the patient's then says hers, and only
then is the first one shown (commit, reveal; as in ZRTP, RFC 6189, section 4.4.1.1). Whoever sits in
between has one guess in a million a connection, and a wrong one is seen.

A page keeps its certificate. So digits that two people have compared hold for later connections of
the same two pages; where a certificate is another, they are asked to compare again. */

const encoder = new TextEncoder();
const PURPOSE = "telehealth privacy code 1";
const FINGERPRINT = /^a=fingerprint:(\S+ [0-9A-Fa-f:]+)\s*$/gm;
const CODES = 1_000_000n;

export class Proof {
  #isOfferer;
  #send;
  #onCode;
  #onForged;
  #onChanged;
  #agreed = ""; // the pair whose digits this person has compared
  #call = "";
  #pair = "";
  #mine = "";
  #theirs = "";
  #promise = ""; // the hash that the other side is bound to
  #turn = Promise.resolve();

  /* onCode gets the six digits, and whether they are "new", of certificates that were "agreed" on,
     or "changed" since. onForged is told once that somebody has changed what was said; onChanged,
     that a connection goes on with another certificate, and has to be made anew. */
  constructor({ isOfferer, send, onCode, onForged, onChanged }) {
    this.#isOfferer = isOfferer;
    this.#send = send;
    this.#onCode = onCode;
    this.#onForged = onForged;
    this.#onChanged = onChanged;
  }

  /* This person and the other have read the same digits. */
  agree() {
    this.#agreed = this.#pair;
  }

  /* A socket that dropped may have swallowed a word: say the same again. It tells nothing new. */
  again() {
    return this.#inTurn(() => this.#isOfferer && this.#call && this.#say());
  }

  /* Both descriptions are known. A path that is found anew keeps the certificates, and the code. */
  begin(call, { own, other }) {
    return this.#inTurn(() => this.#begin(call, certificate(own), certificate(other)));
  }

  hear(frame) {
    const take = { commit: () => this.#bind(frame), reveal: () => this.#reveal(frame) }[frame.t];
    return this.#inTurn(() => frame.call === this.#call && take());
  }

  #inTurn(step) {
    this.#turn = this.#turn.then(step);
    return this.#turn;
  }

  async #begin(call, own, other) {
    const pair = this.#isOfferer ? `${own} ${other}` : `${other} ${own}`;
    if (call === this.#call && pair === this.#pair) {
      return;
    }
    if (call === this.#call) {
      return this.#onChanged();
    }
    [this.#call, this.#pair, this.#theirs, this.#promise] = [call, pair, "", ""];
    if (!own || !other) {
      return this.#forged();
    }
    this.#mine = hex(crypto.getRandomValues(new Uint8Array(32)));
    if (this.#isOfferer) {
      await this.#say();
    }
  }

  async #say() {
    const call = this.#call;
    this.#send("commit", { call, hash: await digest(call, this.#mine) });
    if (this.#theirs) {
      this.#show();
    }
  }

  #show() {
    this.#send("reveal", { call: this.#call, number: this.#mine });
  }

  /* The patient's page: the other is bound, so it is safe to say ours. */
  #bind({ hash }) {
    if (this.#isOfferer || (this.#promise && this.#promise !== hash)) {
      return this.#forged();
    }
    this.#promise = hash;
    this.#show();
  }

  async #reveal({ number }) {
    if (number === this.#theirs) {
      return; // said again
    }
    const isKept = this.#isOfferer || (await digest(this.#call, number)) === this.#promise;
    if (!isKept || this.#theirs) {
      return this.#forged();
    }
    this.#theirs = number;
    if (this.#isOfferer) {
      this.#show();
    }
    const numbers = this.#isOfferer ? [this.#mine, number] : [number, this.#mine];
    this.#onCode(await codeOf(this.#call, this.#pair, ...numbers), this.#standing);
  }

  get #standing() {
    if (!this.#agreed) {
      return "new";
    }
    return this.#pair === this.#agreed ? "agreed" : "changed";
  }

  /* Nothing of this call is believed any more. */
  #forged() {
    this.#call = "";
    this.#onForged();
  }
}

/* The certificate that a description names; "" if it names none, or more than one. */
function certificate(sdp) {
  const named = new Set([...sdp.matchAll(FINGERPRINT)].map(([, name]) => name.toUpperCase()));
  return named.size === 1 ? [...named][0] : "";
}

async function codeOf(...parts) {
  const first = BigInt(`0x${(await digest(...parts)).slice(0, 16)}`);
  return String(first % CODES).padStart(6, "0");
}

async function digest(...parts) {
  const bytes = encoder.encode([PURPOSE, ...parts].join("|"));
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

function hex(bytes) {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
