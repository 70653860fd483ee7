/** Maps made in mainland China are drawn some hundred metres beside the world's coordinates, by a formula that everybody
 * there uses (GCJ-02). Stops have to move along, or they stand in the wrong street. */
import type { Place } from "./geo";

const AXIS = 6_378_245;
const ECCENTRICITY_SQUARED = 0.006_693_421_622_965_943;

export function asDrawnThere(place: Place): Place {
  if (isFarAway(place)) return place;
  const rad = (place.lat * Math.PI) / 180;
  const flat = 1 - ECCENTRICITY_SQUARED * Math.sin(rad) ** 2;
  const [x, y] = [place.lng - 105, place.lat - 35];
  const perLat = ((AXIS * (1 - ECCENTRICITY_SQUARED)) / (flat * Math.sqrt(flat))) * (Math.PI / 180);
  const perLng = (AXIS / Math.sqrt(flat)) * Math.cos(rad) * (Math.PI / 180);
  return { lat: place.lat + northwards(x, y) / perLat, lng: place.lng + eastwards(x, y) / perLng };
}

function isFarAway({ lat, lng }: Place): boolean {
  return lng < 72.004 || lng > 137.8347 || lat < 0.8293 || lat > 55.8271;
}

/** Pairs of how quick a wave is and how high. */
function waves(value: number, ...parts: [number, number][]): number {
  return parts.reduce((sum, [pace, height]) => sum + height * Math.sin(value * Math.PI * pace), 0) * (2 / 3);
}

/** Metres to the north. */
function northwards(x: number, y: number): number {
  const plain = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x));
  return plain + waves(x, [6, 20], [2, 20]) + waves(y, [1, 20], [1 / 3, 40], [1 / 12, 160], [1 / 30, 320]);
}

/** Metres to the east. */
function eastwards(x: number, y: number): number {
  const plain = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x));
  return plain + waves(x, [6, 20], [2, 20], [1, 20], [1 / 3, 40], [1 / 12, 150], [1 / 30, 300]);
}
