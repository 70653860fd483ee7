/** Typed answers: text, numbers, codes. A draft on every keystroke, an answer when the person pauses or moves on. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { answer, draftKey, typed } from "./actions";
import type { Draft } from "./db";
import { DOOR_CODE_LENGTH, DoorCodeState } from "./door-code";
import { _, pick } from "./i18n";
import { LabelText, type ItemProps } from "./item";
import { outOfLimits } from "./rules";
import { ScanButton } from "./scan-button";
import type { TaskView } from "./state";
import type { Answers, ChecklistItem } from "./types";

const TYPED_KINDS = ["text", "number", "code"];
const PAUSE_MILLISECONDS = 900;
/** Counts up to here are tapped sooner than typed. */
const MOST_STEPS = 100;

export function Typed({ task, item, drafts }: ItemProps): JSX.Element {
  const kept = drafts.get(draftKey(task.id, item.key));
  const draft = kept === undefined ? null : String(kept.value ?? "");
  const stored = item.answer === null || item.answer === undefined ? "" : String(item.answer);
  const [text, setText] = useState(draft ?? stored);
  const [focused, setFocused] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const latest = useRef({ text, stored, task, item });
  latest.current = { text, stored, task, item };
  useEffect(() => {
    // What was typed since counts more than what the disk or the server tells of before.
    if (!focused && timer.current === undefined) setText(draft ?? stored);
  }, [stored, draft === null]);
  const problem = problemOf(item, text, focused);
  const commit = (): void => {
    clearTimeout(timer.current);
    timer.current = undefined;
    const { current } = latest;
    const value = answerOf(current.item, current.text);
    if (value !== undefined && current.text !== current.stored) void answer(current.task, current.item, value);
  };
  useEffect(() => () => {
    // Leaving the page must not send again what the server refused and the person has not touched since.
    if (timer.current !== undefined) commit();
  }, []);
  const changed = (value: string, isWhole = false): void => {
    setText(value);
    latest.current.text = value;
    typed(task, item, value);
    clearTimeout(timer.current);
    if (isWhole) commit();
    else timer.current = setTimeout(commit, PAUSE_MILLISECONDS);
  };
  const common = {
    value: text,
    "aria-invalid": Boolean(problem),
    "aria-describedby": problem ? `problem-${item.key}` : undefined,
    onFocus: () => setFocused(true),
    onBlur: () => {
      setFocused(false);
      commit();
    },
  };
  const problemLine = problem && (
    <span class="field-problem" id={`problem-${item.key}`}>
      {problem}
    </span>
  );
  if (item.kind === "code") {
    return (
      <div class="stacked">
        <label class="stacked">
          <LabelText item={item} />
          <CodeField item={item} common={common} onInput={changed} />
        </label>
        {item.is_door_code ? (
          <DoorCodeState task={task} item={item} text={text} />
        ) : (
          <ScanButton label={pick(item.label)} onCode={(code) => changed(code.slice(0, 16), true)} />
        )}
        {problemLine}
      </div>
    );
  }
  if (item.kind === "number") return <NumberField item={item} text={text} common={common} onChange={changed} problem={problemLine} />;
  return (
    <label class="stacked">
      <LabelText item={item} />
      <textarea rows={2} {...common} onInput={(event) => changed(event.currentTarget.value)} />
      {problemLine}
    </label>
  );
}

interface Common {
  value: string;
  "aria-invalid": boolean;
  "aria-describedby": string | undefined;
  onFocus: () => void;
  onBlur: () => void;
}

function CodeField({ item, common, onInput }: { item: ChecklistItem; common: Common; onInput: (value: string, isWhole?: boolean) => void }): JSX.Element {
  if (!item.is_door_code) {
    return <input class="code" autocomplete="off" autocapitalize="characters" maxLength={16} {...common} onInput={(event) => onInput(event.currentTarget.value)} />;
  }
  return (
    <span class="door-code">
      <input
        inputmode="numeric"
        autocomplete="one-time-code"
        maxLength={DOOR_CODE_LENGTH}
        {...common}
        onInput={(event) => {
          const digits = event.currentTarget.value.normalize("NFKC").replace(/\D/g, "").slice(0, DOOR_CODE_LENGTH);
          event.currentTarget.value = digits;
          onInput(digits, digits.length === DOOR_CODE_LENGTH);
        }}
      />
    </span>
  );
}

