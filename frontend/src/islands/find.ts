/** Find a customer while typing: the results come as a region of the page, the choice is a link. */

import { place } from "../desk/regions";

const WAIT_MS = 250;
let timer: number | undefined;
let asked = 0;

document.querySelectorAll<HTMLInputElement>("input[data-find]").forEach((box) => {
  box.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(async () => {
      const mine = ++asked;
      const address = new URL(location.href);
      address.searchParams.set(box.name, box.value);
      address.searchParams.delete("cursor");
      const region = box.dataset["find"] ?? "";
      const answer = await fetch(address, { headers: { "X-Fragment": region }, cache: "no-store" });
      const html = await answer.text();
      // A slow answer to fewer letters would take back what the later ones found.
      if (!answer.ok || mine !== asked) return;
      place(html, true);
      history.replaceState(null, "", address);
    }, WAIT_MS);
  });
});
