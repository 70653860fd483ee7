/** What a row of the outbox is: how it is made of a step, what it must keep its place behind, and when it may still change. */
import { SCHEMA, type OutboxRow, type Verb } from "../db";
import type { Answers } from "../types";
import { MAX_WAIT_SECONDS } from "./answer-table";

/** These count from when the server gets them. */
const WITHOUT_TIME: Verb[] = ["message", "note", "hand-over", "opt-out", "may-go-on", "acknowledge", "evidence", "wish"];
/** A refusal of these holds back nothing else, and a refusal of something else does not hold these back. */
const ON_THEIR_OWN: Verb[] = ["late", "note", "opt-out"];

export interface Step {
  verb: Verb;
  target: string;
  method: string;
  path: string;
  body: Record<string, unknown>;
  blobs?: string[];
}

export function rowOf(step: Step, user: number, at: string): OutboxRow {
  return {
    id: crypto.randomUUID(),
    user,
    target: step.target,
    verb: step.verb,
    method: step.method,
    path: step.path,
    body: WITHOUT_TIME.includes(step.verb) ? step.body : { ...step.body, at },
    blobs: step.blobs ?? [],
    attempts: 0,
    nextAt: 0,
    state: "queued",
    error: null,
    at,
    device: navigator.userAgent,
    build: __BUILD__,
    schema: SCHEMA,
  };
}

/** What must stay in order. */
export function laneOf(row: OutboxRow): string {
  return ON_THEIR_OWN.includes(row.verb) ? `${row.target}:${row.verb}` : row.target;
}

export function taskIdOf(row: OutboxRow): number | null {
  const id = /^task:(\d+)$/.exec(row.target)?.[1];
  return id ? Number(id) : null;
}

/**
 * In `meta`, from when a row is kept until it goes out for the first time: only while this stands may the row be changed
 * or taken back without a trace. To count an attempt takes room that a full phone has not; to take this away takes none.
 */
export function openKey(row: OutboxRow): string {
  return `open:${row.id}`;
}

/** As far as it was noted; before anything is done about it, the key above is asked. */
export function isUntried(row: OutboxRow): boolean {
  return row.attempts === 0;
}

/** A clock that was set back must not let a row rest for days. */
export function isDue(row: OutboxRow): boolean {
  const wait = row.nextAt - Date.now();
  return row.state === "queued" && (wait <= 0 || wait > MAX_WAIT_SECONDS * 1000);
}

/** Changed by the person, so it is another request: the same key must mean the same bytes. */
export function anew(row: OutboxRow): OutboxRow {
  return { ...row, id: crypto.randomUUID(), attempts: 0, refusals: 0, nextAt: 0, state: "queued", error: null };
}

/** Ticks run together into one request, as long as that is open. */
export function canTakeAnswers(earlier: OutboxRow, row: OutboxRow): boolean {
  return row.verb === "checklist" && earlier.verb === "checklist" && isUntried(earlier) && earlier.state === "queued";
}

export function merged(earlier: OutboxRow, row: OutboxRow): OutboxRow {
  const before = earlier.body as { answers: Answers; base: Answers };
  const after = row.body as { answers: Answers; base: Answers; at: string };
  return {
    ...earlier,
    at: row.at,
    body: { answers: { ...before.answers, ...after.answers }, base: { ...after.base, ...before.base }, at: after.at },
  };
}
