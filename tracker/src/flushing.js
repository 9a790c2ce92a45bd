// Signals go out every two seconds: what changed since the server last acknowledged.

import { doc, emit, location, min, now } from "./browser.js";
import { waiting } from "./events.js";
import { take, visit } from "./identity.js";
import { read, sample, search } from "./measures.js";
import { apply } from "./rendering.js";
import { request } from "./sending.js";
import { product, viewId } from "./view.js";

/**
 * How the shopper came (R7), told until it is acknowledged once. Of the referrer only the host: a
 * path can name a person. The device is in the browser's own words, which come with every request.
 */
let context =
  `&referrer=${doc.referrer.split("/")[2] || ""}&tz=${new Date().getTimezoneOffset()}&` +
  (location.search.match(/\butm_\w+=[^&]*/g) || []).join("&").slice(0, 512);

/** @type {Record<string, unknown>} as the server last acknowledged them */
let known;
let pause = 2_000;
/** By our clock, when the next flush goes out. @type {number} */
export let due;
/** @type {unknown} */
let isBusy;

/** What is to be said now. Listeners may add to it. */
const compose = () => {
  sample();
  search();
  const values = read();
  for (const name in values) {
    if (values[name] === known[name]) delete values[name];
  }
  const body = {
    product_id: product,
    view: viewId,
    ...values,
    events: waiting[0] && waiting,
  };
  emit("signals", body);
  return body;
};

/** At once, or when the one under way is answered. */
export const flush = async () => {
  due = 0;
  if (isBusy) return;
  isBusy = true;
  due = now() + 2_000;
  const asked = known;
  const { length } = waiting;
  const body = compose();
  if (visit.w) {
    const named = await request("session", "", {});
    if (named) take(named.session_id);
  }
  const answer = !visit?.w && (await request("signals", context, body));
  isBusy = false;
  if (answer) {
    pause = 2_000;
    // unless the shopper has turned to another view
    if (asked === known) {
      known = { ...known, ...body };
      waiting.splice(0, length);
      context = "";
      if (answer.instructions) apply(answer);
    }
  } else {
    due = now() + (pause = min(pause * 2, 30_000));
  }
};

/** When the page goes away. */
export const flushLast = () => request("signals", context, compose(), 1);

/** Another view, or another tab may have spoken: everything is told anew. */
export const restart = () => {
  known = {};
  due = now() + 300; // the page is being painted: it goes first
};
