// Saccade's web pixel: checkout events and what the page after the purchase showed, told of the same
// session as the storefront's. It has no page, only Shopify's events, and says what a browser may.

import { register, type ExtensionApi } from "@shopify/web-pixels-extension";
import { Sending } from "./sending";
import { sessionOf, Telling, type Heard } from "./telling";

const HEARD = [
  "product_added_to_cart",
  "product_removed_from_cart",
  "checkout_started",
  "checkout_contact_info_submitted",
  "checkout_address_info_submitted",
  "checkout_shipping_info_submitted",
  "payment_info_submitted",
  "checkout_completed",
];

/** Published by the extension on the thank-you and the order-status page. */
const SHOWN = "saccade:offer_shown";
const ANSWERED = { "saccade:offer_clicked": "clicked", "saccade:offer_dismissed": "dismissed" };

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value ? value : undefined;

export const listen = ({ analytics, browser, settings, init, customerPrivacy }: ExtensionApi) => {
  let privacy = init.customerPrivacy;
  customerPrivacy.subscribe("visitorConsentCollected", (event) => {
    privacy = event.customerPrivacy;
    if (!allowed()) sending.forget();
  });
  const allowed = () =>
    privacy.analyticsProcessingAllowed === true && privacy.preferencesProcessingAllowed === true;

  const sending = new Sending(settings["server"], settings["site"]);
  const telling = new Telling();
  let carried = sessionOf(init.data.cart?.attributes);

  /** The checkout's own word first, then the cart's, then the cookie's: a purchase at once has no cart. */
  const session = async (heard?: Heard) =>
    (carried = sessionOf(heard?.data?.checkout?.attributes) ?? carried) ??
    text(await browser.cookie.get("saccade_session").catch(() => undefined));

  for (const name of HEARD) {
    analytics.subscribe(name, async (event) => {
      const heard = event as Heard;
      const told = telling.of(heard);
      if (!allowed() || !told[0]) return;
      const token = await session(heard);
      if (token && allowed()) sending.events(token, told);
    });
  }

  /** Of which decision, and whose: the extension knows both from the order. */
  const answer = (name: string, tell: (session: string, decision: string) => void) =>
    analytics.subscribe(name, async (event) => {
      const data = (event as { customData?: Record<string, unknown> | null }).customData;
      const decision = text(data?.["decision"]);
      if (!allowed() || !decision) return;
      const token = text(data?.["session"]) ?? (await session());
      if (token && allowed()) tell(token, decision);
    });

  answer(SHOWN, (session_id, decision_id) =>
    sending.once("exposures", { session_id, decision_id, slots: ["thank-you"] }),
  );
  for (const [name, kind] of Object.entries(ANSWERED)) {
    answer(name, (session_id, decision_id) =>
      sending.once("outcomes", { session_id, decision_id, kind }),
    );
  }
};

register(listen);
