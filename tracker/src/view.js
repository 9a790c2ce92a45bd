// The view a shopper has of a page: what decisions, signals and exposures are told about.

import { randomHex, update } from "./identity.js";
import { productOf } from "./places.js";
import { given } from "./settings.js";

export let viewId = given.view || randomHex(8);

/** @type {string | undefined} */
export let product;

/** A view of what the page says it is about, or `of` another product. @param {unknown} [of] */
export const enter = (of = productOf()) => {
  product = of ? `${of}`.slice(0, 128) : undefined;
  update(({ seen }) => {
    if (product && !seen.includes(product)) seen.push(product);
  });
};

export const turn = () => {
  viewId = randomHex(8);
};
