/** A picture that the server found too large, made smaller once more. */
import { decode, scaled, sha256 } from "./capture";
import type { Picture } from "./db";

const SMALLER_SIDE = 1000;
const LOWER_QUALITY = 0.6;

/** Null when it cannot be made smaller: then the person decides. The thumbnail stays as it was. */
export async function smaller(picture: Picture): Promise<Picture | null> {
  if (!picture.bytes) return null;
  const bitmap = await decode(new Blob([picture.bytes], { type: picture.type }));
  if (!bitmap) return null;
  const bytes = await scaled(bitmap, SMALLER_SIDE, LOWER_QUALITY);
  bitmap.close();
  if (bytes.byteLength >= picture.bytes.byteLength) return null;
  return { ...picture, bytes, type: "image/jpeg", sha256: await sha256(bytes), shrunk: true };
}
