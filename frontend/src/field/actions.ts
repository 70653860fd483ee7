/** What a person can do, each as one entry (or one group of entries) of the outbox. */
import { blobFields, type Captured } from "./capture";
import { discard, keep, keepDraft, takeBack, taskIdOf, type Step } from "./outbox";
import type { OutboxRow, Verb } from "./db";
import { get, targetOfComplaints, targetOfCustomer, targetOfNotes, targetOfTask, type TaskView } from "./state";
import type { Answer, Answers, ChecklistItem, Conversation, Line } from "./types";

export function draftKey(taskId: number, itemKey: string): string {
  return `task:${taskId}:${itemKey}`;
}

export function messageDraftKey(customerId: number): string {
  return `customer:${customerId}:message`;
}

function step(task: TaskView, verb: Verb, fields: Record<string, unknown> = {}): Step {
  return {
    verb,
    target: targetOfTask(task.id),
    method: "POST",
    path: `/api/v1/tasks/${task.id}/${verb}`,
    body: fields,
  };
}

function answerStep(task: TaskView, answers: Answers): Step {
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
  return keep([step(task, "decline", withNote({ reason }, note))]);
}

export function answer(task: TaskView, item: ChecklistItem, value: Answer): Promise<boolean> {
  return keep([answerStep(task, { [item.key]: value })], { dropDrafts: [draftKey(task.id, item.key)] });
}

export function typed(task: TaskView, item: ChecklistItem, value: string): void {
  keepDraft(draftKey(task.id, item.key), value);
}

/** A picture and the answer that refers to it belong together: both are kept or neither is. */
export function addPicture(task: TaskView, item: ChecklistItem, captured: Captured): Promise<boolean> {
  const user = get().user;
  if (!user) return Promise.resolve(false);
  const picture = blobFields(captured, user.id);
  const kind = item.kind === "signature" ? "signature" : "photo";
  const evidence: Step = {
    verb: "evidence",
    target: targetOfTask(task.id),
    method: "POST",
    path: `/api/v1/tasks/${task.id}/evidence`,
    body: { blob_id: picture.id, kind, item_key: item.key, captured_at: picture.capturedAt },
    blobs: [picture.id],
  };
  const value = kind === "signature" ? picture.id : [...picturesOf(item), picture.id];
  return keep([evidence, answerStep(task, { [item.key]: value })], { pictures: [picture] });
}

export function picturesOf(item: ChecklistItem): string[] {
  if (Array.isArray(item.answer)) return item.answer;
  return typeof item.answer === "string" && item.answer ? [item.answer] : [];
}

export function removePicture(task: TaskView, item: ChecklistItem, id: string): Promise<boolean> {
  const left = picturesOf(item).filter((one) => one !== id);
  return answer(task, item, item.kind === "signature" ? null : left);
}

export type Outcome = Pick<Line, "id" | "delivered" | "refused">;

export type Ending =
  | { verb: "complete"; lines?: Outcome[] }
  | { verb: "complete-partly"; lines: Outcome[]; note: string }
  | { verb: "fail"; reason: string; note: string };

/** The end of a task takes along what was typed last, so that a page that dies in between loses nothing. */
export function finish(task: TaskView, ending: Ending, lastTyped: Answers): Promise<boolean> {
  const typedKeys = Object.keys(lastTyped);
  const first = typedKeys.length > 0 ? [answerStep(task, lastTyped)] : [];
  return keep([...first, step(task, ending.verb, fieldsOf(ending))], { dropDrafts: typedKeys.map((key) => draftKey(task.id, key)) });
}

function fieldsOf(ending: Ending): Record<string, unknown> {
  if (ending.verb === "fail") return withNote({ reason: ending.reason }, ending.note);
  const counted = ending.lines && ending.lines.length > 0 ? { lines: ending.lines } : {};
  return ending.verb === "complete" ? counted : withNote(counted, ending.note);
}

/** An ending that never left the phone is simply taken back; one that did is undone by the server. */
export async function undo(task: TaskView): Promise<void> {
  const ending = task.waiting.findLast((row) => ["complete", "complete-partly", "fail"].includes(row.verb));
  if (ending?.seq !== undefined && (await takeBack(ending.seq))) return;
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

/** Put refused answers back into their fields, where they can be mended and sent as a new entry. */
export function mend(row: OutboxRow): Promise<void> {
  const taskId = taskIdOf(row);
  const answers = (row.body.answers ?? {}) as Answers;
  if (row.verb === "checklist" && taskId !== null) {
    const drafts = Object.entries(answers).map(([key, value]) => ({ key: draftKey(taskId, key), value }));
    return discard(row, drafts);
  }
  if (row.verb === "message" || row.verb === "note") {
    const customerId = Number(row.target.split(":")[1]);
    return discard(row, [{ key: messageDraftKey(customerId), value: row.body.text as string }]);
  }
  return discard(row);
}

function withNote(fields: Record<string, unknown>, note: string): Record<string, unknown> {
  return note.trim() ? { ...fields, note: note.trim() } : fields;
}
