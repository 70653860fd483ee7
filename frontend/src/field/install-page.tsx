/** How the app gets onto the home screen, in steps with small pictures, for browsers that do not ask by themselves. */
import type { JSX } from "preact";
import "../styles/field/install.css";
import { TopBar } from "./app";
import { _ } from "./i18n";
import { canInstall, install, isInstalled } from "./install";
import { Icon } from "./parts";
import { back } from "./router";
import type { State } from "./state";

type Kind = "apple" | "android" | "desktop";

export function InstallPage({ state }: { state: State }): JSX.Element {
  const own = kindOf(navigator.userAgent, navigator.maxTouchPoints);
  const others = (["apple", "android", "desktop"] as const).filter((kind) => kind !== own);
  return (
    <div class="install">
      <TopBar state={state} title={_("On the home screen")} backTo={() => back("/m/me")} />
      {isInstalled() ? (
        <p class="notice ok">
          <Icon name="check" />
          {_("It is there already. You are using it.")}
        </p>
      ) : (
        <p>{_("It opens with one tap, fills the screen, and the phone keeps what is not sent yet.")}</p>
      )}
      {canInstall() && (
        <button type="button" class="button main wide" onClick={() => void install()}>
          {_("Put it there")}
        </button>
      )}
      {isInsideAnotherApp(navigator.userAgent) && (
        <p class="notice warning">
          <Icon name="alert" />
          {_("You opened this inside another app. Choose “Open in browser” in its menu first.")}
        </p>
      )}
      <section class="card" aria-labelledby="steps">
        <h2 id="steps">{nameOf(own)}</h2>
        <Steps kind={own} />
      </section>
      {others.map((kind) => (
        <details class="card fold" key={kind}>
          <summary>{nameOf(kind)}</summary>
          <Steps kind={kind} />
        </details>
      ))}
    </div>
  );
}

/** An iPad says that it is a Mac; only its fingers tell. */
export function kindOf(agent: string, touchPoints: number): Kind {
  if (/iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touchPoints > 1)) return "apple";
  return /Android|HarmonyOS/.test(agent) ? "android" : "desktop";
}

/** Messengers show pages in a window of their own, which can put nothing on the home screen. */
function isInsideAnotherApp(agent: string): boolean {
  return /MicroMessenger|WhatsApp|FBAN|FBAV|Line\//.test(agent);
}

function nameOf(kind: Kind): string {
  return { apple: _("iPhone and iPad (Safari)"), android: _("Android phones"), desktop: _("Computers") }[kind];
}

function Steps({ kind }: { kind: Kind }): JSX.Element {
  const steps: Record<Kind, [JSX.Element, string][]> = {
    apple: [
      [<SharePicture key="1" />, _("Tap the share sign at the bottom of Safari: a square with an arrow that points up.")],
      [<AddPicture key="2" />, _("Scroll down a little and tap “Add to Home Screen”.")],
      [<HomePicture key="3" />, _("Tap “Add”. From now on open the app by its plum blossom.")],
    ],
    android: [
      [<MenuPicture key="1" />, _("Tap the menu of the browser: three dots, at the top right or at the bottom.")],
      [<AddPicture key="2" />, _("Tap “Install app” or “Add to Home screen”.")],
      [<HomePicture key="3" />, _("Confirm. From now on open the app by its plum blossom.")],
    ],
    desktop: [
      [<AddressPicture key="1" />, _("Click the small sign for installing at the right end of the address bar.")],
      [<HomePicture key="2" />, _("Confirm. The app gets a window and an icon of its own.")],
    ],
  };
  return (
    <>
      <ol class="install-steps">
        {steps[kind].map(([picture, text]) => (
          <li key={text}>
            {picture}
            <span>{text}</span>
          </li>
        ))}
      </ol>
      {kind === "apple" && (
        <p class="soft">{_("Safari may clear what a page keeps after a week without a visit. What is on the home screen stays.")}</p>
      )}
    </>
  );
}

function Picture({ children }: { children: JSX.Element }): JSX.Element {
  return (
    <svg class="step-picture" viewBox="0 0 64 64" aria-hidden="true">
      <rect class="ground" x="1" y="1" width="62" height="62" rx="14" />
      {children}
    </svg>
  );
}

function SharePicture(): JSX.Element {
  return (
    <Picture>
      <path class="mark" d="M26 27h-6v21h24V27h-6M32 38V15M25 21l7-7 7 7" />
    </Picture>
  );
}

function AddPicture(): JSX.Element {
  return (
    <Picture>
      <path class="mark" d="M20 18h24a4 4 0 0 1 4 4v20a4 4 0 0 1-4 4H20a4 4 0 0 1-4-4V22a4 4 0 0 1 4-4zM32 25v14M25 32h14" />
    </Picture>
  );
}

function MenuPicture(): JSX.Element {
  return (
    <Picture>
      <path class="mark dots" d="M32 18v.1M32 32v.1M32 46v.1" />
    </Picture>
  );
}

function AddressPicture(): JSX.Element {
  return (
    <Picture>
      <path class="mark" d="M10 25h44v14H10zM46 28v6M43 32l3 3 3-3M15 32h18" />
    </Picture>
  );
}

function HomePicture(): JSX.Element {
  const petals = [0, 72, 144, 216, 288];
  return (
    <Picture>
      <g>
        <rect class="app-icon" x="14" y="14" width="36" height="36" rx="9" />
        {petals.map((turn) => (
          <circle key={turn} class="petal" cx="32" cy="25.500" r="6.200" transform={`rotate(${turn} 32 32)`} />
        ))}
        <circle class="app-icon" cx="32" cy="32" r="2.600" />
      </g>
    </Picture>
  );
}
