/**
 * The outbox: what the person did, kept on this phone until our server has said that it has it.
 *
 * One sender among all tabs, first in first out per task, pictures before the step that refers to them. A row is
 * deleted only after a verified answer, and never because of its age or its number of attempts.
 */
import { call, problemOf, Unreachable, type Reply } from "./api";
import { database, isFull, mark, SCHEMA, STRICT, type Draft, type OutboxRow, type Picture, type Verb } from "./db";
import { _ } from "./i18n";
import { get, reload, say, set, showBeforeSaved, showPicture, stopShowing, tellOtherTabs, unwritten, whenOtherTabsChange } from "./state";
import { now, stamp } from "./time";
import type { Answer, Answers, Evidence, Problem, RuleSet, Task, User } from "./types";

const PROBE_MILLISECONDS = 3_000;
const REGULAR_MILLISECONDS = 20_000;
const WAKE_UP_MILLISECONDS = 60_000;
const MAX_WAIT_SECONDS = 300;
const BLOB_TIMEOUT_SECONDS = 120;

/** These count from when the server gets them. */
const WITHOUT_TIME: Verb[] = ["message", "note", "hand-over", "opt-out", "may-go-on", "acknowledge", "evidence", "wish"];
/** A refusal of these holds back nothing else, and a refusal of something else does not hold these back. */
const ON_THEIR_OWN: Verb[] = ["late", "note", "opt-out"];
/** Somebody did it meanwhile, in our name or before us, or nobody needs to hear it any more. */
const SETTLED = ["step-already-done", "nothing-waits", "no-longer-yours"];

export interface Step {
  verb: Verb;
  target: string;
  method: string;
  path: string;
  body: Record<string, unknown>;
  blobs?: string[];
}

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

/** Rows that were tried while the phone had no room to note it. */
const triedUnnoted = new Set<string>();
let writing: Promise<unknown> = Promise.resolve();
let wakeUp: ReturnType<typeof setTimeout> | undefined;
let askedForWakeUpAt = 0;
let sending = false;
let askedAgain = false;
let whenSettled: () => void = () => undefined;

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

function rowOf(step: Step, user: number, at: string): OutboxRow {
  return {
    id: crypto.randomUUID(),
    user,
    target: step.target,
    verb: step.verb,
    method: step.method,
    path: step.path,
    body: WITHOUT_TIME.includes(step.verb) ? step.body : { ...step.body, at },
    blobs: step.blobs ?? [],
    attempts: 0,
    nextAt: 0,
    state: "queued",
    error: null,
    at,
    device: navigator.userAgent,
    build: __BUILD__,
    schema: SCHEMA,
  };
}

/**
 * A full phone must not take words that were typed: they stay on the screen and wait here for room, and all that is done
 * after them behind them. A picture can be taken again, and would keep smaller things waiting that still find room.
 */
async function writeWhenThereIsRoom(user: number, rows: OutboxRow[], extras: Extras, at: string): Promise<void> {
  for (;;) {
    try {
      return await write(user, rows, extras, at);
    } catch (error) {
      if (!isFull(error) || extras.pictures) throw error;
      set({ storageFull: true });
      await new Promise((resolve) => setTimeout(resolve, PROBE_MILLISECONDS));
    }
  }
}

async function write(user: number, rows: OutboxRow[], extras: Extras, at: string): Promise<void> {
  const db = await database();
  const tx = db.transaction(["outbox", "drafts", "blobs"], "readwrite", STRICT);
  const outbox = tx.objectStore("outbox");
  const [drafts, blobs] = [tx.objectStore("drafts"), tx.objectStore("blobs")];
  try {
    await Promise.all([
      ...(extras.pictures ?? []).map((one) => blobs.put(one)),
      ...(extras.drafts ?? []).map(({ key, value }) => drafts.put({ key, user, value, at })),
      ...(extras.dropDrafts ?? []).map((key) => drafts.delete(key)),
    ]);
    for (const row of rows) {
      const earlier = (await outbox.index("target").getAll(row.target)).filter((one) => one.user === user).at(-1);
      if (earlier && canTakeAnswers(earlier, row)) {
        await outbox.put(merged(earlier, row));
      } else {
        await outbox.add(row);
      }
    }
    await tx.done;
  } catch (error) {
    // What was asked of a transaction that failed says no more than that; why, it knows itself.
    await tx.done.catch(() => undefined);
    throw tx.error ?? error;
  }
}

