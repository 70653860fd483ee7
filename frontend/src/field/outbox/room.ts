/** A phone that is full, or soon will be. */
import { database, isFull, type Picture } from "../db";
import { get, set } from "../state";

interface Transaction {
  done: Promise<void>;
  error: DOMException | null;
  abort(): void;
}

/** All of it or nothing. What was asked of a transaction that failed says no more than that; why, it knows itself. */
export async function finished(tx: Transaction, ...asked: Promise<unknown>[]): Promise<void> {
  try {
    await Promise.all(asked);
  } catch (error) {
    try {
      tx.abort();
    } catch {
      // It has ended already.
    }
    await tx.done.catch(() => undefined);
    throw tx.error ?? error;
  }
  await tx.done;
}

const TIGHT = 0.9;

/** What a full phone cannot note is done without. */
export async function isNoted(tx: Transaction, ...asked: Promise<unknown>[]): Promise<boolean> {
  try {
    await finished(tx, ...asked);
    return true;
  } catch (error) {
    if (!isFull(error)) throw error;
    return false;
  }
}

/** A full phone loses the next photo; there is still time to send or to make room. */
export async function lookAtStorage(): Promise<void> {
  const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  const storageTight = (quota > 0 && usage / quota > TIGHT) || !(await keepReserve());
  if (storageTight !== get().storageTight) set({ storageTight });
}

const RESERVE = "reserve";
/** Some hundred entries. What is smaller than 64 kB browsers keep among other things, and its place comes back late. */
const RESERVE_BYTES = 256 * 1024;
/** As much as a browser gives at once. */
const RANDOM_BYTES = 64 * 1024;

/** Holds a place that is given up for words, when the phone is so full that they would be lost with the page. */
async function keepReserve(): Promise<boolean> {
  const tx = (await database()).transaction("blobs", "readwrite");
  if (await tx.store.getKey(RESERVE)) return true;
  const bytes = new Uint8Array(RESERVE_BYTES);
  // Nothing that could be packed to nothing.
  for (let from = 0; from < RESERVE_BYTES; from += RANDOM_BYTES) crypto.getRandomValues(bytes.subarray(from, from + RANDOM_BYTES));
  const nothing = new ArrayBuffer(0);
  const reserve: Picture = {
    id: RESERVE,
    user: 0,
    type: "",
    sha256: "",
    capturedAt: "",
    bytes: bytes.buffer,
    uploaded: false,
    thumbnail: nothing,
    thumbnailType: "",
  };
  return isNoted(tx, tx.store.put(reserve));
}

/** True when there was one; then there is room now. */
export async function giveUpReserve(): Promise<boolean> {
  const tx = (await database()).transaction("blobs", "readwrite");
  const isThere = (await tx.store.getKey(RESERVE)) !== undefined;
  await finished(tx, tx.store.delete(RESERVE));
  if (isThere) set({ storageTight: true });
  return isThere;
}
