// What both pages show: one offer, or nothing at all.

import "@shopify/ui-extensions/preact";
import { useEffect } from "preact/hooks";
import { carried, numbered, pick } from "./picking";

interface Signal<T> {
  readonly value: T;
}

/** What is used of Shopify's API; both pages have it. */
export interface Page {
  attributes: Signal<readonly { key: string; value: string }[] | undefined>;
  lines: Signal<
    readonly {
      merchandise: { product: { id: string } };
      cost: { totalAmount: { amount: number; currencyCode: string } };
    }[]
  >;
  appMetafields: Signal<
    readonly {
      target: { type: string; id: string };
      metafield: { namespace: string; key: string; value: string | number | boolean };
    }[]
  >;
  customerPrivacy: Signal<{ allowedProcessing: { analytics: boolean; preferences: boolean } }>;
  /** What the merchant set in the checkout editor; `shopify.extension.toml` says what there is. */
  settings: Signal<Record<string, unknown>>;
  shop: { storefrontUrl?: string };
  i18n: {
    translate: (key: string, values?: Record<string, string>) => string;
    formatCurrency: (amount: number, options: { currency: string }) => string;
  };
  analytics: { publish: (name: string, data: Record<string, unknown>) => Promise<boolean> };
}

const chosen = (page: Page) => {
  const { analytics, preferences } = page.customerPrivacy.value.allowedProcessing;
  const about = carried(page.attributes.value);
  const shop = page.shop.storefrontUrl;
  if (!analytics || !preferences || !about || !shop) return;
  const lines = page.lines.value.map(({ merchandise, cost }) => ({
    product: numbered(merchandise.product.id),
    amount: cost.totalAmount.amount,
    currency: cost.totalAmount.currencyCode,
  }));
  const tables = new Map(
    page.appMetafields.value
      .filter(({ target, metafield }) => target.type === "product" && metafield.key === "saccade_offers")
      .map(({ target, metafield }) => [numbered(target.id), String(metafield.value)] as const),
  );
  const offer = pick(lines, tables, Date.now() / 1000);
  return offer && { ...about, offer, href: new URL(offer.path, shop).href };
};

export function Offer({ page }: { page: Page }) {
  const found = chosen(page);
  const told = found && { session: found.session, decision: found.decision };
  const tell = (name: string) => void page.analytics.publish(name, { ...told }).catch(() => false);
  // the pixel tells the server: this extension cannot, and should not
  useEffect(() => {
    if (found) tell("saccade:offer_shown");
  }, [found?.decision]);
  if (!found) return null;
  const { title, price, currency } = found.offer;
  // the merchant's words or ours, never the cart's: a link writes on a cart
  const heading = String(page.settings.value["heading"] ?? "").trim();
  return (
    <s-section heading={heading || page.i18n.translate("heading")}>
      <s-stack direction="inline" gap="base">
        <s-text>{title}</s-text>
        <s-text>{page.i18n.formatCurrency(Number(price), { currency })}</s-text>
        <s-link href={found.href} onClick={() => tell("saccade:offer_clicked")}>
          {page.i18n.translate("see", { title })}
        </s-link>
      </s-stack>
    </s-section>
  );
}
