// It was really shown: half of a touched slot, half a second. And what followed: a click on it.

import { now, on } from "./browser.js";
import { visit } from "./identity.js";
import { decision, effective } from "./rendering.js";
import { request } from "./sending.js";
import { isHalfVisible } from "./viewport.js";

/** What each decision was told of already. */
const told = new Set();

/** Whether something is said of this decision for the first time. @param {string} what */
const isNews = (what) => decision && visit?.id && told.size < told.add(decision + what).size;

/**
 * @param {string} path
 * @param {object} body
 */
const say = (path, body) =>
  request(path, { session_id: visit?.id, decision_id: decision, ...body });

/** Follows what is visible: a slot counts after 500 ms. */
export const watch = () => {
  const slots = [];
  for (const change of effective()) {
    if (!isHalfVisible(change.element)) change.visibleAt = 0;
    else if (now() - (change.visibleAt ||= now()) >= 500 && isNews(change.place)) {
      slots.push(change.place);
    }
  }
  if (slots[0]) say("exposures", { slots });
};

export const listenForClicks = () =>
  on("click", (event) => {
    if (effective().some(({ element }) => element?.contains(event.target)) && isNews("")) {
      say("outcomes", { kind: "clicked" });
    }
  });
