/** The day: the next task as the one big card, then the others by their window. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { SyncChip } from "./app";
import { dayOf, DayLinks, leftFromYesterday, mapPath, type Day, type DayPlan } from "./day";
import type { Forecast } from "./day-plan";
import { EndedFacets, Facets, whyOf } from "./facets";
import { _, ngettext } from "./i18n";
import { Empty, Icon, Skeleton, TaskBlossom, useTick } from "./parts";
import { callAddress, routeAddress } from "./places";
import { isEnded, progressOf } from "./rules";
import type { State, TaskView } from "./state";
import { claim } from "./sync";
import { clock } from "./time";
import type { TaskRow } from "./types";
import { startWord, statusWord, typeWord } from "./words";

interface TodayProps {
  state: State;
  day: Day;
  /** The task that is open in the pane beside the list; then the title and the sync chip are over there. */
  selected?: number;
}

export function Today({ state, day, selected }: TodayProps): JSX.Element {
  useTick(30);
  const plan = dayOf(state, day);
  const rest = plan.open.filter((task) => task !== plan.next);
  const isEmpty = plan.inOrder.length === 0 && plan.claimable.length === 0 && plan.cancelled.length === 0;
  return (
    <div class="today">
      {selected === undefined ? (
        <header class="top">
          <h1>{plan.title}</h1>
          <a class="icon-button" href="/m/customers" aria-label={_("Find one of my customers")}>
            <Icon name="search" />
          </a>
          <SyncChip state={state} />
        </header>
      ) : (
        <p class="top pane-title">{plan.title}</p>
      )}
      <DayLinks day={day} />
      {plan.inOrder.length > 0 && <DayProgress plan={plan} day={day} />}
      {day === 0 && <LeftFromYesterday count={leftFromYesterday(state)} />}
      {plan.next && <NextCard task={plan.next} forecast={plan.forecasts.get(plan.next.id)} state={state} />}
      {isEmpty && <NothingToDo state={state} day={day} />}
      {day === 0 && plan.ended.length > 0 && plan.open.length === 0 && (
        <p class="notice ok">
          <Icon name="check" />
          {_("Everything of today is done. Thank you.")}
        </p>
      )}
      {rest.length > 0 && (
        <Group id="rest" title={day === 0 ? _("After that") : day === 1 ? _("Planned") : _("Not ended")}>
          <TaskList tasks={rest} plan={plan} selected={selected} />
        </Group>
      )}
      {plan.claimable.length > 0 && (
        <Group id="free" title={_("Free to take")}>
          <ul class="cards">
            {plan.claimable.map((task) => (
              <ClaimCard key={task.id} task={task} />
            ))}
          </ul>
        </Group>
      )}
      {plan.cancelled.length > 0 && (
        <Group id="cancelled" title={_("No longer to do")}>
          <TaskList tasks={plan.cancelled} plan={plan} selected={selected} />
        </Group>
      )}
      {plan.ended.length > 0 && (
        <Group id="ended" title={_("Done")}>
          <TaskList tasks={plan.ended} plan={plan} selected={selected} />
        </Group>
      )}
    </div>
  );
}

