/** Conversations with customers by SMS: the list, and one thread with what is still on its way. */
import "../styles/field/messages.css";
import "../styles/field/turns.css";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { costOf } from "../sms";
import { addNote, messageDraftKey, passOn, sendMessage } from "./actions";
import { SyncChip } from "./app";
import { _, languageTag, ngettext } from "./i18n";
import { whenChanged } from "./live";
import { keepDraft } from "./outbox/keeping";
import { Chip, Empty, Icon, Segments, Skeleton } from "./parts";
import { back } from "./router";
import { targetOfCustomer, type State } from "./state";
import { fetchThread, markRead } from "./sync";
import { BlockedCard } from "./blocked";
import { dayKey, moment, now, shortDay } from "./time";
import type { Box, Conversation, Locale, Message, Try } from "./types";

type Shown = "all" | "mine";

export function Conversations({ state, selected }: { state: State; selected?: number }): JSX.Element {
  const [wanted, setWanted] = useState("");
  const [shown, setShown] = useState<Shown>("all");
  const mine = state.conversations.filter((one) => one.is_mine);
  const found = (shown === "mine" ? mine : state.conversations).filter((one) => matches(one, wanted));
  const kinds: [Shown, string][] = [
    ["all", _("All")],
    ["mine", mine.length > 0 ? _("My turn (%(count)s)", { count: mine.length }) : _("My turn")],
  ];
  return (
    <div class="conversations">
      {selected === undefined ? (
        <header class="top">
          <h1>{_("Messages")}</h1>
          <SyncChip state={state} />
        </header>
      ) : (
        <p class="top pane-title">{_("Messages")}</p>
      )}
      {state.conversations.length > 0 && (
        <div class="find">
          <input type="search" value={wanted} placeholder={_("Name or words")} aria-label={_("Name or words")} onInput={(event) => setWanted(event.currentTarget.value)} />
          <Segments name={`shown-${selected ?? "all"}`} label={_("Which conversations")} options={kinds} value={shown} onPick={setShown} />
        </div>
      )}
      {state.conversations.length === 0 && <NothingYet state={state} />}
      {state.conversations.length > 0 && found.length === 0 && (
        <Empty title={wanted ? _("Nothing found on this phone.") : _("Nobody waits for you.")}>
          {wanted ? _("Try another word.") : _("When a customer’s text is yours to answer, it appears here.")}
        </Empty>
      )}
      <ul class="cards">
        {found.map((one) => (
          <li key={one.id}>
            <TalkRow state={state} talk={one} isSelected={one.customer.id === selected} />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Before the first look at the server nobody knows whether there is nothing. */
function NothingYet({ state }: { state: State }): JSX.Element {
  if (state.syncedAt) return <Empty title={_("No messages yet.")}>{_("When a customer writes, it appears here.")}</Empty>;
  return state.reachable === false ? <Empty title={_("This page needs a connection once.")} /> : <Skeleton />;
}

function matches({ customer, last_message }: Conversation, wanted: string): boolean {
  const words = wanted.trim().toLowerCase();
  return !words || [customer.name, last_message?.text ?? ""].some((text) => text.toLowerCase().includes(words));
}

function TalkRow({ state, talk, isSelected }: { state: State; talk: Conversation; isSelected: boolean }): JSX.Element {
  const zone = zoneOf(state);
  const { customer, last_message, unread } = talk;
  const waiting = state.rows.filter((row) => row.target === targetOfCustomer(customer.id)).length;
  return (
    <a class="talk" href={`/m/messages/${customer.id}`} aria-current={isSelected ? "true" : undefined}>
      <span class="avatar" aria-hidden="true">
        {[...customer.name][0]}
      </span>
      <span class="grow">
        <span class="talk-head">
          <strong>{customer.name}</strong>
          {last_message && <span class="soft">{moment(last_message.at, zone)}</span>}
        </span>
        <span class={unread > 0 ? "one-line unread" : "one-line soft"} lang={customer.locale && languageTag(customer.locale)}>
          {last_message?.direction === "out" && <span class="soft">{_("We:")} </span>}
          {last_message?.text ?? _("Nothing written yet.")}
        </span>
        <Marks talk={talk} waiting={waiting} />
      </span>
      {unread > 0 && (
        <span class="badge" aria-label={ngettext("%(num)s new", "%(num)s new", unread)}>
          {unread}
        </span>
      )}
    </a>
  );
}

function Marks({ talk, waiting }: { talk: Conversation; waiting: number }): JSX.Element | null {
  const attention = attentionWord(talk.attention);
  if (!attention && !talk.waiting_since && waiting === 0) return null;
  return (
    <span class="chips">
      {attention && (
        <Chip tone="danger" icon="alert">
          {attention}
        </Chip>
      )}
      {talk.is_mine && <Chip tone="brand">{_("My turn")}</Chip>}
      {talk.waiting_since && !talk.is_mine && <Chip>{talk.is_handed_over ? _("With the supervisor") : (talk.assignee ?? _("Waiting"))}</Chip>}
      {waiting > 0 && (
        <Chip tone="warning" icon="wait">
          {_("Not sent yet")}
        </Chip>
      )}
    </span>
  );
}

export function Thread({ state, customerId }: { state: State; customerId: number }): JSX.Element {
  const zone = zoneOf(state);
  const conversation = state.conversations.find((one) => one.customer.id === customerId);
  const task = state.tasks.find((one) => one.customer.id === customerId);
  const locale = conversation?.customer.locale ?? task?.customer.locale ?? "zh_Hans";
  const known = state.threads.get(customerId);
  const rows = state.rows.filter((row) => row.target === targetOfCustomer(customerId));
  const waiting = rows.filter((row) => row.verb === "message" || row.verb === "note");
  const shown: Message[] = [
    ...(known?.messages ?? []),
    ...waiting.map((row) => ({
      id: row.id,
      direction: row.verb === "note" ? ("note" as const) : ("out" as const),
      text: String(row.body.text),
      status: row.state === "blocked" ? "refused" : "waiting",
      at: row.at,
      reason: null,
      held_until: null,
    })),
  ];
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    void fetchThread(customerId);
    return whenChanged(() => void fetchThread(customerId));
  }, [customerId, state.sentAt]);
  const unread = conversation?.unread ?? 0;
  useEffect(() => {
    if (conversation && unread > 0 && !document.hidden) void markRead(conversation.id);
  }, [unread]);
  useEffect(() => end.current?.scrollIntoView({ block: "end" }), [shown.length]);
  return (
    <div class="thread">
      <header class="top">
        <button type="button" class="icon-button only-narrow" onClick={() => back("/m/messages")} aria-label={_("Back")}>
          <Icon name="back" />
        </button>
        <h1 class="small">{conversation?.customer.name ?? task?.customer.name ?? _("Messages")}</h1>
        <SyncChip state={state} />
      </header>
      {task && (
        <a class="thread-task" href={`/m/tasks/${task.id}`}>
          <Icon name={task.type} />
          <span class="grow">{_("To the task %(number)s", { number: task.number })}</span>
          <Icon name="next" />
        </a>
      )}
      {conversation && <TurnLine talk={conversation} zone={zone} rows={rows.map((row) => row.verb)} />}
      <ol class="bubbles" aria-live="polite" aria-label={_("Texts")}>
        {shown.length === 0 && (
          <li class="soft centre">{known || state.reachable === false ? _("Nothing written yet.") : _("One moment…")}</li>
        )}
        {shown.map((message, index) => {
          const before = shown[index - 1];
          const newDay = !before || dayKey(before.at, zone) !== dayKey(message.at, zone);
          return (
            <>
              {newDay && (
                <li class="day-mark soft" key={`day-${message.id}`}>
                  {shortDay(message.at, zone)}
                </li>
              )}
              <Bubble key={message.id} message={message} zone={zone} locale={locale} reader={state.user?.id} />
            </>
          );
        })}
      </ol>
      {rows
        .filter((row) => row.state === "blocked")
        .map((row) => (
          <BlockedCard key={row.id} row={row} />
        ))}
      <div ref={end} />
      {conversation && <DoubtfulNo talk={conversation} rows={rows.map((row) => row.verb)} />}
      <Composer state={state} customerId={customerId} locale={locale} box={known?.box ?? null} conversation={conversation} zone={zone} />
    </div>
  );
}

/** Whose turn it is, and until when before it goes to the supervisor. */
function TurnLine({ talk, zone, rows }: { talk: Conversation; zone: string; rows: string[] }): JSX.Element | null {
  if (!talk.waiting_since || rows.includes("message")) return null;
  if (rows.includes("hand-over")) return <p class="turn soft">{_("The supervisor is asked as soon as there is signal.")}</p>;
  if (!talk.is_mine) {
    return (
      <p class="turn soft">
        {talk.is_handed_over ? _("The supervisor is to answer. You may still do it.") : _("%(name)s is to answer.", { name: talk.assignee ?? _("Somebody") })}
      </p>
    );
  }
  return (
    <div class="turn mine">
      <p class="grow">
        <strong>{_("Your turn.")}</strong>{" "}
        {talk.hand_over_due_at && _("At %(time)s it goes to the supervisor.", { time: moment(talk.hand_over_due_at, zone) })}
      </p>
      <button type="button" class="button small" onClick={() => void passOn(talk, "hand-over")}>
        {_("Supervisor")}
      </button>
    </div>
  );
}

/** A text that may have meant "stop": automatic texts rest until a person has understood it. */
function DoubtfulNo({ talk, rows }: { talk: Conversation; rows: string[] }): JSX.Element | null {
  const isDecided = rows.includes("opt-out") || rows.includes("may-go-on");
  if (isDecided || !(talk.is_paused || talk.attention === "maybe_opt_out")) return null;
  return (
    <div class="notice warning decide" role="group" aria-label={_("May want no messages")}>
      <Icon name="alert" />
      <div class="grow">
        <p>{_("This may mean: no more messages. Automatic texts pause until you decide.")}</p>
        <div class="row wrap">
          <button type="button" class="button small danger" onClick={() => void passOn(talk, "opt-out")}>
            {_("Wants no more texts")}
          </button>
          <button type="button" class="button small" onClick={() => void passOn(talk, "may-go-on")}>
            {_("May go on")}
          </button>
        </div>
      </div>
    </div>
  );
}

const BAD_STATES = ["refused", "failed", "undelivered", "expired", "cancelled", "suppressed", "needs_attention", "unknown"];

function Bubble({ message, zone, locale, reader }: { message: Message; zone: string; locale: Locale; reader?: number }): JSX.Element {
  if (message.direction === "note") return <Note message={message} zone={zone} />;
  const out = message.direction === "out";
  const bad = out && BAD_STATES.includes(message.status);
  const arrived = message.status === "delivered" || message.status === "read";
  const colleague = message.author && message.author.id !== reader ? message.author.name : null;
  return (
    <li class={out ? "bubble out" : "bubble in"}>
      <p class={message.status === "waiting" ? "bubble-text on-phone" : "bubble-text"} lang={languageTag(locale)}>
        {message.text}
      </p>
      <p class={bad ? "bubble-state bad" : "bubble-state soft"}>
        {!out && <span class="visually-hidden">{_("From the customer")} </span>}
        {colleague && <>{colleague} · </>}
        {moment(message.at, zone)}
        {out && (
          <>
            <Icon name={bad ? "alert" : arrived ? "check" : message.status === "sent" || message.status === "submitted" ? "send" : "wait"} />
            {message.held_until ? _("Held until %(time)s", { time: moment(message.held_until, zone) }) : messageStateWord(message.status)}
            {message.reason && <> · {message.reason}</>}
          </>
        )}
      </p>
      {message.earlier && message.earlier.length > 0 && <Story tries={message.earlier} zone={zone} />}
    </li>
  );
}

function Note({ message, zone }: { message: Message; zone: string }): JSX.Element {
  return (
    <li class="bubble note">
      <p class="bubble-text">{message.text}</p>
      <p class="bubble-state soft">
        <Icon name="pen" />
        {_("For colleagues")}
        {message.author && <> · {message.author.name}</>} · {moment(message.at, zone)}
        {message.status === "waiting" && <> · {messageStateWord("waiting")}</>}
      </p>
    </li>
  );
}

function Story({ tries, zone }: { tries: Try[]; zone: string }): JSX.Element {
  return (
    <details class="story soft">
      <summary>{ngettext("Sent again %(num)s time", "Sent again %(num)s times", tries.length)}</summary>
      <ul>
        {tries.map((one) => (
          <li key={one.at}>
            {moment(one.at, zone)} {messageStateWord(one.status)}
            {one.reason && <>: {one.reason}</>}
          </li>
        ))}
      </ul>
    </details>
  );
}

interface ComposerProps {
  state: State;
  customerId: number;
  locale: Locale;
  box: Box | null;
  conversation: Conversation | undefined;
  zone: string;
}

type To = "customer" | "colleagues";

function Composer({ state, customerId, locale, box, conversation, zone }: ComposerProps): JSX.Element {
  const key = messageDraftKey(customerId);
  const draft = state.drafts.get(key)?.value;
  const [text, setText] = useState(typeof draft === "string" ? draft : "");
  const [chosen, setTo] = useState<To>("customer");
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (text === "" && typeof draft === "string") setText(draft);
  }, [draft]);
  const isShut = box ? !box.is_open : conversation?.can_send === false;
  const to: To = isShut ? "colleagues" : chosen;
  const change = (value: string): void => {
    setText(value);
    keepDraft(key, value);
  };
  const insert = (value: string): void => {
    change(value);
    field.current?.focus();
  };
  const send = (event: Event): void => {
    event.preventDefault();
    if (!text.trim() || (to === "colleagues" && !conversation)) return;
    if (to === "colleagues" && conversation) void addNote(conversation, text.trim());
    else void sendMessage(customerId, text.trim());
    setText("");
  };
  const kinds: [To, string][] = [
    ["customer", _("Customer")],
    ["colleagues", _("Colleagues")],
  ];
  return (
    <form class="actions composer" onSubmit={send}>
      {isShut && <p class="hint warn">{closedWords(box, zone)}</p>}
      {!isShut && to === "customer" && box && <Hints box={box} zone={zone} />}
      {to === "customer" && text === "" && box && box.answers.length > 0 && (
        <div class="quick" role="group" aria-label={_("Quick answers")}>
          {box.answers.map((one) => (
            <button key={one.id} type="button" class="chip-button" title={one.text} onClick={() => insert(one.text)}>
              {one.title}
            </button>
          ))}
        </div>
      )}
      {(!isShut || conversation) && (
        <div class="row">
          <label class="grow">
            <span class="visually-hidden">{to === "customer" ? _("Message") : _("Note for colleagues")}</span>
            <textarea
              ref={field}
              rows={Math.min(5, Math.max(1, Math.ceil(text.length / 24)))}
              placeholder={to === "customer" ? _("Write a message") : _("A note for colleagues")}
              maxLength={600}
              value={text}
              lang={to === "customer" ? languageTag(locale) : undefined}
              onInput={(event) => change(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) send(event);
              }}
            />
          </label>
          <button class="button main icon-only" disabled={!text.trim()} aria-label={to === "customer" ? _("Send") : _("Keep the note")}>
            <Icon name={to === "customer" ? "send" : "pen"} />
          </button>
        </div>
      )}
      <div class="row under">
        {conversation && !isShut && <Segments name="to" label={_("Who reads it")} options={kinds} value={to} onPick={setTo} />}
        {to === "customer" && !isShut && <Cost text={text} box={box} />}
      </div>
    </form>
  );
}

