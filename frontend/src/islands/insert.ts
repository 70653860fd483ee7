/** Texts at hand: a chip puts its text into the reply box, ready to be changed before it is sent. */

document.addEventListener("click", (event) => {
  const chip = (event.target as Element).closest<HTMLElement>("[data-insert]");
  const box = document.querySelector<HTMLTextAreaElement | HTMLInputElement>("[data-reply]");
  if (!chip || !box) return;
  event.preventDefault();
  box.value = chip.dataset["insert"] ?? "";
  box.focus();
  if (chip.dataset["send"] !== undefined) box.form?.requestSubmit();
});

document.addEventListener("keydown", (event) => {
  const box = event.target as HTMLElement;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && box.matches("[data-reply]")) {
    (box as HTMLTextAreaElement).form?.requestSubmit();
  }
});

/** What somebody has typed survives the swap of its region. */
let draft = "";
document.addEventListener("input", (event) => {
  const box = event.target as HTMLTextAreaElement;
  if (box.matches("[data-reply]")) draft = box.value;
});
document.addEventListener("submit", () => (draft = ""));
document.addEventListener("region", () => {
  const box = document.querySelector<HTMLTextAreaElement | HTMLInputElement>("[data-reply]");
  if (box && draft && !box.value) box.value = draft;
});
