/** The frame around the screens: places, sync chip, banners, and which screen stands beside which. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Banners } from "./banners";
import { dayOfTask } from "./day";
import { _, ngettext } from "./i18n";
import { lazy } from "./lazy";
import { Icon, Skeleton, type IconName } from "./parts";
import { useRoute, type Route } from "./router";
import { unreadRules, useField, type State } from "./state";
import { clock, now } from "./time";
import { Today } from "./today";

// The day is there at once; its tasks and the other places follow while the person reads.
const SignIn = lazy(() => import("./signin").then((module) => module.SignIn));
const Me = lazy(() => import("./me").then((module) => module.Me));
const MyPoints = lazy(() => import("./points").then((module) => module.MyPoints));
const InstallPage = lazy(() => import("./install-page").then((module) => module.InstallPage));
const Tour = lazy(() => import("./tour").then((module) => module.Tour));
const TaskPage = lazy(() => import("./task").then((module) => module.TaskPage));
const DayMap = lazy(() => import("./map").then((module) => module.DayMap));
const Unsent = lazy(() => import("./unsent").then((module) => module.Unsent));
const MyCustomers = lazy(() => import("./customers").then((module) => module.MyCustomers));
const CustomerPage = lazy(() => import("./customer").then((module) => module.CustomerPage));
const Conversations = lazy(() => import("./messages").then((module) => module.Conversations));
const Thread = lazy(() => import("./messages").then((module) => module.Thread));

export function App(): JSX.Element {
  const state = useField();
  const route = useRoute();
  useArrival(route, state);
  // Somebody unknown may still have a session; the door shows once the server, or the lack of one, has told.
  if (!state.ready || (!state.user && !state.looked)) return <Skeleton />;
  if (!state.user || state.needsSignIn) return <SignIn state={state} />;
  const hasDetail = ["task", "thread", "unsent", "customer"].includes(route.page);
  return (
    <div class={hasDetail ? "app with-detail" : "app"}>
      <a class="skip" href="#main">
        {_("To the content")}
      </a>
      <Places route={route} state={state} />
      <div class="frame">
        <Banners state={state} />
        {route.page === "today" && <FirstSteps />}
        <Screens route={route} state={state} />
      </div>
      {state.toast && (
        <p class="toast" role="status" key={state.toast.id}>
          {state.toast.text}
        </p>
      )}
    </div>
  );
}

/** A new screen gets its title, and the focus, so that a reader who hears the page knows where it begins. */
function useArrival(route: Route, state: State): void {
  const place = "id" in route ? `${route.page}/${route.id}` : "day" in route ? `${route.page}/${route.day}` : route.page;
  const name = nameOf(route, state);
  const first = useRef(true);
  useEffect(() => {
    document.title = name ? `${name} · Huifang` : "Huifang";
  }, [name]);
  useEffect(() => {
    if (first.current) first.current = false;
    else document.getElementById("main")?.focus({ preventScroll: true });
  }, [place]);
}

function nameOf(route: Route, state: State): string {
  if (!state.user) return _("Sign in");
  if (route.page === "task") return state.tasks.find((task) => task.id === route.id)?.customer.name ?? _("Task");
  if (route.page === "thread") return state.conversations.find((one) => one.customer.id === route.id)?.customer.name ?? _("Messages");
  if (route.page === "customer") return state.tasks.find((task) => task.customer.id === route.id)?.customer.name ?? _("Customer");
  const names = { today: _("Today"), customers: _("My customers"), map: _("Map of the day"), messages: _("Messages"), me: _("Me"), points: _("My points"), install: _("On the home screen"), unsent: _("Not sent yet") };
  return names[route.page];
}

/** Three cards before the first day; once put away they stay away on this phone. */
function FirstSteps(): JSX.Element | null {
  const [wanted, want] = useState(!localStorage.getItem("tour"));
  if (!wanted) return null;
  const end = (): void => {
    localStorage.setItem("tour", "seen");
    want(false);
    document.getElementById("main")?.focus({ preventScroll: true });
  };
  return (
    <div class="first-steps">
      <Tour onEnd={end} />
    </div>
  );
}

const roomForTwo = matchMedia("(min-width: 900px)");

/** The list beside an open task or thread. On a phone it would only be hidden, and each tick would draw it again. */
function PaneList({ children }: { children: JSX.Element }): JSX.Element | null {
  const [fits, setFits] = useState(roomForTwo.matches);
  useEffect(() => {
    const look = (): void => setFits(roomForTwo.matches);
    roomForTwo.addEventListener("change", look);
    return () => roomForTwo.removeEventListener("change", look);
  }, []);
  return fits ? <aside class="pane-list">{children}</aside> : null;
}

