/** What to know of customers before the bell rings, kept beside the day so that it is there without signal. */
import { database, type StoredCustomer } from "./db";
import type { Locale, Text3 } from "./types";

export type Caution = "reaction" | "complaint" | "no_texts" | "no_calls" | "no_promotion" | "restricted" | "care_first";

export interface Use {
  product: Text3;
  per_day: number;
  unit: string;
  is_restricted: boolean;
}

export interface LastContact {
  key: string;
  at: string;
  kind: "task" | "message" | "note";
  what: string;
  id: string;
  status: string | null;
  words: string;
  who: string | null;
  detail: Record<string, unknown>;
}

export interface Brief {
  id: number;
  name: string;
  phone: string | null;
  phone_masked: string | null;
  address: string;
  district: string;
  lat: number | null;
  lng: number | null;
  access_notes: string;
  locale: Locale;
  dialect: string | null;
  gender: string | null;
  tier: string;
  tags: string[];
  preferences: string;
  sizes: Record<string, string | number>;
  owner: { id: number; name: string } | null;
  zone: string;
  birthday: { day: string; is_lunar: boolean } | null;
  /** What not to say or do, the gravest first. */
  cautions: Caution[];
  restricted: Text3[];
  household: { id: number; name: string; relation: string; age_months: number | null; birth_date: string | null; uses: Use[] }[];
  others: { id: number; name: string }[];
  uses: Use[];
  run_outs: {
    product: Text3;
    unit: string;
    day: string;
    consumer: string | null;
    is_restricted: boolean;
    is_requested: boolean;
    needs_delivery: boolean;
    reserved: number | null;
    reserved_until: string | null;
  }[];
  promised: { kind: string; task_id: number; start: string; end: string; told_at: string }[];
  complaints: {
    id: number | null;
    number: string;
    is_own: boolean;
    is_reaction: boolean;
    stage: string;
    opened_at: string;
    words: string;
    plan: string;
    promised_for: string | null;
  }[];
  questions: { kind: string; asked_at: string; expires_at: string }[];
  waiting_since: string | null;
  tasks: {
    id: number;
    number: string;
    type: string;
    reason: string;
    status: string;
    window_start: string;
    window_end: string;
    assignee: { id: number; name: string } | null;
  }[];
  last_contacts: LastContact[];
  budget: {
    gap_days: number;
    last_day: string | null;
    next_day: string | null;
    next_free_day: string;
    this_month: number;
    left_this_month: number;
  };
}

/** A row of `customers`. Those of the day go with the day; one that was looked at stays for some days. */
export interface KeptBrief extends StoredCustomer {
  brief: Brief;
  at: string;
  isOfDay: boolean;
}

const KEPT_MILLISECONDS = 3 * 24 * 3600 * 1000;
/** The own book stands under this key, as one row: thousands of names are written and read at once. */
export const BOOK = 0;

interface BriefsOfDay {
  server_time: string;
  since?: string;
  customers?: Brief[];
  customer_ids?: number[];
}

/** The briefs that have changed, and the word for what this phone has now: written last, so that it is never said of
 * what is not here. False when something lacks. */
export async function keepBriefs({ customers = [], customer_ids = [], since = "", server_time }: BriefsOfDay, hasTasks: boolean): Promise<boolean> {
  const tx = (await database()).transaction(["customers", "meta"], "readwrite");
  const store = tx.objectStore("customers");
  const at = new Date(server_time).toISOString();
  for (const brief of customers) void store.put({ id: brief.id, brief, at, isOfDay: true } satisfies KeptBrief);
  const here = new Set(await store.getAllKeys());
  for (const key of here) {
    if (key === BOOK || customer_ids.includes(key)) continue;
    const kept = (await store.get(key)) as KeptBrief;
    if (kept.isOfDay || Date.now() - new Date(kept.at).getTime() > KEPT_MILLISECONDS) await store.delete(key);
  }
  const isWhole = hasTasks && customer_ids.every((id) => here.has(id));
  await tx.objectStore("meta").put(isWhole ? since : "", "since");
  await tx.done;
  return isWhole;
}
