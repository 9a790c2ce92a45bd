// The view a shopper has of a page: what decisions, signals, events and exposures are told about.

import { waiting } from "./events.js";
import { restart } from "./flushing.js";
import { randomHex, update, visit } from "./identity.js";
import { reset } from "./measures.js";
import { apply } from "./rendering.js";
import { request } from "./sending.js";
import { asked, given } from "./settings.js";

export let viewId = given.view || randomHex(8);

/** @type {string | undefined} */
export let product;

/** A view begins, of a product or of none. @param {unknown} of */
export const begin = async (of) => {
  product = of ? `${of}`.slice(0, 128) : undefined;
  update(({ s: seen }) => product && !seen.includes(product) && seen.push(product));
  reset();
  restart();
  if (asked.experience === "fetch") {
    const view = viewId;
    // one that takes longer than 200 ms is not waited for; without a moment the server knows
    // whether it is a product's
    const answer = await request(
      "experience",
      "&" +
        new URLSearchParams({
          session: visit.id,
          product: product || "",
          moment: asked.moment || "",
          view,
        }),
    );
    if (answer?.instructions && view === viewId) apply(answer);
  }
};

/** Another view: what is left to tell of the one before has been told, or never will be. */
export const turn = () => {
  viewId = randomHex(8);
  waiting.length = 0;
};
