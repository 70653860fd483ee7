/** What a map shows where, in pixels: the usual square projection of the web, so that the usual picture tiles fit. */
import type { Place } from "./geo";

/** The middle of the map, each way from 0 to 1 over the whole world, and how near. */
export interface View {
  x: number;
  y: number;
  zoom: number;
}

export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

export interface Tile extends Point {
  key: string;
  address: string;
  size: number;
}

export interface Cluster<T> extends Point {
  members: T[];
}

const TILE = 256;
const EQUATOR_METRES = 40_075_017;
const NEAREST = 18;
const FARTHEST = 3;
const NEAREST_BY_ITSELF = 16;

export function project({ lat, lng }: Place): Point {
  const sine = Math.min(Math.max(Math.sin((lat * Math.PI) / 180), -0.9999), 0.9999);
  return { x: lng / 360 + 0.5, y: 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI) };
}

export function latitudeOf(y: number): number {
  return (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
}

/** Pixels that the whole world would take. */
export function worldSize(zoom: number): number {
  return TILE * 2 ** zoom;
}

export function onScreen(place: Place, view: View, size: Size): Point {
  const point = project(place);
  const world = worldSize(view.zoom);
  return { x: (point.x - view.x) * world + size.width / 2, y: (point.y - view.y) * world + size.height / 2 };
}

export function metresPerPixel(latitude: number, zoom: number): number {
  return (EQUATOR_METRES * Math.cos((latitude * Math.PI) / 180)) / worldSize(zoom);
}

const MARGIN = 48;
/** On the right the names stand, and the buttons. */
const MARGIN_RIGHT = 104;

/** All places with room around them; one place alone is not shown from the doorstep. */
export function fit(places: Place[], size: Size): View {
  const points = places.map(project);
  const [xs, ys] = [points.map((point) => point.x), points.map((point) => point.y)];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const room = { width: Math.max(size.width - MARGIN - MARGIN_RIGHT, 40), height: Math.max(size.height - 2 * MARGIN, 40) };
  const wanted = Math.log2(Math.min(room.width / (right - left || 1e-9), room.height / (bottom - top || 1e-9)) / TILE);
  const zoom = Math.min(Math.max(wanted, FARTHEST), NEAREST_BY_ITSELF);
  const middle = { x: (left + right) / 2, y: (top + bottom) / 2, zoom };
  return moved(middle, points.length > 1 ? (MARGIN - MARGIN_RIGHT) / 2 : 0, 0);
}

export function moved(view: View, dx: number, dy: number): View {
  const world = worldSize(view.zoom);
  return { ...view, x: view.x - dx / world, y: Math.min(Math.max(view.y - dy / world, 0), 1) };
}

/** Nearer or farther; what lies under the fingers stays there. */
export function zoomed(view: View, size: Size, by: number, around: Point = { x: size.width / 2, y: size.height / 2 }): View {
  const zoom = Math.min(Math.max(view.zoom + by, FARTHEST), NEAREST);
  const [dx, dy] = [around.x - size.width / 2, around.y - size.height / 2];
  const change = 1 / worldSize(view.zoom) - 1 / worldSize(zoom);
  return { x: view.x + dx * change, y: view.y + dy * change, zoom };
}

export function tileAddress(template: string, z: number, x: number, y: number): string {
  const values: Record<string, string | number> = { z, x, y, s: "abc"[(x + y) % 3] as string, r: "" };
  return template.replace(/\{([zxysr])\}/g, (_whole, name: string) => String(values[name]));
}

/** The tiles that cover the map, each with its place on the screen. */
export function tilesOf(template: string, view: View, size: Size, maxZoom: number): Tile[] {
  const z = Math.min(Math.max(Math.round(view.zoom), 0), maxZoom);
  const count = 2 ** z;
  const tile = worldSize(view.zoom) / count;
  const left = view.x * count * tile - size.width / 2;
  const top = view.y * count * tile - size.height / 2;
  const tiles: Tile[] = [];
  for (let row = Math.max(Math.floor(top / tile), 0); row * tile < top + size.height && row < count; row++) {
    for (let column = Math.floor(left / tile); column * tile < left + size.width; column++) {
      const x = ((column % count) + count) % count;
      tiles.push({
        key: `${z}/${column}/${row}`,
        address: tileAddress(template, z, x, row),
        x: column * tile - left,
        y: row * tile - top,
        size: tile,
      });
    }
  }
  return tiles;
}

export interface Grid {
  /** The side of one square. */
  metres: number;
  pixels: number;
  columns: number[];
  rows: number[];
}

const SMALLEST_SQUARE = 56;

/** Squares with sides of a round length, so that distances can be judged where there are no streets to see. They hang
 * on one latitude: else they would swim when the map is moved. */
export function gridOf(view: View, size: Size, latitude: number): Grid {
  const perPixel = metresPerPixel(latitude, view.zoom);
  const metres = roundLength(perPixel * SMALLEST_SQUARE);
  const pixels = metres / perPixel;
  const world = worldSize(view.zoom);
  const lines = (middle: number, length: number): number[] => {
    const before = (((middle * world - length / 2) % pixels) + pixels) % pixels;
    const found: number[] = [];
    for (let at = pixels - before; at < length; at += pixels) found.push(at);
    return found;
  };
  return { metres, pixels, columns: lines(view.x, size.width), rows: lines(view.y, size.height) };
}

/** The next of 1, 2, 5, 10, 20, 50 … metres. */
function roundLength(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(atLeast));
  return ([1, 2, 5, 10].find((step) => step * power >= atLeast) ?? 10) * power;
}

