/** Keeping what the person did and types on this phone's disk, before anything is sent. */
import { database, isFull, STRICT, type Draft, type OutboxRow, type Picture } from "../db";
import { _ } from "../i18n";
import { get, reload, say, set, showBeforeSaved, showPicture, stopShowing, tellOtherTabs, unwritten } from "../state";
import { stamp } from "../time";
import type { Answer } from "../types";
import { finished, giveUpReserve, isNoted, lookAtStorage } from "./room";
import { canTakeAnswers, merged, openKey, rowOf, type Step } from "./rows";
import { drain, PROBE_MILLISECONDS } from "./sending";

export interface DraftChange {
  key: string;
  value: Answer;
}

interface Extras {
  pictures?: Picture[];
  dropDrafts?: string[];
  drafts?: DraftChange[];
  /** Something smaller is tried when there is no room for this. */
  mayFail?: boolean;
}

let writing: Promise<unknown> = Promise.resolve();

/**
 * Keep one action of the person: all its steps, drafts and pictures in one transaction, or nothing of it.
 * Resolves when the disk has it.
 */
export function keep(steps: Step[], extras: Extras = {}): Promise<boolean> {
  const user = get().user;
  if (!user) return Promise.resolve(false);
  const at = stamp();
  const rows = steps.map((step) => rowOf(step, user.id, at));
  set({ saving: get().saving + 1 });
  extras.pictures?.forEach(showPicture);
  if (rows.length > 0) showBeforeSaved(rows);
  const dropped = (extras.dropDrafts ?? []).map((key) => unwritten.get(key));
  const saved = writing.then(() => writeWhenThereIsRoom(user.id, rows, extras, at));
  writing = saved.catch(() => undefined);
  return saved
    .then(
      () => {
        forgetUnwritten(dropped);
        if (get().storageFull) set({ storageFull: false });
        return true;
      },
      (error: unknown) => {
        if (extras.mayFail) return false;
        set({ storageFull: isFull(error) });
        say(_("This could not be saved on the phone. Please free some space and try again."));
        return false;
      },
    )
    .finally(async () => {
      stopShowing(rows);
      set({ saving: get().saving - 1 });
      await reload("outbox", "drafts");
      tellOtherTabs("outbox", "drafts");
      if (extras.pictures) void lookAtStorage();
      if (rows.length > 0) void drain();
    });
}

/**
 * A full phone must not take words that were typed: the reserve is for them, and when that is used up they stay on the
 * screen and wait here for room, and all that is done after them behind them. A picture can be taken again, and would
 * keep smaller things waiting that still find room.
 */
async function writeWhenThereIsRoom(user: number, rows: OutboxRow[], extras: Extras, at: string): Promise<void> {
  for (;;) {
    try {
      return await write(user, rows, extras, at);
    } catch (error) {
      if (!isFull(error) || extras.pictures) throw error;
      if (await giveUpReserve()) continue;
      set({ storageFull: true });
      await new Promise((resolve) => setTimeout(resolve, PROBE_MILLISECONDS));
    }
  }
}

async function write(user: number, rows: OutboxRow[], extras: Extras, at: string): Promise<void> {
  const db = await database();
  const tx = db.transaction(["outbox", "drafts", "blobs", "meta"], "readwrite", STRICT);
  const [outbox, meta] = [tx.objectStore("outbox"), tx.objectStore("meta")];
  const [drafts, blobs] = [tx.objectStore("drafts"), tx.objectStore("blobs")];
  const writeRows = async (): Promise<void> => {
    for (const row of rows) {
      const earlier = (await outbox.index("target").getAll(row.target)).filter((one) => one.user === user).at(-1);
      if (earlier && canTakeAnswers(earlier, row) && (await meta.get(openKey(earlier)))) {
        await outbox.put(merged(earlier, row));
      } else {
        await Promise.all([outbox.add(row), meta.put(true, openKey(row))]);
      }
    }
  };
  await finished(
    tx,
    ...(extras.pictures ?? []).map((one) => blobs.put(one)),
    ...(extras.drafts ?? []).map(({ key, value }) => drafts.put({ key, user, value, at })),
    ...(extras.dropDrafts ?? []).map((key) => drafts.delete(key)),
    writeRows(),
  );
}

/** A draft is written on every keystroke; it is not an action and is never sent. */
export function keepDraft(key: string, value: Answer): void {
  const user = get().user;
  if (!user) return;
  const draft = { key, user: user.id, value, at: stamp() };
  // In memory too, without a redraw: leaving and coming back shows it before the disk has answered.
  get().drafts.set(key, draft);
  unwritten.set(key, draft);
  keepDraftsNow();
}

/** Those in memory, if there are any. */
export function keepDraftsNow(): void {
  writing = writing.then(writeDrafts).catch(() => undefined);
}

/** Fast typing outruns the disk; then only the last of several states of a field is written. */
async function writeDrafts(): Promise<void> {
  if (unwritten.size === 0) return;
  const drafts = [...unwritten.values()];
  const isThere = (await putDrafts(drafts)) || ((await giveUpReserve()) && (await putDrafts(drafts)));
  if (isThere) forgetUnwritten(drafts);
  // It stays in memory, and the next key or the next look at the clock tries again.
  if (isThere === get().storageFull) set({ storageFull: !isThere });
}

async function putDrafts(drafts: Draft[]): Promise<boolean> {
  const tx = (await database()).transaction("drafts", "readwrite", STRICT);
  return isNoted(tx, ...drafts.map((draft) => tx.store.put(draft)));
}

/** But not what was typed since. */
function forgetUnwritten(drafts: (Draft | undefined)[]): void {
  for (const draft of drafts) if (draft && unwritten.get(draft.key) === draft) unwritten.delete(draft.key);
}

/** When everything typed so far is on the disk: then the page may be loaded anew. */
export async function written(): Promise<void> {
  await writing;
}
