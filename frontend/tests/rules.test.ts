import assert from "node:assert/strict";
import { test } from "node:test";
import { isLate } from "../src/field/rules";
import type { Task } from "../src/field/types";

const BEFORE = new Date("2027-03-10T02:59:00Z");
const AFTER = new Date("2027-03-10T03:01:00Z");

function promised(change: Partial<Task> = {}): Task {
  return {
    type: "home_visit",
    status: "assigned",
    window_start: "2027-03-10T02:00:00+00:00",
    window_end: "2027-03-10T03:00:00+00:00",
    started_at: null,
    arrived_at: null,
    ...change,
  } as Task;
}

const begun = { status: "active", started_at: "2027-03-10T02:50:00+00:00" } as const;

test("what nobody has set out for is late when its window is over", () => {
  assert.deepEqual([BEFORE, AFTER].map((now) => isLate(promised(), now)), [false, true]);
});

test("a visit is late as long as nobody has arrived", () => {
  assert.equal(isLate(promised(begun), AFTER), true);
  assert.equal(isLate(promised({ ...begun, arrived_at: "2027-03-10T02:58:00+00:00" }), AFTER), false);
});

test("a call that began in time is not late, however long it takes", () => {
  assert.equal(isLate(promised({ ...begun, type: "callback" }), AFTER), false);
  assert.equal(isLate(promised({ type: "callback" }), AFTER), true);
});

test("what has ended is late no more", () => {
  assert.equal(isLate(promised({ status: "failed" }), AFTER), false);
});
