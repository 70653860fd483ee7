/** From the API's words to the few fields that the screens use. */
import type { Conversation, LastText, Locale, Message, Points, PointsEntry, RuleSet, Text3 } from "./types";

type Loose = Record<string, unknown>;
const record = (value: unknown): Loose => (typeof value === "object" && value !== null ? (value as Loose) : {});
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number => (typeof value === "number" ? value : 0);
const list = (value: unknown): Loose[] => (Array.isArray(value) ? value.map(record) : []);
const words = (value: unknown): Text3 | string => (typeof value === "string" ? value : (record(value) as unknown as Text3));

export function toConversation(value: unknown): Conversation | null {
  const raw = record(value);
  const customer = record(raw.customer);
  const id = number(customer.id);
  if (!id) return null;
  const last = record(raw.last_message);
  return {
    id: number(raw.id),
    customer: {
      id,
      name: text(customer.name),
      phone_masked: text(customer.phone_masked) || null,
      locale: (customer.locale as Locale | undefined) ?? "zh_Hans",
    },
    last_message: raw.last_message ? toLastText(last) : null,
    last_at: text(raw.last_at),
    unread: number(raw.unread),
    attention: text(raw.attention) || null,
    waiting_since: text(raw.waiting_since) || null,
    is_mine: raw.is_mine === true,
    is_handed_over: raw.is_handed_over === true,
    assignee: text(record(raw.assignee).name) || null,
    hand_over_due_at: text(raw.hand_over_due_at) || null,
    is_paused: raw.is_paused === true,
    can_send: raw.can_send !== false,
  };
}

export function toLastText(raw: Loose): LastText {
  return { text: text(raw.text), direction: text(raw.direction) === "in" ? "in" : "out", at: text(raw.at) };
}

export function toMessage(value: unknown): Message {
  const raw = record(value);
  return {
    id: raw.id as number,
    ...toLastText(raw),
    direction: raw.direction as Message["direction"],
    status: text(raw.status),
    reason: text(raw.status_reason) || null,
    held_until: text(raw.held_until) || null,
    author: raw.author as Message["author"],
    earlier: list(raw.earlier).map((one) => ({ status: text(one.status), reason: text(one.status_reason) || null, at: text(one.at) })),
  };
}

export function toPoints(value: unknown): Points {
  const raw = record(value);
  const entries = Array.isArray(raw.entries) ? raw.entries : [];
  return {
    today: number(raw.today),
    season: number(raw.season),
    rank: typeof raw.rank === "number" ? raw.rank : null,
    trend: typeof raw.trend === "number" ? raw.trend : null,
    pending: number(raw.pending),
    neighbours: list(raw.neighbours).map((one) => ({
      rank: number(one.rank),
      name: text(one.name),
      vested: number(one.vested),
      is_me: one.is_me === true,
    })),
    entries: entries.map(toEntry),
  };
}

export function toEntry(value: unknown): PointsEntry {
  const raw = record(value);
  return {
    id: raw.id as number,
    amount: number(raw.amount),
    state: text(raw.state),
    reason: text(raw.reason),
    at: text(raw.effective_at),
    task_id: typeof raw.task_id === "number" ? raw.task_id : null,
    task_number: text(raw.task_number) || null,
    rule_key: text(raw.rule_key),
    rule_version: number(raw.rule_version),
    evidence: record(raw.evidence),
    vests_at: text(raw.vests_at) || null,
    is_reversal: typeof raw.reverses_id === "number",
  };
}

export function toRuleSet(value: unknown): RuleSet {
  const raw = record(value);
  const rules = Array.isArray(raw.rules) ? raw.rules : [];
  return {
    id: number(raw.id),
    version: number(raw.version),
    effective_from: text(raw.valid_from) || null,
    rules: rules.map((one) => {
      const rule = record(one);
      const { what, why, reward, penalty } = rule;
      return { key: text(rule.key), what: words(what), why: words(why), reward: words(reward), penalty: words(penalty) };
    }),
  };
}
