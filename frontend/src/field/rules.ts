/** What the phone can work out by itself without a network: conditions of items, effects of steps, what comes next. */
import { HEARTS, type Heart } from "../blossom";
import type { OutboxRow } from "./db";
import type { Answer, Answers, ChecklistItem, Condition, Evidence, PlaceState, Task } from "./types";

export const UNDO_SECONDS = 300;

export function isAnswered(answer: Answer | undefined): boolean {
  if (answer === null || answer === undefined || answer === "" || answer === false) return false;
  return !(Array.isArray(answer) && answer.length === 0);
}

/** A question nobody has answered fulfils no condition but "not answered". The words are those of the checklists. */
export function holds(condition: Condition, answers: Answers): boolean {
  const given = answers[condition.item];
  if (condition.answered !== undefined) return (given !== undefined && given !== null && given !== "") === condition.answered;
  if (given === null || given === undefined) return false;
  if (condition.is !== undefined) return given === condition.is;
  if (condition.in !== undefined) return condition.in.includes(given);
  if (typeof given !== "number") return false;
  return given > (condition.above ?? -Infinity) && given < (condition.below ?? Infinity);
}

function allHold(conditions: Condition | Condition[] | null | undefined, answers: Answers): boolean {
  if (!conditions) return true;
  return (Array.isArray(conditions) ? conditions : [conditions]).every((one) => holds(one, answers));
}

function isConditional(conditions: Condition | Condition[] | null | undefined): boolean {
  return Array.isArray(conditions) ? conditions.length > 0 : Boolean(conditions);
}

/** The checklist as it stands with the answers on this phone: later items may appear, vanish or become required. */
export function applyConditions(items: ChecklistItem[]): ChecklistItem[] {
  const answers: Answers = {};
  return items.map((item) => {
    const visible = isConditional(item.visible_if) ? allHold(item.visible_if, answers) : item.visible;
    const required = visible && isRequired(item, answers);
    if (visible) answers[item.key] = item.answer;
    return { ...item, visible, required };
  });
}

function isRequired(item: ChecklistItem, answers: Answers): boolean {
  const always = item.always_required ?? (isConditional(item.required_if) ? false : item.required);
  return always || (isConditional(item.required_if) && allHold(item.required_if, answers));
}

/** The task as the person sees it: what the server said last, and on top of it everything that is still on the way. */
export function withQueued(task: Task, rows: OutboxRow[]): Task {
  if (rows.length === 0) return { ...task, checklist: applyConditions(task.checklist) };
  const changed = rows.reduce(withEffect, task);
  return { ...changed, checklist: applyConditions(changed.checklist), allowed_actions: actionsOf(changed) };
}

function withEffect(task: Task, row: OutboxRow): Task {
  const { at } = row;
  switch (row.verb) {
    case "accept":
      return { ...task, accepted_at: at };
    case "decline":
      return { ...task, status: "open", assignee: null };
    case "start":
      return { ...task, status: "active", started_at: task.started_at ?? at };
    case "arrive":
      return { ...task, status: "active", started_at: task.started_at ?? at, arrived_at: at };
    case "complete":
      return ended({ ...task, status: "completed", lines: withDelivered(task, row) }, row);
    case "complete-partly":
      return ended({ ...task, status: "partly", lines: withDelivered(task, row) }, row);
    case "fail":
      return ended({ ...task, status: "failed" }, row);
    case "undo":
      return { ...task, status: "active", ended_at: null, undo_until: null, end_reason: null, end_note: null };
    case "checklist":
      return withAnswers(task, row.body.answers as Answers, at);
    case "evidence":
      return { ...task, evidence: [...task.evidence, queuedEvidence(row)] };
    default:
      return task;
  }
}

function ended(task: Task, row: OutboxRow): Task {
  const undoUntil = new Date(new Date(row.at).getTime() + UNDO_SECONDS * 1000).toISOString();
  const { reason, note } = row.body as { reason?: string; note?: string };
  return { ...task, ended_at: row.at, undo_until: undoUntil, end_reason: reason ?? null, end_note: note ?? null };
}

function withDelivered(task: Task, row: OutboxRow): Task["lines"] {
  const told = new Map(((row.body.lines ?? []) as Task["lines"]).map((line) => [line.id, line]));
  return task.lines.map((line) => ({ ...line, delivered: line.quantity, refused: 0, ...told.get(line.id) }));
}

function withAnswers(task: Task, answers: Answers, at: string): Task {
  const checklist = task.checklist.map((item) =>
    item.key in answers ? { ...item, answer: answers[item.key] ?? null, answered_at: at } : item,
  );
  return { ...task, checklist };
}

function queuedEvidence(row: OutboxRow): Evidence {
  const body = row.body as { kind: string; captured_at: string; blob_id?: string; item_key?: string; place_state?: PlaceState };
  return { id: 0, url: "", blob_id: null, item_key: null, ...body };
}

/** The steps that the transition table of the server would allow; used only while steps of our own are on the way. */
function actionsOf(task: Task): string[] {
  if (task.status === "assigned") {
    const once = task.accepted_at ? [] : ["accept"];
    return [...once, "decline", "start", ...(task.type === "callback" ? [] : ["arrive"])];
  }
  if (task.status === "active") {
    const arrive = task.type === "callback" || task.arrived_at ? [] : ["arrive"];
    return [...arrive, "complete", "complete-partly", "fail"];
  }
  return isEnded(task) && task.undo_until ? ["undo"] : [];
}

export function isEnded(task: Task): boolean {
  return ["completed", "partly", "failed", "cancelled"].includes(task.status);
}

/** Nobody has come, or called, by the end of the window; whether somebody has set out makes no difference. */
export function isLate(task: Task, now: Date): boolean {
  const isKept = task.arrived_at || (task.type === "callback" && task.started_at);
  return !isEnded(task) && !isKept && now > new Date(task.window_end);
}

export function canUndo(task: Task, now: Date): boolean {
  return Boolean(task.undo_until) && task.allowed_actions.includes("undo") && now < new Date(task.undo_until as string);
}

export interface HeartProgress {
  heart: Heart;
  done: number;
  total: number;
}

/** Finished work shows a full blossom; before that each petal counts the visible items of its heart. */
export function progressOf(task: Task): HeartProgress[] {
  return HEARTS.map((heart) => {
    const items = task.checklist.filter((item) => item.heart === heart && item.visible);
    const done = items.filter((item) => isAnswered(item.answer)).length;
    return { heart, done, total: items.length };
  });
}

export function missingItems(task: Task): ChecklistItem[] {
  return task.checklist.filter((item) => item.visible && item.required && !isAnswered(item.answer));
}

/** Null when a typed number may be kept, else which limit it breaks. */
export function outOfLimits(item: ChecklistItem, value: number): "low" | "high" | null {
  if (item.min !== null && item.min !== undefined && value < item.min) return "low";
  if (item.max !== null && item.max !== undefined && value > item.max) return "high";
  return null;
}
