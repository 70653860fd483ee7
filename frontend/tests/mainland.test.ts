import assert from "node:assert/strict";
import { test } from "node:test";
import { asDrawnThere } from "../src/field/mainland";

test("a place in Beijing moves to where the maps there draw it", () => {
  const { lat, lng } = asDrawnThere({ lat: 39.915, lng: 116.404 });
  assert.ok(Math.abs(lat - 39.91640428150164) < 1e-9 && Math.abs(lng - 116.41024449916938) < 1e-9, `${lat} ${lng}`);
});

test("a place elsewhere in the world stays where it is", () => {
  const paris = { lat: 48.8566, lng: 2.3522 };
  assert.deepEqual(asDrawnThere(paris), paris);
});
