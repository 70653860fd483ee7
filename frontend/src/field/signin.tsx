import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Blossom } from "./parts";
import { _, languageTag, LOCALES, locale, ngettext, remember } from "./i18n";
import { restartLive } from "./live";
import { drain } from "./outbox/sending";
import type { State } from "./state";
import { signIn } from "./sync";
import type { Locale } from "./types";
import { speak } from "./wishes";

/** Each language named in itself: a lost reader recognises the own one. */
export function LanguageSwitch(): JSX.Element {
  const names: Record<Locale, string> = {
    zh_Hans: new Intl.DisplayNames("zh-Hans", { type: "language" }).of("zh-Hans") ?? "",
    zh_Hant: new Intl.DisplayNames("zh-Hant", { type: "language" }).of("zh-Hant") ?? "",
    en: new Intl.DisplayNames("en", { type: "language" }).of("en") ?? "",
  };
  const pickLanguage = (wanted: Locale): void => {
    remember(wanted);
    void speak(wanted);
  };
  return (
    <div class="languages" role="radiogroup" aria-label={_("Language")}>
      {LOCALES.map((one) => (
        <label key={one} class="segment" lang={languageTag(one)}>
          <input type="radio" name="language" checked={locale() === one} onChange={() => pickLanguage(one)} />
          <span>{names[one]}</span>
        </label>
      ))}
    </div>
  );
}

/** The first door, and the panel that comes back when the session has ended: what was done is kept either way. */
export function SignIn({ state }: { state: State }): JSX.Element {
  const again = state.user !== null;
  const [phone, setPhone] = useState(state.user?.phone ?? "");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const result = await signIn(phone, password);
    setBusy(false);
    if (!result.ok) {
      setProblem(result.reason);
      return;
    }
    restartLive();
    void drain();
  };
  const waiting = state.rows.length;
  return (
    <main class="signin" id="main">
      <div class="signin-card">
        <div class="signin-sign">
          <Blossom progress={[]} full />
          <h1>Huifang</h1>
        </div>
        {again ? (
          <p role="status">
            {_("Please sign in again. Nothing is lost.")}{" "}
            {waiting > 0 && ngettext("%(num)s entry waits on this phone.", "%(num)s entries wait on this phone.", waiting)}
          </p>
        ) : (
          <p class="soft">{_("Your visits, deliveries and calls of the day.")}</p>
        )}
        <form onSubmit={(event) => void submit(event)}>
          <label class="field">
            <span>{_("Phone number")}</span>
            <input
              type="tel"
              name="phone"
              autocomplete="username"
              required
              value={phone}
              onInput={(event) => setPhone(event.currentTarget.value)}
            />
          </label>
          <label class="field">
            <span>{_("Password")}</span>
            <input
              type="password"
              name="password"
              autocomplete="current-password"
              required
              value={password}
              onInput={(event) => setPassword(event.currentTarget.value)}
            />
          </label>
          {problem && (
            <p class="notice danger" role="alert">
              {problem}
            </p>
          )}
          <button class="button main wide" disabled={busy}>
            {busy ? _("One moment…") : _("Sign in")}
          </button>
        </form>
        <LanguageSwitch />
      </div>
    </main>
  );
}
