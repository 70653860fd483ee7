/** Ends that are not "all done": partly, not possible, declined. Each says why. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { decline, finish } from "./actions";
import { _, pick } from "./i18n";
import { Icon, Segments } from "./parts";
import { back } from "./router";
import type { TaskView } from "./state";
import type { Answers } from "./types";
import { declineReasons, failReasons } from "./words";

type Way = "complete-partly" | "fail";

interface Counted {
  id: number;
  delivered: number;
  refused: number;
}

interface FinishProps {
  task: TaskView;
  lastTyped: Answers;
  /** All goods are settled after all: then this is an ordinary end, with its own questions. */
  onComplete: (lines: Counted[]) => void;
  onClose: () => void;
}

export function FinishPanel({ task, lastTyped, onComplete, onClose }: FinishProps): JSX.Element {
  const [way, setWay] = useState<Way>(task.lines.length > 0 ? "complete-partly" : "fail");
  const [reason, setReason] = useState<string | null>(null);
  const [note, setNote] = useState("");
  const [lines, setLines] = useState<Counted[]>(task.lines.map(({ id, quantity }) => ({ id, delivered: quantity, refused: 0 })));
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
      <Segments name="way" label={_("What happened?")} options={ways} value={way} onPick={setWay} />
      {way === "fail" && <Segments name="reason" label={_("Reason")} options={failReasons(task)} value={reason} onPick={setReason} />}
      {way === "complete-partly" && <LineCounts task={task} lines={lines} onChange={setLines} />}
      <NoteField note={note} onChange={setNote} needed={way === "complete-partly" && task.lines.length === 0} />
      {way === "complete-partly" && !settled && <p class="soft">{_("What is missing becomes a new task of its own.")}</p>}
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

function isReady(task: TaskView, way: Way, reason: string | null, lines: Counted[], note: string): boolean {
  if (way === "fail") return reason !== null;
  if (task.lines.length === 0) return note.trim() !== "";
  return lines.some((line) => line.delivered > 0 || line.refused > 0);
}

/** A refused piece is settled: it comes back with the associate and is not brought again. */
function restOf(task: TaskView, lines: Counted[]): number {
  const settled = lines.reduce((sum, line) => sum + line.delivered + line.refused, 0);
  return task.lines.reduce((sum, line) => sum + line.quantity, 0) - settled;
}

function LineCounts({ task, lines, onChange }: { task: TaskView; lines: Counted[]; onChange: (lines: Counted[]) => void }): JSX.Element {
  const change = (id: number, what: Partial<Counted>): void => onChange(lines.map((line) => (line.id === id ? { ...line, ...what } : line)));
  return (
    <ul class="line-counts">
      {task.lines.map((line) => {
        const counted = lines.find((one) => one.id === line.id) ?? { id: line.id, delivered: 0, refused: 0 };
        const name = pick(line.name);
        return (
          <li key={line.id}>
            <strong>
              {name} <span class="soft">× {line.quantity}</span>
            </strong>
            <Stepper
              label={_("Delivered")}
              of={name}
              value={counted.delivered}
              max={line.quantity - counted.refused}
              onChange={(delivered) => change(line.id, { delivered })}
            />
            <Stepper
              label={_("Refused")}
              of={name}
              value={counted.refused}
              max={line.quantity - counted.delivered}
              onChange={(refused) => change(line.id, { refused })}
            />
          </li>
        );
      })}
    </ul>
  );
}

function Stepper({ label, of, value, max, onChange }: { label: string; of: string; value: number; max: number; onChange: (value: number) => void }): JSX.Element {
  return (
    <div class="stepper" role="group" aria-label={`${of}: ${label}`}>
      <span class="grow">{label}</span>
      <button type="button" class="icon-button" disabled={value <= 0} aria-label={_("One less")} onClick={() => onChange(value - 1)}>
        −
      </button>
      <output>{value}</output>
      <button type="button" class="icon-button" disabled={value >= max} aria-label={_("One more")} onClick={() => onChange(value + 1)}>
        +
      </button>
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
