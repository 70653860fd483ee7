/** Ends that are not "all done": partly, not possible, declined. Each says why. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import "../styles/field/goods.css";
import { decline, endingDraftKey, finish, type Outcome } from "./actions";
import { _, ngettext, pick } from "./i18n";
import { keepDraft } from "./outbox/keeping";
import { Icon, Segments } from "./parts";
import { back } from "./router";
import { declineReasons, failReasons } from "./reasons";
import { get, type TaskView } from "./state";
import type { Answers, Line } from "./types";

type Way = "complete-partly" | "fail";

/** What is typed here is kept at every touch, like everything that is typed. */
interface EndingDraft {
  way: Way;
  reason: string | null;
  note: string;
  lines: Outcome[];
}

interface FinishProps {
  task: TaskView;
  lastTyped: Answers;
  /** All goods are settled after all: then this is an ordinary end, with its own questions. */
  onComplete: (lines: Outcome[]) => void;
  onClose: () => void;
}

function useEndingDraft(task: TaskView): [EndingDraft, (change: Partial<EndingDraft>) => void] {
  const fresh: EndingDraft = {
    way: task.lines.length > 0 ? "complete-partly" : "fail",
    reason: null,
    note: "",
    lines: task.lines.map(({ id, quantity }) => ({ id, delivered: quantity, refused: 0 })),
  };
  const [draft, setDraft] = useState<EndingDraft>(() => {
    const kept = get().drafts.get(endingDraftKey(task.id))?.value;
    const found = typeof kept === "string" && kept ? (JSON.parse(kept) as Partial<EndingDraft>) : {};
    // Goods may have been changed at the desk since.
    const isSame = found.lines?.length === fresh.lines.length && fresh.lines.every((line) => found.lines?.some((one) => one.id === line.id));
    return { ...fresh, ...found, lines: isSame ? (found.lines ?? fresh.lines) : fresh.lines };
  });
  const change = (what: Partial<EndingDraft>): void => {
    const next = { ...draft, ...what };
    setDraft(next);
    keepDraft(endingDraftKey(task.id), JSON.stringify(next));
  };
  return [draft, change];
}

export function FinishPanel({ task, lastTyped, onComplete, onClose }: FinishProps): JSX.Element {
  const [{ way, reason, note, lines }, change] = useEndingDraft(task);
  const settled = task.lines.length > 0 && restOf(task, lines) === 0;
  const send = (): void => {
    onClose();
    if (way === "fail") void finish(task, { verb: "fail", reason: reason ?? "other", note }, lastTyped);
    else if (settled) return onComplete(lines);
    else void finish(task, { verb: "complete-partly", lines, note }, lastTyped);
    scrollTo({ top: 0, behavior: "smooth" });
  };
  const ways: [Way, string][] = [
    ["complete-partly", _("A part was done")],
    ["fail", _("Not possible")],
  ];
  return (
    <PanelFrame title={_("What happened?")} onClose={onClose}>
      <Segments name="way" label={_("What happened?")} options={ways} value={way} onPick={(way) => change({ way })} />
      {way === "fail" && <Segments name="reason" label={_("Reason")} options={failReasons(task)} value={reason} onPick={(reason) => change({ reason })} />}
      {way === "complete-partly" && <LineCounts task={task} lines={lines} onChange={(lines) => change({ lines })} />}
      <NoteField note={note} onChange={(note) => change({ note })} needed={way === "complete-partly" && task.lines.length === 0} />
      {way === "complete-partly" && <WhatFollows task={task} lines={lines} />}
      <div class="row">
        <button type="button" class="button" onClick={onClose}>
          {_("Back")}
        </button>
        <button type="button" class="button main grow" disabled={!isReady(task, way, reason, lines, note)} onClick={send}>
          {way === "fail" ? _("Finish as not possible") : settled ? _("Finish") : _("Finish in part")}
        </button>
      </div>
    </PanelFrame>
  );
}

function isReady(task: TaskView, way: Way, reason: string | null, lines: Outcome[], note: string): boolean {
  if (way === "fail") return reason !== null;
  if (task.lines.length === 0) return note.trim() !== "";
  return lines.some((line) => line.delivered > 0 || line.refused > 0);
}

/** A refused piece is settled: it comes back with the associate and is not brought again. */
function restOf(task: TaskView, lines: Outcome[]): number {
  const settled = lines.reduce((sum, line) => sum + line.delivered + line.refused, 0);
  return task.lines.reduce((sum, line) => sum + line.quantity, 0) - settled;
}

