/** The answer table of the protocol: what each answer of the server means for the row that was sent. Nothing else here. */

/** Somebody did it meanwhile, in our name or before us, or nobody needs to hear it any more. */
const SETTLED = ["step-already-done", "nothing-waits", "no-longer-yours"];
/** Nothing rests longer, whatever the server asks for and however the clock is set. */
export const MAX_WAIT_SECONDS = 300;

interface Answer {
  status: number;
  ok: boolean;
  /** Of the problem document; empty without one. */
  code: string;
}

export type Verdict =
  /** The server has it: the row may go. */
  | "taken"
  /** It need not be sent any more: the row may go, and the answer tells what stands there now. */
  | "settled"
  /** Nothing is sent until the person has signed in again. */
  | "sign-in"
  /** Nothing is sent until the newest app is loaded. */
  | "update"
  /** The picture goes out again, then the row. */
  | "picture-missing"
  /** The same request is being handled right now: soon again, and no refusal. */
  | "in-flight"
  /** Later again, each time later. */
  | "busy"
  /** The person decides. Everything is kept, and what stands behind it waits. */
  | "refused";

export function judge({ status, ok, code }: Answer): Verdict {
  if (ok) return "taken";
  if (status === 401) return "sign-in";
  if (status === 426) return "update";
  if (status === 409 && SETTLED.includes(code)) return "settled";
  if (status === 409 && code === "blob-missing") return "picture-missing";
  if (status === 409 && code === "in-flight") return "in-flight";
  if (status === 408 || status === 429 || status >= 500) return "busy";
  return "refused";
}

/** Tries that reached nobody do not count: after an hour in a cellar one busy answer must not cost five minutes more. */
export function waitSeconds(refusals: number, retryAfterSeconds: number | null, luck = Math.random()): number {
  return Math.min(MAX_WAIT_SECONDS, retryAfterSeconds ?? 2 ** refusals) * (retryAfterSeconds === null ? 0.5 + luck / 2 : 1);
}
