/** Points as thanks with a reason: every line says which rule, how it was reckoned and what was seen. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import "../styles/field/points.css";
import { acknowledgeRules } from "./actions";
import { TopBar } from "./app";
import { _, ngettext, pick } from "./i18n";
import { Chip, Empty, Icon } from "./parts";
import { back } from "./router";
import { olderEntries, rulebook } from "./rulebook";
import { unreadRules, type State } from "./state";
import { clock, dayKey, dayTitle, moment, now } from "./time";
import type { Points, PointsEntry, RuleSet, Standing } from "./types";
import { heartWord, word } from "./words";
import type { Heart } from "../blossom";

/** The bootstrap brings so many; fewer means that there are no older ones. */
const NEWEST = 20;

export function MyPoints({ state }: { state: State }): JSX.Element {
  const { points } = state;
  const zone = state.user?.store?.zone ?? "Asia/Hong_Kong";
  const [book, setBook] = useState<RuleSet[]>([]);
  useEffect(() => void rulebook().then(setBook), [points]);
  return (
    <div class="points">
      <TopBar state={state} title={_("My points")} backTo={() => back("/m/me")} />
      {unreadRules(state).map((rules) => (
        <NewRules key={rules.id} rules={rules} zone={zone} />
      ))}
      {points ? (
        <>
          <Figures points={points} />
          {points.rank !== null && <Place points={points} rank={points.rank} />}
          <Entries points={points} book={book} zone={zone} />
        </>
      ) : (
        <Empty title={_("Your points are being fetched.")}>{_("This needs a connection once.")}</Empty>
      )}
    </div>
  );
}

function Figures({ points }: { points: Points }): JSX.Element {
  return (
    <dl class="figures card">
      <Figure text={_("Today")}>{points.today}</Figure>
      <Figure text={_("This season")}>{points.season}</Figure>
      <Figure text={_("Waiting for proof")} lighter>
        {points.pending}
      </Figure>
    </dl>
  );
}

