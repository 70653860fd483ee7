/** Whom the task is for: what one has to know before the bell rings. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useBrief } from "./book";
import { phoneWord } from "./brief-words";
import { BriefChips, BriefFacts, Cautions, ContactBudget, Fact, LastContacts } from "./customer-brief";
import { _ } from "./i18n";
import { lazy } from "./lazy";
import { Icon } from "./parts";
import { callAddress, routeAddress } from "./places";
import { get, type State, type TaskView } from "./state";
import { dialectWord } from "./words";

const CustomerKey = lazy(() => import("./customer-page").then((module) => module.CustomerKey));

export function CustomerCard({ task }: { task: TaskView }): JSX.Element {
  const { customer } = task;
  const call = callAddress(task);
  const route = routeAddress(task);
  const phone = customer.phone ?? customer.phone_masked;
  const kept = useBrief(customer.id, get().syncedAt);
  const brief = kept?.brief;
  return (
    <section class="card customer" aria-labelledby="customer">
      <h2 id="customer">{_("Customer")}</h2>
      {brief && <Cautions brief={brief} />}
      {brief && <BriefChips brief={brief} />}
      {task.note && (
        <dl class="facts">
          <Fact name={_("Note")}>{task.note}</Fact>
        </dl>
      )}
      {brief ? <BriefFacts brief={brief} taskId={task.id} /> : kept === null && <FactsOfTask task={task} />}
      <dl class="facts">
        {customer.address && <Fact name={_("Address")}>{customer.address}</Fact>}
        {customer.access_notes && <Fact name={_("At the door")}>{customer.access_notes}</Fact>}
        {phone && <Fact name={_("Phone")}>{phoneWord(phone)}</Fact>}
      </dl>
      {brief && (
        <details class="more fold">
          <summary>{_("Last contacts")}</summary>
          <LastContacts brief={brief} />
          <ContactBudget brief={brief} />
        </details>
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
      {brief && (
        <a class="to-customer" href={`/m/customers/${brief.id}`}>
          <Icon name="pen" />
          <span class="grow">{_("Add a note, report a complaint")}</span>
          <Icon name="next" />
        </a>
      )}
    </section>
  );
}

/** As long as there is no brief: what the task itself brought along. */
function FactsOfTask({ task }: { task: TaskView }): JSX.Element {
  const { customer } = task;
  const likes = [customer.preferences, ...(customer.tags ?? [])].filter(Boolean);
  return (
    <dl class="facts">
      {likes.length > 0 && <Fact name={_("Likes")}>{likes.join(" · ")}</Fact>}
      {customer.dialect && <Fact name={_("Speaks")}>{dialectWord(customer.dialect)}</Fact>}
    </dl>
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
