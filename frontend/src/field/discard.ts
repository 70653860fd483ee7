/** Letting go of what has not been sent. */
import { database, STRICT, type OutboxRow } from "./db";
import { outboxChanged } from "./outbox/answered";
import { drain } from "./outbox/sending";
import type { Answer, Answers } from "./types";

/** Remove one entry for good, with its pictures; answers further back in the queue do not name them any more. */
export async function discard(row: OutboxRow): Promise<void> {
  const tx = (await database()).transaction(["outbox", "blobs"], "readwrite", STRICT);
  const outbox = tx.objectStore("outbox");
  await outbox.delete(row.seq as number);
  for (const id of row.blobs) await tx.objectStore("blobs").delete(id);
  const later = row.blobs.length > 0 ? await outbox.index("target").getAll(row.target) : [];
  for (const one of later) {
    const answers = one.body.answers as Answers | undefined;
    if (!answers || !Object.values(answers).some((value) => names(value, row.blobs))) continue;
    const left = Object.fromEntries(Object.entries(answers).map(([key, value]) => [key, withoutPictures(value, row.blobs)]));
    await outbox.put({ ...one, id: crypto.randomUUID(), attempts: 0, nextAt: 0, state: "queued", error: null, body: { ...one.body, answers: left } });
  }
  await tx.done;
  await outboxChanged();
  await drain();
}

function names(value: Answer, pictures: string[]): boolean {
  return pictures.some((id) => value === id || (Array.isArray(value) && value.includes(id)));
}

function withoutPictures(value: Answer, pictures: string[]): Answer {
  if (Array.isArray(value)) return value.filter((id) => !pictures.includes(id));
  return typeof value === "string" && pictures.includes(value) ? null : value;
}
