/** What every kind of item of a checklist shares. */
import type { JSX } from "preact";
import type { Draft } from "./db";
import { _, pick } from "./i18n";
import type { TaskView } from "./state";
import type { Answer, ChecklistItem } from "./types";

export interface ItemProps {
  task: TaskView;
  item: ChecklistItem;
  drafts: Map<string, Draft>;
  onAnswer: (value: Answer) => void;
}

export function LabelText({ item }: { item: ChecklistItem }): JSX.Element {
  return (
    <span class="item-label">
      <span>
        {pick(item.label)} {!item.required && <span class="soft together">· {_("optional")}</span>}
      </span>
      {item.help && <span class="soft help">{pick(item.help)}</span>}
    </span>
  );
}
