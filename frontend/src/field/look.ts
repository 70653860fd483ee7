/** How the app looks on this phone. Kept beside the database, because it must be known before the first picture. */
export type Theme = "system" | "light" | "dark";
export type TextSize = "normal" | "large" | "largest";

export const theme = (): Theme => (localStorage.getItem("theme") as Theme | null) ?? "system";
export const textSize = (): TextSize => (localStorage.getItem("text") as TextSize | null) ?? "normal";

export function applyLook(): void {
  document.documentElement.dataset.theme = theme();
  document.documentElement.dataset.text = textSize();
}

export function choose(what: "theme" | "text", value: Theme | TextSize): void {
  localStorage.setItem(what, value);
  applyLook();
}
