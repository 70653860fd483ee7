/** A phone that is full, or soon will be. */
import { isFull } from "../db";
import { get, set } from "../state";

const TIGHT = 0.9;

/** What a full phone cannot note is done without. */
export async function isNoted(...writes: Promise<unknown>[]): Promise<boolean> {
  const failed = (await Promise.allSettled(writes)).filter((one) => one.status === "rejected").map((one) => one.reason as unknown);
  if (failed.length > 0 && !failed.some(isFull)) throw failed[0];
  return failed.length === 0;
}

/** A full phone loses the next photo; there is still time to send or to make room. */
export async function lookAtStorage(): Promise<void> {
  const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  const storageTight = quota > 0 && usage / quota > TIGHT;
  if (storageTight !== get().storageTight) set({ storageTight });
}
