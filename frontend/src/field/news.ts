/** What has changed about somebody's work since he or she last opened it, worked out from two copies of a task. */
import type { StoredTask } from "./db";
import type { Task, Text3 } from "./types";

/** `about`: why it is done, a note, the goods, what the customer likes, or how to reach the door. `away`: given to somebody else, or moved to a day that is not on this phone. */
export type News = "new" | "time" | "address" | "about" | "cancelled" | "away";

type Known = Pick<StoredTask, "task" | "extra" | "news" | "was">;
/** `was`: when the work would have begun, as it was last seen. */
export type Mark = Pick<StoredTask, "news" | "was">;

const NOTHING: Mark = { news: null, was: null };
const DAY = 24 * 3600 * 1000;

/**
 * The mark of a task that the server has just told. `seenUpTo` is when it was asked the last time; null when it never
 * was, for then everything is new and nothing is news.
 */
export function markOf(known: Known | undefined, task: Task, me: number | undefined, seenUpTo: string | null): Mark {
  const isMine = task.assignee?.id === me;
  if (!known || known.extra || (isMine && known.task.assignee?.id !== me)) {
    const isNew = isMine && isWorkable(task) && seenUpTo !== null && time(task.assigned_at) > time(seenUpTo);
    return isNew ? { news: "new", was: null } : NOTHING;
  }
  const before: Mark = { news: known.news ?? null, was: known.was ?? null };
  // An answer that was overtaken on its way tells nothing.
  if (known.task.version > task.version) return before;
  if (task.status === "cancelled") return known.task.status === "cancelled" ? before : { ...before, news: "cancelled" };
  if (!isWorkable(task)) return NOTHING;
  if (before.news === "new" || before.news === "away") return { news: "new", was: null };
  if (time(task.window_start) !== time(known.task.window_start) || time(task.window_end) !== time(known.task.window_end)) {
    const was = before.was ?? known.task.window_start;
    return time(was) === time(task.window_start) && before.was ? NOTHING : { news: "time", was };
  }
  const isElsewhere = Boolean(task.customer.address && known.task.customer.address) && task.customer.address !== known.task.customer.address;
  if (before.news) return before;
  return isElsewhere ? { news: "address", was: null } : isRetold(known.task, task) ? { news: "about", was: null } : before;
}

/** What is gone, or hidden from this person by now, needs no look; nor does what an older build of the app never kept. */
function isRetold(before: Task, after: Task): boolean {
  const [told, tells] = [wordsOf(before), wordsOf(after)];
  return tells.some((words, index) => words && told[index] !== undefined && words !== told[index]);
}

function wordsOf({ reasons, note, customer, lines }: Task): (string | null | undefined)[] {
  // What was asked for; what became of it at the door is the person's own doing.
  const goods = lines?.map((line) => `${line.quantity} ${plain(line.name)}`).sort().join();
  return [reasons?.map(plain).join(), note, customer.access_notes, goods, customer.preferences];
}

function plain(text: Text3 | string): string {
  return typeof text === "string" ? text : text.en;
}

/**
 * What becomes of a task that is no longer among those of the day. Work of the days shown does not vanish from under
 * the person: it stays, marked, until it has been opened; work under way until it is ended, for then its supervisor
 * decides. Null: it may go.
 */
export function leftOf(known: StoredTask, me: number | undefined, now: number): StoredTask | null {
  const isNear = time(known.task.window_start) > now - DAY;
  const isUnderWay = known.task.status === "active" && !known.held;
  if (known.away) return isNear && (known.news || isUnderWay) ? known : null;
  if (!isNear || known.extra || known.held || known.task.assignee?.id !== me || !isWorkable(known.task)) return null;
  const task: Task = isUnderWay ? known.task : { ...known.task, status: "cancelled", allowed_actions: [], ended_at: null };
  return { ...known, task, news: "away", was: null, away: true };
}

function isWorkable(task: Task): boolean {
  return task.status === "assigned" || task.status === "active";
}

function time(moment: string | null | undefined): number {
  return moment ? new Date(moment).getTime() : 0;
}
