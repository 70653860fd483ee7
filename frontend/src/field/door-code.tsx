/** What became of the code that the customer reads out. A wrong one proves nothing, and stops nothing. */
import type { JSX } from "preact";
import { _ } from "./i18n";
import { Icon } from "./parts";
import type { TaskView } from "./state";
import type { Answers, ChecklistItem } from "./types";

export const DOOR_CODE_LENGTH = 4;

export function DoorCodeState({ task, item, text }: { task: TaskView; item: ChecklistItem; text: string }): JSX.Element {
  return (
    <p class="door-code-state" role="status">
      {stateOf(task, item, text)}
    </p>
  );
}

function stateOf(task: TaskView, item: ChecklistItem, text: string): JSX.Element | string {
  if (text === "") return _("The customer gets it by SMS when you set out.");
  const isOnTheWay = task.waiting.some((row) => row.verb === "checklist" && item.key in ((row.body.answers ?? {}) as Answers));
  if (text.length < DOOR_CODE_LENGTH || text !== item.answer || isOnTheWay) return _("It is checked when it has been sent.");
  if (task.door_code === "right") {
    return (
      <span class="verdict good">
        <Icon name="check" />
        {_("The code is right.")}
      </span>
    );
  }
  if (task.door_code === "wrong") {
    return (
      <span class="verdict bad">
        <Icon name="alert" />
        {_("This is not the customer’s code. Ask once more, or go on: your work counts all the same.")}
      </span>
    );
  }
  if (task.door_code === "too_many") return _("Too many codes were tried, so it is no longer checked. Your work counts all the same.");
  return _("Kept.");
}
