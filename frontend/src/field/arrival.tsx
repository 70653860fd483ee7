/**
 * The place of arrival: asked for once, never demanded, and never waited for. Arriving is one entry, the place another
 * that follows when the phone knows it, so that no slow satellite holds anybody at the door.
 */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { step } from "./actions";
import { _ } from "./i18n";
import { keep } from "./outbox/keeping";
import { Icon } from "./parts";
import { mayShare, rememberSharing, type Sharing } from "./place-consent";
import { get, type TaskView } from "./state";
import { now } from "./time";
import type { Evidence, PlaceState } from "./types";

const PATIENCE_MILLISECONDS = 8_000;
/** A place that the phone knew this long ago is still the same door. */
const FRESH_MILLISECONDS = 30_000;
/** Later than this after the arrival, where the phone is says nothing about the door any more. */
const STILL_THERE_MILLISECONDS = 10 * 60_000;

const asking = new Set<number>();

export function Arrival({ task }: { task: TaskView }): JSX.Element | null {
  const [sharing, setSharing] = useState<Sharing>(mayShare());
  const known = task.evidence.findLast((one) => one.kind === "place");
  const isOpen = !known && !isRecorded(task) && task.status === "active" && isFresh(task);
  useEffect(() => {
    if (isOpen && sharing !== "ask") void recordPlace(task, sharing);
  }, [isOpen, sharing]);
  const choose = (wanted: Sharing): void => {
    rememberSharing(wanted);
    setSharing(wanted);
  };
  if (known) return <KnownPlace place={known} />;
  return isOpen && sharing === "ask" ? <AskForPlace onChoose={choose} /> : null;
}

function draftKeyOf(task: TaskView): string {
  return `place:${task.id}`;
}

/** Told by this phone, whatever an older look at the day still says. */
function isRecorded(task: TaskView): boolean {
  return get().drafts.has(draftKeyOf(task));
}

function isFresh(task: TaskView): boolean {
  return Boolean(task.arrived_at) && now().getTime() - new Date(task.arrived_at as string).getTime() < STILL_THERE_MILLISECONDS;
}

function AskForPlace({ onChoose }: { onChoose: (wanted: Sharing) => void }): JSX.Element {
  return (
    <section class="card arrival" aria-labelledby="arrival">
      <h2 id="arrival">{_("Note that you were at the door?")}</h2>
      <p>{_("When you tap “I have arrived”, the app can note the place once. It proves your visit. Nothing is followed on your way.")}</p>
      <div class="row wrap">
        <button type="button" class="button" onClick={() => onChoose("no")}>
          {_("No, thank you")}
        </button>
        <button type="button" class="button main grow" onClick={() => onChoose("yes")}>
          <Icon name="pin" />
          {_("Note the place")}
        </button>
      </div>
      <p class="soft small-print">{_("Your answer is kept on this phone. You can change it under “Me”.")}</p>
    </section>
  );
}

function KnownPlace({ place }: { place: Evidence }): JSX.Element {
  return (
    <p class="place-line soft">
      <Icon name="pin" />
      <span>{placeWords(place)}</span>
    </p>
  );
}

function placeWords(place: Evidence): string {
  if (place.is_exception) return _("The place you noted is far from the address. Your supervisor will have a look; your work counts.");
  const words: Record<PlaceState, string> = {
    given: place.id === 0 ? _("Place noted, not sent yet.") : _("Place noted."),
    declined: _("Place not noted, as you chose."),
    denied: _("Place not noted: the phone does not let the app know it."),
    unavailable: _("Place not noted: the phone could not tell where it is."),
  };
  return words[place.place_state ?? "given"];
}

async function recordPlace(task: TaskView, sharing: Sharing): Promise<void> {
  if (asking.has(task.id)) return;
  asking.add(task.id);
  try {
    const found = sharing === "yes" ? await whereIsThis() : { place_state: "declined" as const };
    // Another tab may have been quicker while this one waited for the satellites.
    const isThere = get().tasks.some((one) => one.id === task.id && one.evidence.some((each) => each.kind === "place"));
    if (isThere || isRecorded(task)) return;
    const place = step(task, "evidence", { kind: "place", ...found, captured_at: now().toISOString() });
    await keep([place], { drafts: [{ key: draftKeyOf(task), value: found.place_state }] });
  } finally {
    asking.delete(task.id);
  }
}

type Found = { place_state: PlaceState; lat?: number; lng?: number; accuracy?: number };

function whereIsThis(): Promise<Found> {
  return new Promise((resolve) => {
    if (!("geolocation" in navigator)) return resolve({ place_state: "unavailable" });
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ place_state: "given", lat: coords.latitude, lng: coords.longitude, accuracy: coords.accuracy }),
      (error) => resolve({ place_state: error.code === error.PERMISSION_DENIED ? "denied" : "unavailable" }),
      { enableHighAccuracy: true, timeout: PATIENCE_MILLISECONDS, maximumAge: FRESH_MILLISECONDS },
    );
  });
}
