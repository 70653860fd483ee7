/** What a person can do, each as one entry (or one group of entries) of the outbox. */
import { takeBack } from "./outbox/by-hand";
import { keep, keepDraft } from "./outbox/keeping";
import type { Step } from "./outbox/rows";
import type { Verb } from "./db";
import { get, targetOfComplaints, targetOfCustomer, targetOfNotes, targetOfTask, type TaskView } from "./state";
import type { Answer, Answers, ChecklistItem, Conversation } from "./types";

export function draftKey(taskId: number, itemKey: string): string {
  return `task:${taskId}:${itemKey}`;
}

export function messageDraftKey(customerId: number): string {
  return `customer:${customerId}:message`;
}

export function step(task: TaskView, verb: Verb, fields: Record<string, unknown> = {}): Step {
  return {
    verb,
    target: targetOfTask(task.id),
    method: "POST",
    path: `/api/v1/tasks/${task.id}/${verb}`,
    body: fields,
  };
}

export function answerStep(task: TaskView, answers: Answers): Step {
  const seen = new Map(task.checklist.map((item) => [item.key, item.answer]));
  const base = Object.fromEntries(Object.keys(answers).map((key) => [key, seen.get(key) ?? null]));
  return {
    verb: "checklist",
    target: targetOfTask(task.id),
    method: "PATCH",
    path: `/api/v1/tasks/${task.id}/checklist`,
    body: { answers, base },
  };
}

export function takeStep(task: TaskView, verb: "accept" | "start" | "arrive"): Promise<boolean> {
  return keep([step(task, verb)]);
}

export function decline(task: TaskView, reason: string, note: string): Promise<boolean> {
  return keep([step(task, "decline", withNote({ reason }, note))], { dropDrafts: [endingDraftKey(task.id)] });
}

export function answer(task: TaskView, item: ChecklistItem, value: Answer): Promise<boolean> {
  return keep([answerStep(task, { [item.key]: value })], { dropDrafts: [draftKey(task.id, item.key)] });
}

export function typed(task: TaskView, item: ChecklistItem, value: string): void {
  keepDraft(draftKey(task.id, item.key), value);
}

/** What became of one line of goods; `scanned_code` is what its pack bears. */
export interface Outcome {
  id: number;
  delivered: number;
  refused: number;
  scanned_code?: string;
}

export type Ending =
  | { verb: "complete"; lines?: Outcome[] }
  | { verb: "complete-partly"; lines: Outcome[]; note: string }
  | { verb: "fail"; reason: string; note: string };

/** The end of a task takes along what was typed last, so that a page that dies in between loses nothing. */
export function finish(task: TaskView, ending: Ending, lastTyped: Answers): Promise<boolean> {
  const typedKeys = Object.keys(lastTyped);
  const first = typedKeys.length > 0 ? [answerStep(task, lastTyped)] : [];
  const dropDrafts = [...typedKeys.map((key) => draftKey(task.id, key)), endingDraftKey(task.id)];
  return keep([...first, step(task, ending.verb, fieldsOf(task, ending))], { dropDrafts });
}

/** What was typed while ending a task, until it is ended. */
export function endingDraftKey(taskId: number): string {
  return `ending:${taskId}`;
}

/** The code read from a pack, until the task is ended. */
export function codeDraftKey(taskId: number, lineId: number): string {
  return `pack:${taskId}:${lineId}`;
}

export function scannedCodeOf(taskId: number, lineId: number): string {
  return String(get().drafts.get(codeDraftKey(taskId, lineId))?.value ?? "");
}

/** Lines that nobody counted were delivered in full; a pack whose code was read says so. */
function withScannedCodes(task: TaskView, lines: Outcome[]): Outcome[] {
  const codes = new Map(task.lines.map((line) => [line.id, scannedCodeOf(task.id, line.id)]));
  if (![...codes.values()].some(Boolean)) return lines;
  const counted = lines.length > 0 ? lines : task.lines.map(({ id, quantity }) => ({ id, delivered: quantity, refused: 0 }));
  return counted.map((line) => (codes.get(line.id) ? { ...line, scanned_code: codes.get(line.id) } : line));
}

