/** What the screens show: read from this phone's database, never held anywhere else. */
import { useEffect, useState } from "preact/hooks";
import { database, type Draft, type OutboxRow, type Picture, type StoredTask } from "./db";
import type { News } from "./news";
import { withQueued } from "./rules";
import { setSkew } from "./time";
import type { Conversation, LastText, MapTiles, Points, RuleSet, StoredThread, Task, TaskRow, User } from "./types";

export interface TaskView extends Task {
  waiting: OutboxRow[];
  held: boolean;
  extra: boolean;
  news: News | null;
  /** When it would have begun, as the person last saw it. */
  was: string | null;
  away: boolean;
}

export interface State {
  ready: boolean;
  /** Whether somebody has a session here has been asked; before that neither the door nor a day is true. */
  looked: boolean;
  user: User | null;
  needsSignIn: boolean;
  tasks: TaskView[];
  rows: OutboxRow[];
  /** Rows of other people who signed in on this phone: kept, never sent in our name, never shown. */
  foreignRows: number;
  drafts: Map<string, Draft>;
  threads: Map<number, StoredThread>;
  conversations: Conversation[];
  /** The newest text with each customer of the day, automatic ones too. */
  lastTexts: Map<number, LastText>;
  /** Open work that anybody of the store may take. */
  claimable: TaskRow[];
  points: Points | null;
  rules: RuleSet[];
  map: MapTiles | null;
  syncedAt: string | null;
  sentAt: string | null;
  /** Writes that have not reached the disk yet. */
  saving: number;
  /** What the last attempt to reach the server told; null before the first. */
  reachable: boolean | null;
  toast: { text: string; id: number } | null;
  updateWaiting: boolean;
  /** The server understands this app no more; everything waits for the new one. */
  updateNeeded: boolean;
  storageFull: boolean;
  /** Not full yet, but soon. */
  storageTight: boolean;
}

let state: State = {
  ready: false,
  looked: false,
  user: null,
  needsSignIn: false,
  tasks: [],
  rows: [],
  foreignRows: 0,
  drafts: new Map(),
  threads: new Map(),
  conversations: [],
  lastTexts: new Map(),
  claimable: [],
  points: null,
  rules: [],
  map: null,
  syncedAt: null,
  sentAt: null,
  saving: 0,
  reachable: null,
  toast: null,
  updateWaiting: false,
  updateNeeded: false,
  storageFull: false,
  storageTight: false,
};

/** A row on its way to the disk. `landed`: the last look at the disk that began before it was there. */
interface Unsaved {
  row: OutboxRow;
  landed: number;
}

let stored: StoredTask[] = [];
let unsaved: Unsaved[] = [];
let looks = 0;
const watchers = new Set<() => void>();
const otherTabs = new BroadcastChannel("field");
/** Set by the outbox: another tab may have queued something that this one has to send. */
let onForeignChange: () => void = () => undefined;

/** A tab of an older build says "changed" and no more. */
otherTabs.onmessage = ({ data }: MessageEvent<Part[] | string>) => {
  // Everything has changed: somebody signed in or out there.
  if (data.length === 0) set({ needsSignIn: false });
  void reload(...(Array.isArray(data) ? data : [])).then(() => onForeignChange());
};

export function whenOtherTabsChange(listener: () => void): void {
  onForeignChange = listener;
}

export function get(): State {
  return state;
}

export function set(change: Partial<State>): void {
  state = { ...state, ...change };
  watchers.forEach((watcher) => watcher());
}

export function useField(): State {
  const [, redraw] = useState(0);
  useEffect(() => {
    const watcher = (): void => redraw((count) => count + 1);
    watchers.add(watcher);
    return () => void watchers.delete(watcher);
  }, []);
  return state;
}

/** Shown at once, before the disk has it: a tick must not jump back while it is being written. */
export function showBeforeSaved(rows: OutboxRow[]): void {
  unsaved = [...unsaved, ...rows.map((row) => ({ row, landed: Infinity }))];
  const all = [...state.rows, ...rows];
  set({ rows: all, tasks: views(all) });
}

