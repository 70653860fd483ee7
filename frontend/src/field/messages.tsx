/** Conversations with customers by SMS: the list, and one thread with what is still on its way. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { messageDraftKey, sendMessage } from "./actions";
import { SyncChip } from "./app";
import { _, languageTag, load, N_, translate } from "./i18n";
import { whenChanged } from "./live";
import { keepDraft } from "./outbox";
import { Empty, Icon } from "./parts";
import { back } from "./router";
import { targetOfCustomer, type State } from "./state";
import { fetchThread, markRead } from "./sync";
import { BlockedCard } from "./task";
import { dayKey, moment, shortDay } from "./time";
import type { Locale, Message } from "./types";
import { messageReasonWord, messageStateWord } from "./words";

export function Conversations({ state, selected }: { state: State; selected?: number }): JSX.Element {
  const zone = state.user?.store?.zone ?? "Asia/Hong_Kong";
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
      {state.conversations.length === 0 && <Empty title={_("No messages yet.")}>{_("When a customer writes, it appears here.")}</Empty>}
      <ul class="cards">
        {state.conversations.map(({ customer, last_message, unread }) => (
          <li key={customer.id}>
            <a class="talk" href={`/m/messages/${customer.id}`} aria-current={customer.id === selected ? "true" : undefined}>
              <span class="avatar" aria-hidden="true">
                {[...customer.name][0]}
              </span>
              <span class="grow">
                <span class="talk-head">
                  <strong>{customer.name}</strong>
                  {last_message && <span class="soft">{moment(last_message.at, zone)}</span>}
                </span>
                <span class={unread > 0 ? "one-line unread" : "one-line soft"} lang={customer.locale && languageTag(customer.locale)}>
                  {last_message?.direction === "out" && <span class="soft">{_("You:")} </span>}
                  {last_message?.text ?? _("Nothing written yet.")}
                </span>
              </span>
              {unread > 0 && <span class="badge">{unread}</span>}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Shown in the customer's own language; picked texts may still be changed before they are sent. */
function quickTexts(locale: Locale): string[] {
  const texts = [
    N_("I will be with you in about 15 minutes."),
    N_("I am a little late, sorry. I am on my way."),
    N_("I am at your door."),
    N_("When would it suit you?"),
    N_("Thank you. I will take care of it."),
  ];
  return texts.map((text) => translate(locale, text));
}

export function Thread({ state, customerId }: { state: State; customerId: number }): JSX.Element {
  const zone = state.user?.store?.zone ?? "Asia/Hong_Kong";
  const conversation = state.conversations.find((one) => one.customer.id === customerId);
  const task = state.tasks.find((one) => one.customer.id === customerId);
  const locale = conversation?.customer.locale ?? task?.customer.locale ?? "zh_Hans";
  const known = state.threads.get(customerId);
  const waiting = state.rows.filter((row) => row.target === targetOfCustomer(customerId));
  const shown: Message[] = [
    ...(known ?? []),
    ...waiting.map((row) => ({
      id: row.id,
      direction: "out" as const,
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
      <ol class="bubbles" aria-live="polite">
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
              <Bubble key={message.id} message={message} zone={zone} locale={locale} />
            </>
          );
        })}
      </ol>
      {waiting
        .filter((row) => row.state === "blocked")
        .map((row) => (
          <BlockedCard key={row.id} row={row} />
        ))}
      <div ref={end} />
      {conversation && !conversation.can_send ? (
        <p class="actions soft">{_("This customer does not want text messages. Please call instead.")}</p>
      ) : (
        <Composer state={state} customerId={customerId} locale={locale} />
      )}
    </div>
  );
}

const BAD_STATES = ["refused", "failed", "undelivered", "expired", "cancelled", "suppressed", "needs_attention", "unknown"];

function Bubble({ message, zone, locale }: { message: Message; zone: string; locale: Locale }): JSX.Element {
  const out = message.direction === "out";
  const bad = out && BAD_STATES.includes(message.status);
  const arrived = message.status === "delivered" || message.status === "read";
  return (
    <li class={out ? "bubble out" : "bubble in"}>
      <p class="bubble-text" lang={languageTag(locale)}>
        {message.text}
      </p>
      <p class={bad ? "bubble-state bad" : "bubble-state soft"}>
        {!out && <span class="visually-hidden">{_("From the customer")} </span>}
        {moment(message.at, zone)}
        {out && (
          <>
            <Icon name={bad ? "alert" : arrived ? "check" : message.status === "sent" || message.status === "submitted" ? "send" : "wait"} />
            {message.held_until ? _("Goes out at %(time)s", { time: moment(message.held_until, zone) }) : messageStateWord(message.status)}
            {message.reason && <> · {messageReasonWord(message.reason)}</>}
          </>
        )}
      </p>
    </li>
  );
}

function Composer({ state, customerId, locale }: { state: State; customerId: number; locale: Locale }): JSX.Element {
  const key = messageDraftKey(customerId);
  const draft = state.drafts.get(key)?.value;
  const [text, setText] = useState(typeof draft === "string" ? draft : "");
  const [templates, setTemplates] = useState<string[]>([]);
  useEffect(() => {
    void load(locale).then(() => setTemplates(quickTexts(locale)));
  }, [locale]);
  useEffect(() => {
    if (text === "" && typeof draft === "string") setText(draft);
  }, [draft]);
  const change = (value: string): void => {
    setText(value);
    keepDraft(key, value);
  };
  const send = (event: Event): void => {
    event.preventDefault();
    if (!text.trim()) return;
    void sendMessage(customerId, text.trim());
    setText("");
  };
  return (
    <form class="actions composer" onSubmit={send}>
      {text === "" && (
        <div class="quick" role="group" aria-label={_("Quick texts")}>
          {templates.map((one) => (
            <button key={one} type="button" class="chip-button" lang={languageTag(locale)} onClick={() => change(one)}>
              {one}
            </button>
          ))}
        </div>
      )}
      <div class="row">
        <label class="grow">
          <span class="visually-hidden">{_("Message")}</span>
          <textarea
            rows={Math.min(5, Math.max(1, Math.ceil(text.length / 24)))}
            placeholder={_("Write a message")}
            maxLength={600}
            value={text}
            onInput={(event) => change(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) send(event);
            }}
          />
        </label>
        <button class="button main icon-only" disabled={!text.trim()} aria-label={_("Send")}>
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}
