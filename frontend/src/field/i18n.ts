/** The reader's language. English is the source text itself; the other catalogs are loaded when asked for. */
import type { Locale, Text3 } from "./types";

type Catalog = Record<string, string | string[]>;
type Values = Record<string, string | number>;

/** The build cuts each catalog in two: the words of the first picture, and those of all other screens. */
const firstWords = import.meta.glob<Catalog>("../catalogs/*.json", { import: "default", query: "?first" });
const otherWords = import.meta.glob<Catalog>("../catalogs/*.json", { import: "default", query: "?others" });
const catalogs: Partial<Record<Locale, Catalog>> = { en: {} };

export const LOCALES: Locale[] = ["zh_Hans", "zh_Hant", "en"];
let current: Locale = "en";
let isOnlyFirst = true;
const whole = new Set<Locale>(["en"]);

export function locale(): Locale {
  return current;
}

/** A BCP 47 tag that Intl and the lang attribute understand. */
export function languageTag(of: Locale = current): string {
  return { zh_Hans: "zh-Hans", zh_Hant: "zh-Hant", en: "en" }[of];
}

/** The language that somebody picked on this device, here or on another page. */
export function chosen(cookie: string = document.cookie): Locale | undefined {
  const value = /(?:^|;\s*)lang=([^;]+)/.exec(cookie)?.[1]?.replace("-", "_");
  return LOCALES.find((one) => one === value);
}

export function negotiate(cookie: string = document.cookie, wished: readonly string[] = navigator.languages): Locale {
  const fixed = chosen(cookie);
  if (fixed) return fixed;
  for (const tag of wished) {
    if (/^zh(?:-.*)?(?:hant|tw|hk|mo)/i.test(tag)) return "zh_Hant";
    if (/^zh/i.test(tag)) return "zh_Hans";
    if (/^en/i.test(tag)) return "en";
  }
  return "zh_Hans";
}

/** Screens that come later call this and wait; from then on a change of language brings all words at once. */
export async function loadOtherWords(wanted: Locale = current): Promise<void> {
  isOnlyFirst = false;
  if (whole.has(wanted)) return;
  const others = await otherWords[`../catalogs/${wanted}.json`]?.();
  catalogs[wanted] = { ...catalogs[wanted], ...others };
  whole.add(wanted);
}

export async function use(wanted: Locale): Promise<void> {
  catalogs[wanted] ??= (await firstWords[`../catalogs/${wanted}.json`]?.()) ?? {};
  if (!isOnlyFirst) await loadOtherWords(wanted);
  current = wanted;
  document.documentElement.lang = languageTag();
  document.querySelector('link[rel="manifest"]')?.setAttribute("href", `/manifest.webmanifest?lang=${wanted}`);
}

export function remember(wanted: Locale): void {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `lang=${languageTag(wanted)}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}

function fill(text: string, values?: Values): string {
  if (!values) return text;
  return text.replace(/%\((\w+)\)[sd]/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** Translate. The English sentence is the key, placeholders look like %(name)s. */
export function _(source: string, values?: Values): string {
  return translate(current, source, values);
}

export function ngettext(one: string, many: string, num: number): string {
  const found = catalogs[current]?.[one];
  const text = Array.isArray(found) ? found[0] : found;
  return fill(text || (num === 1 ? one : many), { num });
}

/** Mark a sentence for the catalog that is translated later or into another person's language. */
export function N_(source: string): string {
  return source;
}

export function translate(into: Locale, source: string, values?: Values): string {
  const found = catalogs[into]?.[source];
  return fill((Array.isArray(found) ? found[0] : found) || source, values);
}

/** The reader's language out of content that exists in three; plain strings pass through. */
export function pick(text: Text3 | string | null | undefined): string {
  if (!text) return "";
  if (typeof text === "string") return text;
  return text[current] || text.zh_Hans || text.en || "";
}