function Cost({ text, box }: { text: string; box: Box | null }): JSX.Element {
  const { segments, price } = costOf(text, box?.prefix ?? "", Number(box?.price_per_segment ?? 0));
  const money = box?.currency && price > 0 ? new Intl.NumberFormat(languageTag(), { style: "currency", currency: box.currency, maximumFractionDigits: 3 }).format(price) : "";
  return (
    <p class="cost soft" aria-live="polite">
      {text.trim() && (
        <>
          {ngettext("%(num)s SMS", "%(num)s SMS", segments)}
          {money && <> · {money}</>}
        </>
      )}
    </p>
  );
}

/** What will happen to a text written now. The phone may have asked hours ago, so it reckons with its own clock. */
function Hints({ box, zone }: { box: Box; zone: string }): JSX.Element | null {
  const at = now().toISOString();
  const isHeld = box.held_until !== null && Date.parse(box.held_until) > Date.parse(at);
  const isLate = !isHeld && box.goes_until !== null && Date.parse(box.goes_until) <= Date.parse(at);
  return (
    <>
      {isHeld && (
        <p class="hint night">
          <Icon name="clock" />
          {_("Will be held until %(time)s", { time: moment(box.held_until as string, zone) })}
          {box.held_reason && <> · {box.held_reason}</>}
        </p>
      )}
      {isLate && (
        <p class="hint night">
          <Icon name="clock" />
          {_("It is late: this will be held until the quiet hours are over.")}
        </p>
      )}
      {box.is_new_contact && <p class="hint soft">{_("This counts as a contact of the household.")}</p>}
      {box.number_fault && (
        <p class="hint warn">
          <Icon name="alert" />
          {box.number_fault}
        </p>
      )}
    </>
  );
}

