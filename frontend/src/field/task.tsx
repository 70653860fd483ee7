/** One task: whom it is for, what the customer said, the checklist by heart, and one main action at the bottom. */
import "../styles/field/messages.css";
import "../styles/field/turns.css";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ActionBar } from "./action-bar";
import { finish, type Outcome } from "./actions";
import { SyncChip } from "./app";
import { BlockedCard } from "./blocked";
import { Arrival } from "./arrival";
import { Checklist } from "./checklist";
import { CustomerCard, KeyFold, Talk } from "./customer-card";
import { dayOf, dayOfTask } from "./day";
import { DeclinePanel, FinishPanel } from "./finish";
import { Goods } from "./goods";
import { _ } from "./i18n";
import { Late } from "./late";
import { NewsNotice } from "./news-notice";
import { FreePhotos } from "./pictures";
import { Empty, Icon, Skeleton, useTick } from "./parts";
import { ProofFold } from "./proof-fold";
import { isAnswered, isEnded, missingItems } from "./rules";
import { back } from "./router";
import { get, type State, type TaskView } from "./state";
import { fetchTask } from "./sync";
import { EndNotice, Head } from "./task-head";
import { AtRisk } from "./today";
import { lastTypedOf } from "./typed";
import { typeWord } from "./words";

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
      {found === "asking" && <Skeleton />}
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
  const forecast = dayOf(state, dayOfTask(state, task)).forecasts.get(task.id);
  // What was called off before anything was done needs no list of what to do.
  const hasWork = task.status !== "cancelled" || task.checklist.some((item) => isAnswered(item.answer));
  return (
    <div class="task">
      <TaskTop state={state} title={typeWord(task)} />
      <NewsNotice task={task} />
      <Head task={task} forecast={forecast} />
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
      {isEnded(task) && <ProofFold task={task} />}
      {forecast?.isAtRisk && <AtRisk task={task} forecast={forecast} state={state} />}
      <CustomerCard task={task} />
      <Talk state={state} task={task} />
      <KeyFold task={task} />
      <Late task={task} />
      <Arrival task={task} />
      {task.lines.length > 0 && <Goods task={task} />}
      {hasWork && <Checklist task={task} drafts={state.drafts} editable={workable} showMissing={showMissing} />}
      <FreePhotos task={task} drafts={state.drafts} editable={task.status === "active"} />
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
