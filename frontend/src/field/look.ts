/** How the app looks on this phone. Kept beside the database, because it must be known before the first picture. */
export type Theme = "system" | "light" | "dark";
export type TextSize = "normal" | "large" | "largest";

export const theme = (): Theme => (localStorage.getItem("theme") as Theme | null) ?? "system";
export const textSize = (): TextSize => (localStorage.getItem("text") as TextSize | null) ?? "normal";

export function applyLook(): void {
  const page = document.documentElement;
  page.dataset.theme = theme();
  page.dataset.text = textSize();
  // The browser's own frame takes the colour that the page has; m.html names one for light phones and one for dark ones.
  const [light, dark] = document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]');
  if (light) light.media = { system: "(prefers-color-scheme: light)", light: "all", dark: "not all" }[theme()];
  if (dark) dark.media = { system: "(prefers-color-scheme: dark)", light: "not all", dark: "all" }[theme()];
}

export function choose(what: "theme" | "text", value: Theme | TextSize): void {
  localStorage.setItem(what, value);
  applyLook();
}
