/** A note for the file, and a complaint. Both are kept on every keystroke and go out when there is a connection. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { addCustomerNote, complaintDraftKey, customerNoteDraftKey, reportComplaint } from "./actions";
import type { OutboxRow } from "./db";
import { _ } from "./i18n";
import { keepDraft } from "./outbox/keeping";
import { Chip, Icon } from "./parts";
import { say, targetOfComplaints, targetOfNotes, type State } from "./state";

interface FormProps {
  state: State;
  customerId: number;
}

const LONGEST_NOTE = 2000;
const LONGEST_COMPLAINT = 2000;

export function NoteForm({ state, customerId }: FormProps): JSX.Element {
  const [text, setText] = useDraft(state, customerNoteDraftKey(customerId));
  const send = (event: Event): void => {
    event.preventDefault();
    if (!text.trim()) return;
    void addCustomerNote(customerId, text.trim()).then((kept) => kept && say(_("Kept. It goes into the file.")));
    setText("");
  };
  return (
    <form class="card" onSubmit={send} aria-labelledby="note-title">
      <h2 id="note-title">{_("Note for the file")}</h2>
      <OnThisPhone rows={state.rows.filter((row) => row.target === targetOfNotes(customerId))} wordsOf={(row) => String(row.body.text)} />
      <label class="field">
        <span class="visually-hidden">{_("Note for the file")}</span>
        <textarea
          rows={2}
          maxLength={LONGEST_NOTE}
          value={text}
          placeholder={_("What the customer likes, or would like us to do")}
          aria-describedby="note-help"
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <p class="soft help" id="note-help">
        {_("Write wishes, not private life: nothing about illness, faith, family or money.")}
      </p>
      <button type="submit" class="button" disabled={!text.trim()}>
        <Icon name="pen" />
        {_("Keep the note")}
      </button>
    </form>
  );
}

export function ComplaintForm({ state, customerId }: FormProps): JSX.Element {
  const key = complaintDraftKey(customerId);
  const [words, setWords] = useDraft(state, key);
  const [isReaction, setReaction] = useFlag(state, `${key}:reaction`);
  const [open, setOpen] = useState(false);
  const waiting = state.rows.filter((row) => row.target === targetOfComplaints(customerId));
  const send = (event: Event): void => {
    event.preventDefault();
    if (!words.trim()) return;
    // Heard at the door: the case then knows at which visit.
    const task = state.tasks.find((one) => one.customer.id === customerId && one.status === "active");
    const told = { words: words.trim(), taskId: task?.id ?? null, isReaction: isReaction ? true : null };
    void reportComplaint(customerId, told).then(
      (kept) => kept && say(isReaction ? _("Kept. Your supervisor is told at once. Please call as well.") : _("Kept. Somebody will take care of it.")),
    );
    setWords("");
    setReaction(false);
    setOpen(false);
  };
  const isOpen = open || words !== "" || isReaction;
  return (
    <section class="card" aria-labelledby="complaint-title">
      <h2 id="complaint-title">{_("Complaint")}</h2>
      <OnThisPhone rows={waiting} wordsOf={(row) => String(row.body.words)} />
      {!isOpen && (
        <button type="button" class="button" onClick={() => setOpen(true)}>
          <Icon name="alert" />
          {_("Report a complaint")}
        </button>
      )}
      {isOpen && (
        <form class="stacked" onSubmit={send}>
          <label class="field">
            <span>{_("What the customer said")}</span>
            <textarea rows={3} maxLength={LONGEST_COMPLAINT} value={words} onInput={(event) => setWords(event.currentTarget.value)} />
          </label>
          <label class="tick reaction">
            <input type="checkbox" checked={isReaction} onChange={(event) => setReaction(event.currentTarget.checked)} />
            <span class="item-label">
              <strong>{_("The skin or the body reacted to a product")}</strong>
              <span class="soft help">{_("A rash, itching, swelling, being sick. It goes to your supervisor at once. Do not explain it away.")}</span>
            </span>
          </label>
          <div class="row wrap">
            <button type="submit" class="button main grow" disabled={!words.trim()}>
              <Icon name="send" />
              {_("Report it")}
            </button>
            {words === "" && !isReaction && (
              <button type="button" class="button quiet" onClick={() => setOpen(false)}>
                {_("Cancel")}
              </button>
            )}
          </div>
        </form>
      )}
    </section>
  );
}

/** What was written and is not with the server yet. Refused ones stand above, in red. */
function OnThisPhone({ rows, wordsOf }: { rows: OutboxRow[]; wordsOf: (row: OutboxRow) => string }): JSX.Element | null {
  const queued = rows.filter((row) => row.state === "queued");
  if (queued.length === 0) return null;
  return (
    <ul class="unsent-words">
      {queued.map((row) => (
        <li key={row.id}>
          <p>{wordsOf(row)}</p>
          <Chip tone="warning" icon="wait">
            {_("Not sent yet")}
          </Chip>
        </li>
      ))}
    </ul>
  );
}

/** Text that is written through to the disk with each key. A draft that appears later (a refused text that is to be
 * changed) comes into an empty field. */
function useDraft(state: State, key: string): [string, (text: string) => void] {
  const draft = state.drafts.get(key)?.value;
  const [text, setText] = useState(typeof draft === "string" ? draft : "");
  useEffect(() => {
    if (text === "" && typeof draft === "string") setText(draft);
  }, [draft]);
  const change = (next: string): void => {
    setText(next);
    keepDraft(key, next);
  };
  return [text, change];
}

function useFlag(state: State, key: string): [boolean, (isOn: boolean) => void] {
  const draft = state.drafts.get(key)?.value;
  const [isOn, set] = useState(draft === true);
  useEffect(() => {
    if (draft === true) set(true);
  }, [draft]);
  const change = (next: boolean): void => {
    set(next);
    keepDraft(key, next);
  };
  return [isOn, change];
}
