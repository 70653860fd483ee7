/** The shapes that the API sends; see the OpenAPI document. Fields that an older server may leave out are optional. */
import type { Heart } from "../blossom";

export type Locale = "zh_Hans" | "zh_Hant" | "en";
export type Text3 = Record<Locale, string>;

export type TaskType = "home_visit" | "delivery" | "callback";
export type TaskStatus = "open" | "assigned" | "active" | "completed" | "partly" | "failed" | "cancelled";
export type TaskVerb =
  | "accept"
  | "decline"
  | "start"
  | "arrive"
  | "complete"
  | "complete-partly"
  | "fail"
  | "undo";

export type Answer = boolean | number | string | string[] | null;
export type Answers = Record<string, Answer>;
export type ItemKind = "tick" | "pass_fail" | "number" | "choice" | "gift" | "text" | "photo" | "signature" | "code";

/** One of `is`, `in`, `answered`, or a number between `above` and `below`. */
export interface Condition {
  item: string;
  is?: Answer;
  in?: Answer[];
  above?: number;
  below?: number;
  answered?: boolean;
}

export interface ChecklistItem {
  key: string;
  heart: Heart;
  kind: ItemKind;
  label: Text3;
  help?: Text3 | null;
  required: boolean;
  visible: boolean;
  /** Required whatever else was answered; `required` is what the server worked out from the answers it has. */
  always_required?: boolean;
  required_if?: Condition | Condition[] | null;
  visible_if?: Condition | Condition[] | null;
  choices?: { key: string; label: Text3 }[] | null;
  min?: number | null;
  max?: number | null;
  unit?: Text3 | string | null;
  answer: Answer;
  answered_at?: string | null;
  /** The task that opens when this fails. */
  follow_up?: { type: TaskType; days: number } | null;
  /** Read out by the customer; other codes are printed on something. */
  is_door_code?: boolean;
}

export interface TaskCustomer {
  /** Missing when the customer is a stranger's: then the name is masked too. */
  id: number | null;
  name: string;
  phone?: string | null;
  phone_masked?: string | null;
  address?: string | null;
  district?: string | null;
  lat?: number | null;
  lng?: number | null;
  locale?: Locale;
  dialect?: string | null;
  gender?: string | null;
  tags?: string[];
  preferences?: string | null;
  /** How to reach the door, in the customer's words. */
  access_notes?: string | null;
  sizes?: Record<string, string | number> | null;
  household?: { name: string; note?: string | null }[] | null;
}

export interface Line {
  id: number;
  name: Text3 | string;
  quantity: number;
  delivered: number | null;
  refused: number | null;
  /** Our number for the product and what is printed on its pack. */
  code?: string | null;
  barcode?: string | null;
  is_restricted?: boolean;
  is_code_checked?: boolean;
}

export type PlaceState = "given" | "declined" | "denied" | "unavailable";

export interface Evidence {
  id: number;
  /** Missing for what is no picture. */
  blob_id: string | null;
  kind: string;
  item_key: string | null;
  url: string | null;
  captured_at: string | null;
  place_state?: PlaceState | null;
  distance_metres?: number | null;
  /** Too far from the door: for a supervisor to look at. */
  is_exception?: boolean;
  /** Taken anew since. */
  is_taken_out?: boolean;
}

export interface Task {
  id: number;
  number: string;
  type: TaskType;
  reason: string;
  status: TaskStatus;
  allowed_actions: string[];
  direction?: string | null;
  customer: TaskCustomer;
  store_id: number;
  zone: string;
  assignee: { id: number; name: string } | null;
  window_start: string;
  window_end: string;
  expected_minutes: number;
  reasons: (Text3 | string)[];
  note?: string | null;
  checklist: ChecklistItem[];
  lines: Line[];
  evidence: Evidence[];
  promised?: { kind: string; start: string; end: string }[];
  accepted_at: string | null;
  confirmed_at: string | null;
  started_at: string | null;
  arrived_at: string | null;
  assigned_at?: string | null;
  ended_at: string | null;
  rating: number | null;
  undo_until: string | null;
  parent_id: number | null;
  end_reason: string | null;
  end_note: string | null;
  /** Whether the code that was typed is the customer's. */
  door_code?: "right" | "wrong" | "too_many" | null;
  version: number;
}

