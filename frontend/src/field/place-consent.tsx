/** Whether this person lets the app note the place of arrival: asked once, kept on this phone, changed under "Me". */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { _ } from "./i18n";
import { Segments } from "./parts";
import { get } from "./state";

export type Sharing = "yes" | "no" | "ask";

/** The consent is the person's, not the phone's. */
const key = (): string => `place:${get().user?.id ?? ""}`;

export function mayShare(): Sharing {
  const kept = localStorage.getItem(key());
  return kept === "yes" || kept === "no" ? kept : "ask";
}

export function rememberSharing(wanted: Sharing): void {
  localStorage.setItem(key(), wanted);
}

export function PlaceConsent(): JSX.Element {
  const [sharing, setSharing] = useState<Sharing>(mayShare());
  const choose = (wanted: Sharing): void => {
    rememberSharing(wanted);
    setSharing(wanted);
  };
  const options: [Sharing, string][] = [
    ["yes", _("Note it")],
    ["no", _("Do not note it")],
    ["ask", _("Ask me")],
  ];
  return (
    <section class="card" aria-labelledby="place-consent">
      <h2 id="place-consent">{_("Place of arrival")}</h2>
      <p class="soft">{_("When you tap “I have arrived”, the app can note the place once. It proves your visit. Nothing is followed on your way.")}</p>
      <Segments name="place-consent" label={_("Place of arrival")} options={options} value={sharing} onPick={choose} />
    </section>
  );
}
