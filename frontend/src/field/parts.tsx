/** Small pieces that several screens share. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { BLOSSOM_SIZE, CENTRE_RADIUS, HEARTS, PETAL, petalAngle, petalFill } from "../blossom";
import { _ } from "./i18n";
import { isEnded, type HeartProgress } from "./rules";
import { picture, type TaskView } from "./state";
import { heartWord } from "./words";

const SHAPES = {
  home_visit: "M4 11 12 4l8 7M6 9.5V20h12V9.5M10 20v-6h4v6",
  delivery: "M3 7.5 12 3l9 4.5v9L12 21l-9-4.5zM3 7.5l9 4.5 9-4.5M12 12v9M7.5 5.2l9 4.6",
  callback:
    "M6.5 3.5h3l1.5 4-2 1.6a12 12 0 0 0 5.9 5.9l1.6-2 4 1.5v3a2 2 0 0 1-2.2 2A17 17 0 0 1 4.5 5.7a2 2 0 0 1 2-2.2z",
  today: "M4 6.5h16V20H4zM4 10.5h16M8.5 4v4M15.5 4v4M8.5 15l2.4 2.3 4.6-4.6",
  messages: "M4 5h16v11.5H10L5.5 20v-3.5H4zM8 9.2h8M8 12.4h5",
  me: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5a7.5 7.5 0 0 1 15 0",
  pin: "M12 21s7-6.3 7-11.5a7 7 0 0 0-14 0C5 14.7 12 21 12 21zM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  map: "M9 4.5 3.5 6.500v13L9 17.500l6 2 5.5-2v-13L15 6.500zM9 4.500v13M15 6.500v13",
  check: "M4.5 12.5 10 18 19.5 6.5",
  cross: "M6 6l12 12M18 6 6 18",
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  alert: "M12 4 2.5 20.500h19zM12 10v5M12 17.700v.2",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7.500V12l3 2",
  camera: "M4 8h3.500L9 5.500h6L16.5 8H20v11H4zM12 16.500a3.3 3.3 0 1 0 0-6.6 3.3 3.3 0 0 0 0 6.600z",
  pen: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  cloud: "M7 18.500a4.5 4.5 0 0 1-.6-9A6 6 0 0 1 18 10.600a4 4 0 0 1-.5 7.900z",
  wait: "M12 4v3M12 17v3M4 12h3M17 12h3M6.3 6.300l2.1 2.100M15.6 15.600l2.1 2.100M6.3 17.700l2.1-2.100M15.6 8.400l2.1-2.1",
  send: "M4 12 20.5 4.5 16 20l-4.5-6zM11.5 14l9-9.5",
  undo: "M8 5 4 9l4 4M4 9h10a5 5 0 0 1 0 10h-4",
  trash: "M5 7h14M9.5 7V4.500h5V7M7 7l1 13h8l1-13M10.5 10.500v6M13.5 10.500v6",
  scan: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2.500v2.500H14zM17.500 17.500H20V20h-2.500zM17.500 14H20M14 20h1",
  search: "M11 17.500a6.5 6.5 0 1 0 0-13 6.5 6.500 0 0 0 0 13zM15.8 15.800 20.5 20.5",
  star: "M12 4l2.4 5.2 5.6.6-4.2 3.8 1.2 5.600L12 16.3 7 19.200l1.2-5.600L4 9.800l5.6-.6z",
} as const;

export type IconName = keyof typeof SHAPES;

export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={SHAPES[name]} />
    </svg>
  );
}

/** The progress mark: a petal per heart grows as its items are done; finished work is a full blossom. */
export function Blossom({ progress, full = false }: { progress: HeartProgress[]; full?: boolean }): JSX.Element {
  const counted = progress.filter((one) => one.total > 0);
  const words = counted.map(({ heart, done, total }) => _("%(heart)s %(done)s of %(total)s", { heart: heartWord(heart), done, total }));
  return (
    <svg class="blossom" viewBox={`0 0 ${BLOSSOM_SIZE} ${BLOSSOM_SIZE}`} role="img" aria-label={words.join(", ") || _("No checklist items")}>
      {HEARTS.map((heart) => {
        const one = progress.find((each) => each.heart === heart);
        const filled = full ? 1 : petalFill(one?.done ?? 0, one?.total ?? 0);
        const turn = `rotate(${petalAngle(heart)} 50 50)`;
        return [
          <path key={`${heart} empty`} class="petal-empty" d={PETAL} transform={turn} />,
          filled > 0 && <path key={heart} class={`petal-${heart}`} d={PETAL} transform={`${turn} ${grownFromFoot(filled)}`} />,
        ];
      })}
      <circle class="blossom-centre" cx="50" cy="50" r={CENTRE_RADIUS} />
    </svg>
  );
}

