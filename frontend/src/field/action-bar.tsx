/** The one main action of a task, fixed at the bottom, and what stands beside it. */
import type { JSX } from "preact";
import { takeStep, undo } from "./actions";
import { _, ngettext } from "./i18n";
import { Icon } from "./parts";
import { canUndo } from "./rules";
import type { TaskView } from "./state";
import { claim } from "./sync";
import { now } from "./time";
import { startWord, statusWord } from "./words";

export function ActionBar({
  task,
  missing,
  onFinish,
  onNotPossible,
  onDecline,
}: {
  task: TaskView;
  missing: number;
  onFinish: () => void;
  onNotPossible: () => void;
  onDecline: () => void;
}): JSX.Element | null {
  const may = (action: string): boolean => task.allowed_actions.includes(action);
  if (task.waiting.some((row) => row.state === "blocked")) return null;
  if (canUndo(task, now())) return <UndoBar task={task} />;
  if (may("claim")) {
    return (
      <div class="actions">
        <button type="button" class="button main grow" onClick={() => void claim(task)}>
          {_("Take this task")}
        </button>
      </div>
    );
  }
  if (task.status === "assigned" && (may("start") || may("accept"))) {
    return (
      <div class="actions">
        {may("decline") && (
          <button type="button" class="button" onClick={onDecline}>
            {_("Decline")}
          </button>
        )}
        {may("accept") && (
          <button type="button" class="button" onClick={() => void takeStep(task, "accept")}>
            {_("Accept")}
          </button>
        )}
        {may("start") && (
          <button type="button" class="button main grow" onClick={() => void takeStep(task, "start")}>
            {startWord(task)}
          </button>
        )}
      </div>
    );
  }
  if (task.status !== "active" || !may("complete")) return null;
  const arrives = may("arrive");
  return (
    <div class="actions">
      {missing > 0 && (
        <p class="still-open" role="status">
          {ngettext("%(num)s point is still open.", "%(num)s points are still open.", missing)}
        </p>
      )}
      <button type="button" class="button" onClick={onNotPossible}>
        {_("Not all done")}
      </button>
      {arrives && (
        <button type="button" class="button main grow" onClick={() => void takeStep(task, "arrive")}>
          <Icon name="pin" />
          {_("I have arrived")}
        </button>
      )}
      {!arrives && (
        <button type="button" class="button main grow" onClick={onFinish}>
          <Icon name="check" />
          {_("Finish")}
        </button>
      )}
    </div>
  );
}

function UndoBar({ task }: { task: TaskView }): JSX.Element {
  const left = Math.max(0, new Date(task.undo_until ?? 0).getTime() - now().getTime());
  const minutes = Math.ceil(left / 60_000);
  return (
    <div class="actions undo" role="status">
      <p class="grow">
        {statusWord(task)}
        <span class="soft"> · {ngettext("can be undone for %(num)s minute", "can be undone for %(num)s minutes", minutes)}</span>
      </p>
      <button type="button" class="button" onClick={() => void undo(task)}>
        <Icon name="undo" />
        {_("Undo")}
      </button>
    </div>
  );
}
