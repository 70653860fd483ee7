import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoredTask } from "../src/field/db";
import { leftOf, markOf } from "../src/field/news";
import type { Task } from "../src/field/types";

const ME = 7;
const LOOKED = "2027-03-10T01:00:00+00:00";
const NOW = Date.parse("2027-03-10T02:00:00+00:00");

function visit(change: Record<string, unknown> = {}): Task {
  return {
    id: 1,
    status: "assigned",
    assignee: { id: ME, name: "李嘉欣" },
    customer: { id: 3, name: "陈美玲", address: "轩尼诗道 1 号" },
    window_start: "2027-03-10T04:00:00+00:00",
    window_end: "2027-03-10T06:00:00+00:00",
    assigned_at: "2027-03-09T00:00:00+00:00",
    allowed_actions: ["accept"],
    reasons: [{ zh_Hans: "生日", zh_Hant: "生日", en: "Birthday" }],
    note: "",
    ended_at: null,
    ...change,
  } as unknown as Task;
}

function kept(task: Task = visit(), change: Partial<StoredTask> = {}): StoredTask {
  return { id: task.id, task, held: false, extra: false, ...change };
}

const given = { assigned_at: "2027-03-10T01:30:00+00:00" };
const later = { window_start: "2027-03-10T05:00:00+00:00", window_end: "2027-03-10T07:00:00+00:00" };

test("work given out since the last look is new", () => {
  assert.equal(markOf(undefined, visit(given), ME, LOOKED).news, "new");
});

test("on a phone that knew nothing yet, nothing is news", () => {
  assert.equal(markOf(undefined, visit(given), ME, null).news, null);
});

test("work that only comes into the days shown is not new", () => {
  assert.equal(markOf(undefined, visit(), ME, LOOKED).news, null);
});

test("work of a colleague whom I cover is his news", () => {
  assert.equal(markOf(undefined, visit({ ...given, assignee: { id: 8, name: "B" } }), ME, LOOKED).news, null);
});

test("work that was a colleague's and is mine now is new", () => {
  const before = kept(visit({ assignee: { id: 8, name: "B" } }));
  assert.equal(markOf(before, visit(given), ME, LOOKED).news, "new");
});

test("another time says which it was, also when it moves twice", () => {
  const once = markOf(kept(), visit(later), ME, LOOKED);
  assert.deepEqual(once, { news: "time", was: "2027-03-10T04:00:00+00:00" });
  const evening = visit({ window_start: "2027-03-10T10:00:00+00:00", window_end: "2027-03-10T12:00:00+00:00" });
  assert.deepEqual(markOf(kept(visit(later), once), evening, ME, LOOKED), once);
});

test("moved away and back again is no news", () => {
  const once = markOf(kept(), visit(later), ME, LOOKED);
  assert.equal(markOf(kept(visit(later), once), visit(), ME, LOOKED).news, null);
});

test("another address is news, but less than another time", () => {
  const moved = { customer: { id: 3, name: "陈美玲", address: "皇后大道 9 号" } };
  assert.equal(markOf(kept(), visit(moved), ME, LOOKED).news, "address");
  assert.equal(markOf(kept(), visit({ ...moved, ...later }), ME, LOOKED).news, "time");
});

test("an address that this person may see no longer is no new address", () => {
  assert.equal(markOf(kept(), visit({ customer: { id: null, name: "陈•", address: null } }), ME, LOOKED).news, null);
});

test("another note, one more reason and new words about the door are news, but less than another time or place", () => {
  const noted = { note: "带上试用装" };
  const joined = { reasons: [...visit().reasons, { zh_Hans: "快用完了", zh_Hant: "快用完", en: "Running out" }] };
  const atTheDoor = { customer: { ...visit().customer, access_notes: "后门，按两下铃" } };
  const knew = kept(visit({ customer: { ...visit().customer, access_notes: "" } }));
  for (const change of [noted, joined, atTheDoor]) assert.equal(markOf(knew, visit(change), ME, LOOKED).news, "about");
  assert.equal(markOf(knew, visit({ ...noted, ...later }), ME, LOOKED).news, "time");
  const elsewhere = { customer: { ...visit().customer, address: "皇后大道 9 号" } };
  assert.equal(markOf(knew, visit({ ...noted, ...elsewhere }), ME, LOOKED).news, "address");
});

