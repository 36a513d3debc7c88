import assert from "node:assert/strict";
import { test } from "node:test";

import { clock, minutes, moved, shifted, span } from "../../../static/js/appointments/minutes.js";

test("a time is read as minutes, and written back", () => {
  for (const time of ["00:00", "09:05", "23:59"]) assert.equal(clock(minutes(time)), time);
  assert.equal(minutes(""), null);
  assert.equal(clock(1440), "00:00");
});

test("hours are a beginning and a later end; midnight ends the day", () => {
  assert.deepEqual(span("09:00", "17:00"), [540, 1020]);
  assert.deepEqual(span("20:00", "00:00"), [1200, 1440]);
  assert.deepEqual(span("00:00", "00:00"), [0, 1440]);
});

test("a row that says nothing, or what cannot be, has no hours", () => {
  assert.equal(span("", ""), null);
  assert.equal(span("09:00", ""), null);
  assert.equal(span("", "00:00"), null);
  assert.equal(span("17:00", "09:00"), null);
  assert.equal(span("09:00", "09:00"), null);
});

test("an edge goes to the nearest quarter hour", () => {
  assert.deepEqual(moved([540, 1020], "from", 607), [600, 1020]);
  assert.deepEqual(moved([540, 1020], "until", 608), [540, 615]);
});

test("an edge stays in the day, and a quarter hour from the other", () => {
  assert.deepEqual(moved([540, 1020], "from", -90), [0, 1020]);
  assert.deepEqual(moved([540, 1020], "from", 1200), [1005, 1020]);
  assert.deepEqual(moved([540, 1020], "until", 9999), [540, 1440]);
  assert.deepEqual(moved([540, 1020], "until", 0), [540, 555]);
});

test("hours that are moved keep their length and stay in the day", () => {
  assert.deepEqual(shifted([540, 600], 727), [720, 780]);
  assert.deepEqual(shifted([540, 600], -5), [0, 60]);
  assert.deepEqual(shifted([540, 600], 1439), [1380, 1440]);
});
