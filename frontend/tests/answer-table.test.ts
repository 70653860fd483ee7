import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, waitSeconds, type Verdict } from "../src/field/outbox/answer-table";

const TABLE: [status: number, code: string, verdict: Verdict][] = [
  [200, "", "taken"],
  [201, "", "taken"],
  [204, "", "taken"],
  [401, "unauthorized", "sign-in"],
  [401, "sign-in-again", "sign-in"],
  [426, "app-too-old", "update"],
  [426, "unknown-op", "update"],
  [409, "step-already-done", "settled"],
  [409, "nothing-waits", "settled"],
  [409, "no-longer-yours", "settled"],
  [409, "blob-missing", "picture-missing"],
  [409, "in-flight", "in-flight"],
  [408, "request-timeout", "busy"],
  [429, "too-many-requests", "busy"],
  [500, "internal-error", "busy"],
  [502, "", "busy"],
  [503, "", "busy"],
  [504, "", "busy"],
  [409, "conflict", "refused"],
  [409, "task-already-closed", "refused"],
  [409, "", "refused"],
  [400, "idempotency-key-missing", "refused"],
  [403, "forbidden", "refused"],
  [404, "not-found", "refused"],
  [410, "", "refused"],
  [413, "picture-too-large", "refused"],
  [422, "invalid", "refused"],
  [422, "key-reused", "refused"],
];

for (const [status, code, verdict] of TABLE) {
  test(`${status} ${code} means: ${verdict}`, () => {
    assert.equal(judge({ status, code, ok: status < 300 }), verdict);
  });
}

test("a code that settles says so with 409 only", () => {
  assert.equal(judge({ status: 422, code: "nothing-waits", ok: false }), "refused");
});

test("each refusal makes the wait longer, up to five minutes", () => {
  assert.deepEqual([1, 2, 3, 8, 9, 99].map((refusals) => waitSeconds(refusals, null, 1)), [2, 4, 8, 256, 300, 300]);
});

test("no two phones come back at the same moment", () => {
  assert.deepEqual([0, 0.5, 1].map((luck) => waitSeconds(4, null, luck)), [8, 12, 16]);
});

test("what the server asks for goes before what the phone would wait", () => {
  assert.equal(waitSeconds(1, 40), 40);
});
