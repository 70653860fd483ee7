/** Pictures as entries of the outbox: a picture and the answer that refers to it are kept together, or neither is. */
import { answerStep, step } from "./actions";
import { blobFields, fromPhoto, type Captured } from "./capture";
import type { Draft, OutboxRow, Picture } from "./db";
import { discard } from "./discard";
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

const atWork = new Set<string>();

/** Keep the photo as the camera gave it, then the smaller one in its place, with the answer that names it. */
export async function addPhoto(task: TaskView, item: Place, file: File, insteadOf?: string): Promise<void> {
  const user = get().user;
  if (!user) return;
  const original = await file.arrayBuffer();
  const raw: Captured = { bytes: original, type: file.type || "application/octet-stream", sha256: "", thumbnail: new ArrayBuffer(0), thumbnailType: "" };
  const kept = blobFields(raw, user.id);
  const draft = { key: rawKey(task, item) + kept.id, value: insteadOf ?? "" };
  atWork.add(kept.id);
  // Shown only when it is small; on the disk at once, so that it survives a page that dies meanwhile.
  if (await keep([], { pictures: [kept], drafts: [draft], mayFail: true })) await finishPhoto(task, item, kept, draft.key, insteadOf);
  // Made smaller it may find the room that the camera's own did not.
  else await addPicture(task, item, { ...kept, ...(await fromPhoto(file)) }, { insteadOf });
  atWork.delete(kept.id);
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
    if (!key.startsWith(prefix) || atWork.has(id)) continue;
    atWork.add(id);
    void picture(id).then((kept) => kept && finishPhoto(task, item, kept, key, String(draft.value) || undefined));
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

/** A picture that never began to leave the phone need not leave it at all. One that did stays on record at the server. */
async function forget(task: TaskView, id: string): Promise<void> {
  const row = untried(task, id);
  if (row) await discard(row);
}

export function untried(task: TaskView, id: string): OutboxRow | undefined {
  const rows = get().tasks.find((one) => one.id === task.id)?.waiting ?? [];
  return rows.find((row) => row.verb === "evidence" && row.blobs.includes(id) && isUntried(row) && row.seq !== undefined);
}

export async function removeFreePhoto(task: TaskView, id: string): Promise<void> {
  const row = untried(task, id);
  if (row) await discard(row);
  else say(_("This photo has been sent. It stays with the task."));
}