/** Growing by area feels right: half of the items done fills about half of the petal. */
export function grownFromFoot(share: number): string {
  const scale = Math.sqrt(share).toFixed(3);
  return `translate(50 50) scale(${scale}) translate(-50 -50)`;
}

export function TaskBlossom({ task, progress }: { task: TaskView; progress: HeartProgress[] }): JSX.Element {
  return <Blossom progress={progress} full={isEnded(task) && task.status === "completed"} />;
}

/** A choice of a few, as radio buttons that look like one control. */
export function Segments<T extends string>({
  name,
  label,
  options,
  value,
  onPick,
  tone,
}: {
  name: string;
  label: string;
  options: [T, string][];
  value: T | null;
  onPick: (value: T) => void;
  tone?: (value: T) => string;
}): JSX.Element {
  return (
    <div class="segments" role="radiogroup" aria-label={label}>
      {options.map(([key, text]) => (
        <label key={key} class={`segment ${tone?.(key) ?? ""}`}>
          <input type="radio" name={name} value={key} checked={value === key} onChange={() => onPick(key)} />
          <span>{text}</span>
        </label>
      ))}
    </div>
  );
}

export function Chip({ tone = "quiet", icon, children }: { tone?: string; icon?: IconName; children: ComponentChildren }): JSX.Element {
  return (
    <span class={`chip ${tone}`}>
      {icon && <Icon name={icon} />}
      {children}
    </span>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <Blossom progress={[]} />
      <p class="empty-title">{title}</p>
      {children && <p class="soft">{children}</p>}
    </div>
  );
}

/** The shape of what is coming, while it is being fetched. */
export function Skeleton(): JSX.Element {
  return (
    <div class="skeleton" role="status">
      <span class="visually-hidden">{_("One moment…")}</span>
      <i />
      <i />
      <i />
    </div>
  );
}

/** A kept picture, or the server's copy when this phone has none. */
export function Thumbnail({ id, otherwise, alt }: { id: string; otherwise: string | undefined; alt: string }): JSX.Element {
  const [address, show] = useState<string | null>(null);
  useEffect(() => {
    let made: string | null = null;
    let gone = false;
    void picture(id).then((kept) => {
      if (gone || !kept || kept.thumbnail.byteLength === 0) return;
      made = URL.createObjectURL(new Blob([kept.thumbnail], { type: kept.thumbnailType }));
      show(made);
    });
    return () => {
      gone = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [id]);
  const source = address ?? otherwise;
  return source ? <img class="thumbnail" src={source} alt={alt} /> : <span class="thumbnail blank">{alt}</span>;
}

/** Redraws now and then, for lines that speak of time. */
export function useTick(seconds: number): void {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
}

/** A dangerous button asks once more in its own place, without a dialog. */
export function AskTwice({
  ask,
  confirm,
  question,
  onConfirm,
}: {
  ask: string;
  confirm: string;
  question: string;
  onConfirm: () => void;
}): JSX.Element {
  const [asked, setAsked] = useState(false);
  const keepIt = useRef<HTMLButtonElement>(null);
  // The button that had the focus is gone; the harmless answer takes it.
  useEffect(() => keepIt.current?.focus(), [asked]);
  if (!asked) {
    return (
      <button type="button" class="button quiet" onClick={() => setAsked(true)}>
        <Icon name="trash" />
        {ask}
      </button>
    );
  }
  return (
    <div class="ask-twice" role="group" aria-label={question}>
      <p>{question}</p>
      <div class="row">
        <button type="button" class="button" ref={keepIt} onClick={() => setAsked(false)}>
          {_("Keep it")}
        </button>
        <button type="button" class="button danger" onClick={onConfirm}>
          {confirm}
        </button>
      </div>
    </div>
  );
}
