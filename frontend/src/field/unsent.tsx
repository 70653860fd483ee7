/** What is only on this phone: every entry by name, why it waits, and the ways to go on. */
import type { JSX } from "preact";
import { mend } from "./actions";
import { TopBar } from "./app";
import type { OutboxRow } from "./db";
import { _, ngettext } from "./i18n";
import { blockedReason, discard, retry, taskIdOf } from "./outbox";
import { AskTwice, Chip, Empty, Icon } from "./parts";
import { back } from "./router";
import type { State } from "./state";
import { moment } from "./time";
import { stepWord } from "./words";

export function Unsent({ state }: { state: State }): JSX.Element {
  const { rows } = state;
  return (
    <div class="unsent">
      <TopBar state={state} title={_("Not sent yet")} backTo={() => back("/m/")} />
      {rows.length === 0 ? (
        <Empty title={_("All is sent.")}>{_("Nothing waits on this phone.")}</Empty>
      ) : (
        <>
          <p>
            {ngettext("%(num)s entry is kept on this phone.", "%(num)s entries are kept on this phone.", rows.length)}{" "}
            {state.reachable === false ? _("They go out by themselves as soon as there is a connection.") : _("They are being sent.")}
          </p>
          <button type="button" class="button main wide" onClick={() => void retry()}>
            <Icon name="send" />
            {_("Try all now")}
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
  return (
    <li class={blocked ? "unsent-row blocked" : "unsent-row"}>
      <div class="row">
        <span class="grow">
          <strong>{stepWord(row)}</strong>
          <span class="soft"> · {whomOf(row, state)}</span>
        </span>
        <span class="soft">{moment(row.at, zone)}</span>
      </div>
      {row.verb === "message" && <p class="soft one-line">{String(row.body.text)}</p>}
      <p class="chips">
        {blocked && <Chip tone="danger" icon="alert">{_("Needs you")}</Chip>}
        {!blocked && row.attempts === 0 && <Chip icon="wait">{_("Waiting")}</Chip>}
        {!blocked && row.attempts > 0 && <Chip tone="warning" icon="wait">{ngettext("Tried %(num)s time", "Tried %(num)s times", row.attempts)}</Chip>}
      </p>
      {blocked && <p>{blockedReason(row.error)}</p>}
      <div class="row wrap">
        {blocked && (row.verb === "checklist" || row.verb === "message") && (
          <button type="button" class="button" onClick={() => void mend(row)}>
            <Icon name="pen" />
            {_("Change it")}
          </button>
        )}
        {blocked && (
          <button type="button" class="button" onClick={() => void retry(row.seq)}>
            {_("Try again")}
          </button>
        )}
        <AskTwice
          ask={_("Discard")}
          confirm={_("Discard for good")}
          question={_("This entry was never received. Discard it?")}
          onConfirm={() => void discard(row)}
        />
      </div>
    </li>
  );
}

function whomOf(row: OutboxRow, state: State): string {
  const taskId = taskIdOf(row);
  const task = state.tasks.find((one) => one.id === taskId);
  if (task) return task.customer.name;
  const customer = state.conversations.find((one) => row.target === `customer:${one.customer.id}`);
  return customer?.customer.name ?? (taskId === null ? "" : _("Task %(number)s", { number: taskId }));
}
