/** The customer's page: looks for news by itself, sends forms without a reload, and says so when there is no connection.
 * Without it every form and link works the plain way. */

const PART = { "X-Fragment": "main" };
const SLOWEST_SECONDS = 300;

const main = document.getElementById("main") as HTMLElement;
const offline = document.getElementById("offline") as HTMLElement;
const unsent = document.getElementById("unsent") as HTMLElement;
const address = location.pathname;

let tag = main.dataset["tag"] ?? "";
let misses = 0;
let timer = 0;
let sending = false;
let sent = 0;

function parse(html: string): HTMLElement {
  const fresh = document.createElement("main");
  fresh.append(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  return fresh;
}

/** Somebody is typing or choosing there: what is in his or her hands stays. */
function isInUse(part: Element): boolean {
  if (part.contains(document.activeElement) && document.activeElement !== part) return true;
  if (part.querySelector("details[open] form")) return true;
  return [...part.querySelectorAll<HTMLTextAreaElement | HTMLInputElement>("textarea, input")].some((field) =>
    field instanceof HTMLInputElement && field.type !== "text"
      ? field.checked !== field.defaultChecked
      : field.value !== field.defaultValue,
  );
}

/** Put in what has changed, part by part; a visit that came or went changes the whole list, when nobody is busy in it. */
function showNews(html: string): void {
  const fresh = parse(html);
  const parts = [...fresh.querySelectorAll("[data-part]")];
  const known = main.querySelectorAll("[data-part]").length;
  if (known !== parts.length || parts.some((part) => !document.getElementById(part.id))) {
    if (!isInUse(main)) main.replaceChildren(...fresh.childNodes);
    return;
  }
  for (const part of parts) {
    const old = document.getElementById(part.id) as HTMLElement;
    if (old.innerHTML === part.innerHTML || isInUse(old)) continue;
    const card = part.closest("article");
    if (card) (old.closest("article") as HTMLElement).className = card.className;
    old.replaceChildren(...part.childNodes);
  }
  // A moved window stands in the heading between the parts.
  for (const heading of fresh.querySelectorAll("h2[id]")) {
    const old = document.getElementById(heading.id);
    if (old && old.innerHTML !== heading.innerHTML) old.replaceChildren(...heading.childNodes);
  }
}

function remember(answer: Response): void {
  tag = answer.headers.get("ETag") ?? tag;
  misses = 0;
  offline.hidden = true;
  const since = offline.querySelector<HTMLElement>("[data-since]");
  const shown = answer.headers.get("X-As-Of");
  if (since && shown) since.textContent = shown;
}

async function look(): Promise<void> {
  if (document.hidden || sending) return;
  const before = sent;
  try {
    const answer = await fetch(address, { headers: { ...PART, "If-None-Match": tag }, cache: "no-store" });
    if (answer.status === 404 || answer.status === 410) return location.reload();
    const html = answer.status === 200 ? await answer.text() : "";
    // A button was pressed meanwhile: this answer may be older than what that one shows.
    if (before !== sent) return;
    if (html) showNews(html);
    if (answer.ok || answer.status === 304) remember(answer);
    else misses += 1;
  } catch {
    if (before !== sent) return;
    misses += 1;
    offline.hidden = false;
  }
}

function plan(): void {
  window.clearTimeout(timer);
  const seconds = Math.min(Number(main.dataset["every"] ?? 60) * 2 ** Math.min(misses, 4), SLOWEST_SECONDS);
  timer = window.setTimeout(() => void look().finally(plan), seconds * 1000);
}

async function send(form: HTMLFormElement, button: HTMLElement | null): Promise<void> {
  const body = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)]));
  if (button instanceof HTMLButtonElement && button.name) body.set(button.name, button.value);
  sending = true;
  sent += 1;
  form.classList.add("sending");
  unsent.hidden = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: PART, cache: "no-store" });
    const html = await answer.text();
    if (!html.includes('id="said"')) throw new Error(String(answer.status));
    main.replaceChildren(...parse(html).childNodes);
    remember(answer);
    const said = document.getElementById("said");
    said?.focus({ preventScroll: true });
    said?.scrollIntoView({ block: "center" });
  } catch {
    unsent.hidden = false;
    unsent.scrollIntoView({ block: "center" });
  } finally {
    sending = false;
    form.classList.remove("sending");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (form.dataset["plain"] !== undefined) return;
  event.preventDefault();
  if (!sending) void send(form, (event as SubmitEvent).submitter);
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) void look().finally(plan);
});
addEventListener("online", () => void look());
addEventListener("offline", () => {
  offline.hidden = false;
});
addEventListener("pageshow", (event) => {
  // Out of the browser's back-forward store: what it kept may be old.
  if (event.persisted) void look();
});
plan();
