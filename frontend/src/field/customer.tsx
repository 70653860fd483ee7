/** One customer: the brief, what was said last, and the places to write down a note or a complaint. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { TopBar } from "./app";
import { BlockedCard } from "./blocked";
import { fetchBrief, useBrief } from "./book";
import { phoneWord } from "./brief-words";
import { BriefChips, BriefFacts, Cautions, ContactBudget, Fact, LastContacts } from "./customer-brief";
import { ComplaintForm, NoteForm } from "./customer-forms";
import { _ } from "./i18n";
import { Empty, Icon, Skeleton } from "./parts";
import { mapAddress } from "./places";
import { back } from "./router";
import { targetOfComplaints, targetOfNotes, type State } from "./state";
import { moment } from "./time";

export function CustomerPage({ state, id }: { state: State; id: number }): JSX.Element {
  const [asked, tell] = useState<"asking" | "here" | "missing" | "unreachable">("asking");
  const [looks, lookAgain] = useState(0);
  const kept = useBrief(id, `${state.syncedAt} ${looks}`);
  useEffect(() => {
    tell("asking");
    void fetchBrief(id).then((found) => {
      tell(typeof found === "string" ? found : "here");
      lookAgain((count) => count + 1);
    });
    // What was sent meanwhile stands in the file now.
  }, [id, state.sentAt]);
  const rows = state.rows.filter((row) => row.target === targetOfNotes(id) || row.target === targetOfComplaints(id));
  const brief = kept?.brief;
  const route = brief && mapAddress(brief);
  const phone = brief?.phone ?? brief?.phone_masked;
  const title = brief?.name ?? state.tasks.find((task) => task.customer.id === id)?.customer.name ?? _("Customer");
  return (
    <div class="customer-page">
      <TopBar state={state} title={title} backTo={() => back("/m/customers")} />
      {rows.filter((row) => row.state === "blocked").map((row) => (
        <BlockedCard key={row.id} row={row} />
      ))}
      {!brief && asked === "asking" && <Skeleton />}
      {!brief && asked === "missing" && <Empty title={_("This customer is no longer yours to see.")} />}
      {!brief && asked === "unreachable" && (
        <Empty title={_("This file is not on the phone yet.")}>{_("Open it again when there is a connection. What you write below is kept.")}</Empty>
      )}
      {brief && kept && (
        <>
          {asked === "unreachable" && <p class="soft as-of">{_("As of %(time)s", { time: moment(kept.at, brief.zone) })}</p>}
          <section class="card customer" aria-labelledby="customer">
            <h2 id="customer">{_("Before you meet")}</h2>
            <Cautions brief={brief} />
            <BriefChips brief={brief} />
            <BriefFacts brief={brief} />
            <dl class="facts">
              {brief.address && <Fact name={_("Address")}>{brief.address}</Fact>}
              {brief.access_notes && <Fact name={_("At the door")}>{brief.access_notes}</Fact>}
              {phone && <Fact name={_("Phone")}>{phoneWord(phone)}</Fact>}
              {brief.owner && brief.owner.id !== state.user?.id && <Fact name={_("Looked after by")}>{brief.owner.name}</Fact>}
            </dl>
            <div class="row ways-to">
              {brief.phone && !brief.cautions.includes("no_calls") && (
                <a class="button grow" href={`tel:${brief.phone}`}>
                  <Icon name="callback" />
                  {_("Call")}
                </a>
              )}
              <a class="button grow" href={`/m/messages/${id}`}>
                <Icon name="messages" />
                {_("Messages")}
              </a>
              {route && (
                <a class="button grow" href={route} target="_blank" rel="noreferrer">
                  <Icon name="pin" />
                  {_("Route")}
                </a>
              )}
            </div>
          </section>
          <section class="card" aria-labelledby="contacts">
            <h2 id="contacts">{_("Last contacts")}</h2>
            <LastContacts brief={brief} />
            <ContactBudget brief={brief} />
          </section>
        </>
      )}
      {asked !== "missing" && (
        <>
          <NoteForm state={state} customerId={id} />
          <ComplaintForm state={state} customerId={id} />
        </>
      )}
    </div>
  );
}
