/** The server said no. Everything typed is kept; the person mends it, decides, tries again, takes a copy, or lets it go. */
import "../styles/field/unsent.css";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { OutboxRow } from "./db";
import { discard } from "./discard";
import { _, pick } from "./i18n";
import { canMend, conflictOf, decide, mend, saveCopy, type Choice } from "./mending";
import { isOpen, retry } from "./outbox/by-hand";
import { taskIdOf } from "./outbox/rows";
import { AskTwice, Icon } from "./parts";
import { CameraButton } from "./pictures";
import { get } from "./state";
import { stepWord } from "./step-word";
import type { Problem } from "./types";

export function BlockedCard({ row }: { row: OutboxRow }): JSX.Element {
  return (
    <section class="blocked" role="alert">
      <p>
        <Icon name="alert" />
        <strong>{_("Not accepted: %(what)s", { what: stepWord(row) })}</strong>
      </p>
      <p>{blockedReason(row.error)}</p>
      <WaysOn row={row} />
    </section>
  );
}

/** The ways to go on with a refused entry. */
export function WaysOn({ row }: { row: OutboxRow }): JSX.Element {
  const conflict = conflictOf(row);
  return (
    <>
      {conflict && <Texts row={row} mine={conflict.mine} theirs={conflict.theirs} />}
      <div class="row wrap">
        {canMend(row) && (
          <button type="button" class="button" onClick={() => void mend(row)}>
            <Icon name="pen" />
            {_("Change it")}
          </button>
        )}
        <TakeAgain row={row} />
        {!conflict && (
          <button type="button" class="button" onClick={() => void retry(row.seq)}>
            {_("Try again")}
          </button>
        )}
        <button type="button" class="button" onClick={() => void saveCopy([row])}>
          {_("Save a copy")}
        </button>
        <Discard row={row} />
      </div>
    </>
  );
}

/** A photo that the server cannot read, or finds too large, makes place for another one. */
function TakeAgain({ row }: { row: OutboxRow }): JSX.Element | null {
  const task = get().tasks.find((one) => one.id === taskIdOf(row));
  if (!task || row.body.kind !== "photo") return null;
  const item = task.checklist.find((one) => one.key === row.body.item_key) ?? null;
  return <CameraButton task={task} item={item} label={item ? pick(item.label) : _("Photo")} text={_("Retake")} insteadOf={row.blobs[0]} />;
}

/** Nobody's words are thrown away by a rule: the person who stood there decides. */
function Texts({ row, mine, theirs }: { row: OutboxRow; mine: string; theirs: string }): JSX.Element {
  const choices: [Choice, string][] = [
    ["mine", _("Keep mine")],
    ["theirs", _("Keep theirs")],
    ["both", _("Keep both")],
  ];
  return (
    <>
      <dl class="two-texts">
        <dt>{_("You wrote")}</dt>
        <dd>{mine || "–"}</dd>
        <dt>{_("There it says")}</dt>
        <dd>{theirs || "–"}</dd>
      </dl>
      <div class="row wrap">
        {choices.map(([choice, text]) => (
          <button key={choice} type="button" class="button main" onClick={() => void decide(row, choice)}>
            {text}
          </button>
        ))}
      </div>
    </>
  );
}

export function blockedReason(problem: Problem | null): string {
  if (!problem) return "";
  // Whole sentences: what went too far, and what to write instead.
  if (problem.code === "too-private" && problem.errors) return Object.values(problem.errors).flat().join(" ");
  return problem.detail || problem.title || _("The server did not accept this (%(status)s).", { status: problem.status });
}

export function Discard({ row }: { row: OutboxRow }): JSX.Element {
  const [neverWentOut, setNeverWentOut] = useState(false);
  useEffect(() => void isOpen(row).then(setNeverWentOut), [row.id, row.attempts]);
  return (
    <AskTwice
      ask={_("Discard")}
      confirm={_("Discard for good")}
      question={
        row.state === "blocked" || neverWentOut
          ? _("This entry was never received. Discard it?")
          : _("This entry may have arrived already. Discard it on this phone?")
      }
      onConfirm={() => void discard(row)}
    />
  );
}
