// What the tag, the server and the page say before the start.

import { doc, location, page } from "./browser.js";

/** The tag's `data-` attributes. */
export const { src, dataset: asked } = /** @type {HTMLScriptElement} */ (doc.currentScript);

/** The script's own address: its origin is where signals go, its query names the site. */
export const source = new URL(src);

/** Whether the page was opened by a preview's link (R88): its token then goes with every call. */
export const preview = /saccade_preview=[^&]+/.exec(location.search);

/**
 * What the server writes before this script when it serves it: the tenant's selectors, and the
 * origins other than the page's own that images may come from.
 *
 * @type {{slots?: Record<string, string>, signals?: Record<string, string>, consent?: string,
 *   images?: string[], signed?: unknown}}
 */
export const served = page.__SACCADE__ || {};

/**
 * What the page may set beforehand.
 *
 * @type {{product?: string, view?: string, apply?: unknown}}
 */
export const given = page.saccade || {};
