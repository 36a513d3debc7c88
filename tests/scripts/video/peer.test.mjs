/* The connection takes frames in turn, and one that the browser refuses does not silence the rest. */

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

const REFUSED = "refused";

let connections;

/* As much of a browser as an answerer needs. What is marked as refused it will not take. */
class BrowserConnection extends EventTarget {
  remoteDescription = null;
  candidates = [];

  constructor() {
    super();
    connections.push(this);
  }

  getTransceivers() {
    return [];
  }

  async setRemoteDescription(description) {
    refuse(description.sdp);
    this.remoteDescription = description;
  }

  async setLocalDescription() {
    this.localDescription = { type: "answer", sdp: "ours" };
  }

  async addIceCandidate({ candidate }) {
    refuse(candidate);
    this.candidates.push(candidate);
  }

  close() {}
}

function refuse(text) {
  if (text === REFUSED) {
    throw new DOMException("", "OperationError");
  }
}

globalThis.RTCPeerConnection = BrowserConnection;
globalThis.MediaStream = class {};
const { Peer } = await import("../../../static/js/video/peer.js");

let peer, sent;

beforeEach(() => {
  mock.method(console, "warn", () => {});
  connections = [];
  sent = [];
  peer = new Peer({ isOfferer: false, send: (kind) => sent.push(kind) });
});

const offer = (sdp = "theirs") => peer.hear({ t: "desc", call: "call", type: "offer", sdp });
const candidate = (text) => peer.hear({ t: "cand", call: "call", candidate: text, mid: "0", line: 0 });

test("frames are taken in turn", async () => {
  offer();
  await candidate("path");

  assert.deepEqual(sent, ["desc"]);
  assert.deepEqual(connections[0].candidates, ["path"]);
});

test("a candidate that is refused does not keep the next one out", async () => {
  offer();
  candidate(REFUSED);
  await candidate("path");

  assert.deepEqual(connections[0].candidates, ["path"]);
});

test("a description that is refused does not keep the next one out", async () => {
  offer(REFUSED);
  await offer();

  assert.deepEqual(sent, ["desc"]);
});

test("an early candidate that is refused leaves the others, and the answer", async () => {
  offer(REFUSED);
  candidate(REFUSED);
  candidate("path");
  await offer();

  assert.deepEqual(connections[0].candidates, ["path"]);
  assert.deepEqual(sent, ["desc"]);
});
