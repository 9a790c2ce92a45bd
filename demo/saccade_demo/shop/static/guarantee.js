// The answer to one fear: will the battery last my day?

import { el, icon } from "./elements.js";
import { imageUrl } from "./occ.js";
import { featureOf, valueOf } from "./specifications.js";

const PROMISES = [
  ["M4 12l5 5L20 6", "30 days to try it in your own life", "If the battery does not last your day, send it back. We pay the way and ask no questions."],
  ["M12 3v6M12 15v6M3 12h6M15 12h6", "A new battery within two years", "If it falls below 80 % of what it held when new, we send you another, free of charge."],
  ["M4 7h16M4 12h10M4 17h7", "Measured, not promised", "We run every battery down ourselves, with Wi-Fi on and the screen at half."],
];

const MEASURES = [
  ["battery_office", "of office work"], ["battery_video", "of video"], ["battery_life", "of listening"],
  ["battery_days", "on the wrist"], ["battery_shots", "on a charge"],
];

/** The block, or null for what has no battery. */
export function guaranteeBlock(product) {
  const figures = MEASURES.map(([key, words]) => [featureOf(product, key), words]).filter(([feature]) => feature).slice(0, 2);
  if (!figures.length) return null;
  const picture = (imageUrl(product.images, "zoom", 3) ?? imageUrl(product.images, "zoom", 0)).replace("-zoom.svg", "-cutout.svg");
  return el("section", { class: "block guarantee", id: "battery-guarantee", "data-saccade-slot": "battery-guarantee", "aria-labelledby": "guarantee-title" },
    el("div", { class: "guarantee-words" },
      el("p", { class: "eyebrow" }, "30-day battery guarantee"),
      el("h2", { id: "guarantee-title" }, "If it does not last your day, it comes back to us."),
      el("ul", { class: "figures" }, figures.map(([feature, words]) =>
        el("li", {}, el("strong", {}, valueOf(feature)), el("span", {}, words)))),
      el("ul", { class: "promises" }, PROMISES.map(([path, title, words]) =>
        el("li", {}, el("span", { class: "promise-icon" }, icon(path)), el("div", {}, el("h3", {}, title), el("p", {}, words))))),
    ),
    el("div", { class: "guarantee-picture" }, el("img", { src: picture, alt: `${product.name}, the battery in its place`, width: 560, height: 560, loading: "lazy" })),
  );
}