function NumberField({
  item,
  text,
  common,
  onChange,
  problem,
}: {
  item: ChecklistItem;
  text: string;
  common: Common;
  onChange: (value: string, isWhole?: boolean) => void;
  problem: JSX.Element | null | "" | false;
}): JSX.Element {
  const value = numberOf(text);
  const low = item.min ?? 0;
  const isCounted = item.max !== null && item.max !== undefined && item.max - low <= MOST_STEPS;
  const move = (by: number): void => {
    const next = value === null ? low : Math.min(item.max ?? Infinity, Math.max(low, value + by));
    onChange(String(next), true);
  };
  return (
    <div class="stacked">
      <label for={`field-${item.key}`}>
        <LabelText item={item} />
      </label>
      <span class="with-unit">
        {isCounted && (
          <button type="button" class="step" disabled={value !== null && value <= low} aria-label={_("One less")} onClick={() => move(-1)}>
            −
          </button>
        )}
        <input
          id={`field-${item.key}`}
          class="number"
          inputmode="decimal"
          autocomplete="off"
          maxLength={20}
          {...common}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
        {isCounted && (
          <button type="button" class="step" disabled={value !== null && value >= (item.max ?? Infinity)} aria-label={_("One more")} onClick={() => move(1)}>
            +
          </button>
        )}
        <span class="soft">
          {limitsWord(item)} {unitWord(item)}
        </span>
      </span>
      {problem}
    </div>
  );
}

/** The sign for "times" tells nothing beside a count of pieces. */
function unitWord(item: ChecklistItem): string {
  const unit = pick(item.unit);
  return unit === "×" ? "" : unit;
}

function limitsWord(item: ChecklistItem): string {
  const { min, max } = item;
  if (min !== null && min !== undefined && max !== null && max !== undefined) return `${min}–${max}`;
  if (min !== null && min !== undefined) return `≥ ${min}`;
  return max !== null && max !== undefined ? `≤ ${max}` : "";
}

function problemOf(item: ChecklistItem, text: string, isTyping = false): string | null {
  const plain = text.trim();
  if (plain === "") return null;
  if (item.is_door_code) return isTyping || plain.length === DOOR_CODE_LENGTH ? null : _("The code has four digits.");
  if (item.kind === "code" && !/^[0-9a-z]{1,16}$/i.test(plain)) return _("Only digits and letters.");
  if (item.kind !== "number") return null;
  const value = numberOf(text);
  if (value === null) return _("Please enter a number.");
  const limit = outOfLimits(item, value);
  if (limit === "low") return _("This is less than %(limit)s. Please check.", { limit: item.min ?? "" });
  if (limit === "high") return _("This is more than %(limit)s. Please check.", { limit: item.max ?? "" });
  return null;
}

/** Keyboards in Chinese may type full-width digits; some countries write a comma. */
function numberOf(text: string): number | null {
  const plain = text.normalize("NFKC").trim().replace(",", ".");
  const value = Number(plain);
  return plain !== "" && Number.isFinite(value) ? value : null;
}

/** What may be kept as an answer; undefined while it is not fit to be one. */
function answerOf(item: ChecklistItem, text: string): string | number | null | undefined {
  if (problemOf(item, text)) return undefined;
  if (text.trim() === "") return null;
  return item.kind === "number" ? numberOf(text) : item.kind === "code" ? text.normalize("NFKC").trim() : text;
}

/** Typed but not yet kept as an answer: goes along with the end of the task. */
export function lastTypedOf(task: TaskView, drafts: Map<string, Draft>): Answers {
  const found: Answers = {};
  for (const item of task.checklist.filter((one) => TYPED_KINDS.includes(one.kind) && one.visible)) {
    const field = document.querySelector<HTMLInputElement>(`#item-${CSS.escape(item.key)} :is(input, textarea)`);
    const draft = drafts.get(draftKey(task.id, item.key))?.value;
    const text = field?.value ?? (draft === undefined ? null : String(draft));
    if (text === null || text === String(item.answer ?? "")) continue;
    const value = answerOf(item, text);
    if (value !== undefined) found[item.key] = value;
  }
  return found;
}
