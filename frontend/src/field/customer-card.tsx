/** Whom the task is for: what one has to know before the bell rings. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { _ } from "./i18n";
import { lazy } from "./lazy";
import { Chip, Icon } from "./parts";
import { callAddress, routeAddress } from "./places";
import type { State, TaskView } from "./state";
import { dialectWord } from "./words";

const CustomerKey = lazy(() => import("./customer-page").then((module) => module.CustomerKey));

export function CustomerCard({ task }: { task: TaskView }): JSX.Element {
  const { customer } = task;
  const call = callAddress(task);
  const route = routeAddress(task);
  const sizes = Object.entries(customer.sizes ?? {});
  return (
    <section class="card" aria-labelledby="customer">
      <h2 id="customer">{_("Customer")}</h2>
      <dl class="facts">
        {(customer.phone ?? customer.phone_masked) && (
          <>
            <dt>{_("Phone")}</dt>
            <dd>{customer.phone ?? customer.phone_masked}</dd>
          </>
        )}
        {customer.address && (
          <>
            <dt>{_("Address")}</dt>
            <dd>{customer.address}</dd>
          </>
        )}
        {customer.access_notes && (
          <>
            <dt>{_("At the door")}</dt>
            <dd>{customer.access_notes}</dd>
          </>
        )}
        {customer.dialect && (
          <>
            <dt>{_("Speaks")}</dt>
            <dd>{dialectWord(customer.dialect)}</dd>
          </>
        )}
        {customer.preferences && (
          <>
            <dt>{_("Likes")}</dt>
            <dd>{customer.preferences}</dd>
          </>
        )}
        {sizes.length > 0 && (
          <>
            <dt>{_("Sizes")}</dt>
            <dd>{sizes.map(([name, size]) => `${name} ${size}`).join(", ")}</dd>
          </>
        )}
        {(customer.household ?? []).map((member) => (
          <>
            <dt>{_("At home")}</dt>
            <dd>
              {member.name}
              {member.note && <span class="soft"> · {member.note}</span>}
            </dd>
          </>
        ))}
        {task.note && (
          <>
            <dt>{_("Note")}</dt>
            <dd>{task.note}</dd>
          </>
        )}
      </dl>
      {(customer.tags ?? []).length > 0 && (
        <p class="chips">
          {customer.tags?.map((tag) => (
            <Chip key={tag}>{tag}</Chip>
          ))}
        </p>
      )}
      {(call || route) && (
        <div class="row">
          {call && (
            <a class="button grow" href={call}>
              <Icon name="callback" />
              {_("Call")}
            </a>
          )}
          {route && (
            <a class="button grow" href={route} target="_blank" rel="noreferrer">
              <Icon name="pin" />
              {_("Route")}
            </a>
          )}
        </div>
      )}
    </section>
  );
}

export function Talk({ state, task }: { state: State; task: TaskView }): JSX.Element | null {
  if (!task.assignee || !task.customer.id) return null;
  const conversation = state.conversations.find((one) => one.customer.id === task.customer.id);
  const last = conversation?.last_message ?? state.lastTexts.get(task.customer.id);
  return (
    <a class="talk" href={`/m/messages/${task.customer.id}`}>
      <Icon name="messages" />
      <span class="grow">
        <strong>{_("Messages")}</strong>
        <span class="soft one-line">
          {last?.direction === "out" && <>{_("We:")} </>}
          {last ? last.text : _("Nothing written yet.")}
        </span>
      </span>
      {conversation && conversation.unread > 0 && <span class="badge">{conversation.unread}</span>}
      <Icon name="next" />
    </a>
  );
}

/** The customer's own page, shown at the door. */
export function KeyFold({ task }: { task: TaskView }): JSX.Element | null {
  const [open, setOpen] = useState(false);
  if (!task.assignee || !task.customer.id) return null;
  return (
    <details class="key-fold" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Icon name="scan" />
        <span class="grow">
          <strong>{_("Customer page")}</strong>
          <span class="soft one-line">{_("Show the code to scan")}</span>
        </span>
        <Icon name="next" />
      </summary>
      {open && <CustomerKey task={task} />}
    </details>
  );
}
