/** Photos of an item or of the whole visit: several, taken anew, removed. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import "../styles/field/evidence.css";
import type { Draft } from "./db";
import { addPhoto, picturesOf, removeFreePhoto, removePicture, takeUpPhotos, unsent, type Place } from "./evidence";
import { _, pick } from "./i18n";
import { LabelText, type ItemProps } from "./item";
import { Icon, Thumbnail } from "./parts";
import { say, type TaskView } from "./state";
import type { ChecklistItem } from "./types";

/** As many as the server takes for one item. */
const MOST_PHOTOS = 12;

export function Photos({ task, item, drafts }: ItemProps): JSX.Element {
  const pictures = picturesOf(item);
  useTakenBefore(task, item, drafts);
  return (
    <div class="stacked">
      <LabelText item={item} />
      <PictureRow task={task} item={item} ids={pictures} />
      {pictures.length < MOST_PHOTOS && (
        <CameraButton
          task={task}
          item={item}
          label={pick(item.label)}
          text={pictures.length > 0 ? _("One more photo") : _("Take a photo")}
        />
      )}
    </div>
  );
}

/** What is worth a picture but asked by no item; it goes to the visit as a whole. */
export function FreePhotos({ task, drafts, editable }: { task: TaskView; drafts: Map<string, Draft>; editable: boolean }): JSX.Element | null {
  useTakenBefore(task, null, drafts);
  const ids = task.evidence.filter((one) => one.kind === "photo" && !one.item_key && one.blob_id).map((one) => one.blob_id as string);
  if (!editable && ids.length === 0) return null;
  return (
    <section class="card free-photos" aria-labelledby="free-photos">
      <h2 id="free-photos">{_("More photos")}</h2>
      <PictureRow task={task} item={null} ids={ids} />
      {editable && <CameraButton task={task} item={null} label={_("More photos")} text={_("Take a photo")} />}
    </section>
  );
}

function useTakenBefore(task: TaskView, item: Place, drafts: Map<string, Draft>): void {
  useEffect(() => takeUpPhotos(task, item, drafts), []);
}

/** Our own words on the button: the browser's would follow its language, not the reader's. */
export function CameraButton({
  task,
  item,
  label,
  text,
  insteadOf,
  isSmall = false,
}: {
  task: TaskView;
  item: Place;
  label: string;
  text: string;
  insteadOf?: string;
  isSmall?: boolean;
}): JSX.Element {
  const [busy, setBusy] = useState(false);
  const take = async (input: HTMLInputElement): Promise<void> => {
    const file = input.files?.[0];
    if (!file) return;
    setBusy(true);
    try {
      await addPhoto(task, item, file, insteadOf);
    } catch {
      say(_("This picture could not be read. Please take it again."));
    } finally {
      // The same file may be chosen again, and the browser may let go of the original.
      input.value = "";
      setBusy(false);
    }
  };
  return (
    <label class={`button file ${isSmall ? "small" : ""} ${busy ? "busy" : ""}`}>
      <Icon name="camera" />
      <span>{busy ? _("One moment…") : text}</span>
      <input type="file" accept="image/*" capture="environment" aria-label={`${text}: ${label}`} onChange={(event) => void take(event.currentTarget)} />
    </label>
  );
}

export function PictureRow({ task, item, ids }: { task: TaskView; item: Place; ids: string[] }): JSX.Element | null {
  if (ids.length === 0) return null;
  const isSignature = item?.kind === "signature";
  const what = item ? pick(item.label) : _("Photo");
  return (
    <ul class={isSignature ? "pictures signed" : "pictures"}>
      {ids.map((id, index) => (
        <li key={id}>
          <Thumbnail
            id={id}
            otherwise={task.evidence.find((one) => one.blob_id === id)?.url || undefined}
            alt={_("%(what)s, picture %(number)s", { what, number: index + 1 })}
          />
          <PictureButtons task={task} item={item} id={id} number={index + 1} what={what} />
        </li>
      ))}
    </ul>
  );
}

function PictureButtons({ task, item, id, number, what }: { task: TaskView; item: Place; id: string; number: number; what: string }): JSX.Element | null {
  // A photo of the visit as a whole that has gone out is on record; one of an item may still be taken out of its answer.
  if (!item && !unsent(task, id)) return null;
  const remove = (): void => void (item ? removePicture(task, item as ChecklistItem, id) : removeFreePhoto(task, id));
  return (
    <span class="picture-buttons">
      {item?.kind !== "signature" && (
        <CameraButton task={task} item={item} label={_("%(what)s, picture %(number)s", { what, number })} text={_("Retake")} insteadOf={id} isSmall />
      )}
      <button type="button" class="icon-button remove" aria-label={_("Remove picture %(number)s", { number })} onClick={remove}>
        <Icon name="cross" />
      </button>
    </span>
  );
}