function Group({ id, title, children }: { id: string; title: string; children: JSX.Element }): JSX.Element {
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

function DayProgress({ plan, day }: { plan: DayPlan; day: Day }): JSX.Element {
  const [done, total] = [plan.ended.length, plan.inOrder.length];
  const last = plan.open.map((task) => plan.forecasts.get(task.id)?.leaves.getTime() ?? 0);
  const until = day === 0 && done < total && last.length > 0 ? clock(new Date(Math.max(...last)), plan.inOrder[0]?.zone ?? "UTC") : null;
  return (
    <div class="day-progress">
      <div class="grow">
        <progress max={total} value={done} aria-label={_("Progress of the day")} />
        <p class="soft">
          {_("%(done)s of %(total)s done", { done, total })}
          {until && " · "}
          {until && <span class="together">{_("the last until about %(time)s", { time: until })}</span>}
        </p>
      </div>
      <a class="button small" href={mapPath(day)}>
        <Icon name="map" />
        {_("Map")}
      </a>
    </div>
  );
}

function LeftFromYesterday({ count }: { count: number }): JSX.Element | null {
  if (count === 0) return null;
  return (
    <a class="notice warning" href="/m/yesterday">
      <Icon name="clock" />
      <span class="grow">{ngettext("%(num)s task of yesterday has no ending yet.", "%(num)s tasks of yesterday have no ending yet.", count)}</span>
      <Icon name="next" />
    </a>
  );
}

function NothingToDo({ state, day }: { state: State; day: Day }): JSX.Element {
  if (!state.syncedAt) {
    // Once the server has turned out not to be there, waiting would be a promise that nobody keeps.
    if (state.reachable !== false) return <Skeleton />;
    return <Empty title={_("Your day is not on this phone yet.")}>{_("This needs a connection once.")}</Empty>;
  }
  if (day === -1) return <Empty title={_("Nothing was planned for this day.")} />;
  return <Empty title={_("Nothing is planned yet.")}>{_("New work appears here by itself.")}</Empty>;
}

/** The whole card opens the task, except where it holds links of its own. */
function openCard(event: MouseEvent): void {
  if ((event.target as Element).closest("a, button")) return;
  (event.currentTarget as Element).querySelector<HTMLAnchorElement>("a.card-link")?.click();
}

function NextCard({ task, forecast, state }: { task: TaskView; forecast: Forecast | undefined; state: State }): JSX.Element {
  const call = callAddress(task);
  const route = routeAddress(task);
  return (
    <section class={task.news ? "next news" : "next"} aria-labelledby="next" onClick={openCard}>
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
        <span>
          {typeWord(task)} · {whyOf(task)}
        </span>
      </p>
      {task.type !== "callback" && task.customer.address && (
        <p class="kind soft">
          <Icon name="pin" />
          <span>
            {task.customer.address}
            <Way task={task} forecast={forecast} />
          </span>
        </p>
      )}
      <Facets task={task} forecast={forecast} />
      {forecast?.isAtRisk && <AtRisk task={task} forecast={forecast} state={state} />}
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

/** How far it is from the stop before, by a plain reckoning; nothing once somebody is there. */
function Way({ task, forecast }: { task: TaskView; forecast: Forecast | undefined }): JSX.Element | null {
  if (!forecast?.way || task.arrived_at) return null;
  const { kilometres, minutes } = forecast.way;
  return <span class="way-there">{_("%(km)s km, about %(minutes)s min", { km: kilometres.toFixed(1), minutes: Math.round(minutes) })}</span>;
}

/** Said early enough that something can still be done about it. */
export function AtRisk({ task, forecast, state }: { task: TaskView; forecast: Forecast; state: State }): JSX.Element {
  const mayWrite = Boolean(task.customer.id) && state.user?.id === task.assignee?.id;
  const times = { time: clock(forecast.arrives, task.zone), end: clock(task.window_end, task.zone) };
  return (
    <p class="notice warning">
      <Icon name="clock" />
      <span class="grow">
        {task.type === "callback" ? _("As the day looks, the call will begin at about %(time)s. %(end)s was promised.", times) : _("As the day looks, you will be there at about %(time)s. %(end)s was promised.", times)}{" "}
        {mayWrite && <a href={`/m/messages/${task.customer.id}`}>{_("Write to %(name)s", { name: task.customer.name })}</a>}
      </span>
    </p>
  );
}

function TaskList({ tasks, plan, selected }: { tasks: TaskView[]; plan: DayPlan; selected: number | undefined }): JSX.Element {
  return (
    <ul class="cards">
      {tasks.map((task) => (
        <li key={task.id}>
          <a class={`task-row ${task.status === "cancelled" ? "off" : ""} ${task.news ? "news" : ""}`} href={`/m/tasks/${task.id}`} aria-current={task.id === selected ? "true" : undefined}>
            <Window task={task} />
            <span class="task-text">
              {task.status === "active" && <span class="eyebrow">{statusWord(task)}</span>}
              <span>
                <strong>{task.customer.name}</strong>
                {task.type !== "callback" && <span class="soft district"> {task.customer.district}</span>}
              </span>
              <span class="kind soft">
                <Icon name={task.type} />
                <span>
                  {typeWord(task)} · {whyOf(task)}
                </span>
              </span>
              {isEnded(task) ? <EndedFacets task={task} /> : <Facets task={task} forecast={plan.forecasts.get(task.id)} />}
            </span>
            <TaskBlossom task={task} progress={progressOf(task)} />
          </a>
        </li>
      ))}
    </ul>
  );
}

function Window({ task }: { task: TaskRow }): JSX.Element {
  return (
    <span class="task-time">
      {clock(task.window_start, task.zone)}
      <span class="soft">{clock(task.window_end, task.zone)}</span>
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
      <Window task={task} />
      <span class="task-text">
        <strong>{task.customer.name}</strong>
        <span class="kind soft">
          <Icon name={task.type} />
          <span>
            {typeWord(task)} · {task.customer.district || whyOf(task)}
          </span>
        </span>
      </span>
      <button type="button" class="button" disabled={busy} onClick={take} aria-label={_("Take the task of %(name)s", { name: task.customer.name })}>
        {_("Take")}
      </button>
    </li>
  );
}
