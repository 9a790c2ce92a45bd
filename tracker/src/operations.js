// What an instruction may do to the page. Each is done at once and returns its exact undoing.

import { doc, findAll, guarded, MARK } from "./browser.js";
import { TEXTUAL } from "./places.js";

/** @typedef {() => void | false} Undo gives nothing back */

/**
 * Shows or hides. A page's Content-Security-Policy may refuse a style written as an attribute, which
 * is why that is only done where the same style must be spelt as it was.
 *
 * @param {HTMLElement} element
 * @param {boolean} [isShown]
 * @returns {Undo}
 */
export const display = (element, isShown) => {
  const { style, hidden } = element;
  const { cssText, display } = style;
  const was = element.getAttribute("style");
  if (!isShown) style.cssText += ";display:none!important";
  else {
    element.hidden = false;
    if (display === "none") style.display = "";
  }
  return () => {
    element.hidden = hidden;
    style.cssText = cssText;
    // read in any case: Chromium writes, and removes, no unread style
    if (element.getAttribute("style") !== was) {
      if (was === null) element.removeAttribute("style");
      else element.setAttribute("style", was);
    }
  };
};

/**
 * Moves before a sibling, or to the end. A comment keeps the place, so that going back is exact
 * even where the page changed the siblings. `moveBefore`, where a browser has it, keeps frames,
 * focus and animations alive.
 *
 * @param {Element} element
 * @param {Node | null | false} before
 * @returns {Undo}
 */
export const move = (element, before) => {
  const place = doc.createComment("");
  /** @param {Node | null | false} to */
  const go = guarded((to) => {
    const parent = /** @type {any} */ (place.parentNode);
    (parent.moveBefore || parent.insertBefore).call(parent, element, to || null);
  });
  element.before(place);
  go(before);
  return () => {
    go(place);
    place.remove();
  };
};

/**
 * Only ever text: into the slot's `[data-saccade-text]`, or into the slot. The nodes that stood
 * there come back themselves, unless the page has written there meanwhile.
 *
 * @param {HTMLElement} slot
 * @param {string} text
 * @returns {Undo}
 */
export const setText = (slot, text) => {
  const target = findAll(`[${MARK}text]` + TEXTUAL, slot)[0] || slot;
  const former = [...target.childNodes];
  target.textContent = text;
  return () => target.textContent === text && target.replaceChildren(...former);
};

/**
 * Shows the slot and those of its `[data-saccade-item]`s that match, and hides the others. An
 * attribute may name several values, separated by spaces; a missing one is false. Where none
 * matches nothing is done: an empty block helps nobody.
 *
 * @param {HTMLElement} slot
 * @param {Record<string, string | number | boolean>} filter
 * @returns {Undo | undefined}
 */
export const choose = (slot, { limit, ...wanted }) => {
  const items = findAll(`[${MARK}item]`, slot);
  const chosen = items
    .filter((item) =>
      Object.entries(wanted).every(([key, value]) =>
        ` ${item.getAttribute("data-" + key) ?? "false"} `.includes(` ${value} `),
      ),
    )
    .slice(0, /** @type {number | undefined} */ (limit));
  if (chosen[0]) {
    const undos = [slot, ...items].map((one) => display(one, one === slot || chosen.includes(one)));
    return () => {
      for (const undo of undos) undo();
    };
  }
};
