/** The proof sheet for the customer: an address to scan, share or copy, and the ones given out before. All of it is the
 * server's, so it needs a connection and says so. A new address is known here alone, until this page is left. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import "../styles/field/proof.css";
import { call, problemOf, type Reply, Unreachable } from "./api";
import { _, ngettext } from "./i18n";
import { AskTwice, Icon } from "./parts";
import { set, type TaskView } from "./state";
import { moment } from "./time";

interface Link {
  id: number;
  expires_at: string;
  reads: number;
  is_open: boolean;
  may_revoke: boolean;
}

interface Made extends Link {
  url: string;
  qr_svg: string;
}

export function Proof({ task }: { task: TaskView }): JSX.Element {
  const [links, setLinks] = useState<Link[] | null>(null);
  const [made, setMade] = useState<Made | null>(null);
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  const waits = task.waiting.length > 0;
  const address = `/api/v1/tasks/${task.id}/proof`;

  const ask = async (method: string, path: string, json?: object): Promise<Reply | null> => {
    setBusy(true);
    setTrouble("");
    try {
      const headers = { "Idempotency-Key": crypto.randomUUID() };
      const reply = await call(method, path, method === "GET" ? {} : { headers, json });
      if (reply.status === 401) set({ needsSignIn: true });
      if (reply.ok) return reply;
      setTrouble(problemOf(reply).detail);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      setTrouble(_("This needs a connection. Try again when there is one."));
    } finally {
      setBusy(false);
    }
    return null;
  };
  const look = async (): Promise<void> => {
    const reply = await ask("GET", `${address}-links`);
    if (reply) setLinks((reply.body as { items: Link[] }).items.filter((one) => one.is_open));
  };
  const make = async (): Promise<void> => {
    const reply = await ask("POST", `${address}-links`, {});
    if (!reply) return;
    const fresh = reply.body as Made;
    setMade(fresh);
    setLinks((known) => [fresh, ...(known ?? [])]);
  };
  const end = async (link: Link): Promise<void> => {
    if (!(await ask("DELETE", `${address}-links/${link.id}`))) return;
    setLinks((known) => (known ?? []).filter((one) => one.id !== link.id));
    if (made?.id === link.id) setMade(null);
  };
  useEffect(() => {
    if (!waits) void look();
  }, [task.id, waits]);

  if (waits) return <p class="proof soft">{_("The sheet is there as soon as your work has been sent.")}</p>;
  return (
    <div class="proof" aria-busy={busy}>
      <p class="soft">{_("What was agreed, done and handed over, in the customer’s language.")}</p>
      {made && <Given made={made} task={task} />}
      <div class="proof-do">
        {!made && (
          <button type="button" class="button" disabled={busy} onClick={() => void make()}>
            <Icon name="scan" />
            {_("Make an address for the customer")}
          </button>
        )}
        <a class="button quiet" href={`${address}.pdf`} target="_blank" rel="noreferrer">
          {_("Open the PDF")}
        </a>
      </div>
      <p class="proof-said" role="status">
        {trouble}
      </p>
      {trouble && !links && (
        <button type="button" class="button quiet" onClick={() => void look()}>
          {_("Try again")}
        </button>
      )}
      {links && links.length > 0 && (
        <ul class="proof-links">
          {links.map((link) => (
            <li key={link.id}>
              <p>
                {_("Open until %(time)s", { time: moment(link.expires_at, task.zone) })}
                <span class="soft"> · {ngettext("read %(num)s time", "read %(num)s times", link.reads)}</span>
              </p>
              {link.may_revoke && (
                <AskTwice ask={_("End it")} confirm={_("End this address")} question={_("Nobody can open it any more then.")} onConfirm={() => void end(link)} />
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Given({ made, task }: { made: Made; task: TaskView }): JSX.Element {
  const [copied, setCopied] = useState(false);
  const share = (): void => {
    // Who closes the list of apps has changed his mind; nothing went wrong.
    void navigator.share({ title: _("Proof of service"), url: made.url }).catch(() => undefined);
  };
  const copy = (): void => {
    void navigator.clipboard.writeText(made.url).then(() => setCopied(true));
  };
  return (
    <section class="proof-given" aria-label={_("Address for the customer")}>
      <img src={`data:image/svg+xml,${encodeURIComponent(made.qr_svg)}`} alt={_("QR code of the proof sheet")} width="260" height="260" />
      <p>{_("Let the customer scan it, or send the address. It is shown only now.")}</p>
      <p class="proof-address">{made.url}</p>
      <div class="proof-do">
        {"share" in navigator && (
          <button type="button" class="button" onClick={share}>
            <Icon name="send" />
            {_("Share")}
          </button>
        )}
        {navigator.clipboard && (
          <button type="button" class="button" onClick={copy}>
            {copied && <Icon name="check" />}
            {copied ? _("Copied") : _("Copy")}
          </button>
        )}
        <a class="button quiet" href={made.url} target="_blank" rel="noreferrer">
          {_("See what the customer sees")}
        </a>
      </div>
      <p class="soft">{_("It opens the sheet until %(time)s.", { time: moment(made.expires_at, task.zone) })}</p>
    </section>
  );
}