/** A task as lists show it: without checklist, goods and evidence. */
export type TaskRow = Omit<Task, "checklist" | "lines" | "evidence">;

export interface LastText {
  text: string;
  direction: "in" | "out";
  at: string;
}

export interface Conversation {
  id: number;
  customer: { id: number; name: string; phone_masked?: string | null; locale?: Locale };
  last_message: LastText | null;
  last_at: string;
  /** Texts that this person has not seen. */
  unread: number;
  attention: string | null;
  waiting_since: string | null;
  /** Whose answer the customer waits for: this person's, somebody's, or whoever leads the store. */
  is_mine: boolean;
  is_handed_over: boolean;
  assignee: string | null;
  hand_over_due_at: string | null;
  is_paused: boolean;
  can_send: boolean;
}

/** How an earlier row of the same text ended, before it was sent again. */
export interface Try {
  status: string;
  reason: string | null;
  at: string;
}

export interface Message {
  id: number | string;
  direction: "in" | "out" | "note";
  text: string;
  status: string;
  at: string;
  reason: string | null;
  /** A text that waits for the morning goes out at this time. */
  held_until: string | null;
  author?: { id: number; name: string } | null;
  earlier?: Try[];
}

/** What to know before writing to a customer. */
export interface Box {
  is_open: boolean;
  closed_reason: string | null;
  held_until: string | null;
  held_reason: string | null;
  goes_until: string | null;
  is_new_contact: boolean;
  next_free_day: string | null;
  number_fault: string | null;
  prefix: string;
  price_per_segment: string;
  currency: string;
  answers: { id: number; title: string; text: string }[];
}

export interface StoredThread {
  id: number;
  messages: Message[];
  box?: Box | null;
  /** The server's last change that this copy knows of. */
  upTo?: string;
}

export interface PointsEntry {
  id: number | string;
  amount: number;
  state: string;
  /** The arithmetic in words, in the language that was asked for. */
  reason: string;
  at: string;
  task_id: number | null;
  task_number: string | null;
  rule_key: string;
  rule_version: number;
  /** What the rule looked at: times, pictures, hearts, the customer's answer. */
  evidence: Record<string, unknown>;
  /** When it counts by itself, if nobody vouches for it sooner. */
  vests_at: string | null;
  /** The line takes an earlier one back. */
  is_reversal: boolean;
}

export interface Standing {
  rank: number;
  name: string;
  vested: number;
  is_me: boolean;
}

export interface Points {
  today: number;
  season: number;
  rank: number | null;
  /** Places won since last night; less than zero when others went by. */
  trend: number | null;
  pending: number;
  /** Missing in what an older build of the app has kept. */
  neighbours?: Standing[];
  entries: PointsEntry[];
}

export interface RuleSet {
  id: number;
  version: number;
  effective_from: string | null;
  rules: { key: string; what: Text3 | string; why: Text3 | string; reward: Text3 | string; penalty: Text3 | string }[];
}

/** What the map is drawn with; without an address of pictures it is a plain grid. */
export interface MapTiles {
  tiles: string;
  attribution: string;
  max_zoom: number;
  is_mainland?: boolean;
}

export interface User {
  id: number;
  name: string;
  role: string;
  locale: Locale;
  phone?: string;
  /** Hears of changed work by SMS while the app is closed. */
  work_texts?: boolean;
  store: { id: number; name: string; zone: string; phone?: string | null; lat?: number | null; lng?: number | null } | null;
}

export interface Problem {
  status: number;
  code: string;
  title: string;
  detail: string;
  errors?: Record<string, string[]>;
  /** In a conflict over a text: which answer, and what the server has now. */
  field?: string;
  server_value?: string;
}
