/** What a person should know wherever he or she is in the app: a new version, a full phone, work that waits too long. */
import type { JSX } from "preact";
import { _, ngettext } from "./i18n";
import { Icon } from "./parts";
import type { State } from "./state";
import { now } from "./time";

const TOO_LONG_MILLISECONDS = 24 * 3600 * 1000;

export function Banners({ state }: { state: State }): JSX.Element {
  const limit = now().getTime() - TOO_LONG_MILLISECONDS;
  const tooLong = state.rows.filter((row) => new Date(row.at).getTime() < limit).length;
  return (
    <>
      {(state.updateWaiting || state.updateNeeded) && (
        <div class="banner" role="status">
          <span>
            {state.updateNeeded
              ? _("There is a new version, and this one cannot send any more. Everything is kept.")
              : _("A new version is ready. What you typed is kept.")}
          </span>
          <button type="button" class="button small" onClick={() => void loadNewVersion()}>
            {_("Reload")}
          </button>
        </div>
      )}
      {state.storageFull && (
        <p class="banner danger" role="alert">
          <Icon name="alert" />
          {_("This phone is full. Free some space, or new entries cannot be kept.")}
        </p>
      )}
      {state.storageTight && !state.storageFull && (
        <p class="banner" role="status">
          <Icon name="alert" />
          {_("This phone is almost full. Please free some space soon.")}
        </p>
      )}
      {tooLong > 0 && (
        <a class="banner" href="/m/unsent">
          <Icon name="wait" />
          {ngettext(
            "%(num)s entry has waited for more than a day. Please look for a connection and keep the app open.",
            "%(num)s entries have waited for more than a day. Please look for a connection and keep the app open.",
            tooLong,
          )}
        </a>
      )}
    </>
  );
}

/** The worker that waits takes over; then every tab of the app loads itself anew (main.tsx). */
async function loadNewVersion(): Promise<void> {
  const { written } = await import("./outbox/keeping");
  await written();
  const registration = await navigator.serviceWorker?.getRegistration();
  if (registration && !registration.waiting) await registration.update().catch(() => undefined);
  const fresh = registration?.waiting ?? registration?.installing;
  if (!fresh) return location.reload();
  const skip = (): void => {
    if (fresh.state === "installed") fresh.postMessage("skip");
  };
  fresh.addEventListener("statechange", skip);
  skip();
}
