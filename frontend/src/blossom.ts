/** The plum blossom: five petals, one for each heart, drawn once for logo, icon, progress and radar. */

export const HEARTS = ["care", "sincerity", "thoughtfulness", "detail", "conscience"] as const;
export type Heart = (typeof HEARTS)[number];

/** The drawing fills a square of this side; its centre is the middle. */
export const BLOSSOM_SIZE = 100;

/** One petal pointing up, its foot at the centre. The others are the same turned by 72 degrees, clockwise in the order of HEARTS. */
export const PETAL =
  "M50 47.5 C45 44.5 31.5 36.5 31.5 21.5 C31.5 11.5 39.5 4.5 50 4.5 C60.5 4.5 68.5 11.5 68.5 21.5 C68.5 36.5 55 44.5 50 47.5 Z";

/** The yellow middle: stamens as short rays that end in dots. */
export const CENTRE_RADIUS = 6.5;
export const STAMEN_LENGTH = 14;

export function petalAngle(heart: Heart): number {
  return HEARTS.indexOf(heart) * 72;
}

/** Unit direction of a heart, y downwards; the radar of the hearts uses the same five. */
export function petalDirection(heart: Heart): { x: number; y: number } {
  const radians = ((petalAngle(heart) - 90) * Math.PI) / 180;
  return { x: Math.cos(radians), y: Math.sin(radians) };
}

/** How far a petal is filled, measured from its foot: the height of the clip in drawing units. */
export function petalFill(done: number, total: number): number {
  if (total <= 0) return 0;
  return Math.min(1, Math.max(0, done / total));
}
