// What an instruction may do to the page. Each is done at once and returns its exact undoing.

import { attribute, doc, findAll, guarded } from "./browser.js";
import { TEXTUAL } from "./places.js";

/** @typedef {() => void} Undo */

/**
 * Shows or hides. Undone, the attributes are those of before, in their order.
 *
 * @param {HTMLElement} element
 * @param {boolean} isShown
 * @returns {Undo}
 */
export const display = (element, isShown) => {
  const { style } = element;
  const { display } = style;
  const names = element.getAttributeNames();
  const isHidden = names.includes("hidden");
  /** @type {Record<string, string | null>} */
  const was = { hidden: attribute(element, "hidden"), style: attribute(element, "style") };
  if (isShown) {
    element.removeAttribute("hidden");
    if (display === "none") style.display = "";
  } else style.setProperty("display", "none", "important");
  return () => {
    // by itself, because a page's Content-Security-Policy may refuse the attribute
    style.display = display;
    for (const name of new Set(isHidden ? names : []).add("style")) {
      const kept = attribute(element, name); // read in any case: Chromium removes no unread style
      const value = name in was ? was[name] : kept;
      if (isHidden || value === null) element.removeAttribute(name);
      if (value !== null) element.setAttribute(name, value);
    }
  };
};

/**
 * Moves before a sibling, or to the end. A comment keeps the place, so that going back is exact
 * even where the page changed the siblings. `moveBefore`, where a browser has it, keeps frames,
 * focus and animations alive.
 *
 * @param {Element} element
 * @param {Node | null | undefined} before
 * @returns {Undo}
 */
export const move = (element, before) => {
  const place = doc.createComment("");
  /** @param {Node | null | undefined} to */
  const go = guarded((to) => {
    const parent = /** @type {any} */ (place.parentNode);
    (parent.moveBefore || parent.insertBefore).call(parent, element, to);
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
 * there come back themselves.
 *
 * @param {HTMLElement} slot
 * @param {string} text
 * @returns {Undo}
 */
export const setText = (slot, text) => {
  const target = findAll("[data-saccade-text]" + TEXTUAL, slot)[0] || slot;
  const former = [...target.childNodes];
  target.textContent = text;
  return () => target.replaceChildren(...former);
};

/**
 * Shows the slot and those of its `[data-saccade-item]`s that match, first and in their order, and
 * hides the others. An attribute may name several values, separated by spaces; a missing one is
 * false. Where none matches nothing is done: an empty block helps nobody.
 *
 * @param {HTMLElement} slot
 * @param {Record<string, string | number | boolean>} filter
 * @returns {Undo | undefined}
 */
export const choose = (slot, { limit, ...wanted }) => {
  const items = findAll("[data-saccade-item]", slot);
  const chosen = items
    .filter((item) =>
      Object.entries(wanted).every(([key, value]) =>
        ` ${attribute(item, "data-" + key) ?? false} `.includes(` ${value} `),
      ),
    )
    .slice(0, /** @type {number | undefined} */ (limit));
  if (!chosen[0]) return;
  const undos = [display(slot, true)];
  for (const item of items) {
    const isChosen = chosen.includes(item);
    const place = items.find(
      (other) => other.parentNode === item.parentNode && !chosen.includes(other),
    );
    undos.push(display(item, isChosen));
    if (isChosen && place) undos.push(move(item, place));
  }
  return () => undos.reverse().forEach((undo) => undo());
};
