// The fourteen signals (R2). README.md defines each; core/saccade/signals.py types them.

import { abs, doc, find, findAll, max, min, now, on } from "./browser.js";
import { update, visit } from "./identity.js";
import { placeOf } from "./places.js";
import { isHalfVisible } from "./viewport.js";

// Signals of page scope, or what they are computed from
let specHover = 0;
let reviewDwell = 0;
let negativeDwell = 0;
let reversals = 0;
let switches = 0;
let depth = 0;
let travelled = 0;
let travelling = 0;

let activeAt = 0;
let isTouch = false;
export let scrolledAt = -250;
let y = 0;
let turnedAt = 0; // the furthest point of the present direction
let heading = 0;

/** Milliseconds since the shopper last did anything. */
export const idle = () => now() - activeAt;

const deepen = () => {
  depth = max(depth, min(100, (100 * (scrollY + innerHeight)) / doc.documentElement.scrollHeight));
};

/** Another page: what was measured of the one before is forgotten. */
export const reset = () => {
  specHover = reviewDwell = negativeDwell = reversals = switches = depth = 0;
  travelled = travelling = heading = 0;
  y = turnedAt = scrollY;
  activeAt = now();
  deepen();
};

/** The page was scrolled along with a change, not by the shopper. @param {number} pixels */
export const scrolledAlong = (pixels) => {
  y += pixels;
  turnedAt += pixels;
};

/** @param {string} deed */
const count = (deed) =>
  update(({ did }) => {
    did[deed] = (did[deed] || 0) + 1;
  });

/** @param {Event} event */
const scrolled = ({ target }) => {
  const path = scrollY - y;
  if (target !== doc || !path) return;
  const lasted = now() - scrolledAt;
  activeAt = scrolledAt = now();
  y += path;
  // events closer than 250 ms are one movement
  if (lasted < 250) {
    travelled += abs(path);
    travelling += lasted;
  }
  const turn = y - turnedAt;
  // a turn of 60 px or less is a tremor
  if (turn * heading > 0 || abs(turn) > 60) {
    if (turn * heading < 0) {
      reversals++;
      // flung upwards, at 2 px a ms: on the way to the address bar
      if (isTouch && path < -2 * lasted) count("exit");
    }
    heading = turn;
    turnedAt = y;
  }
  deepen();
};

/** @param {() => void} commerce called when something happened that is to be told at once */
export const listen = (commerce) => {
  /** @param {any} event */
  const press = ({ target, type }) => {
    /** @param {string} place */
    const isAt = (place) => target.closest(placeOf(place));
    // a form control says itself that it changed
    const isControl = !!target.closest("select,input,label");
    if (isAt("variant") && (type === "change") === isControl) switches++;
    for (const place of ["compare", "add-to-cart", "checkout"]) {
      if (type === "change" || !isAt(place)) continue;
      count(place);
      if (place !== "compare") commerce();
    }
  };
  on("pointermove pointerdown keydown", (event) => {
    activeAt = now();
    isTouch = event.pointerType === "touch";
  });
  on("scroll", scrolled);
  on("click change", press);
  on("mouseout", (event) => event.relatedTarget || event.clientY > 0 || count("exit"));
};

/** What the shopper looks at gains `elapsed` ms. @param {number} elapsed */
export const observe = (elapsed) => {
  if (idle() > 30_000) return;
  const centre = doc.elementFromPoint(innerWidth / 2, innerHeight / 2);
  /** @param {string} selector @returns {HTMLElement | null | undefined} */
  const central = (selector) => centre?.closest(selector);
  /** @param {string} selector */
  const pointed = (selector) => (isTouch ? central(selector) : find(selector + ":hover"));
  const rated = "[data-rating]";
  if (pointed(placeOf("specifications"))) specHover += elapsed;
  if (findAll(placeOf("reviews")).some(isHalfVisible)) reviewDwell += elapsed;
  if ([pointed(rated), central(rated)].some((review) => +(review?.dataset.rating || 9) <= 2)) {
    negativeDwell += elapsed;
  }
};

/** @typedef {Record<string, number | boolean | undefined>} Values */

/**
 * All that is known now, within the bounds of signals.py: one value beyond them costs the batch.
 *
 * @returns {Values}
 */
export const read = () => {
  const { did } = visit;
  return {
    spec_hover_ms: specHover | 0,
    scroll_reversals: reversals,
    compare_tool_opened: "compare" in did,
    visit_count: visit.nth,
    review_dwell_ms: reviewDwell | 0,
    negative_review_dwell_ms: negativeDwell | 0,
    checkout_clicked: "checkout" in did,
    add_to_cart_clicked: "add-to-cart" in did,
    session_duration_ms: max(0, min(864e5, Date.now() - visit.from)),
    scroll_speed_px_sec: travelling ? min(1e5, ((travelled / travelling) * 1000) | 0) : undefined,
    max_scroll_depth_pct: depth | 0,
    variant_switches: switches,
    products_viewed: visit.seen.length,
    exit_intent_count: did.exit | 0,
  };
};
