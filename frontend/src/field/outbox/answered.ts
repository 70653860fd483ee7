/** What this phone writes down once the server has answered. */
import { database, isFull, mark, STRICT, type OutboxRow } from "../db";
import { _ } from "../i18n";
import { reload, say, tellOtherTabs } from "../state";
import { now } from "../time";
import type { Evidence, RuleSet, Task, User } from "../types";
import { waitSeconds } from "./answer-table";
import { finished, isNoted } from "./room";
import { taskIdOf } from "./rows";

/** The server has it: this phone may forget it. That alone takes no room; what else there is to note comes after. */
export async function accept(row: OutboxRow, body: unknown): Promise<void> {
  await noteSent(row, body).catch(async (error: unknown) => {
    if (!isFull(error)) throw error;
    const tx = (await database()).transaction(["outbox", "blobs"], "readwrite", STRICT);
    await deleteSent(row, tx.objectStore("outbox"));
    await finished(tx, ...row.blobs.map((id) => tx.objectStore("blobs").delete(id)));
    await reload("outbox");
  });
}

interface Rows {
  get(seq: number): Promise<OutboxRow | undefined>;
  delete(seq: number): Promise<void>;
}

/** But not what the person has put in its place while it was on its way. */
async function deleteSent(row: OutboxRow, outbox: Rows): Promise<void> {
  const seq = row.seq as number;
  if ((await outbox.get(seq))?.id === row.id) await outbox.delete(seq);
}

async function noteSent(row: OutboxRow, body: unknown): Promise<void> {
  const answer = (typeof body === "object" && body ? body : {}) as Partial<Task> & { held?: boolean; task?: Task; offer?: { message: string } | null };
  const task = answer.task ?? (isTask(answer) ? answer : null);
  const db = await database();
  const tx = db.transaction(["outbox", "blobs", "tasks", "meta"], "readwrite", STRICT);
  await deleteSent(row, tx.objectStore("outbox"));
  for (const id of row.blobs) {
    const picture = await tx.objectStore("blobs").get(id);
    if (picture) await tx.objectStore("blobs").put({ ...picture, bytes: null, uploaded: true });
  }
  const id = taskIdOf(row);
  const known = id === null ? undefined : await tx.objectStore("tasks").get(id);
  if (known) {
    const held = answer.held ?? known.held;
    const newer = task && task.id === known.id && task.version >= known.task.version ? task : known.task;
    await tx.objectStore("tasks").put({ ...known, held, task: row.verb === "evidence" ? proven(newer, body) : newer, written: mark() });
  }
  const meta = tx.objectStore("meta");
  const user = (await meta.get("user")) as User | undefined;
  // Somebody may have signed out meanwhile; what is known of the next person stays as it is.
  const isOurs = user?.id === row.user;
  if (isOurs) await meta.put(now().toISOString(), "sentAt");
  // Until the next look at the day tells it.
  if (isOurs && row.verb === "wish") await meta.put({ ...user, ...row.body }, "user");
  if (isOurs && row.verb === "acknowledge") {
    const rules = ((await meta.get("rules")) as RuleSet[] | undefined) ?? [];
    await meta.put(rules.filter((one) => row.target !== `rules:${one.id}`), "rules");
  }
  await tx.done;
  if (answer.held) say(_("Sent. Your supervisor will decide."));
  // A note that tells of a reaction to a product: the server asks for a complaint as well, in the reader's language.
  if (answer.offer) say(answer.offer.message);
  await reload("outbox", "tasks", "meta");
  tellOtherTabs("outbox", "tasks", "meta");
}

/** The answer to evidence is the evidence itself: it stays on the screen until the next look at the day brings it. */
function proven(task: Task, body: unknown): Task {
  const proof = body as Partial<Evidence> | null;
  if (typeof proof?.id !== "number" || !proof.kind) return task;
  return { ...task, evidence: [...task.evidence.filter((one) => one.id !== proof.id), proof as Evidence] };
}

function isTask(answer: Partial<Task>): answer is Task {
  return Array.isArray(answer.checklist) && typeof answer.version === "number";
}

/** A conflict carries the task as it is now, so the person decides on what is true. */
export async function takeCurrent(body: unknown): Promise<void> {
  const current = (body as { current?: Partial<Task> } | null)?.current;
  if (!current || !isTask(current)) return;
  const tx = (await database()).transaction("tasks", "readwrite");
  const known = await tx.store.get(current.id);
  if (known && current.version >= known.task.version) await tx.store.put({ ...known, task: current, written: mark() });
  await tx.done;
  await reload("tasks");
}

/** Only what is still there: somebody may have let it go while it was on its way. */
export async function change(row: OutboxRow, what: Partial<OutboxRow>): Promise<void> {
  const tx = (await database()).transaction("outbox", "readwrite", STRICT);
  const there = await tx.store.get(row.seq as number);
  if (there?.id === row.id) await isNoted(tx, tx.store.put({ ...there, ...what }));
  await outboxChanged();
}

/** The server asked for patience, each time for more. */
export async function restOf(row: OutboxRow, retryAfterSeconds: number | null): Promise<void> {
  const refusals = (row.refusals ?? 0) + 1;
  await change(row, { refusals, nextAt: Date.now() + waitSeconds(refusals, retryAfterSeconds) * 1000 });
}

export async function outboxChanged(): Promise<void> {
  await reload("outbox", "drafts");
  tellOtherTabs("outbox", "drafts");
}
