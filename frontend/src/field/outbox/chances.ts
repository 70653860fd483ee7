/** Sending starts here, and starts again with everything that may mean "now it could work". */
import { isFull } from "../db";
import { get, set, unwritten, whenOtherTabsChange } from "../state";
import { keepDraftsNow } from "./keeping";
import { lookAtStorage } from "./room";
import { afterSending, drain, PROBE_MILLISECONDS, REGULAR_MILLISECONDS } from "./sending";

/** `settled` runs after something was sent. */
export async function startSending(settled: () => void): Promise<void> {
  afterSending(() => {
    settled();
    if (get().storageTight || get().storageFull) void lookAtStorage();
  });
  whenOtherTabsChange(() => void drain());
  addEventListener("online", () => void drain());
  navigator.serviceWorker?.addEventListener("message", () => void drain());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void drain();
  });
  setInterval(() => {
    void drain();
    if (unwritten.size > 0) keepDraftsNow();
  }, REGULAR_MILLISECONDS);
  addEventListener("unhandledrejection", (event) => {
    // Something that nobody waits for, and that the next look at the day brings again.
    if (!isFull(event.reason)) return;
    event.preventDefault();
    set({ storageFull: true });
  });
  setInterval(() => {
    // With nothing to send, only a look tells that the network is back.
    if (get().reachable === false && get().rows.length === 0 && !document.hidden) settled();
  }, PROBE_MILLISECONDS);
  await drain();
}
