/** How the day will go if everything takes as long as expected: when somebody arrives, and which promise is in danger. */
import { kilometresByStreet, placeOf, travelMinutes, type Place } from "./geo";
import type { Task } from "./types";

type Planned = Pick<
  Task,
  "id" | "type" | "status" | "customer" | "window_start" | "window_end" | "expected_minutes" | "started_at" | "arrived_at" | "ended_at"
>;

export interface Forecast {
  arrives: Date;
  leaves: Date;
  /** The window closes before anybody can be there, or hardly later, though it has not closed yet. */
  isAtRisk: boolean;
  /** From the stop before; null for calls and where a place is not known. */
  way: { kilometres: number; minutes: number } | null;
}

export interface Start {
  now: Date;
  /** Where the way begins when nothing has been done yet: the store. */
  from: Place | null;
}

const MINUTE = 60_000;
/** Work whose time has come and for which nobody has set out keeps this much in hand, else its promise is in danger. */
const IN_HAND = 15 * MINUTE;
const CLOSED = ["completed", "partly", "failed", "cancelled"];

export function inOrder<T extends Planned>(tasks: T[]): T[] {
  return [...tasks].sort((a, b) => before(a.window_start, b.window_start) || before(a.window_end, b.window_end) || a.id - b.id);
}

/** Of moments as the server writes them. Comparing by a language's rules would take most of the time of a tick. */
function before(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** What is under way comes first, then what was promised earliest. */
export function stillToDo<T extends Planned>(tasks: T[]): T[] {
  const open = inOrder(tasks.filter((task) => !CLOSED.includes(task.status)));
  return [...open.filter((task) => task.status === "active"), ...open.filter((task) => task.status !== "active")];
}

/** Each open task of the day with the time at which somebody will be there, one after the other. */
export function forecast(tasks: Planned[], { now, from }: Start): Map<number, Forecast> {
  const found = new Map<number, Forecast>();
  let free = now.getTime();
  let place = lastPlace(tasks) ?? from;
  for (const task of stillToDo(tasks)) {
    const there = task.type === "callback" ? null : placeOf(task.customer);
    const arrives = arrivalAt(task, free, place, there);
    const begins = task.arrived_at ? arrives : Math.max(arrives, time(task.window_start));
    const leaves = Math.max(begins + task.expected_minutes * MINUTE, now.getTime());
    const closes = time(task.window_end);
    const isWaitedFor = task.status !== "active" && now.getTime() > time(task.window_start);
    found.set(task.id, {
      arrives: new Date(arrives),
      leaves: new Date(leaves),
      isAtRisk: !isThere(task) && arrives + (isWaitedFor ? IN_HAND : 0) > closes && now.getTime() <= closes,
      way: place && there ? { kilometres: kilometresByStreet(place, there), minutes: travelMinutes(place, there) } : null,
    });
    free = leaves;
    place = there ?? place;
  }
  return found;
}

function arrivalAt(task: Planned, free: number, place: Place | null, there: Place | null): number {
  if (isThere(task)) return time(task.arrived_at ?? task.started_at ?? task.window_start);
  if (task.type === "callback") return free;
  const travel = travelMinutes(place, there) * MINUTE;
  // Somebody who has set out is on the way since then, and not there yet.
  return task.started_at ? Math.max(time(task.started_at) + travel, free) : free + travel;
}

/** At the door, or on the phone. */
function isThere(task: Planned): boolean {
  return Boolean(task.arrived_at) || (task.type === "callback" && task.status === "active");
}

/** Where the last visit ended; the way to the next one begins there. */
function lastPlace(tasks: Planned[]): Place | null {
  const visited = tasks.filter((task) => task.arrived_at && task.ended_at && placeOf(task.customer));
  const last = visited.sort((a, b) => time(a.ended_at) - time(b.ended_at)).pop();
  return last ? placeOf(last.customer) : null;
}

function time(moment: string | null): number {
  return moment ? new Date(moment).getTime() : 0;
}
