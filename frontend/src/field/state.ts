/** What the screens show: read from this phone's database, never held anywhere else. */
import { useEffect, useState } from "preact/hooks";
import { database, type Draft, type OutboxRow, type Picture, type StoredTask } from "./db";
import { withQueued } from "./rules";
import { setSkew } from "./time";
import type { Conversation, LastText, Points, RuleSet, StoredThread, Task, TaskRow, User } from "./types";

export interface TaskView extends Task {
  waiting: OutboxRow[];
  held: boolean;
  extra: boolean;
}

export interface State {
  ready: boolean;
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
  syncedAt: string | null;
  sentAt: string | null;
  /** Writes that have not reached the disk yet. */
  saving: number;
  /** What the last attempt to reach the server told; null before the first. */
  reachable: boolean | null;
  toast: { text: string; id: number } | null;
  updateWaiting: boolean;
  storageFull: boolean;
}

let state: State = {
  ready: false,
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
  syncedAt: null,
  sentAt: null,
  saving: 0,
  reachable: null,
  toast: null,
  updateWaiting: false,
  storageFull: false,
};

/** A row on its way to the disk. `landed`: the last look at the disk that began before it was there. */
interface Unsaved {
  row: OutboxRow;
  landed: number;
}

let stored: StoredTask[] = [];
let unsaved: Unsaved[] = [];
let looks = 0;
let shownLook = 0;
const watchers = new Set<() => void>();
const otherTabs = new BroadcastChannel("field");
/** Set by the outbox: another tab may have queued something that this one has to send. */
let onForeignChange: () => void = () => undefined;

otherTabs.onmessage = () => void reload().then(() => onForeignChange());

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

export async function reload(): Promise<void> {
  const look = ++looks;
  const db = await database();
  const tx = db.transaction(["meta", "tasks", "threads", "drafts", "outbox"]);
  const [keys, values, tasks, threads, drafts, outbox] = await Promise.all([
    tx.objectStore("meta").getAllKeys(),
    tx.objectStore("meta").getAll(),
    tx.objectStore("tasks").getAll(),
    tx.objectStore("threads").getAll(),
    tx.objectStore("drafts").getAll(),
    tx.objectStore("outbox").getAll(),
  ]);
  // Looks may end in another order than they began in; an older one must not take back what a newer one has shown.
  if (look < shownLook) return;
  shownLook = look;
  unsaved = unsaved.filter((one) => look <= one.landed);
  const meta = Object.fromEntries(keys.map((key, index) => [key, values[index]]));
  const user = (meta.user as User | undefined) ?? null;
  setSkew((meta.skew as number | undefined) ?? 0);
  stored = tasks;
  const written = outbox.filter((row) => row.user === user?.id);
  const known = new Set(written.map((row) => row.id));
  const onTheWay = unsaved.map((one) => one.row).filter((row) => row.user === user?.id && !known.has(row.id));
  const rows = [...written, ...onTheWay];
  set({
    ready: true,
    user,
    rows,
    foreignRows: outbox.length - written.length,
    tasks: views(rows),
    drafts: new Map(drafts.filter((draft) => draft.user === user?.id).map((draft) => [draft.key, draft])),
    threads: new Map(threads.map((thread) => [thread.id, thread])),
    lastTexts: new Map((meta.lastTexts as [number, LastText][] | undefined) ?? []),
    conversations: (meta.conversations as Conversation[] | undefined) ?? [],
    claimable: (meta.claimable as TaskRow[] | undefined) ?? [],
    points: (meta.points as Points | undefined) ?? null,
    rules: (meta.rules as RuleSet[] | undefined) ?? [],
    syncedAt: (meta.syncedAt as string | undefined) ?? null,
    sentAt: (meta.sentAt as string | undefined) ?? null,
  });
}

export function tellOtherTabs(): void {
  otherTabs.postMessage("changed");
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
  const view = { ...withQueued(one.task, waiting), waiting, held: one.held, extra: one.extra };
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
