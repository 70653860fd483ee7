/** The reader's word for each value that the API sends. Unknown values show as they are. */
import type { Heart } from "../blossom";
import type { OutboxRow } from "./db";
import { _ } from "./i18n";
import type { Task, TaskRow } from "./types";

function word(table: Record<string, string>, value: string | null | undefined): string {
  return value ? (table[value] ?? value) : "";
}

export function typeWord(task: TaskRow): string {
  if (task.type === "delivery" && task.direction) {
    const directions = { bring: _("Bring"), collect: _("Collect"), return: _("Return") };
    return `${_("Delivery")} · ${word(directions, task.direction)}`;
  }
  return typeName(task.type);
}

export function typeName(type: string): string {
  return word({ home_visit: _("Home visit"), delivery: _("Delivery"), callback: _("Callback") }, type);
}

export function reasonWord(reason: string): string {
  const table = {
    after_purchase: _("After a purchase"),
    care: _("Regular care"),
    replenishment: _("Running out"),
    birthday: _("Birthday"),
    festival: _("Festival"),
    milestone: _("Milestone"),
    lapsed: _("Long not seen"),
    complaint: _("Making good"),
    promotion: _("Promotion"),
    other: _("Other"),
  };
  return word(table, reason);
}

export function statusWord(task: Task): string {
  const active = task.type === "callback" ? _("On the phone") : task.arrived_at ? _("At the customer's") : _("On the way");
  const table = {
    open: _("Unassigned"),
    assigned: _("Planned"),
    active,
    completed: _("Done"),
    partly: _("Partly done"),
    failed: _("Not possible"),
    cancelled: _("Cancelled"),
  };
  return word(table, task.status);
}

export function heartWord(heart: Heart): string {
  const table = {
    care: _("Care"),
    sincerity: _("Sincerity"),
    thoughtfulness: _("Thoughtfulness"),
    detail: _("Detail"),
    conscience: _("Conscience"),
  };
  return table[heart];
}

export function dialectWord(dialect: string | null | undefined): string {
  const table = {
    yue: _("Cantonese"),
    cmn: _("Mandarin"),
    nan: _("Hokkien"),
    hak: _("Hakka"),
    wuu: _("Shanghainese"),
    en: _("English"),
  };
  return word(table, dialect);
}

export function failReasons(task: Task): [string, string][] {
  const away: [string, string][] =
    task.type === "callback"
      ? [
          ["no_answer", _("Nobody answered")],
          ["wrong_number", _("Wrong number")],
        ]
      : [
          ["not_at_home", _("Not at home")],
          ["wrong_address", _("Wrong address")],
          ["unsafe", _("Not safe there")],
        ];
  const goods: [string, string][] = task.type === "delivery" ? [["out_of_stock", _("Out of stock")]] : [];
  return [...away, ["refused", _("The customer refused")], ...goods, ["other", _("Other")]];
}

export function declineReasons(): [string, string][] {
  return [
    ["too_far", _("Too far")],
    ["no_time", _("No time")],
    ["sick", _("Sick")],
    ["lacks_skill", _("Needs another skill")],
    ["other", _("Other")],
  ];
}

export function endReasonWord(task: Task): string {
  const others = {
    no_answer: _("Nobody answered"),
    wrong_number: _("Wrong number"),
    not_at_home: _("Not at home"),
    wrong_address: _("Wrong address"),
    unsafe: _("Not safe there"),
    refused: _("The customer refused"),
    out_of_stock: _("Out of stock"),
    customer_asked: _("The customer asked for it"),
    duplicate: _("There is another one for it"),
    not_needed: _("No longer needed"),
    opted_out: _("The customer wants no contact"),
    undone: _("Taken back"),
    other: _("Other"),
  };
  return word(others, task.end_reason);
}

export function startWord(task: Task): string {
  return task.type === "callback" ? _("Start the call") : _("Set out");
}

/** What one row of the outbox is, for the list of what has not been sent. */
export function stepWord(row: OutboxRow): string {
  const table: Record<OutboxRow["verb"], string> = {
    accept: _("Accepted"),
    decline: _("Declined"),
    start: _("Started"),
    arrive: _("Arrived"),
    complete: _("Finished"),
    "complete-partly": _("Finished in part"),
    fail: _("Not possible"),
    undo: _("Ending taken back"),
    checklist: _("Checklist answers"),
    evidence: row.body.kind === "place" ? _("Place of arrival") : row.body.kind === "signature" ? _("Signature") : _("Photo"),
    late: _("Running late"),
    message: _("Message"),
    note: _("Note for colleagues"),
    "hand-over": _("Handed over"),
    "opt-out": _("Wants no more texts"),
    "may-go-on": _("Texts may go on"),
    acknowledge: _("Rules read"),
    "customer-note": _("Note about the customer"),
    complaint: _("Complaint"),
  };
  return table[row.verb];
}

export function pointsStateWord(state: string): string {
  const table = { pending: _("Waiting for proof"), held: _("On hold"), vested: _("Counted"), reversed: _("Taken back") };
  return word(table, state);
}
