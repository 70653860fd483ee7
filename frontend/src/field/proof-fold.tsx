/** The place of the proof sheet on an ended task; what is in it is fetched when it is opened. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { _ } from "./i18n";
import { lazy } from "./lazy";
import { Icon } from "./parts";
import type { TaskView } from "./state";

const Proof = lazy(() => import("./proof").then((module) => module.Proof));
const PROVEN = ["completed", "partly", "failed"];

export function ProofFold({ task }: { task: TaskView }): JSX.Element | null {
  const [open, setOpen] = useState(false);
  if (!PROVEN.includes(task.status) || !task.customer.id) return null;
  return (
    <details class="key-fold" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Icon name="check" />
        <span class="grow">
          <strong>{_("Proof sheet")}</strong>
          <span class="soft one-line">{_("Show or send it to the customer")}</span>
        </span>
        <Icon name="next" />
      </summary>
      {open && <Proof task={task} />}
    </details>
  );
}
