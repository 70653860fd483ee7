/** What a delivery brings, whether each pack is the right one, and afterwards what of it was delivered. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import "../styles/field/goods.css";
import { codeDraftKey, scannedCodeOf } from "./actions";
import { _, ngettext, pick } from "./i18n";
import { keepDraft } from "./outbox/keeping";
import { Icon } from "./parts";
import { isEnded } from "./rules";
import { canScan, ScanButton } from "./scan-button";
import type { TaskView } from "./state";
import type { Line } from "./types";

export function Goods({ task }: { task: TaskView }): JSX.Element {
  return (
    <section class="card" aria-labelledby="lines">
      <h2 id="lines">{_("Goods")}</h2>
      <ul class="lines">
        {task.lines.map((line) => (
          <li key={line.id}>
            <span class="line-name">
              <span class="grow">{pick(line.name)}</span>
              <span class="amount">× {line.quantity}</span>
            </span>
            {isEnded(task) ? <Outcome line={line} /> : task.status === "active" && <PackCode task={task} line={line} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Outcome({ line }: { line: Line }): JSX.Element {
  const { delivered, refused } = { delivered: line.delivered ?? 0, refused: line.refused ?? 0 };
  const rest = line.quantity - delivered - refused;
  return (
    <span class="soft">
      {_("%(count)s delivered", { count: delivered })}
      {refused > 0 && <> · {_("%(count)s refused", { count: refused })}</>}
      {line.delivered !== null && rest > 0 && <> · {ngettext("%(num)s still to come", "%(num)s still to come", rest)}</>}
      {line.is_code_checked && <> · {_("code read")}</>}
    </span>
  );
}

/** Reads the code on the pack and says whether it is the product that was ordered. It stops nobody. */
function PackCode({ task, line }: { task: TaskView; line: Line }): JSX.Element | null {
  const [code, setCode] = useState(scannedCodeOf(task.id, line.id));
  const [isTyping, setTyping] = useState(false);
  if (!line.code && !line.barcode) return null;
  const kept = (value: string): void => {
    setCode(value);
    setTyping(false);
    keepDraft(codeDraftKey(task.id, line.id), value);
  };
  if (code && fits(line, code)) {
    return (
      <span class="pack verdict good" role="status">
        <Icon name="check" />
        {_("The right product.")}
      </span>
    );
  }
  const name = pick(line.name);
  return (
    <div class="pack">
      {code && (
        <span class="verdict bad" role="status">
          <Icon name="alert" />
          {_("%(code)s is another product. Please look at the pack again.", { code })}
        </span>
      )}
      {isTyping ? (
        <TypedCode of={name} onCode={kept} onCancel={() => setTyping(false)} />
      ) : (
        <div class="row wrap">
          <ScanButton label={name} onCode={kept} />
          <button type="button" class={canScan() ? "button quiet" : "button"} aria-label={_("Type the code of %(what)s", { what: name })} onClick={() => setTyping(true)}>
            {_("Type the code")}
          </button>
        </div>
      )}
    </div>
  );
}

function TypedCode({ of, onCode, onCancel }: { of: string; onCode: (code: string) => void; onCancel: () => void }): JSX.Element {
  const [text, setText] = useState("");
  return (
    <form
      class="row wrap"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) onCode(text.trim());
      }}
    >
      <input class="grow" aria-label={_("Code on the pack of %(what)s", { what: of })} autocomplete="off" maxLength={64} value={text} onInput={(event) => setText(event.currentTarget.value)} />
      <button type="button" class="button" onClick={onCancel}>
        {_("Cancel")}
      </button>
      <button type="submit" class="button" disabled={text.trim() === ""}>
        {_("Check")}
      </button>
    </form>
  );
}

function fits(line: Line, code: string): boolean {
  const said = code.normalize("NFKC").trim().toLowerCase();
  return [line.code, line.barcode].some((one) => one?.toLowerCase() === said);
}
