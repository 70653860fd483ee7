/** The day: the next task as the one big card, then the others by their window. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { SyncChip } from "./app";
import { _, ngettext, pick } from "./i18n";
import { Chip, Empty, Icon, TaskBlossom, useTick } from "./parts";
import { callAddress, routeAddress } from "./places";
import { isEnded, isLate, progressOf } from "./rules";
import type { State, TaskView } from "./state";
import { claim } from "./sync";
import { clock, dayKey, dayTitle, now, shiftDay } from "./time";
import type { TaskRow } from "./types";
import { dialectWord, reasonWord, startWord, statusWord, typeWord } from "./words";

interface TodayProps {
  state: State;
  day: -1 | 0 | 1;
  /** The task that is open in the pane beside the list; then the title and the sync chip are over there. */
  selected?: number;
}

export function Today({ state, day, selected }: TodayProps): JSX.Element {
  useTick(30);
  const zone = state.user?.store?.zone ?? "Asia/Hong_Kong";
  const key = shiftDay(dayKey(now(), zone), day);
  const mine = state.tasks.filter((task) => !task.extra && task.assignee && dayKey(task.window_start, task.zone) === key && task.status !== "cancelled");
  const claimable = day === -1 ? [] : state.claimable.filter((task) => dayKey(task.window_start, task.zone) === key);
  const open = mine.filter((task) => !isEnded(task));
  const ended = mine.filter(isEnded);
  const next = day === 0 ? nextOf(open) : undefined;
  const rest = open.filter((task) => task !== next);
  const title = dayTitle(new Date(`${key}T12:00:00Z`), "UTC");
  return (
    <div class="today">
      {selected === undefined ? (
        <header class="top">
          <h1>{title}</h1>
          <SyncChip state={state} />
        </header>
      ) : (
        <p class="top pane-title">{title}</p>
      )}
      <nav class="days" aria-label={_("Day")}>
        <DayLink to="/m/yesterday" text={_("Yesterday")} current={day === -1} />
        <DayLink to="/m/" text={_("Today")} current={day === 0} />
        <DayLink to="/m/tomorrow" text={_("Tomorrow")} current={day === 1} />
      </nav>
      {mine.length > 0 && <DayProgress done={ended.length} total={mine.length} />}
      {next && <NextCard task={next} />}
      {mine.length === 0 && claimable.length === 0 && <NothingToDo state={state} day={day} />}
      {day === 0 && mine.length > 0 && open.length === 0 && (
        <p class="notice ok">
          <Icon name="check" />
          {_("Everything of today is done. Thank you.")}
        </p>
      )}
      {rest.length > 0 && (
        <section aria-labelledby="rest">
          <h2 id="rest">{day === 0 ? _("After that") : _("Planned")}</h2>
          <TaskList tasks={rest} selected={selected} />
        </section>
      )}
      {claimable.length > 0 && (
        <section aria-labelledby="free">
          <h2 id="free">{_("Free to take")}</h2>
          <ul class="cards">
            {claimable.map((task) => (
              <ClaimCard key={task.id} task={task} />
            ))}
          </ul>
        </section>
      )}
      {ended.length > 0 && (
        <section aria-labelledby="ended">
          <h2 id="ended">{_("Done")}</h2>
          <TaskList tasks={ended} selected={selected} />
        </section>
      )}
    </div>
  );
}

/** Started work first, then what is due soonest. */
function nextOf(open: TaskView[]): TaskView | undefined {
  return open.find((task) => task.status === "active") ?? open[0];
}

function DayLink({ to, text, current }: { to: string; text: string; current: boolean }): JSX.Element {
  return (
    <a href={to} aria-current={current ? "page" : undefined}>
      {text}
    </a>
  );
}

function DayProgress({ done, total }: { done: number; total: number }): JSX.Element {
  return (
    <div class="day-progress">
      <progress max={total} value={done} aria-label={_("Progress of the day")} />
      <span class="soft">{_("%(done)s of %(total)s done", { done, total })}</span>
    </div>
  );
}

function NothingToDo({ state, day }: { state: State; day: number }): JSX.Element {
  if (!state.syncedAt) return <Empty title={_("Your day is being fetched.")}>{_("This needs a connection once.")}</Empty>;
  if (day === -1) return <Empty title={_("Nothing was planned for this day.")} />;
  return <Empty title={_("Nothing is planned yet.")}>{_("New work appears here by itself.")}</Empty>;
}

