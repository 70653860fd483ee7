/** Why a task was not done, or not taken: what a person may choose from. */
import { _ } from "./i18n";
import type { Task } from "./types";

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
