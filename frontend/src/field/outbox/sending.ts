/**
 * Sending what is kept: one sender among all tabs, first in first out per lane, pictures before the step that refers to
 * them. A row goes only after a verified answer, and never because of its age or its number of attempts.
 */
import { call, problemOf, Unreachable, type Reply } from "../api";
import { database, isFull, STRICT, type OutboxRow } from "../db";
import { get, say, set } from "../state";
import { judge, waitSeconds } from "./answer-table";
import { accept, change, restOf, takeCurrent } from "./answered";
import { finished, isNoted } from "./room";
import { isDue, laneOf, openKey } from "./rows";
import { uploadAgain, uploadPictures } from "./uploads";

export const PROBE_MILLISECONDS = 3_000;
export const REGULAR_MILLISECONDS = 20_000;
const WAKE_UP_MILLISECONDS = 60_000;

let wakeUp: ReturnType<typeof setTimeout> | undefined;
let askedForWakeUpAt = 0;
let sending = false;
let askedAgain = false;
let whenSettled: () => void = () => undefined;

/** Runs after something was sent. */
export function afterSending(settled: () => void): void {
  whenSettled = settled;
}

/** Send what is due. Safe to call at any time and as often as one likes. */
export async function drain(): Promise<void> {
  if (sending) {
    askedAgain = true;
    return;
  }
  sending = true;
  try {
    do {
      askedAgain = false;
      await navigator.locks.request("outbox-drain", { ifAvailable: true }, (lock) => (lock ? sendAll() : undefined));
    } while (askedAgain);
  } finally {
    sending = false;
    schedule();
  }
}

async function sendAll(): Promise<void> {
  const user = get().user;
  if (!user || get().needsSignIn) return;
  const db = await database();
  const resting = new Set<string>();
  let sentSome = false;
  for (const row of (await db.getAll("outbox")).filter((one) => one.user === user.id)) {
    if (!mayGoOut(row)) break;
    const lane = laneOf(row);
    if (resting.has(lane)) continue;
    const outcome = isDue(row) ? await sendOne(row) : "rest";
    if (outcome === "stop") break;
    if (outcome === "rest") resting.add(lane);
    if (outcome === "sent") sentSome = true;
  }
  if (sentSome) whenSettled();
}

type Outcome = "sent" | "rest" | "stop";

async function sendOne(due: OutboxRow): Promise<Outcome> {
  try {
    const row = await freeze(due.seq as number);
    // Let go of or changed meanwhile: whoever did it asks for another round.
    if (!row) return "rest";
    const refusal = await uploadPictures(row);
    if (!mayGoOut(row)) return "stop";
    const reply = refusal ?? (await call(row.method, row.path, { json: row.body, headers: { "Idempotency-Key": row.id, "X-App-User": String(row.user) } }));
    set({ reachable: true });
    return await settle(row, reply);
  } catch (error) {
    if (isFull(error)) {
      set({ storageFull: true });
      return "rest";
    }
    if (error instanceof Unreachable) {
      set({ reachable: false });
      void askForWakeUp();
      return "stop";
    }
    // One row that this app stumbles over must not hold up the others, nor come round again at once.
    reportError(error);
    await restOf(due, null);
    return "rest";
  }
}

/** Nothing goes out in the name of whoever has the phone next. */
function mayGoOut(row: OutboxRow): boolean {
  return get().user?.id === row.user && !get().needsSignIn;
}

/**
 * From its first attempt on a row never changes again, whatever becomes of this page. Reading and closing is one
 * transaction, so no tick slips in between; and only when the disk has it does anything go out.
 */
async function freeze(seq: number): Promise<OutboxRow | null> {
  const tx = (await database()).transaction(["outbox", "meta"], "readwrite", STRICT);
  const [outbox, meta] = [tx.objectStore("outbox"), tx.objectStore("meta")];
  const row = await outbox.get(seq);
  if (!row || !isDue(row)) return null;
  const tried = { ...row, attempts: row.attempts + 1 };
  return (await isNoted(tx, meta.delete(openKey(row)), outbox.put(tried))) ? tried : freezeUncounted(seq);
}

/** No room to count the attempt. Sending is what makes room, so it goes out all the same. */
async function freezeUncounted(seq: number): Promise<OutboxRow | null> {
  const tx = (await database()).transaction(["outbox", "meta"], "readwrite", STRICT);
  const row = await tx.objectStore("outbox").get(seq);
  if (!row || !isDue(row)) return null;
  await finished(tx, tx.objectStore("meta").delete(openKey(row)));
  return { ...row, attempts: row.attempts + 1 };
}

/** Do what the answer table says. */
async function settle(row: OutboxRow, reply: Reply): Promise<Outcome> {
  const problem = problemOf(reply);
  const { retryAfterSeconds } = reply;
  switch (judge({ ...reply, code: problem.code })) {
    case "taken":
      if (get().updateNeeded) set({ updateNeeded: false });
      await accept(row, reply.body);
      return "sent";
    case "settled":
      if (problem.code === "no-longer-yours") say(problem.title);
      await accept(row, (reply.body as { current?: unknown }).current);
      return "sent";
    case "sign-in":
      if (get().user?.id === row.user) set({ needsSignIn: true });
      return "stop";
    case "update":
      set({ updateNeeded: true });
      return "stop";
    case "picture-missing":
      await uploadAgain(row);
      return "rest";
    case "in-flight":
      await change(row, { nextAt: Date.now() + waitSeconds(0, retryAfterSeconds ?? 1) * 1000 });
      return "rest";
    case "busy":
      await restOf(row, retryAfterSeconds);
      return "rest";
    case "refused":
      await change(row, { state: "blocked", error: problem });
      await takeCurrent(reply.body);
      return "rest";
  }
}

interface WithSync {
  sync?: { register(tag: string): Promise<void> };
}

/**
 * Where browsers have it, the worker wakes a sleeping tab when the network is back. Safari has none; nothing relies on it.
 * Now and then only: a browser that believes to be online, in a hotel's Wi-Fi or a lift, calls at once, and the try that
 * follows would ask again, some forty times a second.
 */
async function askForWakeUp(): Promise<void> {
  if (Date.now() - askedForWakeUpAt < WAKE_UP_MILLISECONDS) return;
  askedForWakeUpAt = Date.now();
  const registration = (await navigator.serviceWorker?.getRegistration()) as WithSync | undefined;
  await registration?.sync?.register("outbox").catch(() => undefined);
}

function schedule(): void {
  clearTimeout(wakeUp);
  const { rows, reachable, needsSignIn, updateNeeded, storageFull } = get();
  const waiting = rows.filter((row) => row.state === "queued");
  if (waiting.length === 0 || needsSignIn) return;
  if (reachable === false) {
    wakeUp = setTimeout(() => void drain(), PROBE_MILLISECONDS);
    return;
  }
  if (updateNeeded || storageFull) {
    wakeUp = setTimeout(() => void drain(), REGULAR_MILLISECONDS);
    return;
  }
  const next = Math.min(...waiting.map((row) => Math.max(row.nextAt - Date.now(), 500)));
  wakeUp = setTimeout(() => void drain(), Math.min(next, REGULAR_MILLISECONDS));
}
