// Signals go out every two seconds: what changed since the server last acknowledged.

import { doc, emit, min, now } from "./browser.js";
import { visit } from "./identity.js";
import { read } from "./measures.js";
import { apply, decision } from "./rendering.js";
import { address, request } from "./sending.js";
import { product, viewId } from "./view.js";

/** @type {Record<string, unknown>} as the server last acknowledged them */
let known = {};
let pause = 2_000;
/** By our clock, when the next flush goes out. */
export let due = 0;
let isBusy = false;

/**
 * How the shopper came (R7), told until it is acknowledged once. Of the referrer only the host: a
 * path can name a person.
 */
let context =
  `&referrer=${doc.referrer.split("/")[2] || ""}&tz=${new Date().getTimezoneOffset()}&` +
  (location.search.match(/\butm_\w+=[^&]*/g)?.join("&") || "");

/** What is to be said now. Listeners may add to it. @param {Record<string, unknown>} values */
const compose = (values) => {
  for (const name in values) {
    if (values[name] === known[name]) delete values[name];
  }
  const body = {
    session_id: visit?.id,
    product_id: product,
    view: viewId,
    decision_id: decision,
    ...values,
  };
  emit("signals", body);
  return body;
};

/** At once, or when the one under way is answered. */
export const flush = async () => {
  if (isBusy) {
    due = 0;
    return;
  }
  isBusy = true;
  due = now() + 2_000;
  const asked = known;
  const values = read();
  const answer = await request("signals", compose(values), context);
  isBusy = false;
  if (answer) {
    pause = 2_000;
    context = "";
    if (asked !== known) return; // the shopper has turned to another view
    Object.assign(known, values);
    if (answer.instructions) apply(answer);
  } else {
    pause = min(pause * 2, 30_000);
    due = now() + pause;
  }
};

/** When the page goes away: by beacon, for nobody will read the answer. */
export const flushLast = () => {
  const body = compose(read());
  if (!navigator.sendBeacon?.(address("signals", context), JSON.stringify(body))) {
    request("signals", body, context);
  }
};

/** Another view, or another tab may have spoken: everything is told anew. */
export const restart = () => {
  known = {};
  due = now() + 300; // the page is being painted: it goes first
};
