// Saccade in the browser: puts the parts to work and offers `window.saccade`.

import { doc, guarded, min, now, on, page, pathOf } from "./browser.js";
import { watch } from "./exposures.js";
import { due, flush, flushLast, restart } from "./flushing.js";
import { forget, resume, touch, visit } from "./identity.js";
import { idle, listen, observe, press, reset } from "./measures.js";
import { productOf } from "./places.js";
import { apply, ignored, revert, settleAtRest } from "./rendering.js";
import { request } from "./sending.js";
import { asked, given, served } from "./settings.js";
import { enter, product, turn, viewId } from "./view.js";

/** @type {boolean} */
let isAway;
/** @type {number} */
let tickedAt;
let path = pathOf();
/** What the page before was about. @type {string | null | undefined} */
let former;

/** Begins or ends with consent. */
const comply = () => {
  const isAllowed = page.saccadeConsent ?? (asked.consent || served.consent) !== "required";
  if (!isAllowed === !visit) return;
  if (isAllowed) {
    resume();
    begin(productOf());
  } else {
    forget();
    goOn();
  }
};

/** A view begins. @param {unknown} of its product */
const begin = async (of) => {
  enter(of);
  reset();
  restart();
  if (asked.experience === "fetch") {
    const view = viewId;
    // one that takes longer than 200 ms is not waited for; without a moment the server knows
    // whether it is a product's
    const answer = await request(
      "experience",
      undefined,
      0,
      `&session=${visit.id}&product=${encodeURIComponent(product || "")}` +
      `&moment=${asked.moment || ""}&view=${view}`,
    );
    if (answer?.instructions && view === viewId) apply(answer);
  }
};

/** Another view without a page load. @param {unknown} [of] its product, if it is known */
const goOn = (of) => {
  path = pathOf();
  former = product;
  if (visit) flushLast();
  revert();
  turn();
  if (visit) begin(of);
};

/** Since the last time. A machine that slept meanwhile saw nothing. */
const look = guarded(() => {
  const before = tickedAt;
  tickedAt = now();
  watch();
  observe(min(tickedAt - before, 1_000));
});

const tick = guarded(() => {
  if (isAway) return;
  comply();
  settleAtRest();
  if (!visit) return;
  if (idle() < 1_000 && touch()) {
    // a new session on the same page is a new view of it
    turn();
    begin(product);
  }
  look();
  if (idle() > 3_600_000) return;
  // A shop that goes from page to page without loading one changes its address, which is only
  // looked at: the page's history is its own. What the new page is about it may say later; until
  // then what it says may be of the page before.
  if (path !== pathOf()) goOn();
  else if (now() >= due) {
    const of = product || productOf();
    if (of === former) former = null;
    else if (of !== product) begin(of);
    flush();
  }
});

/** The page comes to the front, or goes. @param {{type?: string}} event */
const turnOver = ({ type }) => {
  if (isAway === (isAway = doc.hidden || type === "pagehide")) return;
  if (!isAway) {
    tickedAt = now();
    restart();
    tick();
  } else if (visit) {
    look();
    flushLast();
  }
};

// unless the tag stands twice
if (!given.apply) {
  listen();
  on("click change focusin pause", press);
  on("visibilitychange pagehide pageshow", guarded(turnOver));
  page.saccade = {
    get session() {
      return visit?.id;
    },
    get viewId() {
      return viewId;
    },
    get ignored() {
      return ignored;
    },
    /** Another product came onto the page without a page load. */
    view: guarded(goOn),
    apply,
    revert: guarded(revert),
    consent: guarded((/** @type {boolean} */ given) => {
      page.saccadeConsent = given;
      comply();
    }),
  };
  turnOver({});
  setInterval(tick, 250);
}
