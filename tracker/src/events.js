// Commerce and content events of the page (R6).

import { randomHex } from "./identity.js";

/** Those the server has not acknowledged; it knows each by its id. @type {object[]} */
export const waiting = [];

/**
 * Each kind has the fields it may have: one of another costs the batch.
 *
 * @param {string} kind
 * @param {object} [details]
 */
export const note = (kind, details) =>
  waiting.length < 16 && waiting.push({ id: randomHex(8), kind, ...details });
