// Requests a browser sends without asking first (CORS-simple, R4): a text body, no header of ours.

import { doc, fetch, guarded } from "./browser.js";
import { visit } from "./identity.js";
import { decision } from "./rendering.js";
import { source } from "./settings.js";

/**
 * The JSON of a 200, true for any other success; false or nothing for an error, or where no answer
 * came in time.
 *
 * @param {string} path
 * @param {string} parameters with a leading &
 * @param {object} [body] none: a GET, whose answer is waited for for 200 ms
 * @param {unknown} [isLast] by beacon, for nobody will read the answer
 */
export const request = async (path, parameters, body, isLast) => {
  const address =
    `${source.origin}/v1/${path}${source.search || "?"}${parameters}` +
    `&html_lang=${doc.documentElement.lang}`;
  try {
    const text = body && JSON.stringify({ session_id: visit.id, decision_id: decision, ...body });
    if (isLast && guarded(() => navigator.sendBeacon(address, text))()) return true;
    const answer = await fetch(address, {
      method: body && "POST", // or, without a body, GET
      body: /** @type {string} */ (text),
      credentials: "omit",
      keepalive: true,
      signal: AbortSignal.timeout?.(body ? 2_000 : 200),
    });
    return answer.status === 200 ? await answer.json() : answer.ok;
  } catch {}
};
