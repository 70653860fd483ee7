/** While a text template is written: how many SMS it costs, as the server counts (`data-measure` names where to ask). */

const WAIT_MS = 300;
const timers = new WeakMap<HTMLElement, number>();

async function measure(box: HTMLTextAreaElement): Promise<void> {
  const target = document.getElementById(box.dataset["size"] ?? "");
  const token = box.form?.querySelector<HTMLInputElement>("[name=csrf_token]")?.value;
  if (!target || !token || !box.dataset["measure"]) return;
  const body = new URLSearchParams({ text: box.value, locale: box.dataset["locale"] ?? "", csrf_token: token });
  const answer = await fetch(box.dataset["measure"], { method: "POST", body });
  if (answer.ok) target.textContent = await answer.text();
}

document.querySelectorAll<HTMLTextAreaElement>("textarea[data-measure]").forEach((box) => {
  box.addEventListener("input", () => {
    window.clearTimeout(timers.get(box));
    timers.set(box, window.setTimeout(() => void measure(box), WAIT_MS));
  });
});
