/** Times are shown in the store's zone, and "now" follows the server's clock, because the clocks of phones lie. */
import { languageTag } from "./i18n";

let skewMilliseconds = 0;

export function setSkew(milliseconds: number): void {
  skewMilliseconds = milliseconds;
}

export function now(): Date {
  return new Date(Date.now() + skewMilliseconds);
}

/** Server-corrected time with this phone's offset, as `at` of a write. */
export function stamp(moment: Date = now()): string {
  const offset = -moment.getTimezoneOffset();
  const sign = offset < 0 ? "-" : "+";
  const two = (value: number): string => String(Math.trunc(Math.abs(value))).padStart(2, "0");
  const local = new Date(moment.getTime() + offset * 60_000).toISOString().slice(0, -1);
  return `${local}${sign}${two(offset / 60)}:${two(offset % 60)}`;
}

export function clock(iso: string | Date, zone: string): string {
  return format(iso, zone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

export function dayTitle(iso: string | Date, zone: string): string {
  return format(iso, zone, { month: languageTag().startsWith("zh") ? "long" : "short", day: "numeric", weekday: "short" });
}

export function shortDay(iso: string | Date, zone: string): string {
  return format(iso, zone, { month: "short", day: "numeric" });
}

/** Today's times as the hour, older ones with their day. */
export function moment(iso: string, zone: string): string {
  return dayKey(iso, zone) === dayKey(now(), zone) ? clock(iso, zone) : `${shortDay(iso, zone)} ${clock(iso, zone)}`;
}

/** The calendar day in a zone, as 2027-03-10: comparable and sortable. */
export function dayKey(iso: string | Date, zone: string): string {
  if (typeof iso !== "string") return keyOf(iso, zone);
  const place = `${zone} ${iso}`;
  let key = days.get(place);
  if (key === undefined) {
    if (days.size > 2000) days.clear();
    days.set(place, (key = keyOf(iso, zone)));
  }
  return key;
}

/** The same few moments are asked for again and again. */
const days = new Map<string, string>();

function keyOf(iso: string | Date, zone: string): string {
  return formatter("en-CA", zone, { year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date(iso));
}

export function shiftDay(key: string, days: number): string {
  const day = new Date(`${key}T12:00:00Z`);
  day.setUTCDate(day.getUTCDate() + days);
  return day.toISOString().slice(0, 10);
}

function format(iso: string | Date, zone: string, options: Intl.DateTimeFormatOptions): string {
  return formatter(languageTag(), zone, options).format(new Date(iso));
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Making one takes as long as using it a hundred times, and a day of 60 tasks shows hundreds of times. */
function formatter(tag: string, zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${tag} ${zone} ${JSON.stringify(options)}`;
  const known = formatters.get(key) ?? new Intl.DateTimeFormat(tag, { ...options, timeZone: zone });
  formatters.set(key, known);
  return known;
}
