// The fourteen signals (R2). README.md defines each; core/saccade/signals.py types them.
//
// What happens often is only noted that it happened; a sampler looks at the page when there is time.

import { abs, doc, findAll, guarded, max, min, now, on, pathOf } from "./browser.js";
import { note } from "./events.js";
import { isNews } from "./exposures.js";
import { flush } from "./flushing.js";
import { began, update, visit } from "./identity.js";
import { placeOf } from "./places.js";
import { effective } from "./rendering.js";
import { request } from "./sending.js";
import { product } from "./view.js";
import { isHalfVisible } from "./viewport.js";

// Signals of page scope, or what they are computed from: `reset` comes before they are read
/** @type {number} */
let specHover;
/** @type {number} */
let reviewDwell;
/** @type {number} */
let negativeDwell;
/** @type {number} */
let reversals;
/** @type {number} */
let switches;
/** @type {number} */
let depth;
/** @type {number} */
let travelled;
/** @type {number} */
let travelling;
/** @type {number} */
let checkoutDwell;

/** @type {HTMLElement[][]} as they stood at the last flush: specifications, reviews, poor ratings */
let places = [[], [], []];

/** @type {number} */
let activeAt;
/** @type {unknown} */
let isTouch;
/** @type {number} */
export let scrolledAt;
/** @type {number} */
let y;
/** The furthest point of the present direction. @type {number} */
let turnedAt;
/** @type {number} */
let heading;

/** Milliseconds since the shopper last did anything. */
export const idle = () => now() - activeAt;

/** Another page: what was measured of the one before is forgotten. */
export const reset = () => {
  specHover = reviewDwell = negativeDwell = reversals = switches = depth = travelled = travelling = heading = checkoutDwell = 0;
  activeAt = now();
  standStill();
};

/** The browser scrolled the page along with a change, not the shopper. */
export const standStill = () => (y = turnedAt = scrollY);

/** @param {string} deed */
const count = (deed) =>
  update(({ d: did }) => (did[deed] = (/** @type {number} */ (did[deed]) | 0) + 1));

/** How far the page has scrolled since the last sample. */
const sample = () => {
  depth = max(depth, min(100, (100 * (scrollY + innerHeight)) / doc.documentElement.scrollHeight));
  const path = scrollY - y;
  if (path) {
    const lasted = now() - scrolledAt;
    activeAt = scrolledAt = now();
    y += path;
    // samples closer than 250 ms are one movement
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
  }
};

const stir = guarded((/** @type {any} */ event) => {
  activeAt = now();
  isTouch = event.pointerType === "touch";
});

const scrolled = () => setTimeout(sampled, 100);

const sampled = guarded(() => {
  sample();
  on("scroll", scrolled, true);
});

export const listen = () => {
  sampled();
  // On the document alone: whatever bubbles there is told of every block the pointer crosses.
  doc.addEventListener(
    "mouseleave",
    guarded((event) => event.clientY > 0 || count("exit")),
  );
};

/**
 * What the shopper does to a part of the page: a click, a change, a field entered, a video playing.
 *
 * @type {(event: any) => void}
 */
export const press = guarded(({ target, type }) => {
  if (!visit) return;
  /** @param {string} place */
  const isAt = (place) => target.closest(placeOf(place));
  if (type === "pause") note("video_watched", { product_id: product, value: (target.currentTime * 1_000) | 0 });
  else if (type === "focusin") {
    if (/coupon|voucher|promo/i.test(target.name + target.id)) note("coupon_search");
  } else if (type === "change") {
    if (isAt("variant")) switches++;
    // an address is nobody's search
    if ((target.type === "search" || isAt("search")) && /^[^@]{1,64}$/.test(target.value)) {
      note("search", { query: target.value });
    }
  } else {
    if (effective().some(({ element }) => element.contains(target)) && isNews("")) {
      request("outcomes", { kind: "clicked" });
    }
    // a form control says itself that it changed
    if (isAt("variant") && !target.closest("select,input,label")) switches++;
    note("click", { product_id: product });
    for (const place of ["compare", "add-to-cart", "checkout"]) {
      if (!isAt(place)) continue;
      count(place);
      if (product && place === "add-to-cart") note("add_to_cart", { product_id: product });
      flush();
    }
  }
});

/** What the shopper looks at gains `elapsed` ms. @param {number} elapsed */
export const observe = (elapsed) => {
  // whether the shopper is there is heard once a look, however much moves
  on("pointermove pointerdown keydown", stir, true);
  if (idle() <= 30_000) {
    /** @type {Element | null | undefined} */
    let centre;
    /** @param {Element} one */
    const isPointed = (one) =>
      isTouch
        ? one.contains((centre ||= doc.elementFromPoint(innerWidth / 2, innerHeight / 2)))
        : one.matches(":hover");
    const [specifications, reviews, poor] = places;
    if (specifications.some(isPointed)) specHover += elapsed;
    if (reviews.some(isHalfVisible)) reviewDwell += elapsed;
    if (poor.some(isPointed)) negativeDwell += elapsed;
    if (/checkout/.test(pathOf())) {
      const before = checkoutDwell % 15_000;
      checkoutDwell += elapsed;
      if (checkoutDwell % 15_000 < before) note("checkout_dwell", { value: checkoutDwell | 0 });
    }
  }
};

/** @typedef {Record<string, number | boolean | undefined>} Values */

/**
 * All that is known now, within the bounds of signals.py: one value beyond them costs the batch.
 *
 * @returns {Values}
 */
export const read = () => {
  const { d: did, n: nth, s: seen } = visit;
  sample();
  places = [
    findAll(placeOf("specifications")),
    findAll(placeOf("reviews")),
    findAll("[data-rating^='1'],[data-rating='2']"),
  ];
  return {
    spec_hover_ms: specHover | 0,
    scroll_reversals: reversals,
    compare_tool_opened: "compare" in did,
    visit_count: nth,
    review_dwell_ms: reviewDwell | 0,
    negative_review_dwell_ms: negativeDwell | 0,
    checkout_clicked: "checkout" in did,
    add_to_cart_clicked: "add-to-cart" in did,
    session_duration_ms: (now() - began) | 0,
    scroll_speed_px_sec: travelling ? min(1e5, ((travelled / travelling) * 1000) | 0) : undefined,
    max_scroll_depth_pct: depth | 0,
    variant_switches: switches,
    products_viewed: seen.length,
    exit_intent_count: did.exit | 0,
  };
};
