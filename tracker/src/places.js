// Where things stand on the page: the product it is about, slots, and what signals are read from.

import { find, findAll, guarded } from "./browser.js";
import { asked, given, served } from "./settings.js";

/**
 * Selector of the place a signal is read from. `:is()` forgives a tenant's selector that does not
 * parse; where there is none, `undefined` is a tag no page has.
 *
 * @param {string} name
 */
export const placeOf = (name) =>
  `:is([data-saccade-signal~=${name}],[data-saccade-slot=${name}],${served.signals?.[name]})`;

/** Elements in which text is only text. */
export const TEXTUAL = ":not(script,style)";

/**
 * The element of a slot, or nothing. The name comes from an experience and is held to the one
 * pattern a tenant may use, so nothing in it can act as a selector. No slot is the page itself.
 *
 * @type {(name: string) => HTMLElement | undefined | null | false}
 */
export const slotOf = guarded((name) => {
  const selector = served.slots?.[name] || `[data-saccade-slot=${name}]`;
  return /^[a-z][a-z0-9-]{0,62}$/.test(name) && find(`body :is(${selector})` + TEXTUAL);
});

/** The product this page says it is about. @returns {string | undefined} */
export const productOf = () =>
  asked.product ||
  given.product ||
  find("[data-saccade-product]")?.dataset.saccadeProduct ||
  sku();

const sku = () => {
  for (const script of findAll('[type$="ld+json"]')) {
    const data = guarded(JSON.parse)(/** @type {HTMLScriptElement} */ (script).text);
    for (const node of [].concat(data?.["@graph"] || data)) {
      if (node?.["@type"] == "Product") return /** @type {any} */ (node).sku;
    }
  }
};
