// Saccade in the browser: puts the parts to work and offers `window.saccade`.

import { doc, guarded, now, on, page, pathOf } from "./browser.js";
import { due, flush, flushLast, restart } from "./flushing.js";
import { forget, resume, take, touch, visit } from "./identity.js";
import { idle, listen, look, press, sample, wake } from "./measures.js";
import { productOf } from "./places.js";
import { apply, ignored, revert, settleAtRest } from "./rendering.js";
import { asked, given, preview, served, source } from "./settings.js";
import { begin, product, turn, viewId } from "./view.js";

/** @type {boolean} */
let isAway;
/** Of eight a second; the first is 0. @type {number} */
let beat;
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

/** Another view without a page load. @param {unknown} [of] its product, if it is known */
const goOn = (of) => {
  path = pathOf();
  former = product;
  if (visit) flushLast();
  revert();
  turn();
  if (visit) begin(of);
};

const tick = guarded(() => {
  if (isAway) return;
  sample();
  beat = (beat + 1) & 7;
  if (beat & 1) return;
  comply();
  settleAtRest();
  if (!visit) return;
  if (idle() < 1_000 && touch()) {
    // a new session on the same page is a new view of it
    turn();
    begin(product);
  }
  look(!beat);
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
    wake();
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
    /** The token that `/v1/identify` or `/v1/consent` answered; all is told anew under it. */
    set session(token) {
      take(token);
      restart();
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
  if (preview) {
    source.search += "&" + preview;
    source.pathname = "overlay.js";
  }
  turnOver({});
  setInterval(tick, 125);
  // By import, not by an element: it keeps this script's nonce, and no Trusted Types are asked for.
  // A link that is over brings nothing.
  if (preview) import(`${source}`).catch(() => {});
}