/** The disk has them, or never will. A look that began earlier does not know that yet and still needs them from here. */
export function stopShowing(rows: OutboxRow[]): void {
  unsaved = unsaved.map((one) => (rows.includes(one.row) ? { ...one, landed: looks } : one));
}

/** Drafts on their way to the disk, by their key. */
export const unwritten = new Map<string, Draft>();

type Part = "meta" | "tasks" | "threads" | "drafts" | "outbox";

const PARTS: Part[] = ["meta", "tasks", "threads", "drafts", "outbox"];
const nothing: Promise<void> = Promise.resolve();
/** What the last look found. */
const disk = {
  meta: {} as Record<string, unknown>,
  threads: [] as StoredThread[],
  drafts: [] as Draft[],
  outbox: [] as OutboxRow[],
};
let running: Promise<void> | null = null;
let coming: { parts: Set<Part>; done: Promise<void> } | null = null;

/**
 * Look at the disk again, all of it or only the parts that changed. Looks run one after the other; calls that come while
 * one runs share the next, so that sending two hundred rows is not two hundred looks in a queue.
 */
export function reload(...parts: Part[]): Promise<void> {
  // An entry that was sent is in the task now: seen without the other, a tick would jump back for a moment.
  const wanted = parts.length === 0 || !state.ready ? PARTS : parts.includes("outbox") ? [...parts, "tasks" as const] : parts;
  if (coming) {
    for (const part of wanted) coming.parts.add(part);
    return coming.done;
  }
  const mine = { parts: new Set<Part>(wanted), done: nothing };
  const before: Promise<void> = running?.catch(() => undefined) ?? nothing;
  mine.done = before.then(() => {
    coming = null;
    running = look([...mine.parts]).finally(() => {
      running = null;
    });
    return running;
  });
  coming = mine;
  return mine.done;
}

async function look(parts: Part[]): Promise<void> {
  const number = ++looks;
  const tx = (await database()).transaction(parts);
  const readers: Record<Part, () => Promise<void>> = {
    meta: async () => {
      const store = tx.objectStore("meta");
      const [keys, values] = await Promise.all([store.getAllKeys(), store.getAll()]);
      disk.meta = Object.fromEntries(keys.map((key, index) => [key, values[index]]));
    },
    tasks: async () => {
      stored = known(stored, await tx.objectStore("tasks").getAll(), (one) => one.id, isSameTask);
    },
    threads: async () => {
      disk.threads = await tx.objectStore("threads").getAll();
    },
    drafts: async () => {
      disk.drafts = await tx.objectStore("drafts").getAll();
    },
    outbox: async () => {
      disk.outbox = known(disk.outbox, await tx.objectStore("outbox").getAll(), (row) => row.id, isSameRow);
      unsaved = unsaved.filter((one) => number <= one.landed);
    },
  };
  await Promise.all(parts.map((part) => readers[part]()));
  show();
}

/** What has not changed stays the very same object, so that nothing is worked out or drawn again for it. */
function known<T, Key>(before: T[], after: T[], key: (one: T) => Key, isSame: (one: T, other: T) => boolean): T[] {
  const byKey = new Map(before.map((one) => [key(one), one]));
  return after.map((one) => {
    const other = byKey.get(key(one));
    return other && isSame(one, other) ? other : one;
  });
}

function isSameRow(one: OutboxRow, other: OutboxRow): boolean {
  const { seq, at, attempts, state: place, nextAt, error } = one;
  return seq === other.seq && at === other.at && attempts === other.attempts && place === other.state && nextAt === other.nextAt && error?.title === other.error?.title;
}

function isSameTask(one: StoredTask, other: StoredTask): boolean {
  return one.written !== undefined && one.written === other.written;
}

