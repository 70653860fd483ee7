/** The live stream says only "changed"; what changed is fetched. It is closed while nobody looks. */
import { get } from "./state";
import { refresh } from "./sync";

const ADDRESS = "/events?topics=me,conversations";
const POLL_MILLISECONDS = 10_000;
const TRY_AGAIN_MILLISECONDS = 60_000;
const GATHER_MILLISECONDS = 150;
const PATIENCE_MILLISECONDS = 1_500;

let stream: EventSource | null = null;
let polling: ReturnType<typeof setInterval> | undefined;
let tryAgain: ReturnType<typeof setTimeout> | undefined;
let lookAnyway: ReturnType<typeof setTimeout> | undefined;
let gathering: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

/** Screens that show more than the day (an open conversation) look again too. */
export function whenChanged(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function startLive(): void {
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  open();
}

/** After signing in the old stream belongs to nobody. */
export function restartLive(): void {
  close();
  open();
}

function open(): void {
  if (stream || document.hidden || !get().user || get().needsSignIn) return;
  stream = new EventSource(ADDRESS);
  // Looking only once the stream stands leaves no gap in which a change could hide; a stream that hangs is not waited for.
  lookAnyway = setTimeout(changed, PATIENCE_MILLISECONDS);
  stream.onopen = () => {
    clearInterval(polling);
    look();
  };
  stream.onmessage = changed;
  for (const name of ["changed", "me", "conversations"]) stream.addEventListener(name, changed);
  stream.onerror = () => {
    if (lookAnyway !== undefined) look();
    // A lost stream comes back by itself; a refused one (503: too many, 401) is closed for good, so we ask instead.
    if (stream?.readyState !== EventSource.CLOSED) return;
    close();
    polling = setInterval(changed, POLL_MILLISECONDS);
    tryAgain = setTimeout(open, TRY_AGAIN_MILLISECONDS);
  };
}

function look(): void {
  clearTimeout(lookAnyway);
  lookAnyway = undefined;
  changed();
}

function close(): void {
  stream?.close();
  stream = null;
  clearInterval(polling);
  clearTimeout(tryAgain);
  clearTimeout(lookAnyway);
}

function changed(): void {
  clearTimeout(gathering);
  gathering = setTimeout(() => {
    if (get().needsSignIn || !get().user) return;
    void refresh().then(async () => (await import("./outbox/sending")).drain());
    listeners.forEach((listener) => listener());
  }, GATHER_MILLISECONDS);
}