function Screens({ route, state }: { route: Route; state: State }): JSX.Element {
  if (route.page === "task") {
    const task = state.tasks.find((one) => one.id === route.id);
    return (
      <div class="panes">
        <PaneList>
          <Today state={state} day={task ? dayOfTask(state, task) : 0} selected={route.id} />
        </PaneList>
        <main class="pane-detail" id="main" tabIndex={-1} key={route.id}>
          <TaskPage state={state} id={route.id} task={task} />
        </main>
      </div>
    );
  }
  if (route.page === "thread") {
    return (
      <div class="panes">
        <PaneList>
          <Conversations state={state} selected={route.id} />
        </PaneList>
        <main class="pane-detail" id="main" tabIndex={-1} key={route.id}>
          <Thread state={state} customerId={route.id} />
        </main>
      </div>
    );
  }
  return (
    <main class="pane-single" id="main" tabIndex={-1}>
      {route.page === "messages" && <Conversations state={state} />}
      {route.page === "me" && <Me state={state} />}
      {route.page === "points" && <MyPoints state={state} />}
      {route.page === "install" && <InstallPage state={state} />}
      {route.page === "unsent" && <Unsent state={state} />}
      {route.page === "today" && <Today state={state} day={route.day} />}
      {route.page === "customers" && <MyCustomers state={state} />}
      {route.page === "customer" && <CustomerPage key={route.id} state={state} id={route.id} />}
      {route.page === "map" && <DayMap state={state} day={route.day} />}
    </main>
  );
}

function Places({ route, state }: { route: Route; state: State }): JSX.Element {
  const unread = state.conversations.filter((one) => one.is_mine && one.unread > 0).length;
  const within: Partial<Record<Route["page"], string>> = { task: "today", map: "today", customers: "me", customer: "me", thread: "messages", unsent: "me", points: "me", install: "me" };
  const place = within[route.page] ?? route.page;
  const places: [string, IconName, string, string, number][] = [
    ["today", "today", "/m/", _("Today"), 0],
    ["messages", "messages", "/m/messages", _("Messages"), unread],
    ["me", "me", "/m/me", _("Me"), unreadRules(state).length],
  ];
  return (
    <nav class="places" aria-label={_("Places")}>
      {places.map(([key, icon, path, text, count]) => (
        <a key={key} href={path} class="place" aria-current={place === key ? "page" : undefined}>
          <Icon name={icon} />
          <span>{text}</span>
          {count > 0 && (
            <span class="badge" aria-label={ngettext("%(num)s new", "%(num)s new", count)}>
              {count > 99 ? "99+" : count}
            </span>
          )}
        </a>
      ))}
    </nav>
  );
}

/** Always in the same corner: what is safe with the server, and what is only on this phone. */
export function SyncChip({ state }: { state: State }): JSX.Element {
  const [tone, icon, text] = syncWords(state);
  return (
    <a class={`sync ${tone}`} href="/m/unsent" aria-live="polite">
      <Icon name={icon} />
      <span>{text}</span>
    </a>
  );
}

function syncWords(state: State): [string, IconName, string] {
  const blocked = state.rows.filter((row) => row.state === "blocked").length;
  if (blocked > 0) return ["danger", "alert", ngettext("%(num)s needs you", "%(num)s need you", blocked)];
  if (state.saving > 0) return ["", "wait", _("Saving…")];
  const waiting = state.rows.length;
  if (waiting > 0) return ["warning", "wait", ngettext("%(num)s waiting", "%(num)s waiting", waiting)];
  if (state.reachable === false) return ["warning", "cloud", _("Offline")];
  const at = state.sentAt ?? state.syncedAt;
  if (state.reachable === null || !at) return ["", "wait", "…"];
  const zone = state.user?.store?.zone ?? "Asia/Hong_Kong";
  return ["ok", "check", _("All sent %(time)s", { time: clock(at > now().toISOString() ? now() : at, zone) })];
}

export function TopBar({ state, title, backTo }: { state: State; title: string; backTo?: () => void }): JSX.Element {
  return (
    <header class="top">
      {backTo && (
        <button type="button" class="icon-button" onClick={backTo} aria-label={_("Back")}>
          <Icon name="back" />
        </button>
      )}
      <h1>{title}</h1>
      <SyncChip state={state} />
    </header>
  );
}
