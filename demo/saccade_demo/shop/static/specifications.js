// The specification table, by group, the battery's rows marked.

import { el } from "./elements.js";

const isBattery = (feature) => /battery|charg/i.test(feature.name);

/** A feature's value with its unit. */
export function valueOf(feature) {
  const value = feature.featureValues.map((entry) => entry.value).join(", ");
  const symbol = feature.featureUnit?.symbol;
  const unit = symbol === "a" ? "years" : symbol === "d" ? "days" : symbol;
  return unit ? `${value} ${unit}` : value;
}

/** A feature of a product by the last part of its code, or undefined. */
export function featureOf(product, key) {
  return product.classifications?.flatMap((group) => group.features).find((feature) => feature.code.endsWith(`.${key}`));
}

export function specificationsBlock(product) {
  return el("section", { class: "block", id: "specifications", "data-saccade-slot": "specifications", "aria-labelledby": "specifications-title" },
    el("h2", { id: "specifications-title" }, "Specifications"),
    el("div", { class: "specs", "data-saccade-signal": "specifications" },
      product.classifications.map(group)),
    el("p", { class: "fine" }, "Battery life is measured at 150 nits with Wi-Fi on. Yours depends on what you do; the reviews say how much."),
  );
}

function group(classification) {
  return el("table", { class: "spec" },
    el("caption", {}, classification.name),
    el("tbody", {}, classification.features.map((feature) =>
      el("tr", { class: isBattery(feature) && "battery", "data-topic": isBattery(feature) && "battery" },
        el("th", { scope: "row" }, feature.name), el("td", {}, valueOf(feature))))),
  );
}
