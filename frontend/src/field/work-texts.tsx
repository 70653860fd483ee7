/** Whether this person hears of changed work by SMS while the app is closed. */
import type { JSX } from "preact";
import { _ } from "./i18n";
import { Segments } from "./parts";
import type { State } from "./state";
import { wish } from "./wishes";

export function WorkTexts({ state }: { state: State }): JSX.Element | null {
  if (state.user?.role !== "associate") return null;
  const waiting = state.rows.findLast((row) => row.verb === "wish" && "work_texts" in row.body);
  const isOn = (waiting?.body.work_texts as boolean | undefined) ?? state.user.work_texts ?? true;
  return (
    <section class="card" aria-labelledby="work-texts">
      <h2 id="work-texts">{_("Texts about your work")}</h2>
      <p class="soft">{_("When your work of today or tomorrow changes while the app is closed, you hear of it by SMS.")}</p>
      <Segments
        name="work-texts"
        label={_("Texts about your work")}
        options={[
          ["on", _("Send me texts")],
          ["off", _("No texts")],
        ]}
        value={isOn ? "on" : "off"}
        onPick={(value) => void wish({ work_texts: value === "on" })}
      />
    </section>
  );
}
