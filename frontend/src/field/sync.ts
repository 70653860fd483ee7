/** Fetching what the server knows: the day at start and after every change, single tasks and threads when opened. */
import { call, Unreachable } from "./api";
import { keepBriefs, type Brief } from "./briefs";
import { database, isFull, mark, STRICT, type StoredTask } from "./db";
import { _, chosen, use } from "./i18n";
import { leftOf, markOf } from "./news";
import { toConversation, toLastText, toMessage, toPoints, toRuleSet } from "./shapes";
import { get, reload, say, set, targetOfTask, tellOtherTabs } from "./state";
import type { Box, Conversation, MapTiles, Points, RuleSet, Task, TaskRow, User } from "./types";

interface Bootstrap {
  user: User;
  server_time: string;
  /** Handed back with the next look; then what this phone has already is left out of `tasks` and `customers`. */
  since?: string;
  tasks: Task[];
  task_ids?: number[];
  customers?: Brief[];
  customer_ids?: number[];
  conversations: unknown[];
  last_texts?: (Record<string, unknown> & { customer_id: number })[];
  points: unknown;
  rules_to_acknowledge: unknown[];
  map?: MapTiles;
}

/** In `meta`: a session that this phone left while it could not tell the server. */
const LEFT = "leftSession";
const EXTRA_KEPT_MILLISECONDS = 2 * 24 * 3600 * 1000;
const LOOKS_TO_A_WHOLE_ONE = 20;
let looks = 0;
let running: Promise<void> | null = null;
let wantedAgain = false;

/** The whole day anew. Calls that come while one runs are answered by one more run, not by many. */
export function refresh(): Promise<void> {
  if (running) {
    wantedAgain = true;
    return running;
  }
  running = fetchDay().finally(() => {
    running = null;
    if (wantedAgain) {
      wantedAgain = false;
      void refresh();
    }
  });
  return running;
}

async function fetchDay(): Promise<void> {
  try {
    if (await endLeftSession()) return;
    const began = Date.now();
    // Now and then everything, at every start too: whatever two tabs may have crossed is put right by that.
    const isWhole = looks++ % LOOKS_TO_A_WHOLE_ONE === 0;
    const since = isWhole ? "" : ((await (await database()).get("meta", "since")) as string | undefined);
    const reply = await call("GET", since ? `/api/v1/bootstrap?since=${since}` : "/api/v1/bootstrap");
    set({ reachable: true });
    if (reply.status === 401) set({ needsSignIn: true });
    if (reply.ok !== !get().updateNeeded) set({ updateNeeded: reply.status === 426 });
    if (reply.status === 403) say(_("This app is for associates. Your pages are at the front door."));
    if (!reply.ok) return;
    await storeDay(reply.body as Bootstrap, (began + Date.now()) / 2);
    await fetchClaimable();
    await fetchThreadsAhead();
    await import("./book").then((module) => module.refreshBookNowAndThen(), () => undefined);
  } catch (error) {
    if (isFull(error)) return set({ storageFull: true });
    if (!(error instanceof Unreachable)) throw error;
    set({ reachable: false });
  }
}

/** Somebody signed out here without a connection: the cookie must not sign that person in again by itself. */
async function endLeftSession(): Promise<boolean> {
  const db = await database();
  if (!(await db.get("meta", LEFT))) return false;
  await call("DELETE", "/api/v1/sessions");
  await db.delete("meta", LEFT);
  set({ reachable: true });
  return true;
}

async function fetchClaimable(): Promise<void> {
  const reply = await call("GET", "/api/v1/tasks/claimable?limit=50");
  if (!reply.ok) return;
  await (await database()).put("meta", (reply.body as { items: TaskRow[] }).items, "claimable");
  await reload();
}