/** In words, what happens to the pieces that are not handed over. */
function WhatFollows({ task, lines }: { task: TaskView; lines: Outcome[] }): JSX.Element {
  if (task.lines.length === 0) return <p class="what-follows">{_("The visit goes on as a new task, on the next day at the same time.")}</p>;
  const rest = restOf(task, lines);
  const refused = lines.reduce((sum, line) => sum + line.refused, 0);
  return (
    <p class="what-follows" role="status">
      {rest > 0 &&
        ngettext(
          "%(num)s piece is brought later: it becomes a new delivery, on the next day at the same time.",
          "%(num)s pieces are brought later: they become a new delivery, on the next day at the same time.",
          rest,
        )}
      {rest > 0 && refused > 0 && " "}
      {refused > 0 && ngettext("%(num)s refused piece goes back to the store with you.", "%(num)s refused pieces go back to the store with you.", refused)}
      {rest === 0 && refused === 0 && _("All pieces are handed over. Nothing is left for later.")}
    </p>
  );
}

function LineCounts({ task, lines, onChange }: { task: TaskView; lines: Outcome[]; onChange: (lines: Outcome[]) => void }): JSX.Element {
  const change = (id: number, what: Partial<Outcome>): void => onChange(lines.map((line) => (line.id === id ? { ...line, ...what } : line)));
  return (
    <ul class="line-counts">
      {task.lines.map((line) => (
        <LineCount
          key={line.id}
          line={line}
          counted={lines.find((one) => one.id === line.id) ?? { id: line.id, delivered: 0, refused: 0 }}
          onChange={(what) => change(line.id, what)}
        />
      ))}
    </ul>
  );
}

function LineCount({ line, counted, onChange }: { line: Line; counted: Outcome; onChange: (what: Partial<Outcome>) => void }): JSX.Element {
  const { delivered, refused } = counted;
  const name = pick(line.name);
  const short = line.quantity - delivered - refused;
  return (
    <li>
      <p class="line-name">
        <strong class="grow">{name}</strong>
        <span class="amount">× {line.quantity}</span>
      </p>
      <Stepper label={_("Delivered")} of={name} value={delivered} max={line.quantity - refused} onChange={(value) => onChange({ delivered: value })} />
      <Stepper label={_("Refused")} of={name} value={refused} max={line.quantity - delivered} onChange={(value) => onChange({ refused: value })} />
      <p class={short > 0 ? "short" : "short none"} role="status">
        <span class="grow">{_("Still to come")}</span>
        <output>{short}</output>
      </p>
    </li>
  );
}

function Stepper({ label, of, value, max, onChange }: { label: string; of: string; value: number; max: number; onChange: (value: number) => void }): JSX.Element {
  return (
    <div class="stepper" role="group" aria-label={`${of}: ${label}`}>
      <span class="grow">{label}</span>
      <span class="stepper-keys">
        <button type="button" class="step" disabled={value <= 0} aria-label={_("One less")} onClick={() => onChange(value - 1)}>
          −
        </button>
        <output>{value}</output>
        <button type="button" class="step" disabled={value >= max} aria-label={_("One more")} onClick={() => onChange(value + 1)}>
          +
        </button>
      </span>
    </div>
  );
}

export function DeclinePanel({ task, onClose }: { task: TaskView; onClose: () => void }): JSX.Element {
  const [reason, setReason] = useState<string | null>(null);
  const [note, setNote] = useState("");
  const send = (): void => {
    if (!reason) return;
    void decline(task, reason, note);
    onClose();
    back("/m/");
  };
  return (
    <PanelFrame title={_("Give the task back?")} onClose={onClose}>
      <Segments name="decline" label={_("Reason")} options={declineReasons()} value={reason} onPick={setReason} />
      <NoteField note={note} onChange={setNote} />
      <div class="row">
        <button type="button" class="button" onClick={onClose}>
          {_("Back")}
        </button>
        <button type="button" class="button main grow" disabled={!reason} onClick={send}>
          {_("Decline")}
        </button>
      </div>
    </PanelFrame>
  );
}

function PanelFrame({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }): JSX.Element {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    panel.current?.focus({ preventScroll: true });
    panel.current?.scrollIntoView({ block: "end", behavior: "smooth" });
  }, []);
  return (
    <section
      class="panel"
      ref={panel}
      tabIndex={-1}
      aria-labelledby="panel-title"
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <div class="row">
        <h2 id="panel-title" class="grow">
          {title}
        </h2>
        <button type="button" class="icon-button" aria-label={_("Close")} onClick={onClose}>
          <Icon name="cross" />
        </button>
      </div>
      {children}
    </section>
  );
}

function NoteField({ note, onChange, needed = false }: { note: string; onChange: (note: string) => void; needed?: boolean }): JSX.Element {
  return (
    <label class="field">
      <span>
        {needed ? _("What is still to do?") : _("Note")}
        {!needed && <span class="soft"> · {_("optional")}</span>}
      </span>
      <textarea rows={2} value={note} onInput={(event) => onChange(event.currentTarget.value)} />
    </label>
  );
}
