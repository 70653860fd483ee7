/** While a text is written: how many SMS it is and what that costs, beside the box that `aria-describedby` names. */

import { costOf } from "../sms";

function show(box: HTMLTextAreaElement): void {
  const place = document.getElementById(box.getAttribute("aria-describedby") ?? "");
  if (!place) return;
  const { segments, price } = costOf(box.value, box.dataset["prefix"] ?? "", Number(box.dataset["price"] ?? 0));
  const words = segments === 1 ? place.dataset["one"] : place.dataset["many"]?.replace("{count}", String(segments));
  const cost = price > 0 && box.dataset["currency"] ? ` · ${money(price, box.dataset["currency"])}` : "";
  place.textContent = box.value.trim() ? `${words ?? segments}${cost}` : "";
}

function money(amount: number, currency: string): string {
  const style = { style: "currency", currency, minimumFractionDigits: 2, maximumFractionDigits: 3 } as const;
  return new Intl.NumberFormat(document.documentElement.lang, style).format(amount);
}

function showAll(): void {
  document.querySelectorAll<HTMLTextAreaElement>("textarea[data-compose]").forEach(show);
}

document.addEventListener("input", (event) => {
  const box = event.target as HTMLElement;
  if (box.matches("textarea[data-compose]")) show(box as HTMLTextAreaElement);
});
// A quick answer fills the box without a key being pressed; a swapped region brings a new box with the draft.
document.addEventListener("click", () => window.setTimeout(showAll));
document.addEventListener("region", () => window.setTimeout(showAll));
showAll();
