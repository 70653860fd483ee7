import assert from "node:assert/strict";
import { test } from "node:test";
import { fit, gather, gridOf, latitudeOf, metresPerPixel, moved, namesWithRoom, onScreen, project, runsOf, tileAddress, tilesOf, zoomed } from "../src/field/map-view";

const SIZE = { width: 360, height: 400 };
const ROUND = { width: 34, height: 34 };
const CENTRAL = { lat: 22.2819, lng: 114.1582 };
const SHA_TIN = { lat: 22.3771, lng: 114.1974 };

test("the projection comes back to the latitude it began with", () => {
  assert.ok(Math.abs(latitudeOf(project(CENTRAL).y) - CENTRAL.lat) < 1e-9);
});

test("all stops are on the map when it opens, with room at the edges", () => {
  const view = fit([CENTRAL, SHA_TIN], SIZE);
  for (const place of [CENTRAL, SHA_TIN]) {
    const { x, y } = onScreen(place, view, SIZE);
    assert.ok(x >= 47 && x <= 257 && y >= 47 && y <= 353, `${x} ${y}`);
  }
});

test("one stop alone stands in the middle, with its streets around it", () => {
  const view = fit([CENTRAL], SIZE);
  assert.deepEqual(onScreen(CENTRAL, view, SIZE), { x: 180, y: 200 });
  assert.equal(view.zoom, 16);
});

test("a map moved by the finger moves as far as the finger", () => {
  const view = fit([CENTRAL, SHA_TIN], SIZE);
  const [before, after] = [onScreen(CENTRAL, view, SIZE), onScreen(CENTRAL, moved(view, 30, -20), SIZE)];
  assert.ok(Math.abs(after.x - before.x - 30) < 1e-6 && Math.abs(after.y - before.y + 20) < 1e-6);
});

test("what lies under the fingers stays there while zooming", () => {
  const view = fit([CENTRAL, SHA_TIN], SIZE);
  const at = onScreen(SHA_TIN, view, SIZE);
  const after = onScreen(SHA_TIN, zoomed(view, SIZE, 1.3, at), SIZE);
  assert.ok(Math.abs(after.x - at.x) < 1e-6 && Math.abs(after.y - at.y) < 1e-6);
});

test("zooming ends somewhere, both ways", () => {
  const view = fit([CENTRAL], SIZE);
  assert.equal(zoomed(view, SIZE, 99).zoom, 18);
  assert.equal(zoomed(view, SIZE, -99).zoom, 3);
});

test("tiles cover the map without a gap", () => {
  const tiles = tilesOf("/t/{z}/{x}/{y}.png", { ...project(CENTRAL), zoom: 14.4 }, SIZE, 19);
  for (const [x, y] of [[1, 1], [359, 399], [180, 200], [359, 1]] as const) {
    assert.equal(tiles.filter((tile) => tile.x <= x && x < tile.x + tile.size && tile.y <= y && y < tile.y + tile.size).length, 1);
  }
  assert.match(tiles[0]?.address ?? "", /^\/t\/14\/\d+\/\d+\.png$/);
});

test("the tile of a place is the one that everybody numbers so", () => {
  const middle = tilesOf("{z}/{x}/{y}", { ...project(CENTRAL), zoom: 15 }, { width: 1, height: 1 }, 19);
  assert.deepEqual(middle.map((tile) => tile.address), ["15/26774/14302"]);
});

test("beyond the nearest tiles there are, the nearest are drawn larger", () => {
  const tiles = tilesOf("{z}/{x}/{y}", { ...project(CENTRAL), zoom: 18 }, SIZE, 16);
  assert.ok(tiles.every((tile) => tile.address.startsWith("16/") && tile.size === 1024));
});

test("the address may name several servers", () => {
  assert.equal(tileAddress("https://{s}.example/{z}/{x}/{y}{r}.png", 3, 4, 3), "https://b.example/3/4/3.png");
});

test("squares of the grid have round sides and move with the map", () => {
  const view = { ...project(CENTRAL), zoom: 14 };
  const grid = gridOf(view, SIZE, CENTRAL.lat);
  assert.equal(grid.metres, 500);
  assert.ok(Math.abs(grid.pixels - 500 / metresPerPixel(CENTRAL.lat, 14)) < 1e-9);
  const later = gridOf(moved(view, 10, 0), SIZE, CENTRAL.lat);
  assert.ok(later.columns.some((x) => Math.abs(x - 10 - (grid.columns[1] ?? 0)) < 1e-6));
});

test("marks that would cover each other become one, in their order", () => {
  const clusters = gather([{ x: 0, y: 0, n: 1 }, { x: 100, y: 0, n: 2 }, { x: 10, y: 5, n: 3 }], 30);
  assert.deepEqual(clusters.map((one) => one.members.map((member) => member.n)), [[1, 3], [2]]);
});

test("a mark grown wide by its numbers takes in the stop that it would cover", () => {
  const points = [{ x: 0, y: 0, n: 5 }, { x: 4, y: 0, n: 6 }, { x: 38, y: 0, n: 7 }, { x: 2, y: 2, n: 8 }, { x: 200, y: 0, n: 9 }];
  const clusters = gather(points, 28, (members) => ({ width: 34 + 20 * (members.length - 1), height: 34 }));
  assert.deepEqual(clusters.map((one) => one.members.map((member) => member.n)), [[5, 6, 7, 8], [9]]);
  assert.deepEqual(clusters.map((one) => one.x), [11, 200]);
});

test("no mark of many doors covers another, however near they lie", () => {
  const points = Array.from({ length: 14 }, (_one, index) => ({ x: (index * 37) % 230, y: (index * 53) % 110 }));
  const sizeOf = (members: unknown[]) => ({ width: 34 + 22 * (members.length - 1), height: 34 });
  const clusters = gather(points, 28, sizeOf);
  for (const one of clusters) {
    for (const other of clusters.filter((each) => each !== one)) {
      const [a, b] = [sizeOf(one.members), sizeOf(other.members)];
      assert.ok(Math.abs(one.x - other.x) >= (a.width + b.width) / 2 || Math.abs(one.y - other.y) >= (a.height + b.height) / 2);
    }
  }
  assert.equal(clusters.flatMap((one) => one.members).length, points.length);
});

test("stops in a row are said by the first and the last of them", () => {
  assert.deepEqual(runsOf([2, 5, 6, 7, 8, 10, 11]), ["2", "5–8", "10", "11"]);
});

test("a name is left out where it would cover a mark, a name or the edge", () => {
  const marks = [
    { x: 50, y: 50, ...ROUND, name: "陈美玲" },
    { x: 90, y: 52, ...ROUND, name: "李嘉欣" },
    { x: 340, y: 200, ...ROUND, name: "Alexandra" },
  ];
  assert.deepEqual([...namesWithRoom(marks, SIZE)], [1]);
});