test("other goods and other wishes of the customer are news, what was handed over is not", () => {
  const line = { id: 5, name: { zh_Hans: "米糊", zh_Hant: "米糊", en: "Rice cereal" }, quantity: 2, delivered: null, refused: null };
  const knew = kept(visit({ lines: [line], customer: { ...visit().customer, preferences: "" } }));
  const more = visit({ lines: [{ ...line, quantity: 4 }] });
  const other = visit({ lines: [line, { ...line, id: 6, name: "Wipes" }] });
  const likes = visit({ lines: [line], customer: { ...visit().customer, preferences: "不要香味" } });
  for (const change of [more, other, likes]) assert.equal(markOf(knew, change, ME, LOOKED).news, "about");
  const handedOver = visit({ lines: [{ ...line, delivered: 1, refused: 1 }] });
  assert.equal(markOf(knew, handedOver, ME, LOOKED).news, null);
});

test("goods in another order are the same goods", () => {
  const [one, two] = [{ id: 5, name: "Rice cereal", quantity: 2 }, { id: 6, name: "Wipes", quantity: 1 }];
  assert.equal(markOf(kept(visit({ lines: [one, two] })), visit({ lines: [two, one] }), ME, LOOKED).news, null);
});

test("words about a task stay marked until it is opened, whatever is said next", () => {
  const noted = visit({ note: "带上试用装" });
  const marked = kept(noted, { news: "about" });
  assert.equal(markOf(marked, noted, ME, LOOKED).news, "about");
  assert.equal(markOf(kept(noted), noted, ME, LOOKED).news, null);
});

test("a note that was taken away needs no look, nor do words in another order", () => {
  assert.equal(markOf(kept(visit({ note: "带上试用装" })), visit(), ME, LOOKED).news, null);
  const turned = { reasons: [{ en: "Birthday", zh_Hant: "生日", zh_Hans: "生日" }] };
  assert.equal(markOf(kept(), visit(turned), ME, LOOKED).news, null);
});

test("what an older build of the app did not keep is no news when it is first told", () => {
  const told = { customer: { ...visit().customer, access_notes: "后门" } };
  assert.equal(markOf(kept(), visit(told), ME, LOOKED).news, null);
});

test("what was called off stays marked until it is opened", () => {
  const off = visit({ status: "cancelled" });
  assert.equal(markOf(kept(), off, ME, LOOKED).news, "cancelled");
  assert.equal(markOf(kept(off, { news: "cancelled" }), off, ME, LOOKED).news, "cancelled");
  assert.equal(markOf(kept(off, { news: null }), off, ME, LOOKED).news, null);
});

test("new work that moves before anybody looked is simply new", () => {
  assert.equal(markOf(kept(visit(), { news: "new" }), visit(later), ME, LOOKED).news, "new");
});

test("what somebody ended himself is no news", () => {
  assert.equal(markOf(kept(visit(), { news: "time" }), visit({ status: "completed" }), ME, LOOKED).news, null);
});

test("work that goes to somebody else stays, marked and without steps, until it is opened", () => {
  const left = leftOf(kept(), ME, NOW);
  assert.deepEqual([left?.news, left?.task.status, left?.task.allowed_actions], ["away", "cancelled", []]);
  assert.equal(leftOf(left as StoredTask, ME, NOW), left);
  assert.equal(leftOf({ ...(left as StoredTask), news: null }, ME, NOW), null);
});

test("work under way keeps its steps when it goes to somebody else: what is done is told all the same", () => {
  const left = leftOf(kept(visit({ status: "active" })), ME, NOW);
  assert.deepEqual([left?.news, left?.task.status], ["away", "active"]);
  assert.equal(leftOf({ ...(left as StoredTask), news: null }, ME, NOW)?.task.status, "active");
  assert.equal(leftOf({ ...(left as StoredTask), news: null, held: true }, ME, NOW), null);
});

test("what lies behind, what was only looked at and what is done may go", () => {
  assert.equal(leftOf(kept(visit({ window_start: "2027-03-08T04:00:00+00:00" })), ME, NOW), null);
  assert.equal(leftOf(kept(visit(), { extra: true }), ME, NOW), null);
  assert.equal(leftOf(kept(visit({ status: "completed" })), ME, NOW), null);
  assert.equal(leftOf(kept(visit({ assignee: { id: 8, name: "B" } })), ME, NOW), null);
});

test("work that comes back is new again", () => {
  const left = leftOf(kept(), ME, NOW) as StoredTask;
  assert.equal(markOf(left, visit(given), ME, LOOKED).news, "new");
});
