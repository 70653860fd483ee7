/** What a person decides for himself or herself. The server hears of it like of everything else: through the outbox. */
import { use } from "./i18n";
import { keep } from "./outbox/keeping";
import { get, set } from "./state";
import type { Locale } from "./types";

export function wish(what: { locale: Locale } | { work_texts: boolean }): Promise<boolean> {
  return keep([{ verb: "wish", target: "me", method: "PATCH", path: "/api/v1/me", body: what }]);
}

/** The app speaks it at once. Reasons of points and problems come from the server, with the look that follows. */
export async function speak(wanted: Locale): Promise<void> {
  await use(wanted);
  set({});
  if (get().user && !get().needsSignIn) await wish({ locale: wanted });
}
