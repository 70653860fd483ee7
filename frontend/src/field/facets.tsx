/** What is worth knowing about a task at a glance, in small marks; and why it is done, in words. */
import type { JSX } from "preact";
import type { Forecast } from "./day-plan";
import { _, ngettext, pick } from "./i18n";
import { Chip } from "./parts";
import { isLate } from "./rules";
import type { TaskView } from "./state";
import { clock, now } from "./time";
import type { TaskRow } from "./types";
import { dialectWord, endReasonWord, reasonWord, statusWord } from "./words";

/** Each reason in the reader's words. One visit may stand for several: a birthday, and something that runs out. */
export function reasonsOf(task: TaskRow): string[] {
  const told = [...new Set(task.reasons.map(pick).filter(Boolean))];
  return told.length > 0 ? told : [reasonWord(task.reason)];
}

export function whyOf(task: TaskRow): string {
  return reasonsOf(task).join(" + ");
}

interface FacetsProps {
  task: TaskView;
  forecast?: Forecast | undefined;
  inFull?: boolean;
}

export function Facets({ task, forecast, inFull = false }: FacetsProps): JSX.Element | null {
  const chips: JSX.Element[] = task.news ? [<NewsChip key="news" task={task} />] : [];
  const blocked = task.waiting.some((row) => row.state === "blocked");
  if (isLate(task, now())) chips.push(<Chip key="late" tone="danger" icon="clock">{_("Late")}</Chip>);
  else if (forecast?.isAtRisk) {
    const text = inFull ? _("At risk") : _("At risk: about %(time)s", { time: clock(forecast.arrives, task.zone) });
    chips.push(<Chip key="risk" tone="warning" icon="clock">{text}</Chip>);
  }
  if (blocked) chips.push(<Chip key="blocked" tone="danger" icon="alert">{_("Needs you")}</Chip>);
  else if (task.waiting.length > 0) {
    chips.push(<Chip key="waiting" tone="warning" icon="wait">{ngettext("%(num)s waiting", "%(num)s waiting", task.waiting.length)}</Chip>);
  }
  if (task.held) chips.push(<Chip key="held" tone="warning" icon="clock">{_("With the supervisor")}</Chip>);
  if (task.confirmed_at) {
    chips.push(<Chip key="confirmed" tone="ok" icon="check">{inFull ? _("Confirmed by the customer") : _("Confirmed")}</Chip>);
  }
  if (task.customer.dialect) chips.push(<Chip key="dialect">{dialectWord(task.customer.dialect)}</Chip>);
  return chips.length > 0 ? <span class="chips">{chips}</span> : null;
}

/** What changed since the person last opened it. */
function NewsChip({ task }: { task: TaskView }): JSX.Element {
  const words = { new: _("New"), time: _("New time"), address: _("New address"), about: _("Changed"), cancelled: _("Just called off"), away: _("No longer with you") };
  const icons = { new: "star", time: "clock", address: "pin", about: "pen", cancelled: "cross", away: "cross" } as const;
  const news = task.news ?? "new";
  return <Chip tone="news" icon={icons[news]}>{words[news]}</Chip>;
}

const ENDED_TONES: Record<string, string> = { completed: "ok", partly: "warning", failed: "danger", cancelled: "quiet" };

/** `inFull`: where the ending stands in words of its own below. */
export function EndedFacets({ task, inFull = false }: { task: TaskView; inFull?: boolean }): JSX.Element {
  const blocked = task.waiting.some((row) => row.state === "blocked");
  const isOff = task.status === "failed" || task.status === "cancelled";
  return (
    <span class="chips">
      {task.news && <NewsChip task={task} />}
      {!inFull && !task.away && task.news !== "cancelled" && (
        <Chip tone={ENDED_TONES[task.status] ?? "quiet"} icon={task.status === "completed" ? "check" : isOff ? "cross" : "clock"}>
          {statusWord(task)}
        </Chip>
      )}
      {!inFull && task.status !== "completed" && task.end_reason && <Chip>{endReasonWord(task)}</Chip>}
      {task.rating !== null && <Chip icon="star">{_("Rated %(stars)s of 5", { stars: task.rating })}</Chip>}
      {blocked && <Chip tone="danger" icon="alert">{_("Needs you")}</Chip>}
      {!blocked && task.waiting.length > 0 && <Chip tone="warning" icon="wait">{_("On this phone")}</Chip>}
      {task.held && <Chip tone="warning" icon="clock">{_("With the supervisor")}</Chip>}
    </span>
  );
}
