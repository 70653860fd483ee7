/** What the browser offers for putting the app on the home screen. It says so once, early, and to whoever listens. */
import { set } from "./state";

interface Offer extends Event {
  prompt(): Promise<unknown>;
}

let offer: Offer | null = null;

export function watchForInstall(): void {
  addEventListener("beforeinstallprompt", (event) => {
    // Asked when the person wants it, not when the browser thinks so.
    event.preventDefault();
    offer = event as Offer;
    set({});
  });
  addEventListener("appinstalled", () => {
    offer = null;
    set({});
  });
}

export function canInstall(): boolean {
  return offer !== null;
}

/** The browser's own question; it can be asked once per offer. */
export async function install(): Promise<void> {
  const asked = offer;
  offer = null;
  await asked?.prompt();
  set({});
}

export function isInstalled(): boolean {
  return matchMedia("(display-mode: standalone)").matches || (navigator as { standalone?: boolean }).standalone === true;
}
