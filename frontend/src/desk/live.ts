/** One stream per page. `<div data-live="board:1:2027-03-10">` watches for its regions, the rail for its number. */

import { place, refresh, regionNames } from "./regions";

const POLL_MS = 10_000;
const RETRY_MS = 60_000;
const GATHER_MS = 250;
const BADGE = "/conversations/badge";
/** What changes the number of unread conversations: anything in the inboxes of this person, and what is his alone. */
const OF_THE_BADGE = ["me", "conversations"];

export function watch(holders: HTMLElement[]): void {
  const hasBadge = document.getElementById("unread") !== null;
  const ofThePage = holders.flatMap((holder) => (holder.dataset["live"] ?? "").split(",")).filter(Boolean);
  // A topic that both ask for is the page's: its regions hold the number too.
  const topics = [...new Set([...(hasBadge ? OF_THE_BADGE : []), ...ofThePage])];
  if (topics.length > 0) listen(topics, new Set(ofThePage));
}

function listen(topics: string[], ofThePage: Set<string>): void {
  const sign = document.querySelector<HTMLElement>(".live-sign");
  let stream: EventSource | null = null;
  let poll: number | undefined;
  let retry: number | undefined;
  let gather: number | undefined;
  let pageChanged = false;

  const changed = (topic: string | null): void => {
    pageChanged ||= ofThePage.size > 0 && (topic === null || ofThePage.has(topic));
    // Events come in bursts (a task, its message, its points): one fetch answers all of them.
    window.clearTimeout(gather);
    gather = window.setTimeout(() => {
      const fetched = pageChanged ? refresh(regionNames()) : refreshBadge();
      pageChanged = false;
      void fetched.catch(() => undefined);
    }, GATHER_MS);
  };
  const show = (on: boolean): void => {
    sign?.classList.toggle("on", on);
    const words = sign?.dataset[on ? "on" : "off"];
    if (sign && words) sign.textContent = words;
  };
  const close = (): void => {
    stream?.close();
    stream = null;
    window.clearInterval(poll);
    window.clearTimeout(retry);
  };
  const open = (): void => {
    close();
    stream = new EventSource(`/events?topics=${encodeURIComponent(topics.join(","))}`);
    stream.addEventListener("open", () => {
      show(true);
      // What changed between the page's answer and this moment was told to nobody: look once.
      changed(null);
    });
    stream.addEventListener("changed", (event: MessageEvent<string>) => changed(event.data));
    stream.addEventListener("error", () => {
      show(false);
      if (stream?.readyState !== EventSource.CLOSED) return;
      // Refused (too many streams, or signed out): look by ourselves and ask again later.
      close();
      poll = window.setInterval(() => changed(null), POLL_MS);
      retry = window.setTimeout(open, RETRY_MS);
    });
  };

  // A hidden page gives its stream back: browsers allow six connections to one host.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      close();
      return;
    }
    open();
  });
  document.addEventListener("focusout", () => {
    if (document.querySelector("[data-stale]")) window.setTimeout(() => changed(null), GATHER_MS);
  });
  open();
}

async function refreshBadge(): Promise<void> {
  const answer = await fetch(BADGE, { headers: { "X-Fragment": "unread" }, cache: "no-store", redirect: "error" });
  if (answer.ok) place(await answer.text(), false);
}
