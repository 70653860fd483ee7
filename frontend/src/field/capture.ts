/** Pictures: made small enough for a weak network, hashed, with a thumbnail that stays when the bytes have gone. */
import { now } from "./time";
import type { Picture } from "./db";

const MAX_SIDE = 1600;
const THUMBNAIL_SIDE = 320;
const QUALITY = 0.8;

export interface Captured {
  bytes: ArrayBuffer;
  type: string;
  sha256: string;
  thumbnail: ArrayBuffer;
  thumbnailType: string;
}

export async function fromPhoto(file: File): Promise<Captured> {
  const original = await file.arrayBuffer();
  const bitmap = await decode(file);
  // A format that this browser cannot show is sent as it is: the server may know it, and the photo may not be lost.
  if (!bitmap) return captured(original, file.type || "application/octet-stream", new ArrayBuffer(0), "");
  const [large, small] = [await scaled(bitmap, MAX_SIDE), await scaled(bitmap, THUMBNAIL_SIDE)];
  const fits = Math.max(bitmap.width, bitmap.height) <= MAX_SIDE;
  bitmap.close();
  const keepOriginal = fits && file.type === "image/jpeg" && original.byteLength <= large.byteLength;
  return captured(keepOriginal ? original : large, "image/jpeg", small, "image/jpeg");
}

export async function fromCanvas(canvas: HTMLCanvasElement): Promise<Captured> {
  const bytes = await bytesOf(canvas, "image/png");
  return captured(bytes, "image/png", bytes, "image/png");
}

/** A name that was typed, as a picture like every other signature: black on white, whatever the theme. */
export function drawnName(name: string): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = 720;
  canvas.height = 240;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser has no 2d canvas");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#1f2430";
  context.textAlign = "center";
  context.textBaseline = "middle";
  const size = Math.min(88, (1.6 * canvas.width) / Math.max(1, name.length));
  context.font = `${size}px ${getComputedStyle(document.body).fontFamily}`;
  context.fillText(name, canvas.width / 2, canvas.height / 2, canvas.width - 48);
  return canvas;
}

async function captured(bytes: ArrayBuffer, type: string, thumbnail: ArrayBuffer, thumbnailType: string): Promise<Captured> {
  return { bytes, type, sha256: await sha256(bytes), thumbnail, thumbnailType };
}

export async function decode(file: Blob): Promise<ImageBitmap | null> {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return null;
  }
}

export async function scaled(bitmap: ImageBitmap, side: number, quality: number = QUALITY): Promise<ArrayBuffer> {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser has no 2d canvas");
  // JPEG knows no transparency; without paper under it a transparent picture turns black.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return bytesOf(canvas, "image/jpeg", quality);
}

async function bytesOf(canvas: HTMLCanvasElement, type: string, quality: number = QUALITY): Promise<ArrayBuffer> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, quality));
  if (!blob) throw new Error("this browser could not write the picture");
  return blob.arrayBuffer();
}

export async function sha256(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function blobFields(from: Captured, user: number): Picture {
  return { ...from, id: crypto.randomUUID(), user, capturedAt: now().toISOString(), uploaded: false };
}