function show(): void {
  const { meta, outbox } = disk;
  const user = (meta.user as User | undefined) ?? null;
  setSkew((meta.skew as number | undefined) ?? 0);
  const written = outbox.filter((row) => row.user === user?.id);
  const ids = new Set(written.map((row) => row.id));
  const onTheWay = unsaved.map((one) => one.row).filter((row) => row.user === user?.id && !ids.has(row.id));
  const rows = [...written, ...onTheWay];
  set({
    ready: true,
    user,
    rows,
    foreignRows: outbox.length - written.length,
    tasks: views(rows),
    drafts: new Map([...disk.drafts, ...unwritten.values()].filter((draft) => draft.user === user?.id).map((draft) => [draft.key, draft])),
    threads: new Map(disk.threads.map((thread) => [thread.id, thread])),
    lastTexts: new Map((meta.lastTexts as [number, LastText][] | undefined) ?? []),
    conversations: (meta.conversations as Conversation[] | undefined) ?? [],
    claimable: (meta.claimable as TaskRow[] | undefined) ?? [],
    points: (meta.points as Points | undefined) ?? null,
    rules: (meta.rules as RuleSet[] | undefined) ?? [],
    map: (meta.map as MapTiles | undefined) ?? null,
    syncedAt: (meta.syncedAt as string | undefined) ?? null,
    sentAt: (meta.sentAt as string | undefined) ?? null,
  });
}

export function tellOtherTabs(...parts: Part[]): void {
  otherTabs.postMessage(parts);
}

/** What was worked out for a stored task with just these rows: a tick changes one task of sixty, not all of them. */
const worked = new WeakMap<StoredTask, TaskView>();

function views(rows: OutboxRow[]): TaskView[] {
  const byTarget = new Map<string, OutboxRow[]>();
  for (const row of rows) {
    const others = byTarget.get(row.target);
    if (others) others.push(row);
    else byTarget.set(row.target, [row]);
  }
  return stored
    .map((one) => viewOf(one, byTarget.get(targetOfTask(one.id)) ?? []))
    .sort((a, b) => (a.window_start < b.window_start ? -1 : a.window_start > b.window_start ? 1 : a.id - b.id));
}

function viewOf(one: StoredTask, waiting: OutboxRow[]): TaskView {
  const known = worked.get(one);
  if (known && known.waiting.length === waiting.length && known.waiting.every((row, place) => row === waiting[place])) return known;
  const { held, extra, news = null, was = null, away = false } = one;
  const view = { ...withQueued(one.task, waiting), waiting, held, extra, news, was, away };
  worked.set(one, view);
  return view;
}

/** What was read without a signal counts as read here; the server hears of it later. */
export function unreadRules({ rules, rows }: State): RuleSet[] {
  const read = new Set(rows.filter((row) => row.verb === "acknowledge").map((row) => row.target));
  return rules.filter((one) => !read.has(`rules:${one.id}`));
}

export function targetOfTask(id: number): string {
  return `task:${id}`;
}

export function targetOfCustomer(id: number): string {
  return `customer:${id}`;
}

/** Notes about a customer and complaints have lanes of their own: a refused text must not hold a complaint back. */
export function targetOfNotes(customerId: number): string {
  return `notes:${customerId}`;
}

export function targetOfComplaints(customerId: number): string {
  return `complaints:${customerId}`;
}

let toasts = 0;

/** A quiet line that goes away by itself; anything that matters also stands on its page. */
export function say(text: string): void {
  const id = ++toasts;
  set({ toast: { text, id } });
  setTimeout(() => {
    if (state.toast?.id === id) set({ toast: null });
  }, 5000);
}

const justTaken = new Map<string, Picture>();

/** Shown before the disk has it, like every other answer. */
export function showPicture(taken: Picture): void {
  justTaken.set(taken.id, { ...taken, bytes: null });
}

/** Pictures are read one by one when a screen shows them. */
export async function picture(id: string): Promise<Picture | undefined> {
  return justTaken.get(id) ?? (await database()).get("blobs", id);
}
