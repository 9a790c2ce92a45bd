// Where things stand on the page: the product it is about, slots, and what signals are read from.

import { findAll, guarded, MARK, pathOf } from "./browser.js";
import { asked, given, served } from "./settings.js";

const landed = pathOf();

/**
 * Selector of the place a signal is read from. `:is()` forgives a tenant's selector that does not
 * parse; where there is none, `undefined` is a tag no page has.
 *
 * @param {string} name
 */
export const placeOf = (name) =>
  `:is([${MARK}signal~=${name}],[${MARK}slot=${name}],${served.signals?.[name]})`;

/** Elements in which text is only text. */
export const TEXTUAL = ":not(script,style)";

/**
 * The element of a slot, or nothing. The name comes from an experience and is held to the one
 * pattern a tenant may use, so nothing in it can act as a selector. No slot is the page itself.
 *
 * @type {(name: any) => HTMLElement | undefined | false}
 */
export const slotOf = guarded(
  (name) =>
    // only a text has `match`: ["cta"] is no name
    name.match(/^[a-z][a-z0-9-]{0,62}$/) &&
    findAll(`body :is(${served.slots?.[name] || `[${MARK}slot=${name}]`})` + TEXTUAL)[0],
);

/**
 * The product this page says it is about. The tag and the script before it know the page that was
 * loaded; where the shop went on from there without another, its marks and its data do.
 *
 * @returns {string | undefined}
 */
export const productOf = () =>
  (pathOf() === landed && (asked.product || given.product)) ||
  findAll(`[${MARK}product]`)[0]?.dataset.saccadeProduct ||
  findAll('[type$="ld+json"]')
    .flatMap((script) => {
      const data = guarded(JSON.parse)(/** @type {HTMLScriptElement} */ (script).text);
      return data?.["@graph"] || data;
    })
    .find((node) => node?.["@type"] == "Product")?.sku;
