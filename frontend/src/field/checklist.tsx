/** The checklist by heart: what it asks, how far each heart is, and a quiet way back from the last tap. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import "../styles/field/checklist.css";
import { BLOSSOM_SIZE, HEARTS, PETAL, petalAngle, type Heart } from "../blossom";
import { answer } from "./actions";
import type { Draft } from "./db";
import { _, ngettext, pick } from "./i18n";
import { LabelText, type ItemProps } from "./item";
import { grownFromFoot, Icon, Segments } from "./parts";
import { Photos } from "./pictures";
import { applyConditions, isAnswered, progressOf } from "./rules";
import { Signature } from "./signature";
import type { TaskView } from "./state";
import { Typed } from "./typed";
import type { Answer, ChecklistItem } from "./types";
import { heartWord, typeName } from "./words";

/** Long enough to notice a slip; afterwards the answer itself can still be changed. */
const UNDO_MILLISECONDS = 15_000;

/** The last tap, so that it can be taken back as what stood before it. */
interface LastTap {
  item: ChecklistItem;
  before: Answer;
}

export function Checklist({
  task,
  drafts,
  editable,
  showMissing,
}: {
  task: TaskView;
  drafts: Map<string, Draft>;
  editable: boolean;
  showMissing: boolean;
}): JSX.Element {
  const [last, setLast] = useState<LastTap | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setLast(null), UNDO_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [last]);
  const progress = progressOf(task);
  const items = applyConditions(task.checklist).filter((item) => item.visible);
  return (
    <section class="checklist" aria-label={_("Checklist")}>
      {HEARTS.map((heart) => {
        const own = items.filter((item) => item.heart === heart);
        if (own.length === 0) return null;
        const { done = 0, total = 0 } = progress.find((one) => one.heart === heart) ?? {};
        return (
          <fieldset key={heart} class={`heart ${heart}`} disabled={!editable}>
            <legend>
              <Petal heart={heart} share={total > 0 ? done / total : 0} />
              <span class="heart-name grow">{heartWord(heart)}</span>
              <span class="heart-count">{done === total ? _("All done") : _("%(done)s of %(total)s", { done, total })}</span>
            </legend>
            {own.map((item) => {
              const open = showMissing && item.required && !isAnswered(item.answer);
              const tap = (value: Answer): void => {
                setLast({ item, before: item.answer ?? null });
                void answer(task, item, value);
              };
              return (
                <div key={item.key} id={`item-${item.key}`} class={open ? "item open" : "item"}>
                  <Item task={task} item={item} drafts={drafts} onAnswer={tap} />
                  <FollowUp item={item} isEditable={editable} />
                  {open && <p class="item-open">{_("Still open")}</p>}
                </div>
              );
            })}
          </fieldset>
        );
      })}
      {editable && last && <UndoLine last={last} onUndo={() => takeBackTap(task, last, setLast)} />}
    </section>
  );
}

function takeBackTap(task: TaskView, last: LastTap, setLast: (last: LastTap | null) => void): void {
  setLast(null);
  void answer(task, last.item, last.before);
  document.querySelector<HTMLElement>(`#item-${CSS.escape(last.item.key)} :is(input, button)`)?.focus({ preventScroll: true });
}

function UndoLine({ last, onUndo }: { last: LastTap; onUndo: () => void }): JSX.Element {
  return (
    <div class="undo-line">
      <button type="button" class="button small" onClick={onUndo}>
        <Icon name="undo" />
        <span class="undo-what">
          {_("Undo")}
          <span class="soft"> · {pick(last.item.label)}</span>
        </span>
      </button>
    </div>
  );
}

/** The blossom with the petal of this heart, filled as far as its items are done. */
function Petal({ heart, share }: { heart: Heart; share: number }): JSX.Element {
  return (
    <svg class="petal" viewBox={`0 0 ${BLOSSOM_SIZE} ${BLOSSOM_SIZE}`} aria-hidden="true">
      {HEARTS.map((one) => (
        <g key={one} transform={`rotate(${petalAngle(one)} 50 50)`}>
          <path class={one === heart ? "petal-own" : "petal-other"} d={PETAL} />
          {one === heart && share > 0 && <path class={`petal-${heart}`} d={PETAL} transform={grownFromFoot(share)} />}
        </g>
      ))}
    </svg>
  );
}

function Item(props: ItemProps): JSX.Element {
  switch (props.item.kind) {
    case "tick":
      return <Tick {...props} />;
    case "pass_fail":
      return <PassFail {...props} />;
    case "choice":
      return <Choice {...props} />;
    case "gift":
      return <Gift {...props} />;
    case "photo":
      return <Photos {...props} />;
    case "signature":
      return <Signature {...props} />;
    default:
      return <Typed {...props} />;
  }
}

function Tick({ item, onAnswer }: ItemProps): JSX.Element {
  return (
    <label class="tick">
      <input type="checkbox" checked={item.answer === true} onChange={(event) => onAnswer(event.currentTarget.checked)} />
      <LabelText item={item} />
    </label>
  );
}

function PassFail({ task, item, onAnswer }: ItemProps): JSX.Element {
  const options: ["pass" | "fail", string][] = [
    ["pass", _("Good")],
    ["fail", _("Not good")],
  ];
  return (
    <div class="stacked">
      <LabelText item={item} />
      <Segments
        name={`${task.id}-${item.key}`}
        label={pick(item.label)}
        options={options}
        value={item.answer === "pass" || item.answer === "fail" ? item.answer : null}
        onPick={onAnswer}
        tone={(value) => (value === "pass" ? "good" : "bad")}
      />
    </div>
  );
}

function Choice({ task, item, onAnswer }: ItemProps): JSX.Element {
  return (
    <div class="stacked">
      <LabelText item={item} />
      <Segments
        name={`${task.id}-${item.key}`}
        label={pick(item.label)}
        options={(item.choices ?? []).map((one) => [one.key, pick(one.label)])}
        value={typeof item.answer === "string" ? item.answer : null}
        onPick={onAnswer}
      />
    </div>
  );
}

/** A small thank-you. Beside a restricted product nothing is given, so that answer is not offered. */
function Gift(props: ItemProps): JSX.Element {
  const { task, item } = props;
  if (!task.lines.some((line) => line.is_restricted)) return <Choice {...props} />;
  const choices = (item.choices ?? []).filter((one) => one.key !== "given");
  return (
    <>
      <Choice {...props} item={{ ...item, choices }} />
      <p class="item-note soft">{_("There is a restricted product in this delivery: it comes without any gift.")}</p>
    </>
  );
}

/** A failed item is somebody's work tomorrow: the phone says so before and after the visit ends. */
function FollowUp({ item, isEditable }: { item: ChecklistItem; isEditable: boolean }): JSX.Element | null {
  if (!item.follow_up || item.answer !== "fail") return null;
  const what = typeName(item.follow_up.type);
  const days = item.follow_up.days;
  const when = days === 0 ? _("today") : ngettext("tomorrow", "in %(num)s days", days);
  return (
    <p class="follow-up">
      <Icon name="next" />
      <span>
        {isEditable
          ? _("When you finish, a new task opens for this: %(what)s, %(when)s.", { what, when })
          : _("A new task was opened for this: %(what)s.", { what })}
      </span>
    </p>
  );
}
