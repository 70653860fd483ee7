/** Pictures as entries of the outbox: a picture and the answer that refers to it are kept together, or neither is. */
import { answerStep, step } from "./actions";
import { blobFields, fromPhoto, type Captured } from "./capture";
import { database, type Draft, type OutboxRow, type Picture } from "./db";
import { discardUnlessSent } from "./discard";
import { _ } from "./i18n";
import { keep } from "./outbox/keeping";
import { isUntried, type Step } from "./outbox/rows";
import { get, picture, say, type TaskView } from "./state";
import type { ChecklistItem } from "./types";

/** Where a picture belongs: to an item of the checklist, or to the visit as a whole. */
export type Place = ChecklistItem | null;

/** A photo that was taken but not yet made smaller: the phone may throw the page away under the camera. */
function rawKey(task: TaskView, item: Place): string {
  return `taken:${task.id}:${item?.key ?? ""}:`;
}

/** One tab makes a photo smaller; another that finds it half done lets that one go on. */
function alone<T>(id: string, work: (isFree: boolean) => Promise<T>): Promise<T> {
  return navigator.locks.request(`photo:${id}`, { ifAvailable: true }, (lock) => work(lock !== null));
}

/** Keep the photo as the camera gave it, then the smaller one in its place, with the answer that names it. */
export async function addPhoto(task: TaskView, item: Place, file: File, insteadOf?: string): Promise<void> {
  const user = get().user;
  if (!user) return;
  const original = await file.arrayBuffer();
  const raw: Captured = { bytes: original, type: file.type || "application/octet-stream", sha256: "", thumbnail: new ArrayBuffer(0), thumbnailType: "" };
  const kept = blobFields(raw, user.id);
  const draft = { key: rawKey(task, item) + kept.id, value: insteadOf ?? "" };
  await alone(kept.id, async () => {
    // Shown only when it is small; on the disk at once, so that it survives a page that dies meanwhile.
    if (await keep([], { pictures: [kept], drafts: [draft], mayFail: true })) await finishPhoto(task, item, kept, draft.key, insteadOf);
    // Made smaller it may find the room that the camera's own did not.
    else await addPicture(task, item, { ...kept, ...(await fromPhoto(file)) }, { insteadOf });
  });
}

async function finishPhoto(task: TaskView, item: Place, kept: Picture, key: string, insteadOf?: string): Promise<void> {
  if (!kept.bytes) return;
  const small = await fromPhoto(new File([kept.bytes], "photo", { type: kept.type }));
  await addPicture(task, item, { ...kept, ...small }, { insteadOf, dropDrafts: [key] });
}

/** Photos whose page died before they were made smaller. */
export function takeUpPhotos(task: TaskView, item: Place, drafts: Map<string, Draft>): void {
  const prefix = rawKey(task, item);
  for (const [key, draft] of drafts) {
    const id = key.slice(prefix.length);
    if (!key.startsWith(prefix)) continue;
    void alone(id, async (isFree) => {
      // What this page knows may be older than what another one did.
      const isWaiting = isFree && (await (await database()).getKey("drafts", key)) !== undefined;
      const kept = isWaiting ? await picture(id) : undefined;
      if (kept) await finishPhoto(task, item, kept, key, String(draft.value) || undefined);
    });
  }
}

export function addDrawing(task: TaskView, item: ChecklistItem, captured: Captured): Promise<boolean> {
  const user = get().user;
  return user ? addPicture(task, item, blobFields(captured, user.id)) : Promise.resolve(false);
}

function addPicture(
  task: TaskView,
  item: Place,
  taken: Picture,
  { insteadOf, dropDrafts = [] }: { insteadOf?: string | undefined; dropDrafts?: string[] } = {},
): Promise<boolean> {
  const kind = item?.kind === "signature" ? "signature" : "photo";
  const named = item ? { item_key: item.key } : {};
  const evidence: Step = {
    ...step(task, "evidence", { blob_id: taken.id, kind, ...named, captured_at: taken.capturedAt }),
    blobs: [taken.id],
  };
  const answers = item ? [answerStep(task, { [item.key]: kind === "signature" ? taken.id : replaced(task, item, taken.id, insteadOf) })] : [];
  const saved = keep([evidence, ...answers], { pictures: [taken], dropDrafts });
  if (insteadOf) void saved.then(() => forget(task, insteadOf));
  return saved;
}

/** By what stands now: a second photo may have been taken before the first was drawn. */
function replaced(task: TaskView, item: ChecklistItem, id: string, insteadOf?: string): string[] {
  const now = get().tasks.find((one) => one.id === task.id)?.checklist.find((one) => one.key === item.key) ?? item;
  const ids = picturesOf(now);
  return insteadOf && ids.includes(insteadOf) ? ids.map((one) => (one === insteadOf ? id : one)) : [...ids, id];
}

export function picturesOf(item: ChecklistItem): string[] {
  if (Array.isArray(item.answer)) return item.answer;
  return typeof item.answer === "string" && item.answer ? [item.answer] : [];
}

export async function removePicture(task: TaskView, item: ChecklistItem, id: string): Promise<void> {
  const left = picturesOf(item).filter((one) => one !== id);
  const saved = await keep([answerStep(task, { [item.key]: item.kind === "signature" ? null : left })]);
  if (saved) await forget(task, id);
}

/** A picture that the server cannot have need not leave the phone at all. One that it may have stays on record there. */
async function forget(task: TaskView, id: string): Promise<boolean> {
  const row = unsent(task, id);
  return row !== undefined && (await discardUnlessSent(row));
}

/** Never tried, as far as this page knows, or refused. */
export function unsent(task: TaskView, id: string): OutboxRow | undefined {
  const rows = get().tasks.find((one) => one.id === task.id)?.waiting ?? [];
  const found = rows.find((row) => row.verb === "evidence" && row.blobs.includes(id) && row.seq !== undefined);
  return found && (isUntried(found) || found.state === "blocked") ? found : undefined;
}

export async function removeFreePhoto(task: TaskView, id: string): Promise<void> {
  if (!(await forget(task, id))) say(_("This photo has been sent. It stays with the task."));
}
