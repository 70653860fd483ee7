/** Letting go of what has not been sent. */
import { database, STRICT, type OutboxRow } from "./db";
import { outboxChanged } from "./outbox/answered";
import { anew, openKey } from "./outbox/rows";
import { drain } from "./outbox/sending";
import type { Answer, Answers } from "./types";

/** Remove one entry for good, with its pictures; answers further back in the queue do not name them any more. */
export async function discard(row: OutboxRow): Promise<void> {
  await discardIf(row, () => true);
}

/** Only when the server cannot have it: it never went out, or was refused. False when it may be there. */
export async function discardUnlessSent(row: OutboxRow): Promise<boolean> {
  return discardIf(row, (there, isOpen) => isOpen || there.state === "blocked");
}

async function discardIf(row: OutboxRow, mayGo: (there: OutboxRow, isOpen: boolean) => boolean): Promise<boolean> {
  const tx = (await database()).transaction(["outbox", "blobs", "meta"], "readwrite", STRICT);
  const [outbox, meta] = [tx.objectStore("outbox"), tx.objectStore("meta")];
  const there = await outbox.get(row.seq as number);
  const isOpen = (await meta.get(openKey(row))) === true;
  // By now another one may stand in its place.
  const goes = there?.id === row.id && mayGo(there, isOpen);
  if (goes) {
    await Promise.all([outbox.delete(row.seq as number), meta.delete(openKey(row))]);
    for (const id of row.blobs) await tx.objectStore("blobs").delete(id);
    const later = row.blobs.length > 0 ? await outbox.index("target").getAll(row.target) : [];
    for (const one of later) {
      const answers = one.body.answers as Answers | undefined;
      if (!answers || !Object.values(answers).some((value) => names(value, row.blobs))) continue;
      const left = Object.fromEntries(Object.entries(answers).map(([key, value]) => [key, withoutPictures(value, row.blobs)]));
      const next = anew({ ...one, body: { ...one.body, answers: left } });
      await Promise.all([outbox.put(next), meta.delete(openKey(one)), meta.put(true, openKey(next))]);
    }
  }
  await tx.done;
  await outboxChanged();
  await drain();
  return goes;
}

function names(value: Answer, pictures: string[]): boolean {
  return pictures.some((id) => value === id || (Array.isArray(value) && value.includes(id)));
}

function withoutPictures(value: Answer, pictures: string[]): Answer {
  if (Array.isArray(value)) return value.filter((id) => !pictures.includes(id));
  return typeof value === "string" && pictures.includes(value) ? null : value;
}
