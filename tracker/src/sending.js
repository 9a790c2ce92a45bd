// Requests a browser sends without asking first (CORS-simple, R4): a text body, no header of ours.

import { source } from "./settings.js";

/**
 * @param {string} path
 * @param {string} parameters each with a leading &
 */
export const address = (path, parameters) =>
  `${source.origin}/v1/${path}${source.search || "?"}${parameters}`;

/**
 * The JSON of a 200, true for any other success, nothing for an error or no answer in time.
 *
 * @param {string} path
 * @param {object | undefined} body none: a GET
 * @param {string} [parameters]
 * @param {number} [limit] ms
 */
export const request = async (path, body, parameters = "", limit = 2_000) => {
  try {
    const answer = await fetch(address(path, parameters), /** @type {RequestInit} */ ({
      method: body && "POST", // or, without a body, GET
      body: JSON.stringify(body),
      credentials: "omit",
      keepalive: true,
      signal: AbortSignal.timeout?.(limit),
    }));
    return answer.ok && (answer.status !== 200 || (await answer.json()));
  } catch {}
};
