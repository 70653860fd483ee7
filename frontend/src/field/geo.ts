/** Places and the way between them. The same figures as the server's, which tells customers when somebody will come. */

export interface Place {
  lat: number;
  lng: number;
}

const EARTH_KILOMETRES = 6371;
const DETOUR = 1.35;
const KILOMETRES_PER_HOUR = 18;
const UNKNOWN_MINUTES = 30;
const SHORTEST_MINUTES = 10;
const LONGEST_MINUTES = 90;

export function placeOf(of: { lat?: number | null; lng?: number | null } | null | undefined): Place | null {
  if (typeof of?.lat !== "number" || typeof of.lng !== "number") return null;
  return { lat: of.lat, lng: of.lng };
}

/** By the streets: the straight line, and the detour that streets usually make. */
export function kilometresByStreet(from: Place, to: Place): number {
  const rad = Math.PI / 180;
  const lat = Math.sin(((to.lat - from.lat) * rad) / 2) ** 2;
  const lng = Math.sin(((to.lng - from.lng) * rad) / 2) ** 2;
  const half = lat + Math.cos(from.lat * rad) * Math.cos(to.lat * rad) * lng;
  return 2 * EARTH_KILOMETRES * Math.asin(Math.min(1, Math.sqrt(half))) * DETOUR;
}

export function travelMinutes(from: Place | null, to: Place | null): number {
  if (!from || !to) return UNKNOWN_MINUTES;
  const minutes = (kilometresByStreet(from, to) / KILOMETRES_PER_HOUR) * 60;
  return Math.min(Math.max(minutes, SHORTEST_MINUTES), LONGEST_MINUTES);
}
