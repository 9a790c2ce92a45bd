// The masthead's live parts: cart and search words.

import { startCart } from "./cart.js";
import { el } from "./elements.js";
import { suggestions } from "./occ.js";

export function startMasthead() {
  startCart();
  const finder = document.getElementById("finder");
  const words = document.getElementById("finder-words");
  let waiting;
  finder.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      if (finder.value.trim().length < 2) return;
      const found = await suggestions(finder.value).catch(() => []);
      words.replaceChildren(...found.map((word) => el("option", { value: word })));
    }, 180);
  });
}
