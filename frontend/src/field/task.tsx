/** One task: whom it is for, what the customer said, the checklist by heart, and one main action at the bottom. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { finish, mend, takeStep, tellLate, undo, type Outcome } from "./actions";
import { SyncChip } from "./app";
import { Checklist, lastTypedOf } from "./checklist";
import { DeclinePanel, FinishPanel } from "./finish";
import { _, ngettext, pick } from "./i18n";
import { lazy } from "./lazy";
import { blockedReason, discard, retry } from "./outbox";
import { AskTwice, Chip, Empty, Icon, TaskBlossom, useTick } from "./parts";
import { callAddress, routeAddress } from "./places";
import { canUndo, isEnded, missingItems, progressOf } from "./rules";
import { back } from "./router";
import { get, type State, type TaskView } from "./state";
import { claim, fetchTask } from "./sync";
import { clock, moment, now, shortDay } from "./time";
import { EndedFacets, Facets, whyOf } from "./today";
import { dialectWord, endReasonWord, startWord, statusWord, stepWord, typeWord } from "./words";

const CustomerKey = lazy(() => import("./customer-page").then((module) => module.CustomerKey));

type Panel = "none" | "finish" | "decline";

export function TaskPage({ state, id, task }: { state: State; id: number; task: TaskView | undefined }): JSX.Element {
  const [found, setFound] = useState<"ok" | "missing" | "unreachable" | "asking">(task ? "ok" : "asking");
  useEffect(() => {
    if (!task) void fetchTask(id).then(setFound);
  }, [id]);
  if (task) return <KnownTask state={state} task={task} />;
  return (
    <div class="task">
      <TaskTop state={state} title={_("Task")} />
      {found === "asking" && <p class="soft" aria-busy="true">{_("One moment…")}</p>}
      {found === "unreachable" && <Empty title={_("This task is not on the phone yet.")}>{_("Open it again when there is a connection.")}</Empty>}
      {found === "missing" && <Empty title={_("This task is no longer with you.")}>{_("It was given to somebody else or taken out of the plan.")}</Empty>}
    </div>
  );
}

function TaskTop({ state, title }: { state: State; title: string }): JSX.Element {
  return (
    <header class="top">
      <button type="button" class="icon-button only-narrow" onClick={() => back("/m/")} aria-label={_("Back")}>
        <Icon name="back" />
      </button>
      <h1 class="small">{title}</h1>
      <SyncChip state={state} />
    </header>
  );
}

function KnownTask({ state, task }: { state: State; task: TaskView }): JSX.Element {
  const [panel, setPanel] = useState<Panel>("none");
  const [showMissing, setShowMissing] = useState(false);
  useTick(15);
  const blocked = task.waiting.filter((row) => row.state === "blocked");
  const workable = task.status === "assigned" || task.status === "active";
  return (
    <div class="task">
      <TaskTop state={state} title={typeWord(task)} />
      <Head task={task} />
      {blocked.map((row) => (
        <BlockedCard key={row.id} row={row} />
      ))}
      {task.held && (
        <p class="notice warning" role="status">
          <Icon name="clock" />
          {_("Sent. Your supervisor will decide, because the task changed meanwhile.")}
        </p>
      )}
      {isEnded(task) && <EndNotice task={task} />}
      <CustomerCard task={task} />
      <Talk state={state} task={task} />
      <KeyFold task={task} />
      <Late task={task} />
      {task.lines.length > 0 && <Lines task={task} />}
      <Checklist task={task} drafts={state.drafts} editable={workable} showMissing={showMissing} />
      {panel === "finish" && (
        <FinishPanel
          task={task}
          lastTyped={lastTypedOf(task, state.drafts)}
          onComplete={(lines) => tryToFinish(task, setShowMissing, lines)}
          onClose={() => setPanel("none")}
        />
      )}
      {panel === "decline" && <DeclinePanel task={task} onClose={() => setPanel("none")} />}
      {panel === "none" && (
        <ActionBar
          task={task}
          missing={showMissing ? missingItems(task).length : 0}
          onFinish={() => tryToFinish(task, setShowMissing)}
          onNotPossible={() => setPanel("finish")}
          onDecline={() => setPanel("decline")}
        />
      )}
    </div>
  );
}

/** Complete at once when nothing is missing; else show what is, without a lecture. Judged by what stands now: a quick
 * finger taps "Finish" before the last tick has been drawn. */
function tryToFinish(drawn: TaskView, setShowMissing: (show: boolean) => void, lines: Outcome[] = []): void {
  const { tasks, drafts } = get();
  const task = tasks.find((one) => one.id === drawn.id) ?? drawn;
  const lastTyped = lastTypedOf(task, drafts);
  const missing = missingItems(task).filter((item) => !(item.key in lastTyped));
  if (missing.length > 0) {
    setShowMissing(true);
    const first = document.getElementById(`item-${missing[0]?.key}`);
    first?.scrollIntoView({ block: "center", behavior: "smooth" });
    first?.querySelector<HTMLElement>("input, textarea, button")?.focus({ preventScroll: true });
    return;
  }
  void finish(task, { verb: "complete", lines }, lastTyped);
  scrollTo({ top: 0, behavior: "smooth" });
}

