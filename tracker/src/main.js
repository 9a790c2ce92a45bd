// Saccade in the browser: puts the parts to work and offers `window.saccade`.

import { doc, guarded, min, now, on, page } from "./browser.js";
import { listenForClicks, watch } from "./exposures.js";
import { due, flush, flushLast, restart } from "./flushing.js";
import { forget, resume, touch, visit } from "./identity.js";
import { idle, listen, observe, reset } from "./measures.js";
import { apply, ignored, leave, revert, settleAtRest } from "./rendering.js";
import { request } from "./sending.js";
import { asked, given, served } from "./settings.js";
import { enter, product, turn, viewId } from "./view.js";

let isGranted = (asked.consent || served.consent) !== "required";
let timer = 0;
let tickedAt = 0;

/** Begins or ends with consent. */
const comply = () => {
  const isAllowed = isGranted && page.saccadeConsent !== false;
  if (isAllowed === !!visit) return;
  if (isAllowed) {
    resume();
    begin();
  } else {
    forget();
    restart();
    leave();
  }
};

/** A view begins. @param {unknown} [of] its product */
const begin = async (of) => {
  enter(of);
  reset();
  restart();
  if (asked.experience !== "fetch") return;
  const view = viewId;
  const query = new URLSearchParams({
    session: visit.id,
    product: product || "",
    moment: asked.moment || "", // the server knows whether it is a product's
    view,
  });
  // one that takes longer than 200 ms is not waited for
  const answer = await request("experience", undefined, "&" + query, 200);
  if (answer?.instructions && view === viewId) apply(answer);
};

/** Since the last time. A machine that slept meanwhile saw nothing. */
const look = guarded(() => {
  const before = tickedAt;
  tickedAt = now();
  watch();
  observe(min(tickedAt - before, 1_000));
});

const tick = guarded(() => {
  comply();
  settleAtRest();
  if (!visit || idle() > 3_600_000) return;
  if (idle() < 1_000 && touch()) {
    // a new session on the same page is a new view of it
    turn();
    begin(product);
  }
  look();
  if (now() >= due) flush();
});

/** The page comes to the front, or goes. @param {{type?: string}} event */
const turnOver = (event) => {
  const isAway = doc.hidden || event.type === "pagehide";
  if (isAway === !timer) return;
  clearInterval(timer);
  timer = 0;
  if (!isAway) {
    timer = setInterval(tick, 250);
    tickedAt = now();
    restart();
    tick();
  } else if (visit) {
    look();
    flushLast();
  }
};

// unless the tag stands twice
if (!given.version) {
  listen(() => visit && flush());
  listenForClicks();
  on("visibilitychange pagehide pageshow", turnOver);
  page.saccade = {
    version: VERSION,
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
    view: guarded((/** @type {unknown} */ of) => {
      if (visit) flushLast();
      leave();
      turn();
      if (visit) begin(of);
    }),
    apply,
    revert: guarded(revert),
    consent: guarded((/** @type {boolean} */ given) => {
      isGranted = given;
      comply();
    }),
  };
  turnOver({});
}
