/** The rules behind the lines of points, in the words that were in force then; and lines older than those of the day. */
import { call, Unreachable } from "./api";
import { database } from "./db";
import { toEntry, toRuleSet } from "./shapes";
import { get } from "./state";
import type { PointsEntry, RuleSet } from "./types";

const KEY = "rulebook";
const VERSIONS = 50;
const LINES = 50;

/** What this phone knows, fetched anew only when a line names a version that is not in it. */
export async function rulebook(): Promise<RuleSet[]> {
  const db = await database();
  const kept = ((await db.get("meta", KEY)) as RuleSet[] | undefined) ?? [];
  const known = new Set(kept.map((one) => one.version));
  const named = get().points?.entries.map((entry) => entry.rule_version) ?? [];
  if (named.every((version) => !version || known.has(version))) return kept;
  const fetched = await page(`/api/v1/points/rules?limit=${VERSIONS}`);
  if (!fetched) return kept;
  const book = fetched.items.map(toRuleSet);
  await db.put("meta", book, KEY);
  return book;
}

export interface Older {
  entries: PointsEntry[];
  next: string | null;
}

/** Null without a connection. */
export async function olderEntries(cursor: string | null): Promise<Older | null> {
  const after = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
  const found = await page(`/api/v1/points/entries?staff_id=${get().user?.id}&limit=${LINES}${after}`);
  return found && { entries: found.items.map(toEntry), next: found.next_cursor };
}

async function page(path: string): Promise<{ items: unknown[]; next_cursor: string | null } | null> {
  try {
    const reply = await call("GET", path);
    return reply.ok ? (reply.body as { items: unknown[]; next_cursor: string | null }) : null;
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return null;
  }
}
