// Who this browser is: one first-party cookie `{visitor}.{session}`, and a record of the session.

import { abs, doc, guarded, location, max, now } from "./browser.js";
import { served } from "./settings.js";

/**
 * The session as this browser keeps it: in localStorage, because a session spans tabs.
 *
 * @typedef {object} Visit
 * @property {string} id the token `{visitor}.{session}`, with the server's signature if it has one
 * @property {unknown} [w] wants a token of the server's; until it has one, `id` is the last one or ""
 * @property {number} f from: epoch ms; it tells sessions apart, for a token may change in one
 * @property {number} at epoch ms of the last activity saved
 * @property {number} n which of this browser's sessions
 * @property {string[]} s seen: distinct products
 * @property {Record<string, number>} d did: how often, by place or deed
 */

/**
 * The session that is running; nothing before `resume` and after `forget`, which is to say without
 * consent.
 *
 * @type {any}
 */
export let visit;

/**
 * What `now` said when the session began; a clock that is set meanwhile does not change it.
 *
 * @type {number}
 */
export let began;

/** A token that waits for a session to begin. @type {string | undefined} */
let handed;

/** @param {number} bytes */
export const randomHex = (bytes) =>
  crypto
    .getRandomValues(new Uint8Array(bytes))
    .reduce((text, byte) => text + (byte + 256).toString(16).slice(1), "");

/** @returns {Visit | undefined} */
const load = guarded(() => JSON.parse(localStorage.saccade));

const readCookie = guarded(() => /** @type {any} */ (/\bsaccade_session=([\w.-]+)/.exec(doc.cookie))[1]);

/** @param {number} [life] of the cookie in seconds, 180 days; 0 leaves nothing of us behind */
const write = guarded((life = 15_552_000) => {
  // only "https:" has a sixth sign
  doc.cookie = `saccade_session=${visit.id};path=/;samesite=lax;max-age=${life}${location.protocol[5] ? ";secure" : ""}`;
  if (life) localStorage.saccade = JSON.stringify(visit);
  else delete localStorage.saccade;
});

/**
 * Continues the session that is running, or begins one after an hour without activity (R43). What
 * the browser blocks is replaced by what this page remembers. Says whether the session is another.
 */
export const resume = () => {
  const before = visit?.f;
  const at = Date.now();
  const token = handed || readCookie() || visit?.id || "";
  handed = "";
  const kept = load() || visit;
  // a session of which nothing is recorded here is the server's or another scheme's
  const isOurs = !token || kept?.id === token;
  visit =
    kept && kept.id === token && abs(at - kept.at) < 3_600_000
      ? kept
      : {
          id:
            served.signed || !isOurs
              ? token
              : (token || randomHex(16)).slice(0, 32) + "." + randomHex(16),
          w: isOurs && served.signed,
          f: at,
          at,
          n: -~kept?.n,
          s: [],
          d: {},
        };
  visit.at = at;
  write();
  if (visit.f === before) return false;
  began = now() - max(0, at - visit.f);
  return true;
};

/** The shopper did something. Says whether that began a session. */
export const touch = () => abs(Date.now() - visit.at) > 30_000 && resume();

/**
 * Changes the visit as all tabs see it.
 *
 * @param {(visit: Visit) => unknown} change
 */
export const update = (change) => {
  const kept = load();
  if (!visit) return;
  if (kept?.f === visit.f) visit = kept;
  change(visit);
  write();
};

/**
 * The session goes on under a token of the server's; where none runs yet, it begins under it.
 *
 * @param {string} token
 */
export const take = (token) =>
  visit ? update((known) => (known.w = !(known.id = token))) : (handed = token);

/** Consent is withdrawn. */
export const forget = () => {
  write(0);
  visit = null;
};
