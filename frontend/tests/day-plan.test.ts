import assert from "node:assert/strict";
import { test } from "node:test";
import { forecast, inOrder, stillToDo } from "../src/field/day-plan";

type Task = Parameters<typeof forecast>[0][number];

const STORE = { lat: 22.28, lng: 114.18 };
const NEAR = { lat: 22.281, lng: 114.181 };
const FAR = { lat: 22.38, lng: 114.18 };
let ids = 0;

function visit(start: string, end: string, change: Partial<Task> & { at?: typeof STORE | null } = {}): Task {
  const { at = NEAR, ...rest } = change;
  return {
    id: ++ids,
    type: "home_visit",
    status: "assigned",
    customer: { id: 1, name: "陈美玲", lat: at?.lat ?? null, lng: at?.lng ?? null },
    window_start: moment(start),
    window_end: moment(end),
    expected_minutes: 30,
    started_at: null,
    arrived_at: null,
    ended_at: null,
    ...rest,
  };
}

function moment(time: string): string {
  return `2027-03-10T${time}:00+00:00`;
}

function look(tasks: Task[], time: string) {
  const found = forecast(tasks, { now: new Date(moment(time)), from: STORE });
  return tasks.map((task) => found.get(task.id));
}

function clock(date: Date | undefined): string | undefined {
  return date?.toISOString().slice(11, 16);
}

test("a visit whose window can still be reached is not at risk", () => {
  const [first, second] = look([visit("10:00", "11:00"), visit("11:00", "12:00")], "09:00");
  assert.equal(first?.isAtRisk, false);
  assert.equal(clock(first?.leaves), "10:30");
  assert.equal(second?.isAtRisk, false);
});

test("a visit is at risk when the one before it takes until after its window", () => {
  const long = visit("10:00", "11:00", { expected_minutes: 120 });
  const [, second] = look([long, visit("11:00", "12:00")], "09:00");
  assert.equal(second?.isAtRisk, true);
  assert.equal(clock(second?.arrives), "12:10");
});

test("the way alone can put a visit at risk", () => {
  const [near, far] = look([visit("10:00", "10:30"), visit("10:30", "11:00", { at: FAR })], "09:00");
  assert.equal(near?.isAtRisk, false);
  assert.equal(far?.isAtRisk, true);
  assert.ok((far?.way?.kilometres ?? 0) > 14);
});

test("nobody waits less than until the window opens", () => {
  const [first] = look([visit("14:00", "15:00")], "09:00");
  assert.equal(clock(first?.leaves), "14:30");
});

test("what is late is late, and no longer at risk", () => {
  const [first] = look([visit("10:00", "11:00")], "11:01");
  assert.equal(first?.isAtRisk, false);
});

test("work whose time has come and that nobody has set out for is at risk before it is too late", () => {
  const [early] = look([visit("10:00", "11:00")], "10:30");
  assert.equal(early?.isAtRisk, false);
  const [soon] = look([visit("10:00", "11:00")], "10:45");
  assert.equal(clock(soon?.arrives), "10:55");
  assert.equal(soon?.isAtRisk, true);
});

test("a call that nobody has begun is at risk in the last quarter of an hour", () => {
  const calls = ["10:40", "10:50"].map((time) => look([visit("10:00", "11:00", { type: "callback" })], time)[0]?.isAtRisk);
  assert.deepEqual(calls, [false, true]);
});

test("who has set out needs nothing in hand", () => {
  const going = visit("10:00", "11:00", { status: "active", started_at: moment("10:44") });
  assert.equal(look([going], "10:45")[0]?.isAtRisk, false);
});

test("a short window that has not begun is no danger by itself", () => {
  assert.equal(look([visit("10:00", "10:10")], "09:30")[0]?.isAtRisk, false);
});

test("somebody who has arrived is not at risk, and leaves when the work is done", () => {
  const there = visit("10:00", "10:15", { status: "active", started_at: moment("09:40"), arrived_at: moment("10:05") });
  const [first, second] = look([there, visit("10:30", "11:00")], "10:10");
  assert.equal(first?.isAtRisk, false);
  assert.equal(clock(first?.leaves), "10:35");
  assert.equal(clock(second?.arrives), "10:45");
});

test("a visit that takes longer than expected pushes the next one on with the clock", () => {
  const there = visit("10:00", "10:15", { status: "active", arrived_at: moment("10:00") });
  const [, second] = look([there, visit("10:30", "11:00")], "10:55");
  assert.equal(clock(second?.arrives), "11:05");
  assert.equal(second?.isAtRisk, true);
});

test("who has set out is on the way since then", () => {
  const going = visit("10:00", "11:00", { status: "active", started_at: moment("09:55") });
  const [first] = look([going], "10:00");
  assert.equal(clock(first?.arrives), "10:05");
});

test("what is under way comes before what was promised earlier", () => {
  const early = visit("09:00", "10:00");
  const under = visit("13:00", "14:00", { status: "active" });
  assert.deepEqual(stillToDo([early, under]), [under, early]);
});

test("a call takes time but no way", () => {
  const call = visit("10:00", "10:30", { type: "callback", at: FAR });
  const [first, second] = look([call, visit("10:30", "11:00")], "10:00");
  assert.equal(first?.way, null);
  assert.equal(clock(second?.arrives), "10:40");
});

test("the way begins where the last visit ended, not at the store", () => {
  const done = visit("08:00", "09:00", { status: "completed", at: FAR, arrived_at: moment("08:10"), ended_at: moment("09:00") });
  const [, next] = look([done, visit("09:00", "09:30")], "09:00");
  assert.ok((next?.way?.kilometres ?? 0) > 14);
  assert.equal(next?.isAtRisk, true);
});

test("what is done, and what was called off, takes no more time", () => {
  const off = visit("10:00", "11:00", { status: "cancelled", expected_minutes: 600 });
  const [gone, next] = look([off, visit("11:00", "12:00")], "09:00");
  assert.equal(gone, undefined);
  assert.equal(next?.isAtRisk, false);
});

test("tasks of one window keep one order", () => {
  const [a, b, c] = [visit("10:00", "12:00"), visit("10:00", "11:00"), visit("09:00", "12:00")];
  assert.deepEqual(inOrder([a, b, c]), [c, b, a]);
  assert.deepEqual(inOrder([b, c, a]), [c, b, a]);
});
