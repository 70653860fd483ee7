/** What to know before the bell rings: what not to say first, then what is due and promised, who lives there, likes. */
import "../styles/field/customer.css";
import type { ComponentChildren, JSX } from "preact";
import type { Brief } from "./briefs";
import { ageWord, budgetWords, cautionWords, contactTime, contactWords, dayFromToday, listed, openTaskWord, plainDay, questionWord, relationWord, stretch, tierWord, useWord } from "./brief-words";
import { _, languageTag, pick } from "./i18n";
import { Chip, Icon } from "./parts";
import { get } from "./state";
import { moment } from "./time";
import { dialectWord } from "./words";

export function Cautions({ brief }: { brief: Brief }): JSX.Element | null {
  if (brief.cautions.length === 0) return null;
  const store = get().user?.store?.phone;
  return (
    <section aria-label={_("What not to say")}>
      <ul class="cautions">
        {brief.cautions.map((caution) => {
          const [what, instead] = cautionWords(caution, brief);
          return (
            <li key={caution} class={caution === "reaction" ? "grave" : ""}>
              <Icon name="alert" />
              <div>
                <strong>{what}</strong>
                <p>{instead}</p>
                {caution === "reaction" && store && (
                  <a class="button" href={`tel:${store}`}>
                    <Icon name="callback" />
                    {_("Call the store")}
                  </a>
                )}
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

export function BriefChips({ brief }: { brief: Brief }): JSX.Element | null {
  const tier = tierWord(brief.tier);
  if (!tier && !brief.birthday) return null;
  return (
    <p class="chips">
      {brief.birthday && (
        <Chip tone="ok" icon="star">
          {_("Birthday %(when)s", { when: dayFromToday(brief.birthday.day, brief.zone) })}
        </Chip>
      )}
      {tier && <Chip>{tier}</Chip>}
    </p>
  );
}

/** `taskId`: the task one is at. A window that was promised stands beside its task, or by itself when the plan says
 * another time now. */
export function BriefFacts({ brief, taskId }: { brief: Brief; taskId?: number }): JSX.Element {
  const { zone } = brief;
  const others = brief.tasks.filter((one) => one.id !== taskId);
  const isAsPromised = (task: Brief["tasks"][number]): boolean =>
    brief.promised.some((one) => one.kind === "window" && one.task_id === task.id && one.start === task.window_start);
  const promised = brief.promised.filter((one) => one.kind === "window" && !others.some((task) => task.id === one.task_id && isAsPromised(task)));
  const questions = [...new Set(brief.questions.map((one) => questionWord(one.kind)))];
  const planned = brief.complaints.filter((one) => one.plan);
  const sizes = Object.entries(brief.sizes);
  return (
    <dl class="facts">
      {brief.run_outs.length > 0 && (
        <Fact name={_("Runs out")}>
          {brief.run_outs.map((one) => (
            <p key={`${pick(one.product)} ${one.consumer}`}>
              <strong>{pick(one.product)}</strong>
              <span class="below">
                {dayFromToday(one.day, zone)}
                <span class="soft"> · {[plainDay(one.day), one.consumer].filter(Boolean).join(" · ")}</span>
                {one.reserved !== null && <span class="fact-ok"> · {_("%(num)s kept back", { num: one.reserved })}</span>}
              </span>
            </p>
          ))}
        </Fact>
      )}
      {(promised.length > 0 || planned.length > 0) && (
        <Fact name={_("Promised")}>
          {promised.map((one) => (
            <p key={`${one.kind} ${one.task_id}`}>{stretch(one.start, one.end, zone)}</p>
          ))}
          {planned.map((one) => (
            <p key={one.number}>
              {one.plan}
              {one.promised_for && <span class="soft"> · {_("by %(time)s", { time: moment(one.promised_for, zone) })}</span>}
            </p>
          ))}
        </Fact>
      )}
      {(brief.waiting_since || brief.questions.length > 0 || others.length > 0 || brief.complaints.some((one) => one.words)) && (
        <Fact name={_("Open matters")}>
          {brief.complaints.filter((one) => one.words).map((one) => (
            <p key={one.number}>
              <q lang={languageTag(brief.locale)}>{one.words}</q>
            </p>
          ))}
          {brief.waiting_since && (
            <p>
              <a href={`/m/messages/${brief.id}`}>{_("Waits for our answer since %(time)s", { time: moment(brief.waiting_since, zone) })}</a>
            </p>
          )}
          {questions.map((one) => (
            <p key={one}>{one}</p>
          ))}
          {others.map((one) => (
            <p key={one.id}>
              <a href={`/m/tasks/${one.id}`}>{openTaskWord(one)}</a>
              <span class="below soft">
                {stretch(one.window_start, one.window_end, zone)}
                {isAsPromised(one) && <span class="fact-ok"> · {_("promised")}</span>}
                {one.assignee && one.assignee.id !== get().user?.id && <> · {one.assignee.name}</>}
              </span>
            </p>
          ))}
        </Fact>
      )}
      {(brief.household.length > 0 || brief.others.length > 0 || brief.uses.length > 0) && (
        <Fact name={_("At home")}>
          {brief.household.map((one) => (
            <p key={one.id}>
              <strong>{one.name}</strong>
              <span class="soft"> · {[relationWord(one.relation), ageWord(one.age_months), ...one.uses.map(useWord)].filter(Boolean).join(" · ")}</span>
            </p>
          ))}
          {brief.uses.map((one) => (
            <p key={pick(one.product)}>{useWord(one)}</p>
          ))}
          {brief.others.map((one) => (
            <p key={one.id}>
              <a href={`/m/customers/${one.id}`}>{one.name}</a>
            </p>
          ))}
        </Fact>
      )}
      {(brief.preferences || brief.tags.length > 0) && (
        <Fact name={_("Likes")}>
          {brief.preferences && <p>{brief.preferences}</p>}
          {brief.tags.length > 0 && (
            <p class="chips">
              {brief.tags.map((tag) => (
                <Chip key={tag}>{tag}</Chip>
              ))}
            </p>
          )}
        </Fact>
      )}
      {sizes.length > 0 && <Fact name={_("Sizes")}>{listed(sizes.map(([name, size]) => `${name} ${size}`))}</Fact>}
      {brief.dialect && <Fact name={_("Speaks")}>{dialectWord(brief.dialect)}</Fact>}
    </dl>
  );
}

export function LastContacts({ brief }: { brief: Brief }): JSX.Element {
  if (brief.last_contacts.length === 0) return <p class="soft">{_("Nobody was in touch yet.")}</p>;
  return (
    <ol class="contacts">
      {brief.last_contacts.map((line) => {
        const [what, words] = contactWords(line);
        return (
          <li key={line.key}>
            <p class="contact-head">
              <strong>{what}</strong>
              <span class="soft">{contactTime(line, brief.zone)}</span>
            </p>
            {words && (
              <p class="contact-words" lang={line.kind === "message" ? languageTag(brief.locale) : undefined}>
                {words}
              </p>
            )}
          </li>
        );
      })}
    </ol>
  );
}

export function ContactBudget({ brief }: { brief: Brief }): JSX.Element {
  const { last_day } = brief.budget;
  return (
    <p>
      {budgetWords(brief)}
      {last_day && <span class="soft"> {_("Last time: %(day)s.", { day: plainDay(last_day) })}</span>}
    </p>
  );
}

export function Fact({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
