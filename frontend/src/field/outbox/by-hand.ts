/** What a person does about a row that waits: have it tried now, or take it back before it was ever tried. */
import { database, STRICT, type OutboxRow } from "../db";
import { get, set } from "../state";
import { outboxChanged } from "./answered";
import { isNoted } from "./room";
import { openKey } from "./rows";
import { drain } from "./sending";

/** The person wants it tried now. A refused row keeps its key: only successes are stored by the server. */
export async function retry(seq?: number): Promise<void> {
  const tx = (await database()).transaction("outbox", "readwrite", STRICT);
  const user = get().user?.id;
  const wanted = (await tx.store.getAll()).filter((row) => row.user === user && (seq === undefined || row.seq === seq));
  const asked = wanted.map((row) => tx.store.put({ ...row, state: "queued", error: null, nextAt: 0 }));
  if (!(await isNoted(tx, ...asked))) set({ storageFull: true });
  await outboxChanged();
  await drain();
}

/** Take back a step that has never been tried. False when it is too late for that. */
export async function takeBack(row: OutboxRow): Promise<boolean> {
  const tx = (await database()).transaction(["outbox", "meta"], "readwrite", STRICT);
  const [outbox, meta] = [tx.objectStore("outbox"), tx.objectStore("meta")];
  const there = await outbox.get(row.seq as number);
  const untouched = there?.id === row.id && (await meta.get(openKey(row))) === true;
  if (untouched) await Promise.all([outbox.delete(row.seq as number), meta.delete(openKey(row))]);
  await tx.done;
  await outboxChanged();
  return untouched;
}

/** Whether it has never been tried, as the disk knows it. */
export async function isOpen(row: OutboxRow): Promise<boolean> {
  return (await (await database()).get("meta", openKey(row))) === true;
}