function fieldsOf(task: TaskView, ending: Ending): Record<string, unknown> {
  if (ending.verb === "fail") return withNote({ reason: ending.reason }, ending.note);
  const lines = withScannedCodes(task, ending.lines ?? []);
  const counted = lines.length > 0 ? { lines } : {};
  return ending.verb === "complete" ? counted : withNote(counted, ending.note);
}

/** An ending that never left the phone is simply taken back; one that did is undone by the server. */
export async function undo(task: TaskView): Promise<void> {
  const ending = task.waiting.findLast((row) => ["complete", "complete-partly", "fail"].includes(row.verb));
  if (ending?.seq !== undefined && (await takeBack(ending))) return;
  await keep([step(task, "undo")]);
}

export function sendMessage(customerId: number, text: string): Promise<boolean> {
  const message: Step = {
    verb: "message",
    target: targetOfCustomer(customerId),
    method: "POST",
    path: `/api/v1/customers/${customerId}/messages`,
    body: { text },
  };
  return keep([message], { dropDrafts: [messageDraftKey(customerId)] });
}

/** A word between colleagues, and the steps that pass a conversation on: all wait here like the texts do. */
export function addNote(conversation: Conversation, text: string): Promise<boolean> {
  return keep([talkStep(conversation, "note", "notes", { text })], { dropDrafts: [messageDraftKey(conversation.customer.id)] });
}

export function passOn(conversation: Conversation, verb: "hand-over" | "opt-out" | "may-go-on"): Promise<boolean> {
  return keep([talkStep(conversation, verb, verb, {})]);
}

function talkStep(conversation: Conversation, verb: Verb, path: string, body: Record<string, unknown>): Step {
  const target = targetOfCustomer(conversation.customer.id);
  return { verb, target, method: "POST", path: `/api/v1/conversations/${conversation.id}/${path}`, body };
}

/** The new time of arrival is a time, not a delay: told late it is still the same news. */
export function tellLate(task: TaskView, eta: Date): Promise<boolean> {
  return keep([step(task, "late", { eta: eta.toISOString() })]);
}

export function customerNoteDraftKey(customerId: number): string {
  return `customer:${customerId}:note`;
}

export function complaintDraftKey(customerId: number): string {
  return `customer:${customerId}:complaint`;
}

/** What to remember about a customer; it goes into the file, not into the conversation. */
export function addCustomerNote(customerId: number, text: string): Promise<boolean> {
  const path = `/api/v1/customers/${customerId}/notes`;
  const note: Step = { verb: "customer-note", target: targetOfNotes(customerId), method: "POST", path, body: { text } };
  return keep([note], { dropDrafts: [customerNoteDraftKey(customerId)] });
}

export interface ComplaintTold {
  words: string;
  /** The task at which it was heard, if any. */
  taskId?: number | null;
  /** The skin or the body reacted; null lets the server judge from the words. */
  isReaction?: boolean | null;
}

/** The clocks of a complaint count from when it was heard, so a phone without signal tells the time along. */
export function reportComplaint(customerId: number, told: ComplaintTold): Promise<boolean> {
  const body = {
    customer_id: customerId,
    source: "visit",
    words: told.words,
    task_id: told.taskId ?? null,
    is_reaction: told.isReaction ?? null,
  };
  const complaint: Step = { verb: "complaint", target: targetOfComplaints(customerId), method: "POST", path: "/api/v1/complaints", body };
  return keep([complaint], { dropDrafts: [complaintDraftKey(customerId)] });
}

export function acknowledgeRules(ruleSetId: number): Promise<boolean> {
  const path = `/api/v1/points/rules/${ruleSetId}/acknowledge`;
  return keep([{ verb: "acknowledge", target: `rules:${ruleSetId}`, method: "POST", path, body: {} }]);
}

function withNote(fields: Record<string, unknown>, note: string): Record<string, unknown> {
  return note.trim() ? { ...fields, note: note.trim() } : fields;
}
