/** One day of a person: which tasks it holds, in which order, and how it will go. The list and the map show the same. */
import type { JSX } from "preact";
import { forecast, inOrder, stillToDo, type Forecast } from "./day-plan";
import { placeOf } from "./geo";
import { _ } from "./i18n";
import { isEnded } from "./rules";
import type { State, TaskView } from "./state";
import { dayKey, dayTitle, now, shiftDay } from "./time";
import type { TaskRow } from "./types";

export type Day = -1 | 0 | 1;

export interface DayPlan {
  key: string;
  title: string;
  path: string;
  inOrder: TaskView[];
  /** What is under way first, then what was promised earliest. */
  open: TaskView[];
  next: TaskView | undefined;
  /** Done, in part or not: the last one first. */
  ended: TaskView[];
  cancelled: TaskView[];
  claimable: TaskRow[];
  forecasts: Map<number, Forecast>;
}

const PATHS: Record<Day, string> = { [-1]: "/m/yesterday", 0: "/m/", 1: "/m/tomorrow" };
const MAP_PATHS: Record<Day, string> = { [-1]: "/m/map/yesterday", 0: "/m/map", 1: "/m/map/tomorrow" };
const LONGEST_WAY = 90 * 60_000;

export function dayOf(state: State, day: Day): DayPlan {
  const zone = zoneOf(state);
  const today = dayKey(now(), zone);
  const key = shiftDay(today, day);
  const mine = inOrder(state.tasks.filter((task) => isOfDay(task, key, day)));
  const planned = mine.filter((task) => task.status !== "cancelled");
  const open = stillToDo(planned);
  return {
    key,
    title: dayTitle(new Date(`${key}T12:00:00Z`), "UTC"),
    path: PATHS[day],
    inOrder: planned,
    open,
    next: day === 0 ? open[0] : undefined,
    ended: planned.filter(isEnded).sort((a, b) => (b.ended_at ?? "").localeCompare(a.ended_at ?? "")),
    cancelled: mine.filter((task) => wasShown(task, key)),
    claimable: day === -1 ? [] : inOrder(state.claimable.filter((task) => dayKey(task.window_start, task.zone) === key)),
    forecasts: forecastOf(state, planned, open, day),
  };
}

export function zoneOf(state: State): string {
  return state.user?.store?.zone ?? "Asia/Hong_Kong";
}

/** Work begun earlier belongs to today until it is ended: else nobody would see it. */
function isOfDay(task: TaskView, key: string, day: Day): boolean {
  if (task.extra || !task.assignee) return false;
  const planned = dayKey(task.window_start, task.zone);
  if (task.status !== "active") return planned === key;
  return day === 0 ? planned <= key : day === 1 && planned === key;
}

/** What was called off on the day itself or the day before had been on this phone. Older news would only be noise. */
function wasShown(task: TaskView, key: string): boolean {
  if (task.status !== "cancelled") return false;
  return !task.ended_at || dayKey(task.ended_at, task.zone) >= shiftDay(key, -1);
}

function forecastOf(state: State, planned: TaskView[], open: TaskView[], day: Day): Map<number, Forecast> {
  const first = open[0];
  if (day === -1 || !first) return new Map();
  // Nobody knows where tomorrow begins; it begins in time.
  const begins = day === 0 ? now() : new Date(new Date(first.window_start).getTime() - LONGEST_WAY);
  return forecast(planned, { now: begins, from: placeOf(state.user?.store) });
}

/** Where in the list a task stands: the day beside it is that one. */
export function dayOfTask(state: State, task: TaskView): Day {
  const today = dayKey(now(), zoneOf(state));
  const planned = dayKey(task.window_start, task.zone);
  if (task.status === "active" || planned === today) return 0;
  return planned < today ? -1 : 1;
}

/** Work of yesterday that nobody has begun and nobody has ended. */
export function leftFromYesterday(state: State): number {
  const key = shiftDay(dayKey(now(), zoneOf(state)), -1);
  return state.tasks.filter((task) => task.status === "assigned" && isOfDay(task, key, -1)).length;
}

export function DayLinks({ day, asMap = false }: { day: Day | null; asMap?: boolean }): JSX.Element {
  const paths = asMap ? MAP_PATHS : PATHS;
  const days: [Day, string][] = [
    [-1, _("Yesterday")],
    [0, _("Today")],
    [1, _("Tomorrow")],
  ];
  return (
    <nav class="days" aria-label={_("Day")}>
      {days.map(([one, text]) => (
        <a key={one} href={paths[one]} aria-current={one === day ? "page" : undefined}>
          {text}
        </a>
      ))}
    </nav>
  );
}

export function mapPath(day: Day): string {
  return MAP_PATHS[day];
}