async function storeDay(day: Bootstrap, receivedAt: number): Promise<void> {
  const before = get();
  if (before.user && before.user.id !== day.user.id) await forgetPerson();
  const seenUpTo = before.user?.id === day.user.id ? before.syncedAt : null;
  const db = await database();
  const tx = db.transaction(["meta", "tasks", "outbox"], "readwrite");
  const meta = tx.objectStore("meta");
  const tasks = tx.objectStore("tasks");
  const [known, rows] = await Promise.all([tasks.getAll(), tx.objectStore("outbox").getAll()]);
  const waiting = new Set(rows.map((row) => row.target));
  const byId = new Map(known.map((one) => [one.id, one]));
  for (const task of day.tasks) {
    const before = byId.get(task.id);
    const after = { ...newer(before, task), ...markOf(before, task, day.user.id, seenUpTo) };
    if (!before || !isSame(before, after)) await tasks.put(after);
  }
  const sent = day.tasks.map((task) => task.id);
  const today = new Set(day.task_ids ?? sent);
  for (const one of known) {
    // Work of ours that is still on the way stays on the screen, even when the task has gone to somebody else.
    if (today.has(one.id) || waiting.has(targetOfTask(one.id)) || isKeptExtra(one)) continue;
    const left = leftOf(one, day.user.id, Date.now());
    if (!left) await tasks.delete(one.id);
    else if (left !== one) await tasks.put({ ...left, written: mark() });
  }
  const conversations = day.conversations.map(toConversation).filter((one): one is Conversation => one !== null);
  await Promise.all([
    // The phone number is known from signing in only; it spares typing it again.
    meta.put({ ...(before.user?.id === day.user.id ? before.user : {}), ...day.user }, "user"),
    meta.put(new Date(day.server_time).getTime() - receivedAt, "skew"),
    meta.put(new Date(day.server_time).toISOString(), "syncedAt"),
    meta.put(conversations, "conversations"),
    meta.put((day.last_texts ?? []).map((one) => [one.customer_id, toLastText(one)]), "lastTexts"),
    meta.put(toPoints(day.points) satisfies Points, "points"),
    meta.put(day.map, "map"),
    meta.put(day.rules_to_acknowledge.map(toRuleSet) satisfies RuleSet[], "rules"),
  ]);
  await tx.done;
  const hasTasks = [...today].every((id) => byId.has(id) || sent.includes(id));
  // Something that the server takes for granted is not here: the next look brings everything.
  if (!(await keepBriefs(day, hasTasks))) wantedAgain = true;
  const confirmed = newlyConfirmed([...byId.values()], day.tasks);
  await reload();
  if (get().tasks.some((task) => task.news && task.news !== byId.get(task.id)?.news)) say(_("Your day has changed."));
  if (confirmed) say(_("%(name)s has confirmed the visit.", { name: confirmed.customer.name }));
}

function newer(known: StoredTask | undefined, task: Task): StoredTask {
  const isOlder = known !== undefined && known.task.version > task.version;
  // A decision of the supervisor makes a new version; then nothing waits with him any more.
  const held = known !== undefined && known.held && task.version <= known.task.version;
  return { id: task.id, task: isOlder ? known.task : withLaterAnswers(task, known?.task), held, extra: false, written: mark() };
}

/** Most looks at the day bring what is there already; then nothing is written, and nothing drawn again. */
function isSame(before: StoredTask, after: StoredTask): boolean {
  const isUnmarked = (before.news ?? null) === (after.news ?? null) && (before.was ?? null) === (after.was ?? null) && !before.away;
  const isUnchanged = isUnmarked && before.held === after.held && before.extra === after.extra && before.task.version === after.task.version;
  return isUnchanged && JSON.stringify(before.task) === JSON.stringify(after.task);
}

/** Answers make no new version. One that the server took while this was on its way must not jump back for a moment. */
function withLaterAnswers(task: Task, known: Task | undefined): Task {
  if (known?.version !== task.version) return task;
  const own = new Map(known.checklist.map((item) => [item.key, item]));
  const checklist = task.checklist.map((item) => {
    const mine = own.get(item.key);
    return mine && time(mine.answered_at) > time(item.answered_at)
      ? { ...item, answer: mine.answer, answered_at: mine.answered_at }
      : item;
  });
  return { ...task, checklist };
}

function time(moment: string | null | undefined): number {
  return moment ? new Date(moment).getTime() : 0;
}

function isKeptExtra(one: StoredTask): boolean {
  return one.extra && Date.now() - new Date(one.task.window_end).getTime() < EXTRA_KEPT_MILLISECONDS;
}

function newlyConfirmed(before: StoredTask[], after: Task[]): Task | undefined {
  const unconfirmed = new Set(before.filter((one) => !one.task.confirmed_at).map((one) => one.id));
  return after.find((task) => task.confirmed_at && unconfirmed.has(task.id));
}

/** The person has it on the screen: what was news about it is none any more. */
export async function opened(id: number): Promise<void> {
  const tx = (await database()).transaction("tasks", "readwrite");
  const known = await tx.store.get(id);
  if (known?.news) await tx.store.put({ ...known, news: null, was: null, written: mark() });
  await tx.done;
  if (!known?.news) return;
  await reload("tasks");
  tellOtherTabs("tasks");
}

/** A task that is opened by a link or changed just now. */
export async function fetchTask(id: number): Promise<"ok" | "missing" | "unreachable"> {
  try {
    const reply = await call("GET", `/api/v1/tasks/${id}`);
    if (reply.status === 401) set({ needsSignIn: true });
    if (reply.status === 403 || reply.status === 404) return "missing";
    if (!reply.ok) return "unreachable";
    const task = reply.body as Task;
    const tx = (await database()).transaction("tasks", "readwrite");
    const known = await tx.store.get(id);
    const { news = null, was = null } = known ?? {};
    await tx.store.put({ ...newer(known, task), news, was, extra: known ? known.extra : true });
    await tx.done;
    await reload();
    return "ok";
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return "unreachable";
  }
}

export async function fetchThread(customerId: number): Promise<void> {
  try {
    await readThread(customerId);
    await reload();
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
  }
}

