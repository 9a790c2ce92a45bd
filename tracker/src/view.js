// The view a shopper has of a page: what decisions, signals, events and exposures are told about.

import { waiting } from "./events.js";
import { randomHex, update } from "./identity.js";
import { given } from "./settings.js";

export let viewId = given.view || randomHex(8);

/** @type {string | undefined} */
export let product;

/** A view of a product, or of none. @param {unknown} of */
export const enter = (of) => {
  product = of ? `${of}`.slice(0, 128) : undefined;
  update(({ s: seen }) => product && !seen.includes(product) && seen.push(product));
};

/** Another view: what is left to tell of the one before has been told, or never will be. */
export const turn = () => {
  viewId = randomHex(8);
  waiting.length = 0;
};
