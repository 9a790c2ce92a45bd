// The compare tool: closed, it names the candidates; opened, it sets them side by side.

import { el, stars } from "./elements.js";
import { imageUrl, similar } from "./occ.js";
import { featureOf, valueOf } from "./specifications.js";

export function comparisonBlock(product) {
  const table = el("div", { class: "compare-table", id: "compare-table", hidden: true });
  const toggle = el("button", {
    class: "button quiet", type: "button", "data-saccade-signal": "compare", "aria-expanded": "false", "aria-controls": "compare-table",
  }, "Compare side by side");
  let loaded = false;
  toggle.addEventListener("click", async () => {
    table.hidden = !table.hidden;
    toggle.setAttribute("aria-expanded", String(!table.hidden));
    toggle.textContent = table.hidden ? "Compare side by side" : "Close the comparison";
    if (loaded) return;
    loaded = true;
    try {
      table.append(sideBySide([product, ...(await similar(product.code))]));
    } catch {
      loaded = false;
      table.replaceChildren(el("p", { class: "muted" }, "The other products are not answering. Please try again."));
    }
  });
  return el("section", { class: "block", id: "comparison", "data-saccade-slot": "comparison", "aria-labelledby": "comparison-title" },
    el("div", { class: "block-head" },
      el("div", {},
        el("h2", { id: "comparison-title" }, "How it compares"),
        el("p", { class: "muted" }, `${product.name} beside three that its buyers also looked at.`)),
      toggle),
    table,
  );
}

function sideBySide(products) {
  const features = products[0].classifications.flatMap((group) => group.features);
  const keyOf = (feature) => feature.code.split(".").at(-1);
  const row = (name, cells, kind) => el("tr", { class: kind }, el("th", { scope: "row" }, name),
    cells.map((cell) => el("td", { class: typeof cell === "string" && cell !== cells[0] && "differs" }, cell)));
  return el("div", { class: "compare-scroll", tabindex: 0, role: "region", "aria-label": "Comparison table" },
    el("table", { class: "compare" },
      el("thead", {}, el("tr", {}, el("td", {}), products.map((entry, place) =>
        el("th", { scope: "col" },
          el("img", { src: imageUrl(entry.images, "product"), alt: "", width: 150, height: 150 }),
          place ? el("a", { href: `/shop/${entry.code}` }, entry.name) : el("span", {}, entry.name, el("em", {}, "This one")))))),
      el("tbody", {},
        row("Price", products.map((entry) => entry.price.formattedValue), "strong"),
        row("Owners", products.map((entry) => stars(entry.averageRating))),
        features.map((feature) => {
          const found = products.map((entry) => featureOf(entry, keyOf(feature)));
          return row(feature.name, found.map((one) => (one ? valueOf(one) : "–")));
        })),
    ));
}
