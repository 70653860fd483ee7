import assert from "node:assert/strict";
import { test } from "node:test";
import type { OutboxRow } from "../src/field/db";
import { anew, canTakeAnswers, isDue, laneOf, merged } from "../src/field/outbox/rows";

const MINUTE = 60_000;

function row(change: Partial<OutboxRow> = {}): OutboxRow {
  const body = { answers: {}, base: {}, at: "2027-03-10T12:00:00+08:00" };
  const about = { id: "a", user: 7, target: "task:1", verb: "checklist", method: "PATCH", path: "/", body, blobs: [] };
  return { ...about, attempts: 0, nextAt: 0, state: "queued", error: null, at: body.at, device: "", build: "", schema: 2, ...change } as OutboxRow;
}

test("a row rests until its time has come", () => {
  assert.equal(isDue(row({ nextAt: Date.now() + 4 * MINUTE })), false);
  assert.equal(isDue(row({ nextAt: Date.now() - 1 })), true);
});

test("a clock that was set back lets no row rest for days", () => {
  assert.equal(isDue(row({ nextAt: Date.now() + 24 * 60 * MINUTE })), true);
});

test("what was refused waits for the person, whatever the clock says", () => {
  assert.equal(isDue(row({ state: "blocked" })), false);
});

test("a changed row is another request and begins anew", () => {
  const tried = row({ attempts: 3, refusals: 2, nextAt: 5, state: "blocked", error: { status: 422, code: "", title: "", detail: "" } as OutboxRow["error"] });
  const next = anew(tried);
  assert.notEqual(next.id, tried.id);
  assert.deepEqual([next.attempts, next.refusals, next.nextAt, next.state, next.error], [0, 0, 0, "queued", null]);
});

test("ticks run together until the first attempt, and only with ticks", () => {
  assert.equal(canTakeAnswers(row(), row()), true);
  assert.equal(canTakeAnswers(row({ attempts: 1 }), row()), false);
  assert.equal(canTakeAnswers(row({ state: "blocked" }), row()), false);
  assert.equal(canTakeAnswers(row({ verb: "start" }), row()), false);
});

test("of two answers to one item the later one counts, and what was seen before the first", () => {
  const first = row({ body: { answers: { note: "A", tick: true }, base: { note: "", tick: null }, at: "1" } });
  const second = row({ id: "b", at: "2", body: { answers: { note: "AB" }, base: { note: "A" }, at: "2" } });
  const both = merged(first, second);
  assert.deepEqual(both.body, { answers: { note: "AB", tick: true }, base: { note: "", tick: null }, at: "2" });
  assert.equal(both.id, "a");
});

test("a refused word between colleagues holds no text to the customer back", () => {
  assert.notEqual(laneOf(row({ target: "customer:1", verb: "note" })), laneOf(row({ target: "customer:1", verb: "message" })));
});
