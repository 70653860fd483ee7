/** What the server refused. */
import type { JSX } from "preact";
import { mend } from "./actions";
import { _ } from "./i18n";
import { blockedReason, discard, retry } from "./outbox";
import { AskTwice, Icon } from "./parts";
import type { TaskView } from "./state";
import { stepWord } from "./words";

/** The server said no. Everything typed is kept; the person mends it, tries again, or lets it go. */
export function BlockedCard({ row }: { row: TaskView["waiting"][number] }): JSX.Element {
  return (
    <section class="blocked" role="alert">
      <p>
        <Icon name="alert" />
        <strong>{_("Not accepted: %(what)s", { what: stepWord(row) })}</strong>
      </p>
      <p>{blockedReason(row.error)}</p>
      {row.error?.server_value && <p>{_("There it says: “%(text)s”", { text: row.error.server_value })}</p>}
      <div class="row wrap">
        {(row.verb === "checklist" || row.verb === "message" || row.verb === "note") && (
          <button type="button" class="button" onClick={() => void mend(row)}>
            <Icon name="pen" />
            {_("Change it")}
          </button>
        )}
        <button type="button" class="button" onClick={() => void retry(row.seq)}>
          {_("Try again")}
        </button>
        <AskTwice
          ask={_("Discard")}
          confirm={_("Discard for good")}
          question={_("This entry was never received. Discard it?")}
          onConfirm={() => void discard(row)}
        />
      </div>
    </section>
  );
}
