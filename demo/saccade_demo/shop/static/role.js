// Playing somebody: what a role has already done is added to what is really measured on this page.

import { become, forget } from "./visitor.js";

const KEY = "northlight-role";

/** The laptop shopper of the story: third visit, long on the battery's row and in bad reviews. */
const LAPTOP_SHOPPER = {
  visit_count: 3, spec_hover_ms: 14200, review_dwell_ms: 48000, negative_review_dwell_ms: 31000,
  scroll_reversals: 6, compare_tool_opened: true, checkout_clicked: false, session_duration_ms: 92000,
  scroll_speed_px_sec: 180,
};

const LASTING = new Set(["visit_count", "scroll_speed_px_sec"]);

/** What the tracker itself last measured: a flush names only what changed. */
const measured = {};

/** The product the role is played on, or null. */
export const played = () => sessionStorage.getItem(KEY);

/**
 * Raises a flush by what the role has done. The tracker announces a flush just before it sends it,
 * so what is changed here is what goes out.
 */
export function play(flush) {
  if (!flush || flush.product_id !== played()) return;
  for (const [name, done] of Object.entries(LAPTOP_SHOPPER)) {
    measured[name] = flush[name] ?? measured[name] ?? 0;
    if (LASTING.has(name)) flush[name] = done;
    else if (typeof done === "boolean") flush[name] = done || Boolean(measured[name]);
    else flush[name] = done + measured[name];
  }
}

/** A new visitor who has done all that already; the page is then loaded again. */
export async function beLaptopShopper(product) {
  const session = become();
  sessionStorage.setItem(KEY, product);
  await fetch("/v1/signals", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ session_id: session, product_id: product, ...LAPTOP_SHOPPER }),
  });
  location.reload();
}

/** A new visitor who has done nothing. */
export function startOver() {
  sessionStorage.removeItem(KEY);
  forget();
  location.reload();
}
