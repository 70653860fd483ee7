/** One way to talk to the server: an answer counts only when our server gave it. */
import { SCHEMA } from "./db";
import type { Problem } from "./types";

/** No verified answer: no network, a hotel's sign-in page, a proxy's error page, or silence. */
export class Unreachable extends Error {}

export interface Reply {
  status: number;
  ok: boolean;
  body: unknown;
  retryAfterSeconds: number | null;
}

interface Options {
  json?: unknown;
  bytes?: ArrayBuffer;
  headers?: Record<string, string>;
  timeoutSeconds?: number;
}

export async function call(method: string, path: string, options: Options = {}): Promise<Reply> {
  const headers = new Headers({
    Accept: "application/json",
    // An app that came back after weeks is told to update before it sends.
    "X-App-Schema": String(SCHEMA),
    "X-App-Build": __BUILD__,
    ...options.headers,
  });
  const init: RequestInit = {
    method,
    headers,
    redirect: "error",
    cache: "no-store",
    credentials: "same-origin",
    signal: AbortSignal.timeout((options.timeoutSeconds ?? 30) * 1000),
  };
  if (options.json !== undefined) {
    headers.set("Content-Type", "application/json");
    init.body = JSON.stringify(options.json);
  } else if (options.bytes) {
    init.body = options.bytes;
  }
  try {
    const response = await fetch(path, init);
    if (!response.headers.has("X-Api")) throw new Unreachable("answer without our mark");
    const empty = response.status === 204;
    const type = response.headers.get("Content-Type") ?? "";
    if (!empty && !/\bjson\b/.test(type)) throw new Unreachable("answer is not JSON");
    return {
      status: response.status,
      ok: response.ok,
      body: empty ? null : await response.json(),
      retryAfterSeconds: retryAfter(response.headers.get("Retry-After")),
    };
  } catch (error) {
    if (error instanceof Unreachable) throw error;
    throw new Unreachable(String(error));
  }
}

function retryAfter(value: string | null): number | null {
  const seconds = Number(value);
  return value && Number.isFinite(seconds) ? Math.max(0, seconds) : null;
}

export function problemOf(reply: Reply): Problem {
  const body = (typeof reply.body === "object" && reply.body ? reply.body : {}) as Partial<Problem>;
  return {
    status: reply.status,
    code: body.code ?? "",
    title: body.title ?? "",
    detail: body.detail ?? body.title ?? "",
    errors: body.errors,
    field: body.field,
    server_value: body.server_value,
  };
}