function closedWords(box: Box | null, zone: string): string {
  if (box?.closed_reason) return box.closed_reason;
  if (box?.next_free_day) {
    return _("This household was contacted lately. Unasked, the next text is possible on %(day)s.", { day: shortDay(`${box.next_free_day}T12:00:00Z`, zone) });
  }
  return _("This customer does not want text messages. Please call instead.");
}

function zoneOf(state: State): string {
  return state.user?.store?.zone ?? "Asia/Hong_Kong";
}

function attentionWord(attention: string | null): string | null {
  const table: Record<string, string> = {
    complaint: _("Complaint"),
    low_rating: _("Low rating"),
    maybe_opt_out: _("May want no messages"),
    unknown_sender: _("Unknown number"),
  };
  return attention ? (table[attention] ?? null) : null;
}

function messageStateWord(status: string): string {
  const table: Record<string, string> = {
    waiting: _("Not sent yet"),
    refused: _("Not accepted"),
    pending: _("Waiting to be sent"),
    held: _("Held until morning"),
    claimed: _("Being sent"),
    submitting: _("Being sent"),
    submitted: _("Sent"),
    sent: _("Sent"),
    delivered: _("Delivered"),
    undelivered: _("Not delivered"),
    failed: _("Not delivered"),
    expired: _("Not sent, too late"),
    cancelled: _("Not sent"),
    suppressed: _("Not sent"),
    needs_attention: _("Unclear whether it arrived"),
    unknown: _("Unclear whether it arrived"),
  };
  return table[status] ?? status;
}

