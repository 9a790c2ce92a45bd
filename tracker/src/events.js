// Commerce and content events of the page (R6), and how the shopper came (R7).

import { doc } from "./browser.js";
import { randomHex } from "./identity.js";

/** Those the server has not acknowledged; it knows each by its id. @type {object[]} */
export const waiting = [];

/**
 * How the shopper came, told until it is acknowledged once. Of the referrer only the host: a path
 * can name a person. The device is in the browser's own words, which come with every request.
 */
export let context =
  `&referrer=${doc.referrer.split("/")[2] || ""}&tz=${new Date().getTimezoneOffset()}&` +
  (location.search.match(/\butm_\w+=[^&]*/g) || []).join("&").slice(0, 512);

/**
 * Each kind has the fields it may have: one of another costs the batch.
 *
 * @param {string} kind
 * @param {object} [details]
 */
export const note = (kind, details) =>
  waiting.length < 16 && waiting.push({ id: randomHex(8), kind, ...details });

/** So many events, and the context. @param {number} count */
export const acknowledged = (count) => {
  waiting.splice(0, count);
  context = "";
};
