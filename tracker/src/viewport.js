// What is on the screen, and changing the page so that nothing on the screen moves.

import { doc, max, min } from "./browser.js";

/** @param {Element} element */
const boxOf = (element) => element.getBoundingClientRect();

/** How many pixels of its height are on screen. @param {Element} element */
const visiblePart = (element) => {
  const { top, bottom } = boxOf(element);
  return max(0, min(bottom, innerHeight) - max(top, 0));
};

/**
 * Half of it is on screen, or half of the screen is filled with it.
 *
 * @param {HTMLElement} element
 */
export const isHalfVisible = (element) => {
  const part = visiblePart(element);
  return part > 0 && part * 2 >= min(element.offsetHeight, innerHeight);
};

/** @param {number} top */
const scrollToY = (top) => scrollTo({ top, behavior: "instant" });

/**
 * Does `toggle` unless a shopper would see it: the element is off screen before and after, and all
 * else stays where it is to within a pixel, the page being scrolled along with what shifts above.
 * Otherwise `toggle` is called again to take it back, before anything is painted.
 *
 * @param {Element} element
 * @param {() => void} toggle
 * @returns {boolean} whether the change stands
 */
export const quietly = (element, toggle) => {
  if (visiblePart(element)) return false;
  const from = scrollY;
  /** @type {Map<Element, number>} */
  const landmarks = new Map();
  for (let part = 0.02; part < 1; part += 0.04) {
    // 25 points, as a lattice over the whole screen
    for (const found of doc.elementsFromPoint(innerWidth * ((part * 7) % 1), innerHeight * part)) {
      if (!found.contains(element)) landmarks.set(found, boxOf(found).top);
    }
  }
  const shiftNow = () => {
    let shift = 0;
    for (const [found, top] of landmarks) shift ||= Math.round(boxOf(found).top - top);
    return shift;
  };
  toggle();
  const isSeen = visiblePart(element);
  scrollToY(scrollY + shiftNow());
  if (!isSeen && !shiftNow()) return true;
  toggle();
  scrollToY(from);
  return false;
};
