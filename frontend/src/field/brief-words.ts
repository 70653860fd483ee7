/** A brief in the reader's words. */
import type { Brief, Caution, LastContact } from "./briefs";
import { _, languageTag, ngettext, pick } from "./i18n";
import { clock, dayKey, moment, now, shortDay } from "./time";
import type { Task } from "./types";
import { reasonWord, statusWord, typeWord } from "./words";

/** What not to say, in one line, and what to do instead. */
export function cautionWords(caution: Caution, brief: Brief): [string, string] {
  const isOwn = brief.complaints.some((one) => one.is_own);
  const table: Record<Caution, [string, string]> = {
    reaction: [_("A reaction of the body was reported"), _("Do not explain it away and give no advice. Listen, and call your supervisor. No offers.")],
    complaint: [isOwn ? _("A complaint is open") : _("Somebody at home has an open complaint"), _("Listen first. No offers until it is put right.")],
    no_texts: [_("Wants no text messages"), _("Say what matters at the door or in a call.")],
    no_calls: [_("Wants no calls"), _("Write, or speak at the door.")],
    no_promotion: [_("Wants no promotion"), _("Speak of care, not of offers.")],
    restricted: [
      _("No gifts, no promotion"),
      _("The law forbids both for %(products)s. Questions may be answered.", { products: listed(brief.restricted.map(pick)) }),
    ],
    care_first: [_("This contact is for care only"), _("The last ones were about buying. Sell nothing this time.")],
  };
  return table[caution];
}

/** "today", "in 3 days", "5 days ago", in the reader's language. */
export function dayFromToday(day: string, zone: string): string {
  const days = Math.round((Date.parse(`${day}T12:00:00Z`) - Date.parse(`${dayKey(now(), zone)}T12:00:00Z`)) / 86_400_000);
  return new Intl.RelativeTimeFormat(languageTag(), { numeric: "auto" }).format(days, "day");
}

export function listed(words: string[]): string {
  return words.join(languageTag() === "en" ? ", " : "、");
}

export function plainDay(day: string): string {
  return shortDay(`${day}T12:00:00Z`, "UTC");
}

/** A number as people write it down and say it: in groups. What is masked stays as it is. */
export function phoneWord(phone: string): string {
  return phone.replace(/^(\+852)(\d{4})(\d{4})$/, "$1 $2 $3").replace(/^(\+86)(1\d{2})(\d{4})(\d{4})$/, "$1 $2 $3 $4");
}

export function stretch(start: string, end: string, zone: string): string {
  return `${shortDay(start, zone)} ${clock(start, zone)}–${clock(end, zone)}`;
}

export function relationWord(relation: string): string {
  const table: Record<string, string> = {
    baby: _("baby"),
    child: _("child"),
    partner: _("partner"),
    parent: _("parent"),
    other: _("at home"),
  };
  return table[relation] ?? relation;
}

/** Babies are counted in months. */
export function ageWord(months: number | null): string {
  if (months === null) return "";
  if (months < 24) return ngettext("%(num)s month", "%(num)s months", months);
  return ngettext("%(num)s year", "%(num)s years", Math.floor(months / 12));
}

export function tierWord(tier: string): string {
  const table: Record<string, string> = { core: _("Core customer"), important: _("Important customer"), ordinary: "" };
  return table[tier] ?? tier;
}

/** For a list, where it is plain that customers are meant. */
export function shortTierWord(tier: string): string {
  const table: Record<string, string> = { core: _("core"), important: _("important"), ordinary: "" };
  return table[tier] ?? tier;
}

export function useWord(use: Brief["uses"][number]): string {
  return _("%(product)s: %(amount)s %(unit)s a day", { product: pick(use.product), amount: use.per_day, unit: unitWord(use.unit, use.per_day) });
}

/** What is counted is kept as one plain word for all readers. Measures such as g and ml are the same everywhere. */
export function unitWord(unit: string, amount: number): string {
  const count = amount === 1 ? 1 : 2;
  const table: Record<string, string> = {
    pc: ngettext("piece", "pieces", count),
    pack: ngettext("pack", "packs", count),
    box: ngettext("box", "boxes", count),
    tin: ngettext("tin", "tins", count),
    bottle: ngettext("bottle", "bottles", count),
    sachet: ngettext("sachet", "sachets", count),
    capsule: ngettext("capsule", "capsules", count),
  };
  return table[unit.toLowerCase()] ?? unit;
}

export function questionWord(kind: string): string {
  const table: Record<string, string> = {
    confirm: _("Asked to confirm the visit, no answer yet"),
    slot: _("Asked which time suits, no answer yet"),
    rating: _("Asked for a rating, no answer yet"),
    reorder: _("Asked whether to bring more, no answer yet"),
    remedy: _("Asked whether it is put right, no answer yet"),
    owner: _("Asked about the new associate, no answer yet"),
  };
  return table[kind] ?? kind;
}

export function openTaskWord(task: Brief["tasks"][number]): string {
  return `${typeWord(task as unknown as Task)} · ${reasonWord(task.reason)}`;
}

/** One line of what happened last: what it was, and the words that were said. */
export function contactWords(line: LastContact): [string, string] {
  if (line.kind === "note") return [line.who ? _("Note by %(name)s", { name: line.who }) : _("Note"), line.words];
  if (line.kind === "message") return [line.what === "in" ? _("The customer wrote") : line.who ? _("%(name)s wrote", { name: line.who }) : _("We wrote"), line.words];
  const task = { type: line.what, status: line.status, arrived_at: null } as unknown as Task;
  const parts = [typeWord(task), statusWord(task), line.who ?? ""];
  const rating = line.detail.rating;
  if (typeof rating === "number") parts.push(_("Rated %(stars)s of 5", { stars: rating }));
  return [parts.filter(Boolean).join(" · "), line.words];
}

export function contactTime(line: LastContact, zone: string): string {
  return moment(line.at, zone);
}

/** How often one may still be in touch unasked this month, and from when on. */
export function budgetWords(brief: Brief): string {
  const { budget, zone } = brief;
  const isToday = budget.next_free_day === dayKey(now(), zone);
  const left = ngettext("%(num)s more contact fits into this month.", "%(num)s more contacts fit into this month.", budget.left_this_month);
  const next = isToday ? _("One is free today.") : _("The next is free on %(day)s.", { day: plainDay(budget.next_free_day) });
  const booked = budget.next_day ? _("Planned: %(day)s.", { day: plainDay(budget.next_day) }) : "";
  return [budget.left_this_month > 0 ? left : _("Nothing more fits into this month."), next, booked].filter(Boolean).join(languageTag() === "en" ? " " : "");
}
