/**
 * What a person does about an entry that the server refused: mend it, decide between two texts, let it go, or take a
 * copy along. A changed entry is a new one with a new id, because the same key must mean the same bytes; it keeps its
 * place in the queue.
 */
import { zipSync, type Zippable } from "fflate";
import { complaintDraftKey, customerNoteDraftKey, draftKey, endingDraftKey, messageDraftKey } from "./actions";
import { database, STRICT, type OutboxRow, type Verb } from "./db";
import { outboxChanged } from "./outbox/answered";
import { written, type DraftChange } from "./outbox/keeping";
import { anew, openKey, taskIdOf } from "./outbox/rows";
import { drain } from "./outbox/sending";
import { go } from "./router";
import { get } from "./state";
import { now, stamp } from "./time";
import type { Answers } from "./types";

type Texts = { answers: Answers; base: Answers };

/** The text that somebody else changed meanwhile, if that is what stands in the way. */
export function conflictOf(row: OutboxRow): { key: string; base: string; mine: string; theirs: string } | null {
  const key = row.error?.code === "conflict" ? row.error.field?.replace(/^answers\./, "") : undefined;
  if (row.verb !== "checklist" || !key) return null;
  const { answers, base } = row.body as unknown as Texts;
  return { key, base: String(base[key] ?? ""), mine: String(answers[key] ?? ""), theirs: row.error?.server_value ?? "" };
}

/** Both texts as one. What both sides began with is said once; what one side holds already is not repeated. */
export function bothTexts(base: string, theirs: string, mine: string): string {
  if (theirs.includes(mine)) return theirs;
  if (mine.includes(theirs)) return mine;
  const added = base && mine.startsWith(base) && theirs.startsWith(base) ? mine.slice(base.length) : mine;
  return `${theirs.trimEnd()}\n${added.trim()}`;
}

export type Choice = "mine" | "theirs" | "both";

/** The text goes on as a new entry of now; the other answers of the refused one keep the time at which they were given. */
export async function decide(row: OutboxRow, choice: Choice): Promise<void> {
  const conflict = conflictOf(row);
  if (!conflict) return;
  const { key, base, mine, theirs } = conflict;
  const body = row.body as unknown as Texts;
  const { [key]: _text, ...answers } = body.answers;
  const { [key]: _seen, ...others } = body.base;
  const text = choice === "mine" ? mine : bothTexts(base, theirs, mine);
  const at = stamp();
  const next: OutboxRow[] = [];
  if (Object.keys(answers).length > 0) next.push({ ...row, body: { ...row.body, answers, base: others } });
  if (choice !== "theirs") next.push({ ...row, at, body: { answers: { [key]: text }, base: { [key]: theirs }, at } });
  await replace(row, next);
}

/** Put new entries in the place of an old one. */
async function replace(row: OutboxRow, next: OutboxRow[], drafts: DraftChange[] = []): Promise<void> {
  const tx = (await database()).transaction(["outbox", "drafts", "meta"], "readwrite", STRICT);
  const [outbox, meta] = [tx.objectStore("outbox"), tx.objectStore("meta")];
  const seq = row.seq as number;
  // Another tab may have been faster.
  if ((await outbox.get(seq))?.id === row.id) {
    const [after = seq + 1] = await outbox.getAllKeys(IDBKeyRange.lowerBound(seq, true), 1);
    await Promise.all([outbox.delete(seq), meta.delete(openKey(row))]);
    for (const [place, one] of next.entries()) {
      const fresh = { ...anew(one), seq: seq + ((after - seq) * place) / next.length };
      await Promise.all([outbox.put(fresh), meta.put(true, openKey(fresh))]);
    }
    for (const { key, value } of drafts) await tx.objectStore("drafts").put({ key, user: row.user, value, at: row.at });
  }
  await tx.done;
  await outboxChanged();
  await drain();
}

const MENDABLE: Verb[] = ["checklist", "message", "note", "customer-note", "complaint", "complete", "complete-partly", "fail"];

export function canMend(row: OutboxRow): boolean {
  return MENDABLE.includes(row.verb);
}