function Figure({ text, lighter = false, children }: { text: string; lighter?: boolean; children: ComponentChildren }): JSX.Element {
  return (
    <div class={lighter ? "figure lighter" : "figure"}>
      <dt>{text}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Place({ points, rank }: { points: Points; rank: number }): JSX.Element {
  const neighbours = points.neighbours ?? [];
  return (
    <section class="card" aria-labelledby="place">
      <h2 id="place">{_("Your place this season: %(rank)s", { rank })}</h2>
      <p class="soft">{trendWords(points.trend, rank)}</p>
      {neighbours.length > 1 && (
        <ul class="standing">
          {neighbours.map((line) => (
            <StandingLine key={`${line.rank} ${line.name}`} line={line} />
          ))}
        </ul>
      )}
      <p class="soft">{_("Only points that count already make the place. Each person sees the own place and those beside it.")}</p>
    </section>
  );
}

function StandingLine({ line }: { line: Standing }): JSX.Element {
  return (
    <li class={line.is_me ? "mine" : ""}>
      <span class="standing-rank">{line.rank}</span>
      <span class="grow">{line.is_me ? _("You") : line.name}</span>
      <span>{ngettext("%(num)s point", "%(num)s points", line.vested)}</span>
    </li>
  );
}

/** Told as news, not as praise or blame: others going by is no fault. */
function trendWords(trend: number | null, rank: number): string {
  if (!trend) return _("The same place as last night.");
  if (trend > 0) return ngettext("%(num)s place further up than last night.", "%(num)s places further up than last night.", trend);
  return _("Last night it was place %(rank)s.", { rank: rank + trend });
}

function Entries({ points, book, zone }: { points: Points; book: RuleSet[]; zone: string }): JSX.Element {
  const [older, setOlder] = useState<PointsEntry[]>([]);
  const [next, setNext] = useState<string | null | "first">("first");
  const [asking, setAsking] = useState<"" | "busy" | "offline">("");
  const newest = new Set(points.entries.map((entry) => entry.id));
  const entries = [...points.entries, ...older.filter((entry) => !newest.has(entry.id))];
  const more = async (): Promise<void> => {
    setAsking("busy");
    const found = await olderEntries(next === "first" ? null : next);
    setAsking(found ? "" : "offline");
    if (!found) return;
    setOlder([...older, ...found.entries]);
    setNext(found.next);
  };
  if (entries.length === 0) return <Empty title={_("Points appear here after your first finished task.")} />;
  const days = new Map<string, PointsEntry[]>();
  for (const entry of entries) {
    const key = dayKey(entry.at, zone);
    days.set(key, [...(days.get(key) ?? []), entry]);
  }
  return (
    <>
      {[...days].map(([key, lines]) => (
        <section key={key} class="points-day" aria-labelledby={`day-${key}`}>
          <h2 id={`day-${key}`}>{key === dayKey(now(), zone) ? _("Today") : dayTitle(`${key}T12:00:00Z`, "UTC")}</h2>
          <ul class="entries">
            {lines.map((entry) => (
              <Entry key={entry.id} entry={entry} book={book} zone={zone} />
            ))}
          </ul>
        </section>
      ))}
      {asking === "offline" && (
        <p class="notice" role="status">
          <Icon name="cloud" />
          {_("Older points need a connection.")}
        </p>
      )}
      {points.entries.length >= NEWEST && next !== null && (
        <button type="button" class="button wide" disabled={asking === "busy"} onClick={() => void more()}>
          {_("Show older points")}
        </button>
      )}
    </>
  );
}

function Entry({ entry, book, zone }: { entry: PointsEntry; book: RuleSet[]; zone: string }): JSX.Element {
  const counts = entry.state === "vested";
  const sign = entry.amount > 0 ? "+" : entry.amount < 0 ? "−" : "";
  return (
    <li class={counts && entry.amount > 0 ? "entry" : "entry lighter"}>
      <details>
        <summary>
          <span class="entry-amount">
            {sign}
            {Math.abs(entry.amount)}
          </span>
          <span class="grow">
            {entry.reason}
            <span class="entry-foot soft">
              {clock(entry.at, zone)}
              {!counts && <Chip tone={entry.state === "held" ? "warning" : "quiet"}>{pointsStateWord(entry.state)}</Chip>}
            </span>
          </span>
          <span class="entry-why">{_("Why")}</span>
        </summary>
        <Why entry={entry} book={book} zone={zone} />
      </details>
    </li>
  );
}

function Why({ entry, book, zone }: { entry: PointsEntry; book: RuleSet[]; zone: string }): JSX.Element {
  const rule = book.find((one) => one.version === entry.rule_version)?.rules.find((one) => one.key === entry.rule_key);
  const seen = evidenceWords(entry, zone);
  const waits = stateWords(entry, zone);
  return (
    <dl class="facts">
      {rule && (
        <>
          <dt>{_("The rule")}</dt>
          <dd>
            {pick(rule.what)} <span class="soft">{_("Rules, version %(version)s", { version: entry.rule_version })}</span>
          </dd>
          <dt>{_("What it is for")}</dt>
          <dd>{pick(rule.why)}</dd>
        </>
      )}
      {seen.length > 0 && (
        <>
          <dt>{_("What was seen")}</dt>
          <dd>
            <ul>
              {seen.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </dd>
        </>
      )}
      {waits && (
        <>
          <dt>{pointsStateWord(entry.state)}</dt>
          <dd>{waits}</dd>
        </>
      )}
      {entry.task_id !== null && (
        <>
          <dt>{_("Task")}</dt>
          <dd>
            <a href={`/m/tasks/${entry.task_id}`}>{entry.task_number ?? _("Open")}</a>
          </dd>
        </>
      )}
    </dl>
  );
}

/** What the rule looked at, in words. Lines that an older build has kept carry none. */
function evidenceWords(entry: PointsEntry, zone: string): string[] {
  const { there_at, window_end, photos, door_code, signature, hearts, only_ticked, rating } = entry.evidence ?? {};
  const words: string[] = [];
  if (typeof there_at === "string" && typeof window_end === "string") {
    words.push(_("There at %(there)s, promised until %(end)s", { there: clock(there_at, zone), end: clock(window_end, zone) }));
  }
  if (typeof photos === "number" && photos > 0) words.push(ngettext("%(num)s photo", "%(num)s photos", photos));
  if (door_code === true) words.push(_("The customer's door code"));
  if (signature === true) words.push(_("A signature"));
  if (isList(hearts)) words.push(_("Hearts with something to see: %(hearts)s", { hearts: heartWords(hearts) }));
  if (isList(only_ticked)) words.push(_("Hearts that were ticked: %(hearts)s", { hearts: heartWords(only_ticked) }));
  if (typeof rating === "number") words.push(_("The customer's answer: %(rating)s of 5", { rating }));
  return words;
}

function isList(value: unknown): value is Heart[] {
  return Array.isArray(value) && value.length > 0;
}

function heartWords(hearts: Heart[]): string {
  return hearts.map(heartWord).join(" · ");
}

function stateWords(entry: PointsEntry, zone: string): string {
  if (entry.state === "pending" && entry.vests_at) {
    return _("Counts from %(time)s on, or as soon as a photo, the door code or the customer's answer vouches for it.", {
      time: moment(entry.vests_at, zone),
    });
  }
  if (entry.state === "held") return _("Somebody looks at it before it counts.");
  return "";
}

function NewRules({ rules, zone }: { rules: RuleSet; zone: string }): JSX.Element {
  return (
    <section class="card rules" aria-labelledby={`rules-${rules.id}`}>
      <h2 id={`rules-${rules.id}`}>{_("New rules for points, version %(version)s", { version: rules.version })}</h2>
      <p>
        {_("Please read them. Points count from the moment you have.")}
        {rules.effective_from && <span class="soft"> {_("In force from %(time)s.", { time: moment(rules.effective_from, zone) })}</span>}
      </p>
      <div class="rules-list">
        {rules.rules.map((rule) => (
          <details class="fold" key={rule.key}>
            <summary>{pick(rule.what)}</summary>
            <dl class="facts">
              <dt>{_("Why")}</dt>
              <dd>{pick(rule.why)}</dd>
              <dt>{_("If done well")}</dt>
              <dd>{pick(rule.reward)}</dd>
              <dt>{_("If not")}</dt>
              <dd>{pick(rule.penalty)}</dd>
            </dl>
          </details>
        ))}
      </div>
      <button type="button" class="button main wide" onClick={() => void acknowledgeRules(rules.id)}>
        <Icon name="check" />
        {_("I have read them")}
      </button>
    </section>
  );
}

function pointsStateWord(state: string): string {
  const table = { pending: _("Waiting for proof"), held: _("On hold"), vested: _("Counted"), reversed: _("Taken back") };
  return word(table, state);
}
