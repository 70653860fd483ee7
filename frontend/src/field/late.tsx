/** Telling the customer that it gets later. */
import type { JSX } from "preact";
import { tellLate } from "./actions";
import { _ } from "./i18n";
import type { TaskView } from "./state";
import { clock, now } from "./time";

const LATER_MINUTES = [10, 20, 30];
const FIVE_MINUTES = 5 * 60_000;

/** On the way and late: the customer hears the new time, by SMS, as soon as this phone has signal. */
export function Late({ task }: { task: TaskView }): JSX.Element | null {
  if (task.status !== "active" || task.arrived_at || task.type === "callback") return null;
  const waiting = task.waiting.findLast((row) => row.verb === "late");
  const promised = task.promised?.findLast((one) => one.kind === "eta")?.start;
  const told = (waiting?.body.eta as string | undefined) ?? promised;
  const from = Math.max(now().getTime(), told ? new Date(told).getTime() : 0);
  const times = LATER_MINUTES.map((minutes): [number, Date] => [minutes, new Date(Math.ceil((from + minutes * 60_000) / FIVE_MINUTES) * FIVE_MINUTES)]);
  return (
    <section class="card late" aria-labelledby="late">
      <h2 id="late">{_("Running late?")}</h2>
      <p class="soft">
        {waiting && told && _("%(time)s: not sent yet", { time: clock(told, task.zone) })}
        {!waiting && told && _("The customer was told %(time)s.", { time: clock(told, task.zone) })}
        {!told && _("The customer gets the new time by SMS.")}
      </p>
      <div class="row wrap">
        {times.map(([minutes, eta]) => (
          <button key={minutes} type="button" class="button grow" onClick={() => void tellLate(task, eta)}>
            {_("+%(minutes)s min", { minutes })}
            <span class="soft">{clock(eta, task.zone)}</span>
          </button>
        ))}
      </div>
    </section>
  );
}
