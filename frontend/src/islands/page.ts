/** What every desk page does: live regions, forms without a reload, the side panel, keys. Without it all pages work, only slower. */

import { listen } from "../desk/keys";
import { watch } from "../desk/live";
import { refresh, regionNames, send } from "../desk/regions";

document.documentElement.classList.add("scripted");

function toEnd(): void {
  document.querySelectorAll<HTMLElement>("[data-scroll][data-end]").forEach((element) => {
    element.scrollTop = element.scrollHeight;
  });
}

document.addEventListener("change", (event) => {
  const field = event.target as HTMLElement;
  const form = field.closest<HTMLFormElement>("form[data-auto]");
  if (form && !field.matches("[data-search]")) form.requestSubmit();
});

document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  const submitter = (event as SubmitEvent).submitter;
  const question = submitter?.dataset["sure"] ?? form.dataset["sure"];
  if (question && !window.confirm(question)) {
    event.preventDefault();
    return;
  }
  if (form.dataset["quick"] === undefined || form.method !== "post") return;
  event.preventDefault();
  form.classList.add("sending");
  const sent = send(form, submitter, regionNames());
  sent.catch(() => form.submit()).finally(() => form.classList.remove("sending"));
  if (form.dataset["quick"] === "clear") form.reset();
});

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const target = event.target as Element;
  const menu = document.querySelector<HTMLDetailsElement>("details.me[open]");
  if (menu && !menu.contains(target)) menu.open = false;
  const link = target.closest<HTMLAnchorElement>("a[data-swap]");
  if (link && link.pathname === location.pathname) {
    event.preventDefault();
    history.pushState(null, "", link.href);
    void refresh(regionNames(), true).catch(() => location.reload()).then(toEnd);
  }
});

addEventListener("popstate", () => void refresh(regionNames(), true).catch(() => location.reload()));

document.addEventListener("input", (event) => {
  const box = event.target as HTMLInputElement;
  if (box.matches("[data-tick-all]")) {
    document.querySelectorAll<HTMLInputElement>("input[data-tick]").forEach((tick) => (tick.checked = box.checked));
  }
  if (box.matches("[data-tick-all], [data-tick]")) countTicks();
});

/** The bar for many rows at once shows itself when there is something to do. */
function countTicks(): void {
  const bar = document.querySelector<HTMLElement>("[data-bulk]");
  if (!bar) return;
  const count = document.querySelectorAll("input[data-tick]:checked").length;
  bar.hidden = count === 0;
  const words = bar.querySelector<HTMLElement>("[data-count]");
  if (words) words.textContent = (words.dataset["count"] ?? "{count}").replace("{count}", String(count));
}

/** "Copy" beside a field: shown only where the browser can do it. */
function offerCopies(): void {
  if (!navigator.clipboard) return;
  document.querySelectorAll<HTMLButtonElement>("[data-copy]").forEach((button) => (button.hidden = false));
}

document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLButtonElement>("[data-copy]");
  const field = button && document.getElementById(button.dataset["copy"] ?? "");
  if (!button || !(field instanceof HTMLInputElement)) return;
  field.select();
  void navigator.clipboard.writeText(field.value).then(() => (button.textContent = button.dataset["copied"] ?? ""));
});

document.addEventListener("region", offerCopies);
offerCopies();

/** Good news has been read after a while; what went wrong stays until the next step. */
const READ_MS = 8000;
function letGoodNewsPass(): void {
  document.querySelectorAll(".flashes .notice.ok").forEach((notice) => {
    window.setTimeout(() => notice.remove(), READ_MS);
  });
}

document.addEventListener("region", letGoodNewsPass);
letGoodNewsPass();
document.addEventListener("region", countTicks);
/** What takes the server long comes after the page: `<div id="figures" data-region data-later>`, or the names of several
 * regions that one counting fills. Where that fails, the whole page is asked for, which also says what is wrong. */
function fetchLater(): void {
  const holders = [...document.querySelectorAll<HTMLElement>("[data-later]")];
  if (holders.length === 0) return;
  const whole = (): void => {
    const address = new URL(location.href);
    address.searchParams.set("whole", "1");
    location.replace(address);
  };
  refresh(holders.map((holder) => holder.dataset["later"] || holder.id).join(" "), true).then(
    () => (document.querySelector("[data-later] .counting") ? whole() : undefined),
    whole,
  );
}

fetchLater();
watch([...document.querySelectorAll<HTMLElement>("[data-live]")]);
countTicks();
toEnd();
listen();
