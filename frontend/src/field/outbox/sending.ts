/**
 * Sending what is kept: one sender among all tabs, first in first out per lane, pictures before the step that refers to
 * them. A row goes only after a verified answer, and never because of its age or its number of attempts.
 */
import { call, problemOf, Unreachable, type Reply } from "../api";
import { database, STRICT, type OutboxRow } from "../db";
import { get, say, set } from "../state";
import { judge, waitSeconds } from "./answer-table";
import { accept, change, takeCurrent } from "./answered";
import { isNoted } from "./room";
import { laneOf, triedUnnoted } from "./rows";
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
    const lane = laneOf(row);
    if (resting.has(lane)) continue;
    if (row.state === "blocked" || row.nextAt > Date.now()) {
      resting.add(lane);
      continue;
    }
    const outcome = await sendOne(row.seq as number);
    if (outcome === "stop") break;
    if (outcome === "rest") resting.add(lane);
    if (outcome === "sent") sentSome = true;
  }
  if (sentSome) whenSettled();
}

type Outcome = "sent" | "rest" | "stop" | "gone";

async function sendOne(seq: number): Promise<Outcome> {
  const row = await freeze(seq);
  if (!row) return "gone";
  try {
    const refusal = await uploadPictures(row);
    const reply = refusal ?? (await call(row.method, row.path, { json: row.body, headers: { "Idempotency-Key": row.id } }));
    set({ reachable: true });
    return await settle(row, reply);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    set({ reachable: false });
    void askForWakeUp();
    return "stop";
  }
}

/** From its first attempt on a row never changes again. Reading and marking is one transaction, so no tick slips in between. */
async function freeze(seq: number): Promise<OutboxRow | null> {
  const tx = (await database()).transaction("outbox", "readwrite", STRICT);
  const row = await tx.store.get(seq);
  const isDue = row?.state === "queued" && row.nextAt <= Date.now();
  if (!row || !isDue) return null;
  const tried = { ...row, attempts: row.attempts + 1 };
  // Sending is what makes room, so it goes out all the same.
  if (!(await isNoted(tx.store.put(tried), tx.done))) triedUnnoted.add(row.id);
  return tried;
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
      set({ needsSignIn: true });
      return "stop";
    case "update":
      set({ updateNeeded: true });
      return "stop";
    case "picture-missing":
      await uploadAgain(row);
      return "rest";
    case "in-flight":
      await change(row, { nextAt: Date.now() + (retryAfterSeconds ?? 1) * 1000 });
      return "rest";
    case "busy": {
      const refusals = (row.refusals ?? 0) + 1;
      await change(row, { refusals, nextAt: Date.now() + waitSeconds(refusals, retryAfterSeconds) * 1000 });
      return "rest";
    }
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
