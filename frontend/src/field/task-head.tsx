/** The top of a task: for whom, when, why, and how far it has come. */
import type { JSX } from "preact";
import type { Forecast } from "./day-plan";
import { EndedFacets, Facets, reasonsOf } from "./facets";
import { _ } from "./i18n";
import { Icon, TaskBlossom } from "./parts";
import { isEnded, progressOf } from "./rules";
import type { TaskView } from "./state";
import { clock, moment, shortDay } from "./time";
import { endReasonWord, statusWord } from "./words";

export function Head({ task, forecast }: { task: TaskView; forecast: Forecast | undefined }): JSX.Element {
  const reasons = reasonsOf(task);
  return (
    <>
      <section class="head">
        <div class="grow">
          <h2 class="name">{task.customer.name}</h2>
          <p class="window">
            {clock(task.window_start, task.zone)}
            <span class="soft">–{clock(task.window_end, task.zone)}</span>
            <span class="soft window-day">{shortDay(task.window_start, task.zone)}</span>
          </p>
          <ul class="reasons" aria-label={_("Why")}>
            {reasons.map((reason) => (
              <li key={reason} class="kind">
                <Icon name={task.type} />
                <span>{reason}</span>
              </li>
            ))}
          </ul>
          <p class="soft about">
            {_("about %(minutes)s min", { minutes: task.expected_minutes })} · {task.number}
          </p>
          {isEnded(task) ? <EndedFacets task={task} inFull /> : <Facets task={task} forecast={forecast} inFull />}
        </div>
        <TaskBlossom task={task} progress={progressOf(task)} />
      </section>
      {task.status !== "cancelled" && task.assignee && <Steps task={task} />}
    </>
  );
}

/** The steps of the work with their times. What is still to come stands there too, so that the way is clear. */
function Steps({ task }: { task: TaskView }): JSX.Element {
  const call = task.type === "callback";
  const steps: [string, string | null][] = [
    [_("Accepted"), task.accepted_at],
    [call ? _("Started") : _("Set out"), task.started_at],
    ...(call ? [] : [[_("Arrived"), task.arrived_at] satisfies [string, string | null]]),
    [isEnded(task) ? statusWord(task) : _("Done"), task.ended_at],
  ];
  // A step that was left out because a later one was taken is no gap.
  const reached = steps.findLastIndex(([, at]) => at);
  return (
    <ol class="steps" aria-label={_("Steps")}>
      {steps.map(([text, at], index) => (
        <li key={text} class={index <= reached ? "reached" : ""} aria-current={index === reached && !isEnded(task) ? "step" : undefined}>
          <span class="step-dot">{index <= reached && <Icon name={task.status === "failed" && index === reached ? "cross" : "check"} />}</span>
          <span class="step-text">
            {text}
            {index > reached && <span class="visually-hidden"> {_("still to come")}</span>}
          </span>
          {at && <span class="soft">{moment(at, task.zone)}</span>}
        </li>
      ))}
    </ol>
  );
}

export function EndNotice({ task }: { task: TaskView }): JSX.Element {
  const tone = task.status === "completed" ? "ok" : task.status === "cancelled" ? "" : "warning";
  return (
    <div class={`notice ${tone}`} role="status">
      <Icon name={task.status === "completed" ? "check" : task.status === "partly" ? "clock" : "cross"} />
      <p>
        {endingOf(task)}
        {[endReasonWord(task), task.end_note].filter(Boolean).map((words) => (
          <span key={words} class="end-words">
            {words}
          </span>
        ))}
      </p>
    </div>
  );
}

function endingOf(task: TaskView): string {
  const time = task.ended_at ? moment(task.ended_at, task.zone) : "";
  if (task.status === "completed") return _("Done at %(time)s. Thank you.", { time });
  if (task.away) return _("This is no longer with you: it was given to somebody else or moved to another day.");
  if (task.status === "cancelled" && time) return _("Called off at %(time)s. There is nothing to do here any more.", { time });
  return statusWord(task);
}
