/** The pictures of a row, on their way before the row itself. */
import { call, problemOf, type Reply } from "../api";
import { database, type OutboxRow, type Picture } from "../db";
import { _ } from "../i18n";
import { change, restOf } from "./answered";
import { isNoted } from "./room";

const BLOB_TIMEOUT_SECONDS = 120;

/** Null when the server has all pictures of the row, else the answer that stands in the way. */
export async function uploadPictures(row: OutboxRow): Promise<Reply | null> {
  const db = await database();
  for (const id of row.blobs) {
    const picture = await db.get("blobs", id);
    if (!picture?.bytes || picture.uploaded) continue;
    let reply = await upload(picture);
    if (reply.status === 413 && !picture.shrunk) {
      const smaller = await (await import("../shrink")).smaller(picture);
      if (!smaller) return reply;
      // Under the same id: the server takes an id with its bytes or not at all, and it has just not taken it. So
      // whatever names this picture, tried or not, stays as it is.
      await db.put("blobs", smaller);
      reply = await upload(smaller);
    }
    // Other bytes under this id arrived by an earlier try whose answer was lost: the picture is there, and larger.
    const isThere = picture.shrunk && ["blob-differs", "key-reused"].includes(problemOf(reply).code);
    if (!reply.ok && !isThere) return reply;
    const now = await db.get("blobs", id);
    if (now) await noteUploaded({ ...now, uploaded: true });
  }
  return null;
}

/** What a full phone cannot note is sent once more. */
async function noteUploaded(picture: Picture): Promise<void> {
  const tx = (await database()).transaction("blobs", "readwrite");
  await isNoted(tx, tx.store.put(picture));
}

function upload(picture: Picture): Promise<Reply> {
  return call("PUT", `/api/v1/blobs/${picture.id}`, {
    bytes: picture.bytes as ArrayBuffer,
    headers: { "Content-Type": picture.type, "X-Content-SHA256": picture.sha256, "Idempotency-Key": picture.id, "X-App-User": String(picture.user) },
    timeoutSeconds: BLOB_TIMEOUT_SECONDS,
  });
}

/** The server says that it lacks a picture of this row. */
export async function uploadAgain(row: OutboxRow): Promise<void> {
  const db = await database();
  const pictures = (await Promise.all(row.blobs.map((id) => db.get("blobs", id)))).filter((one) => one?.bytes) as Picture[];
  if (pictures.length === row.blobs.length) {
    await Promise.all(pictures.map((one) => db.put("blobs", { ...one, uploaded: false })));
    await restOf(row, null);
  } else {
    const detail = _("The photo is no longer on this phone. Please take it again.");
    await change(row, { state: "blocked", error: { status: 409, code: "blob-missing", title: detail, detail } });
  }
}