function Head({ task }: { task: TaskView }): JSX.Element {
  return (
    <section class="head">
      <div class="grow">
        <h2 class="name">{task.customer.name}</h2>
        <p class="window">
          {clock(task.window_start, task.zone)}
          <span class="soft">–{clock(task.window_end, task.zone)}</span>
          <span class="soft window-day">{shortDay(task.window_start, task.zone)}</span>
        </p>
        <p class="kind">
          <Icon name={task.type} />
          {whyOf(task)}
          <span class="soft">
            {_("about %(minutes)s min", { minutes: task.expected_minutes })} · {task.number}
          </span>
        </p>
        {isEnded(task) ? <EndedFacets task={task} /> : <Facets task={task} inFull />}
        {!isEnded(task) && <Stamps task={task} />}
      </div>
      <TaskBlossom task={task} progress={progressOf(task)} />
    </section>
  );
}

function Stamps({ task }: { task: TaskView }): JSX.Element | null {
  const stamps: [string, string | null][] = [
    [_("Accepted"), task.accepted_at],
    [task.type === "callback" ? _("Started") : _("Set out"), task.started_at],
    [_("Arrived"), task.arrived_at],
  ];
  const known = stamps.filter(([, at]) => at);
  if (known.length === 0) return null;
  return (
    <p class="stamps soft">
      {known.map(([text, at]) => (
        <span key={text}>
          {text} {clock(at as string, task.zone)}
        </span>
      ))}
    </p>
  );
}

function EndNotice({ task }: { task: TaskView }): JSX.Element {
  const tone = task.status === "completed" ? "ok" : task.status === "cancelled" ? "" : "warning";
  const title =
    task.status === "completed"
      ? _("Done at %(time)s. Thank you.", { time: task.ended_at ? moment(task.ended_at, task.zone) : "" })
      : statusWord(task);
  return (
    <div class={`notice ${tone}`} role="status">
      <Icon name={task.status === "completed" ? "check" : "clock"} />
      <p>
        {title}
        {task.end_reason && <> · {endReasonWord(task)}</>}
        {task.end_note && <> · {task.end_note}</>}
      </p>
    </div>
  );
}

function CustomerCard({ task }: { task: TaskView }): JSX.Element {
  const { customer } = task;
  const call = callAddress(task);
  const route = routeAddress(task);
  const sizes = Object.entries(customer.sizes ?? {});
  return (
    <section class="card" aria-labelledby="customer">
      <h2 id="customer">{_("Customer")}</h2>
      <dl class="facts">
        {(customer.phone ?? customer.phone_masked) && (
          <>
            <dt>{_("Phone")}</dt>
            <dd>{customer.phone ?? customer.phone_masked}</dd>
          </>
        )}
        {customer.address && (
          <>
            <dt>{_("Address")}</dt>
            <dd>{customer.address}</dd>
          </>
        )}
        {customer.access_notes && (
          <>
            <dt>{_("At the door")}</dt>
            <dd>{customer.access_notes}</dd>
          </>
        )}
        {customer.dialect && (
          <>
            <dt>{_("Speaks")}</dt>
            <dd>{dialectWord(customer.dialect)}</dd>
          </>
        )}
        {customer.preferences && (
          <>
            <dt>{_("Likes")}</dt>
            <dd>{customer.preferences}</dd>
          </>
        )}
        {sizes.length > 0 && (
          <>
            <dt>{_("Sizes")}</dt>
            <dd>{sizes.map(([name, size]) => `${name} ${size}`).join(", ")}</dd>
          </>
        )}
        {(customer.household ?? []).map((member) => (
          <>
            <dt>{_("At home")}</dt>
            <dd>
              {member.name}
              {member.note && <span class="soft"> · {member.note}</span>}
            </dd>
          </>
        ))}
        {task.note && (
          <>
            <dt>{_("Note")}</dt>
            <dd>{task.note}</dd>
          </>
        )}
      </dl>
      {(customer.tags ?? []).length > 0 && (
        <p class="chips">
          {customer.tags?.map((tag) => (
            <Chip key={tag}>{tag}</Chip>
          ))}
        </p>
      )}
      {(call || route) && (
        <div class="row">
          {call && (
            <a class="button grow" href={call}>
              <Icon name="callback" />
              {_("Call")}
            </a>
          )}
          {route && (
            <a class="button grow" href={route} target="_blank" rel="noreferrer">
              <Icon name="pin" />
              {_("Route")}
            </a>
          )}
        </div>
      )}
    </section>
  );
}

