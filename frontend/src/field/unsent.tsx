/** What is only on this phone: every entry by name, why it waits, and the ways to go on. */
import "../styles/field/unsent.css";
import type { JSX } from "preact";
import { TopBar } from "./app";
import { blockedReason, Discard, WaysOn } from "./blocked-card";
import type { OutboxRow } from "./db";
import { _, ngettext } from "./i18n";
import { saveCopy } from "./mending";
import { retry } from "./outbox/by-hand";
import { taskIdOf } from "./outbox/rows";
import { Chip, Empty, Icon } from "./parts";
import { back } from "./router";
import type { State } from "./state";
import { moment } from "./time";
import { stepWord } from "./step-word";

export function Unsent({ state }: { state: State }): JSX.Element {
  const { rows } = state;
  const onTheirWay = rows.filter((row) => row.state !== "blocked").length;
  return (
    <div class="unsent">
      <TopBar state={state} title={_("Not sent yet")} backTo={() => back("/m/")} />
      {rows.length === 0 ? (
        <Empty title={_("All is sent.")}>{_("Nothing waits on this phone.")}</Empty>
      ) : (
        <>
          <p>
            {ngettext("%(num)s entry is kept on this phone.", "%(num)s entries are kept on this phone.", rows.length)}{" "}
            {state.reachable === false
              ? ngettext("It goes out by itself as soon as there is a connection.", "They go out by themselves as soon as there is a connection.", rows.length)
              : onTheirWay > 0 && ngettext("%(num)s is being sent.", "%(num)s are being sent.", onTheirWay)}
          </p>
          <button type="button" class="button main wide" onClick={() => void retry()}>
            <Icon name="send" />
            {_("Try all now")}
          </button>
          <button type="button" class="button wide" onClick={() => void saveCopy(rows)}>
            {_("Save a copy of all (zip)")}
          </button>
          <ul class="cards">
            {rows.map((row) => (
              <Row key={row.id} row={row} state={state} />
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function Row({ row, state }: { row: OutboxRow; state: State }): JSX.Element {
  const zone = state.user?.store?.zone ?? "Asia/Hong_Kong";
  const blocked = row.state === "blocked";
  const words = String(row.body.text ?? row.body.words ?? row.body.note ?? "");
  return (
    <li class={blocked ? "unsent-row blocked" : "unsent-row"}>
      <div class="row">
        <span class="grow">
          <strong>{stepWord(row)}</strong>
          <span class="soft"> · {whomOf(row, state)}</span>
        </span>
        <span class="soft">{moment(row.at, zone)}</span>
      </div>
      {words && <p class="soft one-line">{words}</p>}
      <p class="chips">
        {blocked && <Chip tone="danger" icon="alert">{_("Needs you")}</Chip>}
        {!blocked && row.attempts === 0 && <Chip icon="wait">{_("Waiting")}</Chip>}
        {!blocked && row.attempts > 0 && <Chip tone="warning" icon="wait">{ngettext("Tried %(num)s time", "Tried %(num)s times", row.attempts)}</Chip>}
      </p>
      {blocked && <p>{blockedReason(row.error)}</p>}
      {blocked ? <WaysOn row={row} /> : <Discard row={row} />}
    </li>
  );
}

function whomOf(row: OutboxRow, state: State): string {
  const taskId = taskIdOf(row);
  const task = state.tasks.find((one) => one.id === taskId);
  if (task) return task.customer.name;
  // Texts, notes and complaints have lanes of their own, all named after the customer.
  const customerId = Number(row.target.split(":")[1]);
  const ofTask = row.target.startsWith("rules:") ? undefined : state.tasks.find((one) => one.customer.id === customerId);
  if (taskId === null && ofTask) return ofTask.customer.name;
  const customer = state.conversations.find((one) => !row.target.startsWith("rules:") && one.customer.id === customerId);
  return customer?.customer.name ?? (taskId === null ? "" : _("Task %(number)s", { number: taskId }));
}
