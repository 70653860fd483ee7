/** The checklist by heart. Each answer is kept at once; typed ones while they are typed. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { HEARTS } from "../blossom";
import { addPicture, answer, draftKey, picturesOf, removePicture, typed } from "./actions";
import { fromCanvas, fromPhoto } from "./capture";
import type { Draft } from "./db";
import { _, pick } from "./i18n";
import { Icon, Segments, Thumbnail } from "./parts";
import { applyConditions, isAnswered, outOfLimits, progressOf } from "./rules";
import { say, type TaskView } from "./state";
import type { Answers, ChecklistItem } from "./types";
import { heartWord } from "./words";

const TYPED_KINDS = ["text", "number", "code"];
const PAUSE_MILLISECONDS = 900;

interface ItemProps {
  task: TaskView;
  item: ChecklistItem;
  draft: string | null;
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
              <span class="heart-name">{heartWord(heart)}</span>
              <span class="heart-count">
                {done}/{total}
              </span>
            </legend>
            {own.map((item) => {
              const draft = drafts.get(draftKey(task.id, item.key));
              const open = showMissing && item.required && !isAnswered(item.answer);
              return (
                <div key={item.key} id={`item-${item.key}`} class={open ? "item open" : "item"}>
                  <Item task={task} item={item} draft={draft === undefined ? null : String(draft.value ?? "")} />
                  {open && <p class="item-open">{_("Still open")}</p>}
                </div>
              );
            })}
          </fieldset>
        );
      })}
    </section>
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
    case "photo":
      return <Photos {...props} />;
    case "signature":
      return <Signature {...props} />;
    default:
      return <Typed {...props} />;
  }
}

function LabelText({ item }: { item: ChecklistItem }): JSX.Element {
  return (
    <span class="item-label">
      <span>
        {pick(item.label)}
        {!item.required && <span class="soft"> · {_("optional")}</span>}
      </span>
      {item.help && <span class="soft help">{pick(item.help)}</span>}
    </span>
  );
}

function Tick({ task, item }: ItemProps): JSX.Element {
  return (
    <label class="tick">
      <input type="checkbox" checked={item.answer === true} onChange={(event) => void answer(task, item, event.currentTarget.checked)} />
      <LabelText item={item} />
    </label>
  );
}

function PassFail({ task, item }: ItemProps): JSX.Element {
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
        onPick={(value) => void answer(task, item, value)}
        tone={(value) => (value === "pass" ? "good" : "bad")}
      />
    </div>
  );
}

function Choice({ task, item }: ItemProps): JSX.Element {
  return (
    <div class="stacked">
      <LabelText item={item} />
      <Segments
        name={`${task.id}-${item.key}`}
        label={pick(item.label)}
        options={(item.choices ?? []).map((one) => [one.key, pick(one.label)])}
        value={typeof item.answer === "string" ? item.answer : null}
        onPick={(value) => void answer(task, item, value)}
      />
    </div>
  );
}

/** Text, number and code: a draft on every keystroke, an answer when the person pauses or moves on. */
function Typed({ task, item, draft }: ItemProps): JSX.Element {
  const stored = item.answer === null || item.answer === undefined ? "" : String(item.answer);
  const [text, setText] = useState(draft ?? stored);
  const [focused, setFocused] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const latest = useRef({ text, stored, task, item });
  latest.current = { text, stored, task, item };
  useEffect(() => {
    if (!focused) setText(draft ?? stored);
  }, [stored, draft === null]);
  const problem = problemOf(item, text);
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
  const changed = (value: string): void => {
    setText(value);
    latest.current.text = value;
    typed(task, item, value);
    clearTimeout(timer.current);
    timer.current = setTimeout(commit, PAUSE_MILLISECONDS);
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
  return (
    <label class="stacked">
      <LabelText item={item} />
      {item.kind === "text" ? (
        <textarea rows={2} {...common} onInput={(event) => changed(event.currentTarget.value)} />
      ) : (
        <span class="with-unit">
          <input
            class={item.kind === "code" ? "code" : "number"}
            inputmode={item.kind === "number" ? "decimal" : "numeric"}
            autocomplete="off"
            maxLength={item.kind === "code" ? 16 : 20}
            {...common}
            onInput={(event) => changed(event.currentTarget.value)}
          />
          {item.unit && <span class="soft">{pick(item.unit)}</span>}
          {item.kind === "number" && <span class="soft">{limitsWord(item)}</span>}
        </span>
      )}
      {problem && (
        <span class="field-problem" id={`problem-${item.key}`}>
          {problem}
        </span>
      )}
    </label>
  );
}

function limitsWord(item: ChecklistItem): string {
  const { min, max } = item;
  if (min !== null && min !== undefined && max !== null && max !== undefined) return `${min}–${max}`;
  if (min !== null && min !== undefined) return `≥ ${min}`;
  return max !== null && max !== undefined ? `≤ ${max}` : "";
}

function problemOf(item: ChecklistItem, text: string): string | null {
  if (item.kind === "code" && text.trim() && !/^[0-9a-z]{1,16}$/i.test(text.trim())) return _("Only digits and letters.");
  if (item.kind !== "number" || text.trim() === "") return null;
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

function Photos({ task, item }: ItemProps): JSX.Element {
  const [busy, setBusy] = useState(false);
  const pictures = picturesOf(item);
  const take = async (input: HTMLInputElement): Promise<void> => {
    const file = input.files?.[0];
    if (!file) return;
    setBusy(true);
    try {
      await addPicture(task, item, await fromPhoto(file));
    } catch {
      say(_("This picture could not be read. Please take it again."));
    } finally {
      // The same file may be chosen again, and the browser may let go of the original.
      input.value = "";
      setBusy(false);
    }
  };
  return (
    <div class="stacked">
      <LabelText item={item} />
      <PictureRow task={task} item={item} ids={pictures} />
      <label class={busy ? "button file busy" : "button file"}>
        <Icon name="camera" />
        <span>{busy ? _("One moment…") : pictures.length > 0 ? _("One more photo") : _("Take a photo")}</span>
        <input
          type="file"
          accept="image/*"
          capture="environment"
          aria-label={pick(item.label)}
          onChange={(event) => void take(event.currentTarget)}
        />
      </label>
    </div>
  );
}

function PictureRow({ task, item, ids }: { task: TaskView; item: ChecklistItem; ids: string[] }): JSX.Element | null {
  if (ids.length === 0) return null;
  return (
    <ul class={item.kind === "signature" ? "pictures signed" : "pictures"}>
      {ids.map((id, index) => (
        <li key={id}>
          <Thumbnail
            id={id}
            otherwise={task.evidence.find((one) => one.blob_id === id)?.url || undefined}
            alt={_("%(what)s, picture %(number)s", { what: pick(item.label), number: index + 1 })}
          />
          <button
            type="button"
            class="icon-button remove"
            aria-label={_("Remove picture %(number)s", { number: index + 1 })}
            onClick={() => void removePicture(task, item, id)}
          >
            <Icon name="cross" />
          </button>
        </li>
      ))}
    </ul>
  );
}

function Signature({ task, item }: ItemProps): JSX.Element {
  const [drawing, setDrawing] = useState(false);
  const ids = picturesOf(item);
  return (
    <div class="stacked">
      <LabelText item={item} />
      <PictureRow task={task} item={item} ids={ids} />
      {drawing ? (
        <SignaturePad label={pick(item.label)} onCancel={() => setDrawing(false)} onDone={(canvas) => {
          setDrawing(false);
          void fromCanvas(canvas).then((captured) => addPicture(task, item, captured));
        }} />
      ) : (
        ids.length === 0 && (
          <button type="button" class="button" onClick={() => setDrawing(true)}>
            <Icon name="pen" />
            {_("Sign here")}
          </button>
        )
      )}
    </div>
  );
}

function SignaturePad({ label, onDone, onCancel }: { label: string; onDone: (canvas: HTMLCanvasElement) => void; onCancel: () => void }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drawn, setDrawn] = useState(false);
  const clear = (): void => {
    const pad = canvas.current;
    const context = pad?.getContext("2d");
    if (!pad || !context) return;
    context.fillStyle = "#fff";
    context.fillRect(0, 0, pad.width, pad.height);
    context.lineWidth = 2.4 * devicePixelRatio;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = "#1f2430";
    setDrawn(false);
  };
  useEffect(() => {
    const pad = canvas.current;
    if (!pad) return;
    pad.width = Math.round(pad.clientWidth * devicePixelRatio);
    pad.height = Math.round(pad.clientHeight * devicePixelRatio);
    clear();
  }, []);
  const draw = (event: PointerEvent): void => {
    const pad = canvas.current;
    const context = pad?.getContext("2d");
    if (!pad || !context || event.buttons === 0) return;
    const { x, y } = pointOn(pad, event);
    if (event.type === "pointerdown") {
      pad.setPointerCapture(event.pointerId);
      context.beginPath();
      context.moveTo(x, y);
    }
    context.lineTo(x, y);
    context.stroke();
    setDrawn(true);
  };
  return (
    <div class="pad">
      <canvas ref={canvas} role="img" aria-label={label} onPointerDown={draw} onPointerMove={draw} />
      <div class="row">
        <button type="button" class="button" onClick={onCancel}>
          {_("Cancel")}
        </button>
        <button type="button" class="button" onClick={clear} disabled={!drawn}>
          {_("Clear")}
        </button>
        <button type="button" class="button main grow" disabled={!drawn} onClick={() => canvas.current && onDone(canvas.current)}>
          {_("Keep the signature")}
        </button>
      </div>
    </div>
  );
}

function pointOn(pad: HTMLCanvasElement, event: PointerEvent): { x: number; y: number } {
  const box = pad.getBoundingClientRect();
  return { x: ((event.clientX - box.left) * pad.width) / box.width, y: ((event.clientY - box.top) * pad.height) / box.height };
}