function Talk({ state, task }: { state: State; task: TaskView }): JSX.Element | null {
  if (!task.assignee || !task.customer.id) return null;
  const conversation = state.conversations.find((one) => one.customer.id === task.customer.id);
  const last = conversation?.last_message ?? state.lastTexts.get(task.customer.id);
  return (
    <a class="talk" href={`/m/messages/${task.customer.id}`}>
      <Icon name="messages" />
      <span class="grow">
        <strong>{_("Messages")}</strong>
        <span class="soft one-line">
          {last?.direction === "out" && <>{_("We:")} </>}
          {last ? last.text : _("Nothing written yet.")}
        </span>
      </span>
      {conversation && conversation.unread > 0 && <span class="badge">{conversation.unread}</span>}
      <Icon name="next" />
    </a>
  );
}

const LATER_MINUTES = [10, 20, 30];
const FIVE_MINUTES = 5 * 60_000;

/** On the way and late: the customer hears the new time, by SMS, as soon as this phone has signal. */
function Late({ task }: { task: TaskView }): JSX.Element | null {
  if (task.status !== "active" || task.arrived_at || task.type === "callback") return null;
  const waiting = task.waiting.findLast((row) => row.verb === "late");
  const promised = task.promised?.findLast((one) => one.kind === "eta")?.start;
  const told = (waiting?.body.eta as string | undefined) ?? promised;
  const from = Math.max(now().getTime(), told ? new Date(told).getTime() : 0);
  const times = LATER_MINUTES.map((minutes): [number, Date] => [minutes, new Date(Math.ceil((from + minutes * 60_000) / FIVE_MINUTES) * FIVE_MINUTES)]);
  return (
    <section class="card late" aria-labelledby="late">
      <h2 id="late">{_("Running late?")}</h2>
      <p class="soft">
        {waiting && told && _("%(time)s: not sent yet", { time: clock(told, task.zone) })}
        {!waiting && told && _("The customer was told %(time)s.", { time: clock(told, task.zone) })}
        {!told && _("The customer gets the new time by SMS.")}
      </p>
      <div class="row">
        {times.map(([minutes, eta]) => (
          <button key={minutes} type="button" class="button grow" onClick={() => void tellLate(task, eta)}>
            {_("+%(minutes)s min", { minutes })}
            <span class="soft">{clock(eta, task.zone)}</span>
          </button>
        ))}
      </div>
    </section>
  );
}

/** The customer's own page, shown at the door. */
function KeyFold({ task }: { task: TaskView }): JSX.Element | null {
  const [open, setOpen] = useState(false);
  if (!task.assignee || !task.customer.id) return null;
  return (
    <details class="key-fold" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Icon name="scan" />
        <span class="grow">
          <strong>{_("Customer page")}</strong>
          <span class="soft one-line">{_("Show the code to scan")}</span>
        </span>
        <Icon name="next" />
      </summary>
      {open && <CustomerKey task={task} />}
    </details>
  );
}

function Lines({ task }: { task: TaskView }): JSX.Element {
  return (
    <section class="card" aria-labelledby="lines">
      <h2 id="lines">{_("Goods")}</h2>
      <ul class="lines">
        {task.lines.map((line) => (
          <li key={line.id}>
            <span class="grow">{pick(line.name)}</span>
            <span class="amount">× {line.quantity}</span>
            {isEnded(task) && (
              <span class="soft">
                {_("%(count)s delivered", { count: line.delivered ?? 0 })}
                {Boolean(line.refused) && <> · {_("%(count)s refused", { count: line.refused ?? 0 })}</>}
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The server said no. Everything typed is kept; the person mends it, tries again, or lets it go. */
export function BlockedCard({ row }: { row: TaskView["waiting"][number] }): JSX.Element {
  return (
    <section class="blocked" role="alert">
      <p>
        <Icon name="alert" />
        <strong>{_("Not accepted: %(what)s", { what: stepWord(row) })}</strong>
      </p>
      <p>{blockedReason(row.error)}</p>
      {row.error?.server_value && <p>{_("There it says: “%(text)s”", { text: row.error.server_value })}</p>}
      <div class="row wrap">
        {(row.verb === "checklist" || row.verb === "message" || row.verb === "note") && (
          <button type="button" class="button" onClick={() => void mend(row)}>
            <Icon name="pen" />
            {_("Change it")}
          </button>
        )}
        <button type="button" class="button" onClick={() => void retry(row.seq)}>
          {_("Try again")}
        </button>
        <AskTwice
          ask={_("Discard")}
          confirm={_("Discard for good")}
          question={_("This entry was never received. Discard it?")}
          onConfirm={() => void discard(row)}
        />
      </div>
    </section>
  );
}

function ActionBar({
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

