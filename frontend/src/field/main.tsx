/** Where the field app starts: language, what this phone knows, the screens; then the network. */
import { render } from "preact";
import { App } from "./app";
import { negotiate, use } from "./i18n";
import { watchForInstall } from "./install";
import { fetchAhead } from "./lazy";
import { applyLook } from "./look";
import { get, reload, set } from "./state";
import { forgetOldPictures, refresh } from "./sync";

const PATIENCE_MILLISECONDS = 5_000;

async function begin(): Promise<void> {
  applyLook();
  watchForInstall();
  await use(negotiate());
  await reload();
  render(<App />, document.getElementById("app") as HTMLElement);
  // Somebody unknown may still have a session, from the other pages.
  setTimeout(() => set({ looked: true }), PATIENCE_MILLISECONDS);
  if (!get().user) await refresh();
  set({ looked: true });
  // Hearing of news and sending can wait for the day to be there; whoever acts before that brings the outbox along.
  const [{ startLive }, { startSending }] = await Promise.all([import("./live"), import("./outbox/chances")]);
  startLive();
  await startSending(() => void refresh());
  void fetchAhead().then(keepRulebook);
  await forgetOldPictures();
  // Without this mark a full phone may throw away what has not been sent.
  await navigator.storage?.persist?.();
  await (await import("./outbox/room")).lookAtStorage();
}

/** So that the reasons of points can be read without a network by somebody who opens them there for the first time. */
async function keepRulebook(): Promise<void> {
  if (get().user) await (await import("./rulebook")).rulebook();
}

interface TrustedPolicy {
  createScriptURL(url: string): string;
}
interface TrustedTypeFactory {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): TrustedPolicy;
}

/** An outbox that was never loaded has nothing to write, and its file may be gone with the old version. */
async function whenWritten(): Promise<void> {
  await (await import("./outbox/keeping")).written();
}

async function registerWorker(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const factory = (globalThis as { trustedTypes?: TrustedTypeFactory }).trustedTypes;
  const rules = {
    createScriptURL: (url: string): string => {
      if (url !== "/sw.js") throw new TypeError("only our own worker");
      return url;
    },
  };
  let isControlled = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    // Somebody asked for the new version, here or in another tab: the old one has no files any more.
    if (isControlled) void whenWritten().finally(() => location.reload());
    isControlled = true;
  });
  const address = (factory?.createPolicy("app", rules) ?? rules).createScriptURL("/sw.js");
  const registration = await navigator.serviceWorker.register(address, { updateViaCache: "none" });
  const announce = (): void => {
    // The very first worker takes over silently; only a newer one is news.
    if (registration.waiting && navigator.serviceWorker.controller) set({ updateWaiting: true });
  };
  announce();
  registration.addEventListener("updatefound", () => {
    // On a slow phone this event may come when the new worker waits already.
    announce();
    registration.installing?.addEventListener("statechange", announce);
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void registration.update().catch(() => undefined);
  });
}

void begin();
addEventListener("load", () => void registerWorker());
