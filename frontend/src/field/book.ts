/** The own customers on this phone: their briefs as they were read, and the book to find them in. */
import { useEffect, useState } from "preact/hooks";
import { call, Unreachable } from "./api";
import { BOOK, type Brief, type KeptBrief } from "./briefs";
import { database, type StoredCustomer } from "./db";
import { get, set } from "./state";
import { now } from "./time";

export interface BookRow {
  id: number;
  name: string;
  phone_end: string;
  district: string;
  tier: string;
}

interface Book extends StoredCustomer {
  tag: string;
  at: string;
  rows: BookRow[];
}

interface BookPage {
  tag: string;
  is_unchanged: boolean;
  items: BookRow[];
  next_cursor: string | null;
}

export async function keptBook(): Promise<Book | undefined> {
  return (await (await database()).get("customers", BOOK)) as Book | undefined;
}

/** Asks for the book; one that has not changed is not sent again. Null when there is no connection. */
export async function refreshBook(): Promise<Book | null> {
  try {
    const known = await keptBook();
    const rows: BookRow[] = [];
    let first: BookPage | null = null;
    let cursor: string | null = null;
    do {
      const asked: string = cursor ? `cursor=${encodeURIComponent(cursor)}` : `tag=${known?.tag ?? ""}`;
      const reply = await call("GET", `/api/v1/me/customers?${asked}`);
      if (reply.status === 401) set({ needsSignIn: true });
      if (!reply.ok) return null;
      const page = reply.body as BookPage;
      first ??= page;
      rows.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
    const isKnown = first.is_unchanged && known;
    const book: Book = { id: BOOK, tag: first.tag, at: now().toISOString(), rows: isKnown ? known.rows : rows };
    // Somebody else may have signed in while the pages came.
    if (get().user) await (await database()).put("customers", book);
    return book;
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return null;
  }
}

const FRESH_MILLISECONDS = 3600 * 1000;

/** So that somebody can be found without signal who was never looked for before. */
export async function refreshBookNowAndThen(): Promise<void> {
  const known = await keptBook();
  if (!known || now().getTime() - new Date(known.at).getTime() > FRESH_MILLISECONDS) await refreshBook();
}

/** Every word must be found: in the name, in the district, or as the end of the number. */
export function search(rows: BookRow[], words: string): BookRow[] {
  const wanted = words.normalize("NFKC").toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return rows;
  return rows.filter((row) => {
    const text = `${row.name} ${row.district}`.toLocaleLowerCase();
    return wanted.every((word) => text.includes(word) || (/^\d{2,}$/.test(word) && row.phone_end.endsWith(word.slice(-4))));
  });
}

/** The kept brief; undefined until the disk has answered, null when there is none. */
export function useBrief(customerId: number | null, syncedAt: string | null): KeptBrief | null | undefined {
  const [kept, keep] = useState<KeptBrief | null>();
  useEffect(() => {
    let gone = false;
    void keptBrief(customerId).then((found) => !gone && keep(found));
    return () => {
      gone = true;
    };
  }, [customerId, syncedAt]);
  return kept?.id === customerId ? kept : kept === null ? null : undefined;
}

async function keptBrief(customerId: number | null): Promise<KeptBrief | null> {
  if (customerId === null) return null;
  return ((await (await database()).get("customers", customerId)) as KeptBrief | undefined) ?? null;
}

export async function fetchBrief(customerId: number): Promise<KeptBrief | "missing" | "unreachable"> {
  try {
    const reply = await call("GET", `/api/v1/customers/${customerId}/brief`);
    const db = await database();
    if (reply.status === 401) set({ needsSignIn: true });
    if (reply.status === 403 || reply.status === 404) {
      await db.delete("customers", customerId);
      return "missing";
    }
    if (!reply.ok) return "unreachable";
    const before = await keptBrief(customerId);
    const kept: KeptBrief = { id: customerId, brief: reply.body as Brief, at: now().toISOString(), isOfDay: before?.isOfDay ?? false };
    await db.put("customers", kept);
    return kept;
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return "unreachable";
  }
}
