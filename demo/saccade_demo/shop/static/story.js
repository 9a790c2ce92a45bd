// What the maker wants said, with pictures; and how it comes and goes.

import { el } from "./elements.js";
import { imageUrl } from "./occ.js";
import { featureOf, valueOf } from "./specifications.js";

const FACTS = [
  ["weight", "Weight"], ["diagonal", "Screen"], ["noise", "Under full load"], ["keyboard", "Keyboard"],
  ["resolution", "Resolution"], ["cancelling", "Noise cancelling"], ["protection", "Protection"], ["material", "Material"],
];

/** The band between the pictures and the facts. */
export function storyBlock(product) {
  const sentences = product.description.replace(product.summary, "").trim().split(/(?<=\.) /);
  const half = Math.ceil(sentences.length / 2);
  const facts = FACTS.map(([key, words]) => [featureOf(product, key), words]).filter(([feature]) => feature).slice(0, 4);
  return el("section", { class: "story", "aria-label": `About ${product.name}` },
    el("ul", { class: "facts" }, facts.map(([feature, words]) =>
      el("li", {}, el("span", {}, words), el("strong", {}, valueOf(feature))))),
    tile(product, 1, sentences.slice(0, half).join(" ")),
    tile(product, 2, sentences.slice(half).join(" ")),
  );
}

function tile(product, index, words) {
  return el("article", { class: "tile" },
    el("img", { src: imageUrl(product.images, "zoom", index), alt: "", width: 560, height: 560, loading: "lazy" }),
    el("p", {}, words));
}

const TERMS = [
  ["Delivery", "Ordered before two in the afternoon, with you the next working day. Free from $50, otherwise $4.90. Evenings and Saturdays can be chosen at no extra cost."],
  ["Returns", "Thirty days, for any reason, unpacked and used. Print no label: show the code at any parcel shop, and the money is back within three days."],
  ["Repair", "Spare parts for seven years. Our workshop answers in two days, and says before it starts what it will cost."],
];

export function deliveryBlock() {
  return el("section", { class: "block", id: "delivery", "aria-labelledby": "delivery-title" },
    el("h2", { id: "delivery-title" }, "Delivery, returns, repair"),
    el("div", { class: "terms" }, TERMS.map(([title, words]) => el("div", {}, el("h3", {}, title), el("p", { class: "muted" }, words)))));
}
