// It was really shown: half of a touched slot, half a second.

import { now } from "./browser.js";
import { decision, effective } from "./rendering.js";
import { request } from "./sending.js";
import { isHalfVisible } from "./viewport.js";

/** What each decision was told of already. @type {Set<string>} */
const told = new Set();

/** Whether something is said of this decision for the first time. @param {string} what */
export const isNews = (what) => decision && told.size < told.add(decision + what).size;

/** Follows what is visible: a slot counts after 500 ms. */
export const watch = () => {
  const slots = [];
  for (const change of effective()) {
    if (!isHalfVisible(change.element)) change.visibleAt = 0;
    else if (now() - (change.visibleAt ||= now()) >= 500 && isNews(change.told.slot)) {
      slots.push(change.told.slot);
    }
  }
  if (slots[0]) request("exposures", { slots });
};
