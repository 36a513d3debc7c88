/* What was switched off stays off, in this visit and in no other. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Choice } from "../../../static/js/video/choice.js";

const BOTH_ON = [false, false];

let kept, storage;

beforeEach(() => {
  kept = new Map();
  storage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, text) => kept.set(key, text),
    removeItem: (key) => kept.delete(key),
  };
});

const chosen = ({ isMuted, isCameraOff }) => [isMuted, isCameraOff];

test("at first both are on", () => {
  assert.deepEqual(chosen(new Choice("visit", storage)), BOTH_ON);
});

test("the next page of the visit begins as the last one was", () => {
  const choice = new Choice("visit", storage);

  choice.keep({ isMuted: true });
  choice.keep({ isCameraOff: true });

  assert.deepEqual(chosen(new Choice("visit", storage)), [true, true]);
});

test("what is switched on again is on again", () => {
  const choice = new Choice("visit", storage);

  choice.keep({ isMuted: true });
  choice.keep({ isMuted: false });

  assert.deepEqual(chosen(new Choice("visit", storage)), BOTH_ON);
});

test("another visit begins with both on", () => {
  new Choice("visit", storage).keep({ isMuted: true });

  assert.deepEqual(chosen(new Choice("another", storage)), BOTH_ON);
});

test("after the end nothing is left behind", () => {
  const choice = new Choice("visit", storage);
  choice.keep({ isMuted: true });

  choice.forget();

  assert.equal(kept.size, 0);
});

test("what cannot be read is no obstacle", () => {
  kept.set("room", "{");

  assert.deepEqual(chosen(new Choice("visit", storage)), BOTH_ON);
});

test("a browser that keeps nothing still lets one mute", () => {
  const choice = new Choice("visit", null);

  choice.keep({ isMuted: true });

  assert.deepEqual(chosen(choice), [true, false]);
});
