/** What a person does about a row that waits: have it tried now, or take it back before it was ever tried. */
import { database, STRICT } from "../db";
import { get } from "../state";
import { outboxChanged } from "./answered";
import { isUntried } from "./rows";
import { drain } from "./sending";

/** The person wants it tried now. A refused row keeps its key: only successes are stored by the server. */
export async function retry(seq?: number): Promise<void> {
  const tx = (await database()).transaction("outbox", "readwrite", STRICT);
  for (const row of await tx.store.getAll()) {
    if (row.user !== get().user?.id || (seq !== undefined && row.seq !== seq)) continue;
    await tx.store.put({ ...row, state: "queued", error: null, nextAt: 0 });
  }
  await tx.done;
  await outboxChanged();
  await drain();
}

/** Take back a step that has never been tried. False when it is too late for that. */
export async function takeBack(seq: number): Promise<boolean> {
  const tx = (await database()).transaction("outbox", "readwrite", STRICT);
  const row = await tx.store.get(seq);
  const untouched = row !== undefined && isUntried(row);
  if (untouched) await tx.store.delete(seq);
  await tx.done;
  await outboxChanged();
  return untouched;
}
