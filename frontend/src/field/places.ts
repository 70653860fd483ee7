/** Links that leave the app: the dialler and the map of the region. */
import type { Task } from "./types";

export function callAddress(task: Task): string | null {
  return task.customer.phone ? `tel:${task.customer.phone}` : null;
}

export function routeAddress(task: Task): string | null {
  if (task.type === "callback") return null;
  const { lat, lng, address } = task.customer;
  return mapAddress({ lat, lng, address, zone: task.zone });
}

interface Somewhere {
  lat?: number | null;
  lng?: number | null;
  address?: string | null;
  zone: string;
}

/** Inside the mainland the other map services are not reachable, and coordinates there need the local conversion. */
export function mapAddress({ lat, lng, address, zone }: Somewhere): string | null {
  const isMainland = zone === "Asia/Shanghai" || zone === "Asia/Urumqi";
  if (lat !== null && lat !== undefined && lng !== null && lng !== undefined) {
    if (isMainland) {
      const target = encodeURIComponent(`${lng},${lat},${address ?? ""}`);
      return `https://uri.amap.com/navigation?to=${target}&coordinate=wgs84&mode=car`;
    }
    return `https://www.google.com/maps/dir/?api=1&destination=${lat}%2C${lng}`;
  }
  if (!address) return null;
  const place = encodeURIComponent(address);
  return isMainland ? `https://uri.amap.com/search?keyword=${place}` : `https://www.google.com/maps/search/?api=1&query=${place}`;
}