/** Put what was refused back into its fields, where it can be changed and sent as a new entry. */
export async function mend(row: OutboxRow): Promise<void> {
  const taskId = taskIdOf(row);
  const customerId = Number(row.target.split(":")[1]);
  if (row.verb === "checklist" && taskId !== null) {
    await mendAnswers(row, taskId);
  } else if (taskId !== null) {
    const { reason, note, lines } = row.body;
    const ending = JSON.stringify({ way: row.verb === "complete" ? undefined : row.verb, reason, note, lines });
    await replace(row, [], [{ key: endingDraftKey(taskId), value: ending }]);
  } else if (row.verb === "customer-note") {
    await replace(row, [], [{ key: customerNoteDraftKey(customerId), value: String(row.body.text) }]);
  } else if (row.verb === "complaint") {
    await replace(row, [], [{ key: complaintDraftKey(customerId), value: String(row.body.words) }]);
  } else {
    await replace(row, [], [{ key: messageDraftKey(customerId), value: String(row.body.text) }]);
  }
  const place = taskId !== null ? `/m/tasks/${taskId}` : row.target.startsWith("customer:") ? `/m/messages/${customerId}` : `/m/customers/${customerId}`;
  if (location.pathname !== place) go(place);
}

/** Only what was refused goes back into its field; the other answers of the entry are sent. */
async function mendAnswers(row: OutboxRow, taskId: number): Promise<void> {
  const { answers, base } = row.body as unknown as Texts;
  const named = Object.keys(row.error?.errors ?? {}).map((path) => path.replace(/^answers\./, ""));
  const isRefused = (key: string): boolean => named.includes(key) || !named.some((one) => one in answers);
  const without = (values: Answers): Answers => Object.fromEntries(Object.entries(values).filter(([key]) => !isRefused(key)));
  const drafts = Object.entries(answers)
    .filter(([key]) => isRefused(key))
    .map(([key, value]) => ({ key: draftKey(taskId, key), value }));
  const left = without(answers);
  await replace(row, Object.keys(left).length > 0 ? [{ ...row, body: { ...row.body, answers: left, base: without(base) } }] : [], drafts);
}

/** Everything of this person that the server has not got, as one file: the requests as they would be sent, the pictures. */
export async function copyOf(rows: OutboxRow[]): Promise<File> {
  await written();
  const db = await database();
  const files: Zippable = {};
  const told: Record<string, unknown>[] = [];
  for (const id of new Set(rows.flatMap((row) => row.blobs))) {
    const picture = await db.get("blobs", id);
    if (!picture) continue;
    const name = `pictures/${id}.${endingOf(picture.type)}`;
    // With the bytes gone to the server, the thumbnail is what is left here.
    const bytes = picture.bytes ?? picture.thumbnail;
    // Compressed already.
    files[name] = [new Uint8Array(bytes), { level: 0 }];
    told.push({ id, file: name, type: picture.type, sha256: picture.sha256, captured_at: picture.capturedAt, is_with_the_server: picture.uploaded });
  }
  const { user } = get();
  const about = { exported_at: now().toISOString(), user: user && { id: user.id, name: user.name }, device: navigator.userAgent, build: __BUILD__ };
  const drafts = [...get().drafts.values()].map(({ key, value, at }) => ({ key, value, at }));
  const text = JSON.stringify({ ...about, requests: rows, pictures: told, drafts }, null, 2);
  files["requests.json"] = new TextEncoder().encode(text);
  const name = `huifang-${stamp().slice(0, 16).replace(/[^0-9]/g, "-")}.zip`;
  return new File([zipSync(files, { mtime: now() })], name, { type: "application/zip" });
}

/** So that a computer knows what this phone could not show. */
function endingOf(type: string): string {
  const kind = /^image\/(\w+)/.exec(type)?.[1] ?? "bin";
  return kind === "jpeg" ? "jpg" : kind;
}

export async function saveCopy(rows: OutboxRow[]): Promise<void> {
  const file = await copyOf(rows);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
