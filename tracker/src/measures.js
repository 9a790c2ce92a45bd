// The fourteen signals (R2). README.md defines each; core/saccade/signals.py types them.
//
// Nothing of ours runs when the page scrolls or the pointer moves: where the page stands is sampled
// eight times a second, what is looked at four times, and that the shopper is there is heard once.

import { abs, doc, findAll, guarded, max, min, now, on, pathOf } from "./browser.js";
import { note } from "./events.js";
import { isNews, shown } from "./exposures.js";
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
/** The furthest down the screen's upper edge has been. @type {number} */
let lowest;
/** @type {number} */
let travelled;
/** @type {number} */
let travelling;
/** @type {number} */
let checkoutDwell;
/** @type {boolean} */
let isCheckout;

/** @type {(HTMLElement[] | undefined)[]} as they stood at the last flush: specifications, reviews, poor ratings */
let places = [];

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
/** @type {number} */
let observedAt;

/** The page is in front from now on. */
export const wake = () => (observedAt = now());

/** Milliseconds since the shopper last did anything. */
export const idle = () => now() - activeAt;

/** Another page: what was measured of the one before is forgotten. */
export const reset = () => {
  specHover = reviewDwell = negativeDwell = reversals = switches = lowest = travelled = travelling = heading = checkoutDwell = 0;
  isCheckout = /checkout/.test(pathOf());
  activeAt = now();
  standStill();
};

/** The browser scrolled the page along with a change, not the shopper. */
export const standStill = () => (y = turnedAt = scrollY);

/** One more, the first included. @param {string} deed */
const count = (deed) =>
  update(({ d: did }) => (did[deed] = -~(/** @type {number} */ (did[deed]))));

/** How far the page has scrolled since the last sample. */
export const sample = () => {
  const path = scrollY - y;
  y += path;
  lowest = max(lowest, y);
  if (path) {
    const at = now();
    const lasted = at - scrolledAt;
    activeAt = scrolledAt = at;
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

// On the document alone: whatever bubbles there is told of every block the pointer crosses.
export const listen = () =>
  doc.addEventListener(
    "mouseleave",
    guarded((event) => event.clientY > 0 || count("exit")),
  );

/**
 * What the shopper does to a part of the page: a click, a change, a field entered, a video playing.
 *
 * @type {(event: any) => void}
 */
export const press = guarded(({ target, type }) => {
  if (!visit) return;
  /** @param {string} place */
  const isAt = (place) => target.closest(placeOf(place));
  if (type === "pause") note("video_watched", { value: (target.currentTime * 1_000) | 0 });
  else if (type === "focusin") {
    if (/coupon|voucher|promo/i.test(target.name + target.id)) note("coupon_search");
  } else if (type === "change") {
    if (isAt("variant")) switches++;
    // an address is nobody's search
    if ((target.type === "search" || isAt("search")) && /^[^@]{1,64}$/.test(target.value)) {
      note("search", { query: target.value });
    }
  } else {
    if (effective().some(({ block }) => block.contains(target)) && isNews("")) {
      request("outcomes", "", { kind: "clicked" });
    }
    // a form control says itself that it changed
    if (isAt("variant") && !target.closest("select,input,label")) switches++;
    note("click");
    for (const place of ["compare", "add-to-cart", "checkout"]) {
      if (!isAt(place)) continue;
      count(place);
      if (product && place === "add-to-cart") note("add_to_cart", { product_id: product });
      flush();
    }
  }
});

/**
 * What the shopper looks at gains the time since the last look, in whole ms. A machine that slept
 * meanwhile saw nothing.
 *
 * @type {(isListening?: boolean) => void} whether to hear of the next thing the shopper does
 */
export const look = guarded((isListening) => {
  const slots = shown();
  if (slots[0]) request("exposures", "", { slots });
  const before = observedAt;
  observedAt = now();
  const elapsed = min(observedAt - before, 1_000) | 0;
  if (isListening) on("pointermove pointerdown keydown", stir, true);
  if (idle() <= 30_000) {
    /** @type {Element | null | undefined} */
    let centre;
    /** @param {Element} one */
    const isPointed = (one) =>
      isTouch
        ? one.contains((centre ||= doc.elementFromPoint(innerWidth / 2, innerHeight / 2)))
        : one.matches(":hover");
    const [specifications, reviews, poor] = places;
    if (specifications?.some(isPointed)) specHover += elapsed;
    if (reviews?.some(isHalfVisible)) reviewDwell += elapsed;
    if (poor?.some(isPointed)) negativeDwell += elapsed;
    if (isCheckout) {
      const before = checkoutDwell % 15_000;
      checkoutDwell += elapsed;
      if (checkoutDwell % 15_000 < before) note("checkout_dwell", { value: checkoutDwell });
    }
  }
});

/** Looks for the places anew. */
export const search = () =>
  (places = [
    findAll(placeOf("specifications")),
    findAll(placeOf("reviews")),
    findAll("[data-rating^='1'],[data-rating='2']"),
  ]);

/**
 * All that is known now, within the bounds of signals.py: one value beyond them costs the batch.
 *
 * @returns {Record<string, unknown>}
 */
export const read = () => ({
  spec_hover_ms: specHover,
  scroll_reversals: reversals,
  compare_tool_opened: "compare" in visit.d,
  visit_count: visit.n,
  review_dwell_ms: reviewDwell,
  negative_review_dwell_ms: negativeDwell,
  checkout_clicked: "checkout" in visit.d,
  add_to_cart_clicked: "add-to-cart" in visit.d,
  session_duration_ms: (now() - began) | 0,
  scroll_speed_px_sec: min(1e5, ((travelled / travelling) * 1000) | 0) || undefined,
  max_scroll_depth_pct:
    min(100, (100 * (lowest + innerHeight)) / doc.documentElement.scrollHeight) | 0,
  variant_switches: switches,
  products_viewed: visit.s.length,
  exit_intent_count: visit.d.exit | 0,
});
