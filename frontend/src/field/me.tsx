/** The person's own place: ways to the points and to what is not sent, how the app looks, this phone, the way out. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import "../styles/field/me.css";
import { SyncChip } from "./app";
import { _, ngettext } from "./i18n";
import { canInstall, install, isInstalled } from "./install";
import { choose, textSize, theme, type TextSize, type Theme } from "./look";
import { Chip, Icon, Segments, type IconName } from "./parts";
import { PlaceConsent } from "./place-consent";
import { go } from "./router";
import { LanguageSwitch } from "./signin";
import { unreadRules, type State } from "./state";
import { signOut } from "./sync";
import { WorkTexts } from "./work-texts";

export function Me({ state }: { state: State }): JSX.Element {
  const { points } = state;
  const unread = unreadRules(state).length;
  const waiting = state.rows.length;
  return (
    <div class="me">
      <header class="top">
        <h1>{state.user?.name}</h1>
        <SyncChip state={state} />
      </header>
      {state.user?.store && <p class="soft">{state.user.store.name}</p>}
      <ul class="ways">
        <Way
          to="/m/points"
          icon="star"
          title={_("My points")}
          text={points ? _("Today %(today)s · this season %(season)s", { today: points.today, season: points.season }) : ""}
          news={unread > 0 ? _("New rules") : ""}
        />
        <Way to="/m/customers" icon="search" title={_("My customers")} text={_("Find somebody, also without signal")} />
        <Way
          to="/m/unsent"
          icon="send"
          title={_("Not sent yet")}
          text={waiting > 0 ? ngettext("%(num)s entry", "%(num)s entries", waiting) : _("Nothing, all is sent")}
        />
      </ul>
      <Installing />
      <Look />
      <WorkTexts state={state} />
      <PlaceConsent />
      <ThisPhone state={state} />
      <SignOut state={state} />
    </div>
  );
}

function Way({ to, icon, title, text, news = "" }: { to: string; icon: IconName; title: string; text: string; news?: string }): JSX.Element {
  return (
    <li>
      <a class="way" href={to}>
        <Icon name={icon} />
        <span class="grow">
          <strong>{title}</strong>
          {text && <span class="soft">{text}</span>}
        </span>
        {news && <Chip tone="warning">{news}</Chip>}
        <Icon name="next" />
      </a>
    </li>
  );
}

function Installing(): JSX.Element | null {
  if (isInstalled()) return null;
  return (
    <section class="card" aria-labelledby="home-screen">
      <h2 id="home-screen">{_("On the home screen")}</h2>
      <p class="soft">{_("It opens with one tap, fills the screen, and the phone keeps what is not sent yet.")}</p>
      <div class="row wrap">
        {canInstall() && (
          <button type="button" class="button main" onClick={() => void install()}>
            {_("Put it there")}
          </button>
        )}
        <a class="button" href="/m/install">
          {_("Show me how")}
        </a>
      </div>
    </section>
  );
}

function Look(): JSX.Element {
  const [shown, show] = useState({ theme: theme(), text: textSize() });
  const pick = (what: "theme" | "text", value: Theme | TextSize): void => {
    choose(what, value);
    show({ theme: theme(), text: textSize() });
  };
  const again = (): void => {
    localStorage.removeItem("tour");
    go("/m/");
  };
  return (
    <section class="card" aria-labelledby="look">
      <h2 id="look">{_("Language and look")}</h2>
      <LanguageSwitch />
      <div class="stacked">
        <p>{_("Colours")}</p>
        <Segments
          name="theme"
          label={_("Colours")}
          options={[
            ["system", _("As the phone")],
            ["light", _("Light")],
            ["dark", _("Dark")],
          ]}
          value={shown.theme}
          onPick={(value) => pick("theme", value)}
        />
      </div>
      <div class="stacked">
        <p>{_("Text size")}</p>
        <Segments
          name="text"
          label={_("Text size")}
          options={[
            ["normal", _("Normal")],
            ["large", _("Larger")],
            ["largest", _("Very large")],
          ]}
          value={shown.text}
          onPick={(value) => pick("text", value)}
        />
      </div>
      <button type="button" class="button" onClick={again}>
        {_("Show the first cards again")}
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
  return (
    <section class="card" aria-labelledby="phone">
      <h2 id="phone">{_("This phone")}</h2>
      <dl class="facts">
        <dt>{_("Storage")}</dt>
        <dd>
          {safe === true ? _("Kept safely") : _("The browser may clear it when space runs out")}{" "}
          {used !== null && <span class="soft together">· {(used / 1_000_000).toFixed(1)} MB</span>}
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
          {ngettext("It stays on this phone and is sent when you sign in here again.", "They stay on this phone and are sent when you sign in here again.", waiting)}
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
