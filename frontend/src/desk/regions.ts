/** Parts of a page that can be fetched again alone: `<div id="day" data-region>`; the server answers `X-Fragment: day`. */

const HEADER = "X-Fragment";

/** What a reader has in hand inside a region: never swap the field somebody is typing in. */
function isBusy(region: Element): boolean {
  const active = document.activeElement;
  if (!active || !region.contains(active)) return false;
  return active.matches("input:not([type=checkbox]):not([type=radio]), textarea, select");
}

interface Kept {
  ticked: Set<string>;
  focused: string | null;
  /** Where the keys `j` and `k` stand: the address that the row opens, for rows have no name of their own. */
  at: { address: string; hasFocus: boolean } | null;
  opened: Set<string>;
  places: Map<string, DOMRect>;
  scrolls: Map<string, { top: number; atEnd: boolean }>;
}

function keep(region: Element): Kept {
  const ids = (selector: string): string[] =>
    [...region.querySelectorAll<HTMLElement>(selector)].map((element) => element.id).filter(Boolean);
  const places = new Map<string, DOMRect>();
  region.querySelectorAll<HTMLElement>("[data-key]").forEach((element) => {
    places.set(element.dataset["key"] ?? "", element.getBoundingClientRect());
  });
  const scrolls = new Map<string, { top: number; atEnd: boolean }>();
  region.querySelectorAll<HTMLElement>("[data-scroll]").forEach((element) => {
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 40;
    scrolls.set(element.dataset["scroll"] ?? "", { top: element.scrollTop, atEnd });
  });
  const active = document.activeElement;
  const present = region.querySelector<HTMLElement>("[data-row].at [data-open]");
  return {
    at: present && { address: present.getAttribute("href") ?? "", hasFocus: present === active },
    ticked: new Set(ids("input:checked")),
    focused: active && region.contains(active) ? active.id || null : null,
    opened: new Set(ids("details[open]")),
    places,
    scrolls,
  };
}

function restore(region: Element, kept: Kept): void {
  kept.ticked.forEach((id) => {
    const box = region.querySelector<HTMLInputElement>(`#${CSS.escape(id)}`);
    if (box) box.checked = true;
  });
  kept.opened.forEach((id) => region.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", ""));
  const present = [...region.querySelectorAll<HTMLElement>("[data-row] [data-open]")].find((one) => one.getAttribute("href") === kept.at?.address);
  present?.closest("[data-row]")?.classList.add("at");
  if (kept.at?.hasFocus) present?.focus({ preventScroll: true });
  if (kept.focused) region.querySelector<HTMLElement>(`#${CSS.escape(kept.focused)}`)?.focus({ preventScroll: true });
  region.querySelectorAll<HTMLElement>("[data-scroll]").forEach((element) => {
    const before = kept.scrolls.get(element.dataset["scroll"] ?? "");
    element.scrollTop = before && !before.atEnd ? before.top : element.dataset["end"] === undefined ? (before?.top ?? 0) : element.scrollHeight;
  });
  if (region.matches("[data-flip]")) showMovement(region, kept.places);
}

/** Rows that changed their place glide there; new ones fade in. Nothing moves for those who asked for calm. */
function showMovement(region: Element, places: Map<string, DOMRect>): void {
  if (!places.size || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  region.querySelectorAll<HTMLElement>("[data-key]").forEach((element) => {
    const before = places.get(element.dataset["key"] ?? "");
    if (!before) {
      element.classList.add("arrived");
      return;
    }
    const shift = before.top - element.getBoundingClientRect().top;
    if (Math.abs(shift) < 2) return;
    element.animate([{ transform: `translateY(${shift}px)` }, { transform: "none" }], { duration: 700, easing: "cubic-bezier(.2,.7,.2,1)" });
    if (shift > 0) element.classList.add("moved-up");
  });
}

/** Put the fragments of an answer into their regions; false when the answer is a whole page. */
export function place(html: string, force: boolean): boolean {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const fragments = parsed.querySelectorAll<HTMLTemplateElement>("template[data-fragment]");
  fragments.forEach((fragment) => {
    const region = document.getElementById(fragment.dataset["fragment"] ?? "");
    if (!region) return;
    if (!force && isBusy(region)) {
      region.dataset["stale"] = "";
      return;
    }
    delete region.dataset["stale"];
    const kept = keep(region);
    region.replaceChildren(document.importNode(fragment.content, true));
    restore(region, kept);
    region.dispatchEvent(new CustomEvent("region", { bubbles: true }));
  });
  return fragments.length > 0;
}

export function regionNames(): string {
  return [...document.querySelectorAll("[data-region]")].map((region) => region.id).join(" ");
}

/** Fetch regions of the present address again. */
export async function refresh(names: string, force = false): Promise<void> {
  const asked = location.href;
  const answer = await fetch(asked, { headers: { [HEADER]: names }, cache: "no-store" });
  if (answer.redirected && new URL(answer.url).pathname !== location.pathname) {
    location.assign(answer.url);
    return;
  }
  if (!answer.ok) return;
  const html = await answer.text();
  // Somebody has opened or closed something meanwhile: this would take it back.
  if (location.href === asked) place(html, force);
  else await refresh(names, force);
}

/** Send a form and put the answer's fragments in place; anything unexpected becomes an ordinary page load. */
export async function send(form: HTMLFormElement, submitter: HTMLElement | null, names: string): Promise<void> {
  const body = new FormData(form, submitter);
  const action = submitter?.getAttribute("formaction") ?? form.action;
  const answer = await fetch(action, { method: "POST", body: new URLSearchParams(body as unknown as Record<string, string>), headers: { [HEADER]: `${names} flashes` } });
  const arrived = new URL(answer.url);
  if (arrived.pathname !== location.pathname || !place(await answer.text(), true)) {
    location.assign(answer.redirected ? answer.url : location.href);
    return;
  }
  if (arrived.search !== location.search) history.replaceState(null, "", arrived);
}