function NextCard({ task }: { task: TaskView }): JSX.Element {
  const call = callAddress(task);
  const route = routeAddress(task);
  const open = (event: MouseEvent): void => {
    if ((event.target as Element).closest("a, button")) return;
    (event.currentTarget as Element).querySelector<HTMLAnchorElement>("a.card-link")?.click();
  };
  return (
    <section class="next" aria-labelledby="next" onClick={open}>
      <div class="next-head">
        <div>
          <p class="eyebrow">{task.status === "active" ? statusWord(task) : _("Next")}</p>
          <p class="window">
            {clock(task.window_start, task.zone)}
            <span class="soft">–{clock(task.window_end, task.zone)}</span>
          </p>
          <h2 id="next">
            <a class="card-link" href={`/m/tasks/${task.id}`}>
              {task.customer.name}
            </a>
          </h2>
        </div>
        <TaskBlossom task={task} progress={progressOf(task)} />
      </div>
      <p class="kind">
        <Icon name={task.type} />
        {typeWord(task)} · {whyOf(task)}
      </p>
      {task.type !== "callback" && task.customer.address && (
        <p class="kind soft">
          <Icon name="pin" />
          {task.customer.address}
        </p>
      )}
      <Facets task={task} />
      <div class="row">
        {call && (
          <a class="button" href={call}>
            <Icon name="callback" />
            {_("Call")}
          </a>
        )}
        {route && (
          <a class="button" href={route} target="_blank" rel="noreferrer">
            <Icon name="pin" />
            {_("Route")}
          </a>
        )}
        <a class="button main grow" href={`/m/tasks/${task.id}`}>
          {task.status === "active" ? _("Go on") : startWord(task)}
          <Icon name="next" />
        </a>
      </div>
    </section>
  );
}

export function whyOf(task: TaskRow): string {
  const reasons = task.reasons.map(pick).filter(Boolean);
  return reasons.length > 0 ? reasons.join(" · ") : reasonWord(task.reason);
}

export function Facets({ task, inFull = false }: { task: TaskView; inFull?: boolean }): JSX.Element | null {
  const chips: JSX.Element[] = [];
  const blocked = task.waiting.some((row) => row.state === "blocked");
  if (isLate(task, now())) chips.push(<Chip key="late" tone="danger" icon="clock">{_("Late")}</Chip>);
  if (blocked) chips.push(<Chip key="blocked" tone="danger" icon="alert">{_("Needs you")}</Chip>);
  else if (task.waiting.length > 0) {
    chips.push(<Chip key="waiting" tone="warning" icon="wait">{ngettext("%(num)s waiting", "%(num)s waiting", task.waiting.length)}</Chip>);
  }
  if (task.held) chips.push(<Chip key="held" tone="warning" icon="clock">{_("With the supervisor")}</Chip>);
  if (task.confirmed_at) {
    chips.push(<Chip key="confirmed" tone="ok" icon="check">{inFull ? _("Confirmed by the customer") : _("Confirmed")}</Chip>);
  }
  if (task.customer.dialect) chips.push(<Chip key="dialect">{dialectWord(task.customer.dialect)}</Chip>);
  return chips.length > 0 ? <p class="chips">{chips}</p> : null;
}

function TaskList({ tasks, selected }: { tasks: TaskView[]; selected: number | undefined }): JSX.Element {
  return (
    <ul class="cards">
      {tasks.map((task) => (
        <li key={task.id}>
          <a class="task-row" href={`/m/tasks/${task.id}`} aria-current={task.id === selected ? "true" : undefined}>
            <span class="task-time">
              {clock(task.window_start, task.zone)}
              <span class="soft">{clock(task.window_end, task.zone)}</span>
            </span>
            <span class="task-text">
              <strong>{task.customer.name}</strong>
              <span class="kind soft">
                <Icon name={task.type} />
                {typeWord(task)} · {whyOf(task)}
              </span>
              {isEnded(task) ? <EndedFacets task={task} /> : <Facets task={task} />}
            </span>
            <TaskBlossom task={task} progress={progressOf(task)} />
          </a>
        </li>
      ))}
    </ul>
  );
}

const ENDED_TONES: Record<string, string> = { completed: "ok", partly: "warning", failed: "danger", cancelled: "quiet" };

export function EndedFacets({ task }: { task: TaskView }): JSX.Element {
  const blocked = task.waiting.some((row) => row.state === "blocked");
  return (
    <span class="chips">
      <Chip tone={ENDED_TONES[task.status] ?? "quiet"} icon={task.status === "completed" ? "check" : task.status === "failed" ? "cross" : "clock"}>
        {statusWord(task)}
      </Chip>
      {task.rating !== null && <Chip icon="star">{_("Rated %(stars)s of 5", { stars: task.rating })}</Chip>}
      {blocked && <Chip tone="danger" icon="alert">{_("Needs you")}</Chip>}
      {!blocked && task.waiting.length > 0 && <Chip tone="warning" icon="wait">{_("On this phone")}</Chip>}
      {task.held && <Chip tone="warning" icon="clock">{_("With the supervisor")}</Chip>}
    </span>
  );
}

function ClaimCard({ task }: { task: TaskRow }): JSX.Element {
  const [busy, setBusy] = useState(false);
  const take = (): void => {
    setBusy(true);
    void claim(task).finally(() => setBusy(false));
  };
  return (
    <li class="task-row">
      <span class="task-time">
        {clock(task.window_start, task.zone)}
        <span class="soft">{clock(task.window_end, task.zone)}</span>
      </span>
      <span class="task-text">
        <strong>{task.customer.name}</strong>
        <span class="kind soft">
          <Icon name={task.type} />
          {typeWord(task)} · {task.customer.district || whyOf(task)}
        </span>
      </span>
      <button type="button" class="button" disabled={busy} onClick={take} aria-label={_("Take the task of %(name)s", { name: task.customer.name })}>
        {_("Take")}
      </button>
    </li>
  );
}
