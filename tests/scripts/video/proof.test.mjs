/* The digits agree only if nobody sits in between, and nobody in between can choose them. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Proof } from "../../../static/js/video/proof.js";

const sdp = (...names) => names.map((name) => `a=fingerprint:sha-256 ${name}\r\n`).join("");
const PROVIDER = sdp("AA:01");
const PATIENT = sdp("BB:02");
const MALLORY = sdp("CC:03");

class Page {
  codes = [];
  standings = [];
  forgedCount = 0;
  changedCount = 0;
  sent = [];

  constructor({ isOfferer }) {
    this.proof = new Proof({
      isOfferer,
      send: (t, body) => this.sent.push({ t, ...body }),
      onCode: (code, standing) => {
        this.codes.push(code);
        this.standings.push(standing);
      },
      onForged: () => (this.forgedCount += 1),
      onChanged: () => (this.changedCount += 1),
    });
  }
}

let provider, patient;

beforeEach(() => {
  provider = new Page({ isOfferer: true });
  patient = new Page({ isOfferer: false });
});

/* Carry what each says to the other, until both are silent. `change` is who sits on the way. */
async function carry(change = (frame) => frame) {
  while (provider.sent.length + patient.sent.length) {
    for (const [from, to] of [[provider, patient], [patient, provider]]) {
      for (const frame of from.sent.splice(0)) {
        await to.proof.hear(change(frame, from));
      }
    }
  }
}

async function connect(call, { theirs = PATIENT, ours = PROVIDER } = {}) {
  await patient.proof.begin(call, { own: PATIENT, other: ours });
  await provider.proof.begin(call, { own: PROVIDER, other: theirs });
}

test("both show the same six digits", async () => {
  await connect("call");
  await carry();

  assert.match(provider.codes[0], /^\d{6}$/);
  assert.deepEqual(provider.codes, patient.codes);
  assert.deepEqual([provider.forgedCount, patient.forgedCount], [0, 0]);
});

test("nobody says a number before the other is bound", async () => {
  await connect("call");

  assert.deepEqual(provider.sent.map(({ t }) => t), ["commit"]);
  assert.deepEqual(patient.sent, []);
});

test("who answers each side with a certificate of his own is seen", async () => {
  await connect("call", { theirs: MALLORY, ours: MALLORY });
  await carry(); // he hands on the numbers as they are

  assert.equal(provider.codes.length, 1);
  assert.notDeepEqual(provider.codes, patient.codes);
});

test("another connection has other digits, with the same certificates", async () => {
  await connect("first");
  await carry();
  await connect("second");
  await carry();

  assert.deepEqual(provider.codes, patient.codes);
  assert.notEqual(provider.codes[0], provider.codes[1]);
});

test("a path that is found anew keeps the digits", async () => {
  await connect("call");
  await carry();
  await connect("call");
  await carry();

  assert.deepEqual([provider.codes.length, patient.codes.length], [1, 1]);
});

test("a certificate that changes in a call wants another connection", async () => {
  await connect("call");
  await carry();

  await provider.proof.begin("call", { own: PROVIDER, other: MALLORY });

  assert.deepEqual([provider.changedCount, provider.codes.length], [1, 1]);
});

test("what was compared holds for the next connection of the same pages", async () => {
  await connect("first");
  await carry();
  provider.proof.agree();
  await connect("second");
  await carry();

  assert.deepEqual(provider.standings, ["new", "agreed"]);
  assert.deepEqual(patient.standings, ["new", "new"]); // she has not said so
});

test("who comes in between after the comparison is asked about", async () => {
  await connect("first");
  await carry();
  patient.proof.agree();
  await connect("second", { theirs: MALLORY, ours: MALLORY });
  await carry();

  assert.deepEqual(patient.standings, ["new", "changed"]);
});

test("a provider's number that is not the one she was bound to is refused", async () => {
  await connect("call");
  const forged = { t: "reveal", number: "0".repeat(64) };
  await carry((frame, from) => (from === provider && frame.t === "reveal" ? { ...frame, ...forged } : frame));

  assert.equal(patient.forgedCount, 1);
  assert.deepEqual(patient.codes, []);
});

test("a second binding, made with the patient's number known, is refused", async () => {
  await connect("call");
  const [commit] = provider.sent;
  await patient.proof.hear(commit);
  await patient.proof.hear({ ...commit, hash: "1".repeat(64) });

  assert.equal(patient.forgedCount, 1);
  assert.equal(patient.sent.length, 1);
});

test("a number before a binding gets nothing", async () => {
  await connect("call");
  await patient.proof.hear({ t: "reveal", call: "call", number: "2".repeat(64) });

  assert.equal(patient.forgedCount, 1);
  assert.deepEqual([patient.sent, patient.codes], [[], []]);
});

test("a binding that comes to the provider's page is refused", async () => {
  await connect("call");
  await provider.proof.hear({ t: "commit", call: "call", hash: "1".repeat(64) });

  assert.equal(provider.forgedCount, 1);
});

test("who names no certificate, or two, is refused", async () => {
  for (const other of ["", sdp("AA:01", "CC:03")]) {
    await patient.proof.begin(`call-${other.length}`, { own: PATIENT, other });
  }

  assert.equal(patient.forgedCount, 2);
});

test("frames of another call change nothing", async () => {
  await connect("call");
  await carry((frame) => ({ ...frame, call: "former" }));

  assert.deepEqual([provider.codes, patient.codes], [[], []]);
  assert.deepEqual([provider.forgedCount, patient.forgedCount], [0, 0]);
});

for (const swallowed of ["the binding", "her number", "his number"]) {
  test(`what a dropped socket swallowed is said again: ${swallowed}`, async () => {
    const isLost = {
      "the binding": ({ t }) => t === "commit",
      "her number": ({ t }, from) => t === "reveal" && from === patient,
      "his number": ({ t }, from) => t === "reveal" && from === provider,
    }[swallowed];
    await connect("call");
    await carry((frame, from) => (isLost(frame, from) ? { ...frame, call: "lost" } : frame));
    assert.deepEqual(patient.codes, []);

    await provider.proof.again();
    await carry();

    assert.equal(patient.codes.length, 1);
    assert.deepEqual(provider.codes, patient.codes);
    assert.deepEqual([provider.forgedCount, patient.forgedCount], [0, 0]);
  });
}

test("what is said again tells the same, however often", async () => {
  await connect("call");
  const numbers = new Set();
  const note = (frame) => (numbers.add(frame.number ?? frame.hash), frame);
  await carry(note);
  for (let time = 0; time < 3; time += 1) {
    await provider.proof.again();
    await carry(note);
  }

  assert.equal(numbers.size, 3);
  assert.deepEqual([provider.codes.length, patient.codes.length], [1, 1]);
});
