// The product page: one call to the platform, everything built from its answer, and, before the
// browser paints it, whatever the answer says under `saccade` applied by the tracker's renderer.

import { buyBox, gallery } from "./buybox.js";
import { choiceOf } from "./choice.js";
import { comparisonBlock } from "./comparison.js";
import { configurationsBlock } from "./configurations.js";
import { el } from "./elements.js";
import { guaranteeBlock } from "./guarantee.js";
import { startMasthead } from "./masthead.js";
import * as occ from "./occ.js";
import { panelShows, startPanel } from "./panel.js";
import { reviewsBlock } from "./reviews.js";
import { specificationsBlock } from "./specifications.js";
import { deliveryBlock, storyBlock } from "./story.js";

const main = document.getElementById("main");
const code = main.dataset.saccadeProduct;

async function load() {
  const place = document.getElementById("product");
  try {
    const [product, reviews] = await Promise.all([
      occ.product(code, window.saccade?.viewId),
      occ.reviews(code).catch(() => null),
    ]);
    place.replaceChildren(...page(product, reviews ?? product.reviews ?? []));
    if (product.saccade) window.saccade?.apply(product.saccade, { now: true });
    panelShows(product);
  } catch (error) {
    place.replaceChildren(failure(error));
  }
}

function page(product, reviews) {
  const choice = choiceOf(product);
  const pictures = gallery(product);
  choice?.changed.push(() => pictures.recolour(choice.selected.values.colour.toLowerCase()));
  const category = product.categories[0];
  return [
    el("nav", { class: "crumbs", "aria-label": "Breadcrumb" },
      el("a", { href: "/" }, "Home"), el("a", { href: `/?category=${category.code}` }, category.name), el("span", { "aria-current": "page" }, product.name)),
    el("div", { class: "hero" }, pictures.element, buyBox(product, choice)),
    storyBlock(product),
    el("div", { class: "blocks" },
      specificationsBlock(product),
      choice && configurationsBlock(choice),
      comparisonBlock(product),
      reviewsBlock(product, reviews),
      guaranteeBlock(product),
      deliveryBlock()),
  ];
}

function failure(error) {
  const missing = error instanceof occ.OccError && error.status === 404;
  return el("div", { class: "failure", role: "alert" },
    el("h1", {}, missing ? "We do not have this product" : "The catalogue is not answering"),
    el("p", { class: "muted" }, missing ? `There is nothing under ${code}.` : "It is not you. Please try again in a moment."),
    missing
      ? el("a", { class: "button", href: "/" }, "See what we have")
      : el("button", { class: "button", type: "button", onclick: () => location.reload() }, "Try again"));
}

startMasthead();
startPanel();
load();
