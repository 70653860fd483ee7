/** While a text template is written: the server shows how each language looks, what it costs and what is wrong with it. */

import { place } from "../desk/regions";

const WAIT_MS = 300;
const form = document.querySelector<HTMLFormElement>("form[data-wording]");
let timer: number | undefined;
let asked = 0;
let edited = false;

async function look(): Promise<void> {
  if (!form) return;
  const mine = ++asked;
  const body = new URLSearchParams(new FormData(form) as unknown as Record<string, string>);
  const answer = await fetch(form.dataset["wording"] ?? "", { method: "POST", body, headers: { "X-Fragment": "looks" } });
  // A slow answer about an older draft would show what nobody is writing any more.
  if (answer.ok && mine === asked) place(await answer.text(), true);
}

function lookSoon(): void {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => void look().catch(() => undefined), WAIT_MS);
}

function areaOf(button: HTMLElement, name: string): HTMLTextAreaElement | null {
  return document.querySelector<HTMLTextAreaElement>(`#${CSS.escape(button.dataset[name] ?? "")}`);
}

form?.addEventListener("input", (event) => {
  if ((event.target as HTMLElement).matches("textarea")) edited = true;
  lookSoon();
});

form?.addEventListener("submit", () => (edited = false));

form?.addEventListener("keydown", (event) => {
  // Enter in the search box looks for the customer; it must not publish.
  if (event.key === "Enter" && (event.target as HTMLElement).matches("[data-customer-search]")) {
    event.preventDefault();
    void look();
  }
});

form?.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLElement>("[data-placeholder], [data-replace], [data-customer]");
  if (!button) return;
  const chosen = form.querySelector<HTMLInputElement>("[data-chosen-customer]");
  const search = form.querySelector<HTMLInputElement>("[data-customer-search]");
  if (button.matches("[data-customer]") && chosen && search) {
    event.preventDefault();
    chosen.value = (button as HTMLButtonElement).value;
    search.value = "";
    void look();
    return;
  }
  const box = areaOf(button, button.dataset["placeholder"] ? "for" : "replace");
  if (!box) return;
  edited = true;
  if (button.dataset["placeholder"]) box.setRangeText(button.dataset["placeholder"], box.selectionStart, box.selectionEnd, "end");
  else box.value = button.dataset["words"] ?? box.value;
  box.focus();
  void look();
});

window.addEventListener("beforeunload", (event) => {
  if (edited) event.preventDefault();
});
