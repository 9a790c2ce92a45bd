// It was really shown: half of a touched slot, half a second.

import { now } from "./browser.js";
import { decision, effective } from "./rendering.js";
import { isHalfVisible } from "./viewport.js";

/** What each decision was told of already. @type {Record<string, unknown>} */
const told = {};

/** Whether something is said of this decision for the first time. @param {string} what */
export const isNews = (what) => decision && !told[(what = decision + what)] && (told[what] = true);

/** The slots that have been visible for 500 ms, each once a decision. */
export const shown = () =>
  effective()
    .filter((change) =>
      isHalfVisible(change.block)
        ? now() - (change.visibleAt ||= now()) >= 500 && isNews(change.slot)
        : (change.visibleAt = 0),
    )
    .map(({ slot }) => slot);
