/* The detector of silence, look by look, with reports such as a browser's getStats() gives. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Stall } from "../../../static/js/video/stall.js";

const STEP_MS = 500;
const STILL = 3; // looks without a packet until it is told
const REST = 8; // looks after that which do not count

let counts, stalls, seen, stall;

beforeEach(() => {
  mock.timers.enable({ apis: ["setInterval"] });
  counts = { audio: 0, video: 0 };
  stalls = 0;
  seen = [];
  stall = new Stall({ stats: reports, onStall: () => (stalls += 1), onLook: (look) => seen.push(look) });
  stall.start();
});

afterEach(() => mock.timers.reset());

async function reports() {
  const inbound = Object.entries(counts).map(([kind, packetsReceived]) => ({
    type: "inbound-rtp",
    kind,
    packetsReceived,
  }));
  const outbound = { type: "outbound-rtp", kind: "audio", packetsSent: 7 * seen.length };
  return [outbound, { type: "transport", packetsReceived: 9 * seen.length }, ...inbound];
}

/* Let looks pass, before each of which so many packets arrive. */
async function pass(looks, arriving = {}) {
  for (let look = 0; look < looks; look += 1) {
    for (const [kind, packets] of Object.entries(arriving)) {
      counts[kind] += packets;
    }
    mock.timers.tick(STEP_MS);
    await new Promise(setImmediate);
  }
}

const FLOWING = { audio: 25, video: 40 };

test("silence from the start is no sign", async () => {
  await pass(40);

  assert.equal(seen.length, 40);
  assert.equal(stalls, 0);
});

test("what flowed and stops is told once, at the third look", async () => {
  await pass(4, FLOWING);

  await pass(STILL - 1);
  assert.equal(stalls, 0);
  await pass(1);
  assert.equal(stalls, 1);
});

test("it rests before it tells again", async () => {
  await pass(4, FLOWING);
  await pass(STILL);

  await pass(REST + STILL - 1);
  assert.equal(stalls, 1);
  await pass(1);
  assert.equal(stalls, 2);
});

test("what came back and stops again is told again, without the rest", async () => {
  await pass(4, FLOWING);
  await pass(STILL);

  await pass(1, FLOWING);
  await pass(STILL);

  assert.equal(stalls, 2);
});

test("a gap of two looks is no stall", async () => {
  for (let gap = 0; gap < 5; gap += 1) {
    await pass(1, FLOWING);
    await pass(STILL - 1);
  }

  assert.equal(stalls, 0);
});

test("a person who is muted, without a picture, still sends silence", async () => {
  await pass(4, FLOWING);
  stall.forgive();

  await pass(40, { audio: 1 });

  assert.equal(stalls, 0);
});

test("a camera that is switched off is forgiven, and silence is no sign again", async () => {
  await pass(4, FLOWING);
  await pass(STILL - 1);

  stall.forgive();
  await pass(40);

  assert.equal(stalls, 0);
});

test("after it was forgiven, what flows and stops is told as before", async () => {
  await pass(4, FLOWING);
  stall.forgive();

  await pass(1, { video: 1 });
  await pass(STILL);

  assert.equal(stalls, 1);
});

test("a new connection, which counts from zero, is no stall", async () => {
  await pass(10, FLOWING);

  counts = { audio: 0, video: 0 };
  await pass(10, FLOWING);

  assert.equal(stalls, 0);
});

test("each look tells what moves and whether a sound was ever there", async () => {
  await pass(1);
  await pass(1, { video: 3 });
  await pass(1, { audio: 1 });
  await pass(1);

  assert.deepEqual(seen, [
    { isMoving: false, hasSound: false },
    { isMoving: true, hasSound: false },
    { isMoving: true, hasSound: true },
    { isMoving: false, hasSound: true },
  ]);
});

test("started twice it looks once, and stopped not at all", async () => {
  stall.start();
  await pass(1);
  assert.equal(seen.length, 1);

  stall.stop();
  await pass(3);
  assert.equal(seen.length, 1);

  stall.start();
  await pass(1);
  assert.equal(seen.length, 2);
});
