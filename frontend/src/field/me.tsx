/** Points as thanks with a reason, rules to read, language, this phone's storage, and the way out. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { acknowledgeRules } from "./actions";
import { SyncChip } from "./app";
import { _, ngettext, pick } from "./i18n";
import { Chip, Icon } from "./parts";
import { LanguageSwitch } from "./signin";
import type { State } from "./state";
import { signOut } from "./sync";
import { moment } from "./time";
import type { Points, PointsEntry, RuleSet } from "./types";
import { pointsStateWord } from "./words";

export function Me({ state }: { state: State }): JSX.Element {
  const zone = state.user?.store?.zone ?? "Asia/Hong_Kong";
  const read = new Set(state.rows.filter((row) => row.verb === "acknowledge").map((row) => row.target));
  const unread = state.rules.filter((rules) => !read.has(`rules:${rules.id}`));
  return (
    <div class="me">
      <header class="top">
        <h1>{state.user?.name}</h1>
        <SyncChip state={state} />
      </header>
      {state.user?.store && <p class="soft">{state.user.store.name}</p>}
      {unread.map((rules) => (
        <Rules key={rules.id} rules={rules} zone={zone} />
      ))}
      {state.points && <PointsCard points={state.points} zone={zone} />}
      <section class="card" aria-labelledby="language">
        <h2 id="language">{_("Language")}</h2>
        <LanguageSwitch />
      </section>
      <ThisPhone state={state} />
      <SignOut state={state} />
    </div>
  );
}

function PointsCard({ points, zone }: { points: Points; zone: string }): JSX.Element {
  return (
    <section class="card" aria-labelledby="points">
      <h2 id="points">{_("My points")}</h2>
      <dl class="figures">
        <Figure text={_("Today")} value={points.today} />
        <Figure text={_("This season")} value={points.season} />
        <Figure text={_("Place")} value={points.rank ?? "–"} />
        <Figure text={_("Waiting for proof")} value={points.pending} lighter />
      </dl>
      {points.entries.length === 0 && <p class="soft">{_("Points appear here after your first finished task.")}</p>}
      <ul class="entries">
        {points.entries.map((entry) => (
          <Entry key={entry.id} entry={entry} zone={zone} />
        ))}
      </ul>
    </section>
  );
}

function Figure({ text, value, lighter = false }: { text: string; value: number | string; lighter?: boolean }): JSX.Element {
  return (
    <div class={lighter ? "figure lighter" : "figure"}>
      <dt>{text}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Entry({ entry, zone }: { entry: PointsEntry; zone: string }): JSX.Element {
  const sign = entry.amount > 0 ? "+" : entry.amount < 0 ? "−" : "";
  return (
    <li class={entry.state === "vested" ? "entry" : "entry lighter"}>
      <span class="entry-amount">
        {sign}
        {Math.abs(entry.amount)}
      </span>
      <span class="grow">
        <span>{entry.reason}</span>
        <span class="entry-foot soft">
          {entry.at && moment(entry.at, zone)}
          {entry.state !== "vested" && <Chip tone={entry.state === "held" ? "warning" : "quiet"}>{pointsStateWord(entry.state)}</Chip>}
          {entry.task_id && <a href={`/m/tasks/${entry.task_id}`}>{_("Task")}</a>}
        </span>
      </span>
    </li>
  );
}

function Rules({ rules, zone }: { rules: RuleSet; zone: string }): JSX.Element {
  return (
    <section class="card rules" aria-labelledby={`rules-${rules.id}`}>
      <h2 id={`rules-${rules.id}`}>{_("New rules for points, version %(version)s", { version: rules.version })}</h2>
      <p>
        {_("Please read them. Points count from the moment you have.")}
        {rules.effective_from && <span class="soft"> {_("In force from %(time)s.", { time: moment(rules.effective_from, zone) })}</span>}
      </p>
      {rules.rules.map((rule) => (
        <details key={rule.key}>
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
      <button type="button" class="button main wide" onClick={() => void acknowledgeRules(rules.id)}>
        <Icon name="check" />
        {_("I have read them")}
      </button>
    </section>
  );
}

function ThisPhone({ state }: { state: State }): JSX.Element {
  const [safe, setSafe] = useState<boolean | null>(null);
  const [used, setUsed] = useState<number | null>(null);
  useEffect(() => {
    void navigator.storage?.persisted?.().then(setSafe);
    void navigator.storage?.estimate?.().then(({ usage }) => setUsed(usage ?? null));
  }, [state.rows.length]);
  const waiting = state.rows.length;
  return (
    <section class="card" aria-labelledby="phone">
      <h2 id="phone">{_("This phone")}</h2>
      <dl class="facts">
        <dt>{_("Not sent yet")}</dt>
        <dd>
          <a href="/m/unsent">{waiting > 0 ? ngettext("%(num)s entry", "%(num)s entries", waiting) : _("Nothing, all is sent")}</a>
        </dd>
        <dt>{_("Storage")}</dt>
        <dd>
          {safe === true ? _("Kept safely") : _("The browser may clear it when space runs out")}
          {used !== null && <span class="soft"> · {(used / 1_000_000).toFixed(1)} MB</span>}
        </dd>
        {state.foreignRows > 0 && (
          <>
            <dt>{_("Another person")}</dt>
            <dd>{ngettext("%(num)s entry waits for its owner to sign in", "%(num)s entries wait for their owner to sign in", state.foreignRows)}</dd>
          </>
        )}
      </dl>
      <p class="soft">{_("Keep this app open until it says “All sent”.")}</p>
    </section>
  );
}

function SignOut({ state }: { state: State }): JSX.Element {
  const [asked, setAsked] = useState(false);
  const waiting = state.rows.length;
  if (asked && waiting > 0) {
    return (
      <section class="card notice-card" role="alert">
        <p>
          {ngettext("%(num)s entry has not been sent.", "%(num)s entries have not been sent.", waiting)}{" "}
          {_("It stays on this phone and is sent when you sign in here again.")}
        </p>
        <div class="row wrap">
          <a class="button main" href="/m/unsent">
            {_("Look at it first")}
          </a>
          <button type="button" class="button danger" onClick={() => void signOut()}>
            {_("Sign out anyway")}
          </button>
        </div>
      </section>
    );
  }
  return (
    <button type="button" class="button wide" onClick={() => (waiting > 0 ? setAsked(true) : void signOut())}>
      {_("Sign out")}
    </button>
  );
}