/** Never sent, so it may still be changed or taken back without a trace. */
export function isUntried(row: OutboxRow): boolean {
  return row.attempts === 0 && !triedUnnoted.has(row.id);
}

/** Ticks run together into one request until it has been tried for the first time. */
function canTakeAnswers(earlier: OutboxRow, row: OutboxRow): boolean {
  return row.verb === "checklist" && earlier.verb === "checklist" && isUntried(earlier) && earlier.state === "queued";
}

function merged(earlier: OutboxRow, row: OutboxRow): OutboxRow {
  const before = earlier.body as { answers: Answers; base: Answers };
  const after = row.body as { answers: Answers; base: Answers; at: string };
  return {
    ...earlier,
    at: row.at,
    body: { answers: { ...before.answers, ...after.answers }, base: { ...after.base, ...before.base }, at: after.at },
  };
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

/** What must stay in order. */
function laneOf(row: OutboxRow): string {
  return ON_THEIR_OWN.includes(row.verb) ? `${row.target}:${row.verb}` : row.target;
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

/** What a full phone cannot note is done without. */
async function isNoted(...writes: Promise<unknown>[]): Promise<boolean> {
  const failed = (await Promise.allSettled(writes)).filter((one) => one.status === "rejected").map((one) => one.reason as unknown);
  if (failed.length > 0 && !failed.some(isFull)) throw failed[0];
  return failed.length === 0;
}

/** Null when the server has all pictures of the row, else the answer that stands in the way. */
async function uploadPictures(row: OutboxRow): Promise<Reply | null> {
  const db = await database();
  for (const id of row.blobs) {
    const picture = await db.get("blobs", id);
    if (!picture?.bytes || picture.uploaded) continue;
    let reply = await upload(picture);
    if (reply.status === 413 && !picture.shrunk) {
      const smaller = await (await import("./shrink")).smaller(picture);
      if (!smaller) return reply;
      // Under the same id: the server takes an id with its bytes or not at all, and it has just not taken it. So
      // whatever names this picture, tried or not, stays as it is.
      await db.put("blobs", smaller);
      reply = await upload(smaller);
    }
    // Other bytes under this id arrived by an earlier try whose answer was lost: the picture is there, and larger.
    const isThere = picture.shrunk && ["blob-differs", "key-reused"].includes(problemOf(reply).code);
    if (!reply.ok && !isThere) return reply;
    const now = await db.get("blobs", id);
    if (now) await isNoted(db.put("blobs", { ...now, uploaded: true }));
  }
  return null;
}

function upload(picture: Picture): Promise<Reply> {
  return call("PUT", `/api/v1/blobs/${picture.id}`, {
    bytes: picture.bytes as ArrayBuffer,
    headers: { "Content-Type": picture.type, "X-Content-SHA256": picture.sha256, "Idempotency-Key": picture.id },
    timeoutSeconds: BLOB_TIMEOUT_SECONDS,
  });
}

async function settle(row: OutboxRow, reply: Reply): Promise<Outcome> {
  if (reply.ok) {
    if (get().updateNeeded) set({ updateNeeded: false });
    await accept(row, reply.body);
    return "sent";
  }
  const problem = problemOf(reply);
  if (reply.status === 401) {
    set({ needsSignIn: true });
    return "stop";
  }
  if (reply.status === 426) {
    set({ updateNeeded: true });
    return "stop";
  }
  if (reply.status === 409 && SETTLED.includes(problem.code)) {
    if (problem.code === "no-longer-yours") say(problem.title);
    await accept(row, (reply.body as { current?: unknown }).current);
    return "sent";
  }
  if (reply.status === 409 && problem.code === "blob-missing") {
    await uploadAgain(row);
    return "rest";
  }
  if (reply.status === 409 && problem.code === "in-flight") {
    await change(row, { nextAt: Date.now() + (reply.retryAfterSeconds ?? 1) * 1000 });
    return "rest";
  }
  if (reply.status === 408 || reply.status === 429 || reply.status >= 500) {
    const refusals = (row.refusals ?? 0) + 1;
    await change(row, { refusals, nextAt: Date.now() + waitSeconds(refusals, reply) * 1000 });
    return "rest";
  }
  await change(row, { state: "blocked", error: problem });
  await takeCurrent(reply.body);
  return "rest";
}

/** A conflict carries the task as it is now, so the person decides on what is true. */
async function takeCurrent(body: unknown): Promise<void> {
  const current = (body as { current?: Partial<Task> } | null)?.current;
  if (!current || !isTask(current)) return;
  const tx = (await database()).transaction("tasks", "readwrite");
  const known = await tx.store.get(current.id);
  if (known && current.version >= known.task.version) await tx.store.put({ ...known, task: current, written: mark() });
  await tx.done;
  await reload("tasks");
}

/** Tries that reached nobody do not count: after an hour in a cellar one busy answer must not cost five minutes more. */
function waitSeconds(refusals: number, reply: Reply): number {
  const backOff = Math.min(MAX_WAIT_SECONDS, 2 ** refusals);
  return reply.retryAfterSeconds ?? backOff * (0.5 + Math.random() / 2);
}

/** The server has it: this phone may forget it. That alone takes no room; what else there is to note comes after. */
async function accept(row: OutboxRow, body: unknown): Promise<void> {
  await noteSent(row, body).catch(async (error: unknown) => {
    if (!isFull(error)) throw error;
    const tx = (await database()).transaction(["outbox", "blobs"], "readwrite", STRICT);
    await Promise.all([tx.objectStore("outbox").delete(row.seq as number), ...row.blobs.map((id) => tx.objectStore("blobs").delete(id))]);
    await tx.done;
    await reload("outbox");
  });
}

async function noteSent(row: OutboxRow, body: unknown): Promise<void> {
  const answer = (typeof body === "object" && body ? body : {}) as Partial<Task> & { held?: boolean; task?: Task; offer?: { message: string } | null };
  const task = answer.task ?? (isTask(answer) ? answer : null);
  const db = await database();
  const tx = db.transaction(["outbox", "blobs", "tasks", "meta"], "readwrite", STRICT);
  await tx.objectStore("outbox").delete(row.seq as number);
  for (const id of row.blobs) {
    const picture = await tx.objectStore("blobs").get(id);
    if (picture) await tx.objectStore("blobs").put({ ...picture, bytes: null, uploaded: true });
  }
  const id = taskIdOf(row);
  const known = id === null ? undefined : await tx.objectStore("tasks").get(id);
  if (known) {
    const held = answer.held ?? known.held;
    const newer = task && task.id === known.id && task.version >= known.task.version ? task : known.task;
    await tx.objectStore("tasks").put({ ...known, held, task: row.verb === "evidence" ? proven(newer, body) : newer, written: mark() });
  }
  const meta = tx.objectStore("meta");
  await meta.put(now().toISOString(), "sentAt");
  // Until the next look at the day tells it.
  if (row.verb === "wish") await meta.put({ ...((await meta.get("user")) as User), ...row.body }, "user");
  if (row.verb === "acknowledge") {
    const rules = ((await meta.get("rules")) as RuleSet[] | undefined) ?? [];
    await meta.put(rules.filter((one) => row.target !== `rules:${one.id}`), "rules");
  }
  await tx.done;
  if (answer.held) say(_("Sent. Your supervisor will decide."));
  // A note that tells of a reaction to a product: the server asks for a complaint as well, in the reader's language.
  if (answer.offer) say(answer.offer.message);
  await reload("outbox", "tasks", "meta");
  tellOtherTabs("outbox", "tasks", "meta");
}

/** The answer to evidence is the evidence itself: it stays on the screen until the next look at the day brings it. */
function proven(task: Task, body: unknown): Task {
  const proof = body as Partial<Evidence> | null;
  if (typeof proof?.id !== "number" || !proof.kind) return task;
  return { ...task, evidence: [...task.evidence.filter((one) => one.id !== proof.id), proof as Evidence] };
}

function isTask(answer: Partial<Task>): answer is Task {
  return Array.isArray(answer.checklist) && typeof answer.version === "number";
}

export function taskIdOf(row: OutboxRow): number | null {
  const id = /^task:(\d+)$/.exec(row.target)?.[1];
  return id ? Number(id) : null;
}

async function uploadAgain(row: OutboxRow): Promise<void> {
  const db = await database();
  const pictures = (await Promise.all(row.blobs.map((id) => db.get("blobs", id)))).filter((one) => one !== undefined);
  if (pictures.every((one) => one.bytes)) {
    await Promise.all(pictures.map((one) => db.put("blobs", { ...one, uploaded: false })));
    await change(row, { nextAt: Date.now() + 1000 });
  } else {
    const detail = _("The photo is no longer on this phone. Please take it again.");
    await change(row, { state: "blocked", error: { status: 409, code: "blob-missing", title: detail, detail } });
  }
}

/** Only what is still there: somebody may have let it go while it was on its way. */
async function change(row: OutboxRow, what: Partial<OutboxRow>): Promise<void> {
  const tx = (await database()).transaction("outbox", "readwrite", STRICT);
  const there = await tx.store.get(row.seq as number);
  if (there?.id === row.id) await isNoted(tx.store.put({ ...there, ...what }), tx.done);
  await outboxChanged();
}

export async function outboxChanged(): Promise<void> {
  await reload("outbox", "drafts");
  tellOtherTabs("outbox", "drafts");
}

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

/** A draft is written on every keystroke; it is not an action and is never sent. */
export function keepDraft(key: string, value: Answer): void {
  const user = get().user;
  if (!user) return;
  const draft = { key, user: user.id, value, at: stamp() };
  // In memory too, without a redraw: leaving and coming back shows it before the disk has answered.
  get().drafts.set(key, draft);
  unwritten.set(key, draft);
  writing = writing.then(writeDrafts).catch(() => undefined);
}

/** Fast typing outruns the disk; then only the last of several states of a field is written. */
async function writeDrafts(): Promise<void> {
  if (unwritten.size === 0) return;
  const drafts = [...unwritten.values()];
  const tx = (await database()).transaction("drafts", "readwrite", STRICT);
  if (await isNoted(...drafts.map((draft) => tx.store.put(draft)), tx.done)) forgetUnwritten(drafts);
  // It stays in memory, and the next key or the next look at the clock tries again.
  else set({ storageFull: true });
}

/** But not what was typed since. */
function forgetUnwritten(drafts: (Draft | undefined)[]): void {
  for (const draft of drafts) if (draft && unwritten.get(draft.key) === draft) unwritten.delete(draft.key);
}

/** When everything typed so far is on the disk: then the page may be loaded anew. */
export async function written(): Promise<void> {
  await writing;
}

const TIGHT = 0.9;

/** A full phone loses the next photo; there is still time to send or to make room. */
export async function lookAtStorage(): Promise<void> {
  const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  const storageTight = quota > 0 && usage / quota > TIGHT;
  if (storageTight !== get().storageTight) set({ storageTight });
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

/** Everything that may mean "now it could work". `settled` runs after something was sent. */
export function watchForChances(settled: () => void): void {
  whenSettled = settled;
  whenOtherTabsChange(() => void drain());
  addEventListener("online", () => void drain());
  navigator.serviceWorker?.addEventListener("message", () => void drain());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void drain();
  });
  setInterval(() => {
    void drain();
    if (unwritten.size > 0) writing = writing.then(writeDrafts).catch(() => undefined);
  }, REGULAR_MILLISECONDS);
  addEventListener("unhandledrejection", (event) => {
    // Something that nobody waits for, and that the next look at the day brings again.
    if (!isFull(event.reason)) return;
    event.preventDefault();
    set({ storageFull: true });
  });
  setInterval(() => {
    // With nothing to send, only a look tells that the network is back.
    if (get().reachable === false && get().rows.length === 0 && !document.hidden) settled();
  }, PROBE_MILLISECONDS);
}

export function blockedReason(problem: Problem | null): string {
  if (!problem) return "";
  // Whole sentences: what went too far, and what to write instead.
  if (problem.code === "too-private" && problem.errors) return Object.values(problem.errors).flat().join(" ");
  return problem.detail || problem.title || _("The server did not accept this (%(status)s).", { status: problem.status });
}
