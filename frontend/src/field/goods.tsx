/** What a delivery brings, and afterwards what of it was delivered. */
import type { JSX } from "preact";
import { _, pick } from "./i18n";
import { isEnded } from "./rules";
import type { TaskView } from "./state";

export function Goods({ task }: { task: TaskView }): JSX.Element {
  return (
    <section class="card" aria-labelledby="lines">
      <h2 id="lines">{_("Goods")}</h2>
      <ul class="lines">
        {task.lines.map((line) => (
          <li key={line.id}>
            <span class="grow">{pick(line.name)}</span>
            <span class="amount">× {line.quantity}</span>
            {isEnded(task) && (
              <span class="soft">
                {_("%(count)s delivered", { count: line.delivered ?? 0 })}
                {Boolean(line.refused) && <> · {_("%(count)s refused", { count: line.refused ?? 0 })}</>}
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
