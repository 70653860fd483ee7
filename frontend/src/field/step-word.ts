import type { OutboxRow } from "./db";
import { _ } from "./i18n";

/** What one row of the outbox is, for the list of what has not been sent. */
export function stepWord(row: OutboxRow): string {
  const table: Record<OutboxRow["verb"], string> = {
    accept: _("Accepted"),
    decline: _("Declined"),
    start: _("Started"),
    arrive: _("Arrived"),
    complete: _("Finished"),
    "complete-partly": _("Finished in part"),
    fail: _("Not possible"),
    undo: _("Ending taken back"),
    checklist: _("Checklist answers"),
    evidence: row.body.kind === "place" ? _("Place of arrival") : row.body.kind === "signature" ? _("Signature") : _("Photo"),
    late: _("Running late"),
    message: _("Message"),
    note: _("Note for colleagues"),
    "hand-over": _("Handed over"),
    "opt-out": _("Wants no more texts"),
    "may-go-on": _("Texts may go on"),
    acknowledge: _("Rules read"),
    "customer-note": _("Note about the customer"),
    complaint: _("Complaint"),
    wish: "locale" in row.body ? _("Language") : _("Texts about your work"),
  };
  return table[row.verb];
}
