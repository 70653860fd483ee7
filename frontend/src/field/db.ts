/** What this phone keeps. Photos are ArrayBuffers, because WebKit loses Blobs that are stored. */
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { News } from "./news";
import type { Answer, Problem, StoredThread, Task } from "./types";

/**
 * Of this database and of the rows in its outbox. Version 2 added `customers`. An upgrade only ever adds: rows that an
 * older build queued are requests like any other and go out as they are.
 */
export const SCHEMA = 2;

export type Verb =
  | "accept"
  | "decline"
  | "start"
  | "arrive"
  | "complete"
  | "complete-partly"
  | "fail"
  | "undo"
  | "checklist"
  | "evidence"
  | "late"
  | "message"
  | "note"
  | "hand-over"
  | "opt-out"
  | "may-go-on"
  | "acknowledge"
  | "customer-note"
  | "complaint"
  | "wish";

/** A stored request to an ordinary endpoint. Once tried it is frozen: the same key must mean the same bytes. */
export interface OutboxRow {
  seq?: number;
  /** Also the Idempotency-Key. */
  id: string;
  user: number;
  target: string;
  verb: Verb;
  method: string;
  path: string;
  body: Record<string, unknown>;
  blobs: string[];
  attempts: number;
  /** How often the server was reached and asked for patience. Only that makes the next try wait longer. */
  refusals?: number;
  /** Milliseconds since the epoch; before this moment the row rests. */
  nextAt: number;
  state: "queued" | "blocked";
  error: Problem | null;
  at: string;
  device: string;
  build: string;
  schema: number;
}

export interface StoredTask {
  id: number;
  task: Task;
  /** The server keeps the last submission for the supervisor to decide. */
  held: boolean;
  /** Opened by a link, not part of the day. */
  extra: boolean;
  /** What changed since the person opened it, and when it would have begun then; see news.ts. */
  news?: News | null;
  was?: string | null;
  /** Another one has it now, or another day; it stays until it was opened. */
  away?: boolean;
  /** Another one each time this is written, so that what did not change is known without comparing it. */
  written?: number;
}

export interface Picture {
  id: string;
  user: number;
  type: string;
  sha256: string;
  capturedAt: string;
  /** Gone once the server has them. */
  bytes: ArrayBuffer | null;
  uploaded: boolean;
  /** The server found it too large, so it was made smaller once. */
  shrunk?: boolean;
  thumbnail: ArrayBuffer;
  thumbnailType: string;
}

export interface Draft {
  key: string;
  user: number;
  value: Answer;
  at: string;
}

/** What the phone knows about a customer, as the server told it; read-only. */
export interface StoredCustomer {
  id: number;
  [fact: string]: unknown;
}

interface FieldSchema extends DBSchema {
  meta: { key: string; value: unknown };
  tasks: { key: number; value: StoredTask };
  threads: { key: number; value: StoredThread };
  drafts: { key: string; value: Draft };
  outbox: { key: number; value: OutboxRow; indexes: { target: string } };
  blobs: { key: string; value: Picture };
  customers: { key: number; value: StoredCustomer };
}

export type Database = IDBPDatabase<FieldSchema>;

const BUSY_MILLISECONDS = 500;
let opened: Promise<Database> | undefined;

export function database(): Promise<Database> {
  opened ??= openSoon().catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}

/** A browser that has just died may hold its files a moment longer than its windows. */
async function openSoon(): Promise<Database> {
  try {
    return await open();
  } catch {
    await new Promise((done) => setTimeout(done, BUSY_MILLISECONDS));
    return open();
  }
}

async function open(): Promise<Database> {
  return openDB<FieldSchema>("field", SCHEMA, {
    upgrade(db, from) {
      if (from < 1) {
        db.createObjectStore("meta");
        db.createObjectStore("tasks", { keyPath: "id" });
        db.createObjectStore("threads", { keyPath: "id" });
        db.createObjectStore("drafts", { keyPath: "key" });
        db.createObjectStore("outbox", { keyPath: "seq", autoIncrement: true }).createIndex("target", "target");
        db.createObjectStore("blobs", { keyPath: "id" });
      }
      if (from < 2) db.createObjectStore("customers", { keyPath: "id" });
    },
    // A newer build in another tab may go on; its worker makes this tab reload.
    blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    terminated: () => {
      opened = undefined;
    },
  });
}

/** For `written` of a task. */
export function mark(): number {
  return Date.now() + Math.random();
}

/** The phone has no room for what was to be kept. */
export function isFull(error: unknown): boolean {
  return (error as Error | null)?.name === "QuotaExceededError";
}

/** User input is written through to the disk before we say it is saved. */
export const STRICT = { durability: "strict" } as const;