/** Marks that would cover each other become one; `sizeOf` tells how large the mark of several is drawn. */
export function gather<T extends Point>(points: T[], apart: number, sizeOf?: (members: T[]) => Size): Cluster<T>[] {
  const clusters: Cluster<T>[] = [];
  for (const point of points) {
    const near = clusters.find((one) => Math.hypot(one.x - point.x, one.y - point.y) < apart);
    if (near) near.members.push(point);
    else clusters.push({ x: point.x, y: point.y, members: [point] });
  }
  if (sizeOf) joinWide(clusters, points, sizeOf);
  return clusters;
}

/** A mark with several numbers is wider than one with a single number, so it may cover one that had room before. */
function joinWide<T extends Point>(clusters: Cluster<T>[], points: T[], sizeOf: (members: T[]) => Size): void {
  for (;;) {
    const boxes = clusters.map((one) => boxAround(one, sizeOf(one.members)));
    const isCovered = (box: Box, index: number): boolean => boxes.slice(0, index).some((other) => overlap(other, box));
    const later = boxes.findIndex(isCovered);
    const into = clusters[boxes.findIndex((box) => later >= 0 && overlap(box, boxes[later] as Box))];
    const gone = clusters[later];
    if (!into || !gone) return;
    into.members = points.filter((point) => into.members.includes(point) || gone.members.includes(point));
    into.x = mean(into.members.map((one) => one.x));
    into.y = mean(into.members.map((one) => one.y));
    clusters.splice(later, 1);
  }
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function boxAround({ x, y }: Point, { width, height }: Size): Box {
  return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
}

/** Three and more in a row are said by the first and the last: 2, 5–8. */
export function runsOf(numbers: number[]): string[] {
  const runs: number[][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run && run.at(-1) === number - 1) run.push(number);
    else runs.push([number]);
  }
  return runs.flatMap((run) => (run.length > 2 ? [`${run[0]}–${run.at(-1)}`] : run.map(String)));
}

export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Which names have room beside their marks without covering a mark or another name. */
export function namesWithRoom(marks: (Point & Size & { name: string })[], size: Size, covered: Box[] = []): Set<number> {
  const taken: Box[] = [...marks.map((mark) => boxAround(mark, mark)), ...covered];
  const shown = new Set<number>();
  marks.forEach(({ x, y, width, name }, index) => {
    const box = { left: x + width / 2, right: x + width / 2 + widthOf(name), top: y - 10, bottom: y + 10 };
    const isFree = taken.every((other, at) => at === index || !overlap(box, other));
    if (!name || !isFree || box.right > size.width) return;
    taken.push(box);
    shown.add(index);
  });
  return shown;
}

function overlap(one: Box, other: Box): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}

/** About how wide a name is drawn: Han characters are as wide as high, letters half of that. */
function widthOf(name: string): number {
  return [...name].reduce((sum, letter) => sum + (letter > "\u2e80" ? 14 : 8), 8);
}
