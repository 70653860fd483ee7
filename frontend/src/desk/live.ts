/** `<div data-live="board:1:2027-03-10">`: refetch the page's regions when the server says that a topic changed. */

import { refresh, regionNames } from "./regions";

const POLL_MS = 10_000;
const RETRY_MS = 60_000;
const GATHER_MS = 250;

export function watch(holder: HTMLElement): void {
  const topics = holder.dataset["live"] ?? "";
  const sign = document.querySelector<HTMLElement>(".live-sign");
  let stream: EventSource | null = null;
  let poll: number | undefined;
  let retry: number | undefined;
  let gather: number | undefined;

  const changed = (): void => {
    // Events come in bursts (a task, its message, its points): one fetch answers all of them.
    window.clearTimeout(gather);
    gather = window.setTimeout(() => void refresh(regionNames()).catch(() => undefined), GATHER_MS);
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
    stream = new EventSource(`/events?topics=${encodeURIComponent(topics)}`);
    stream.addEventListener("open", () => {
      show(true);
      // What changed between the page's answer and this moment was told to nobody: look once.
      changed();
    });
    stream.addEventListener("changed", changed);
    stream.addEventListener("error", () => {
      show(false);
      if (stream?.readyState !== EventSource.CLOSED) return;
      // Refused (too many streams, or signed out): look by ourselves and ask again later.
      close();
      poll = window.setInterval(changed, POLL_MS);
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
    if (document.querySelector("[data-stale]")) window.setTimeout(changed, GATHER_MS);
  });
  open();
}
