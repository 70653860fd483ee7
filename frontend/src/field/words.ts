/** The reader's word for each value that the API sends. Unknown values show as they are. */
import type { Heart } from "../blossom";
import { _ } from "./i18n";
import type { Task, TaskRow } from "./types";

export function word(table: Record<string, string>, value: string | null | undefined): string {
  return value ? (table[value] ?? value) : "";
}

export function typeWord(task: TaskRow): string {
  // To bring something is what the word says by itself.
  if (task.type === "delivery" && task.direction && task.direction !== "bring") {
    const directions = { collect: _("Collect"), return: _("Return") };
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
