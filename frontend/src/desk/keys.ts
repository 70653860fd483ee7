/** Keys of the desk pages: `/` search, `j` `k` rows, Enter opens, Esc closes the panel, `?` help. */

function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-row]")].filter((row) => row.offsetParent !== null);
}

function move(step: number): void {
  const all = rows();
  if (!all.length) return;
  const present = all.findIndex((row) => row.classList.contains("at"));
  const next = all[Math.min(all.length - 1, Math.max(0, present + step))];
  if (!next) return;
  all.forEach((row) => row.classList.toggle("at", row === next));
  next.scrollIntoView({ block: "nearest" });
  next.querySelector<HTMLElement>("[data-open]")?.focus({ preventScroll: true });
}

export function listen(): void {
  document.addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    const typing = target.matches("input, textarea, select");
    if (event.key === "Escape") {
      if (typing) target.blur();
      else document.querySelector<HTMLElement>("[data-close-panel]")?.click();
      return;
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const help = document.querySelector<HTMLDialogElement>("#keys");
    switch (event.key) {
      case "/":
        event.preventDefault();
        document.querySelector<HTMLInputElement>("[data-search]")?.focus();
        break;
      case "j":
        move(1);
        break;
      case "k":
        move(-1);
        break;
      case "?":
        if (help && !help.open) help.showModal();
        break;
    }
  });
}