/** The texts and what the box to write in must know, kept together for when there is no network. */
async function readThread(customerId: number): Promise<void> {
  const path = `/api/v1/customers/${customerId}/messages`;
  const upTo = get().conversations.find((one) => one.customer.id === customerId)?.last_at ?? "";
  const [texts, box] = await Promise.all([call("GET", `${path}?limit=100&notes=true`), call("GET", `${path}/box`)]);
  if (texts.status === 401) set({ needsSignIn: true });
  if (!texts.ok) return;
  // The server tells the newest first; texts of one moment stay in its order.
  const messages = (texts.body as { items: unknown[] }).items.map(toMessage).reverse();
  await (await database()).put("threads", { id: customerId, messages, box: box.ok ? (box.body as Box) : null, upTo });
}

const AHEAD = 12;

/** What somebody may want to read on the way: conversations that wait for an answer, and those of the day's visits. */
async function fetchThreadsAhead(): Promise<void> {
  const { conversations, tasks, threads, user } = get();
  const changed = conversations.filter((one) => one.is_mine && threads.get(one.customer.id)?.upTo !== one.last_at);
  const visited = tasks.filter((task) => task.assignee?.id === user?.id && task.customer.id && !threads.has(task.customer.id));
  const wanted = new Set([...changed.map((one) => one.customer.id), ...visited.map((task) => task.customer.id as number)]);
  for (const customerId of [...wanted].slice(0, AHEAD)) await readThread(customerId);
  if (wanted.size > 0) await reload();
}

/** A courtesy to colleagues and to the own badge; when it does not work, the next look does it. */
export async function markRead(conversationId: number): Promise<void> {
  try {
    const reply = await call("POST", `/api/v1/conversations/${conversationId}/read`, {
      json: {},
      headers: { "Idempotency-Key": crypto.randomUUID() },
    });
    if (reply.ok) await refresh();
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
  }
}

/** Two people wanting one task is a race that only the server can decide, so this does not wait in the outbox. */
export async function claim(task: TaskRow): Promise<boolean> {
  try {
    const reply = await call("POST", `/api/v1/tasks/${task.id}/claim`, {
      json: { version: task.version },
      headers: { "Idempotency-Key": crypto.randomUUID() },
    });
    if (reply.status === 401) set({ needsSignIn: true });
    if (!reply.ok) say((reply.body as { title?: string }).title ?? _("Somebody else was faster."));
    await refresh();
    if (reply.ok) await opened(task.id);
    return reply.ok;
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    say(_("Taking a task needs a connection."));
    return false;
  }
}

export type SignIn = { ok: true } | { ok: false; reason: string };

export async function signIn(phone: string, password: string): Promise<SignIn> {
  try {
    const reply = await call("POST", "/api/v1/sessions", { json: { phone, password, session: "cookie" } });
    if (!reply.ok) {
      const body = reply.body as { title?: string; detail?: string } | null;
      return { ok: false, reason: body?.detail || body?.title || _("This did not work. Please try again.") };
    }
    const staff = (reply.body as { staff: User }).staff;
    await (await database()).delete("meta", LEFT);
    const before = get().user;
    if (before && before.id !== staff.id) await forgetPerson();
    await (await database()).put("meta", { ...(before?.id === staff.id ? before : {}), ...staff }, "user");
    if (!chosen() && staff.locale) await use(staff.locale);
    set({ needsSignIn: false, reachable: true });
    await reload();
    tellOtherTabs();
    await refresh();
    return { ok: true };
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return { ok: false, reason: _("There is no connection right now. Please try again in a moment.") };
  }
}

/** The outbox stays: what was done is sent when the same person signs in again. */
export async function signOut(): Promise<void> {
  let isEnded = true;
  try {
    await call("DELETE", "/api/v1/sessions");
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    isEnded = false;
    say(_("There is no connection, so you are signed out on this phone only."));
  }
  await forgetPerson(isEnded ? {} : { [LEFT]: true });
  set({ needsSignIn: false });
  await reload();
  tellOtherTabs();
  history.replaceState(null, "", "/m/");
}

/** What a person may see leaves the phone with the person; what a person did waits in the outbox with its drafts. */
async function forgetPerson(noted: Record<string, true> = {}): Promise<void> {
  const stores = ["meta", "tasks", "threads", "customers"] as const;
  const tx = (await database()).transaction(stores, "readwrite", STRICT);
  await Promise.all(stores.map((store) => tx.objectStore(store).clear()));
  await Promise.all(Object.keys(noted).map((key) => tx.objectStore("meta").put(true, key)));
  await tx.done;
}

/** Thumbnails of sent pictures are a convenience of the day, not an archive. */
export async function forgetOldPictures(): Promise<void> {
  const db = await database();
  const needed = new Set((await db.getAll("outbox")).flatMap((row) => row.blobs));
  const limit = Date.now() - EXTRA_KEPT_MILLISECONDS;
  for (const picture of await db.getAll("blobs")) {
    const isOld = new Date(picture.capturedAt).getTime() < limit;
    if (isOld && picture.bytes === null && !needed.has(picture.id)) await db.delete("blobs", picture.id);
  }
}
