// What the tag, the server and the page say before the start.

import { doc, page } from "./browser.js";

const tag = /** @type {HTMLScriptElement} */ (doc.currentScript);

/** The script's own address: its origin is where signals go, its query names the site. */
export const source = new URL(tag.src);

/** The tag's `data-` attributes. */
export const asked = tag.dataset;

/**
 * What the server writes before this script when it serves it: the tenant's selectors.
 *
 * @type {{slots?: Record<string, string>, signals?: Record<string, string>, consent?: string}}
 */
export const served = page.__SACCADE__ || {};

/**
 * What the page may set beforehand.
 *
 * @type {{product?: string, view?: string, experience?: unknown, version?: string}}
 */
export const given = page.saccade || {};
