// What is on the screen, and changing the page so that nothing on the screen moves.

import { findAll, max, min } from "./browser.js";

/** @param {Element} element */
const boxOf = (element) => element.getBoundingClientRect();

/** How many pixels of its height are on screen. @param {Element} element */
const visiblePart = (element, { top, bottom } = boxOf(element)) =>
  max(0, min(bottom, innerHeight) - max(top, 0));

/**
 * Half of it is on screen, or half of the screen is filled with it.
 *
 * @param {HTMLElement} element
 */
export const isHalfVisible = (element) =>
  visiblePart(element) * 2 >= min(element.offsetHeight || 1, innerHeight);

/**
 * Does `toggle` unless a shopper would see it: the element is off screen before and after, and what
 * is on the screen stays where it is to within a pixel, the page being scrolled along with what
 * shifts above. Otherwise `toggle` is called again to take
 * it back, before anything is painted.
 *
 * @param {Element} element
 * @param {() => void} toggle
 * @returns {boolean | void} whether the change stands
 */
export const quietly = (element, toggle) => {
  if (!visiblePart(element)) {
    const landmarks = findAll("body *")
      .filter((one) => visiblePart(one) && !one.contains(element))
      .map((one) => /** @type {const} */ ([one, boxOf(one).top]));
    const shiftNow = () =>
      landmarks.map(([one, top]) => (boxOf(one).top - top) | 0).find((shift) => shift) || 0;
    const follow = () => scrollBy({ top: shiftNow(), behavior: "instant" });
    toggle();
    const isSeen = visiblePart(element);
    follow();
    if (!isSeen && !shiftNow()) return true;
    toggle();
    follow();
  }
};
