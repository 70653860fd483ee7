/** The key to the customer's own page, to be shown at the door: a picture to scan and a code to say. What was shown
 * once is kept, so that it is there without signal too. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { call, Unreachable } from "./api";
import { database } from "./db";
import { _ } from "./i18n";
import { set, type TaskView } from "./state";
import { moment } from "./time";

interface Key {
  url: string;
  code: string;
  expires_at: string;
  qr_svg: string;
}

export function CustomerKey({ task }: { task: TaskView }): JSX.Element {
  const [key, setKey] = useState<Key | null>(null);
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    void keptKey(task.id).then((kept) => kept && setKey((known) => known ?? kept));
    void freshKey(task).then((found) => (typeof found === "string" ? setTrouble(found) : setKey(found)));
  }, [task.id]);
  if (!key) return <p class="soft key-wait">{trouble || _("One moment…")}</p>;
  return (
    <div class="key">
      <img src={`data:image/svg+xml,${encodeURIComponent(key.qr_svg)}`} alt={_("QR code of the customer’s page")} width="280" height="280" />
      <p class="key-code">{key.code}</p>
      <p>{_("Let the customer scan it, or type the code at %(address)s", { address: placeOf(key.url) })}</p>
      <p class="soft">{_("It opens the page until %(time)s.", { time: moment(key.expires_at, task.zone) })}</p>
    </div>
  );
}

/** Where the code is typed: the page's address without its key. */
function placeOf(url: string): string {
  return url.replace(/^https?:\/\//, "").replace(/\/[^/]*$/, "");
}

async function keptKey(taskId: number): Promise<Key | null> {
  const kept = (await (await database()).get("meta", nameOf(taskId))) as Key | undefined;
  return kept && new Date(kept.expires_at).getTime() > Date.now() ? kept : null;
}

/** The key, or why there is none. */
async function freshKey(task: TaskView): Promise<Key | string> {
  try {
    const reply = await call("POST", `/api/v1/customers/${task.customer.id}/link`, { json: { task_id: task.id } });
    if (reply.status === 401) set({ needsSignIn: true });
    if (!reply.ok) return _("This customer is no longer yours to see.");
    const key = reply.body as Key;
    await (await database()).put("meta", key, nameOf(task.id));
    return key;
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return _("This page needs a connection once.");
  }
}

function nameOf(taskId: number): string {
  return `key:${taskId}`;
}
