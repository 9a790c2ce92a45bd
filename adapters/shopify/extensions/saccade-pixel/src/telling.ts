// What the pixel makes of Shopify's events. Pure, so that it can be tested without Shopify.

/** An event as `POST /v1/events` takes it. */
export interface Told {
  id: string;
  kind: "cart_changed" | "checkout_dwell" | "coupon_search";
  at_ms: number;
  product_id?: string;
  value?: number;
}

interface Attribute {
  key: string;
  value: string;
}

/** Of Shopify's event what is read here; every other field, and all that is personal, is not. */
export interface Heard {
  id: string;
  name: string;
  timestamp: string;
  data?: {
    cartLine?: { merchandise?: { product?: { id?: string | null } } } | null;
    checkout?: {
      token?: string | null;
      attributes?: readonly Attribute[];
      discountApplications?: readonly { type?: string }[];
    };
  };
}

/** A session's token as the server takes it. */
const SESSION = /^[\w-]{1,64}(\.[\w-]{1,64}){0,2}$/;

/** The session a cart carries: the embed writes it, with consent, but a link can write there too. */
export const sessionOf = (attributes: readonly Attribute[] | undefined): string | undefined => {
  const said = attributes?.find(({ key }) => key === "saccade_session")?.value ?? "";
  return SESSION.test(said) ? said : undefined;
};

/** A product as the storefront names it: the number, which Shopify may give as a GID. */
const productOf = (id: string | null | undefined): string | undefined =>
  /(?:^|\/)(\d{1,20})$/.exec(id ?? "")?.[1];

/** What the server knows an event by, in the letters it takes. */
const named = (id: string): string => id.replace(/[^\w.:-]/g, "").slice(0, 60);

const A_DAY_MS = 86_400_000;

/** Follows a checkout: how long it takes, and whether a coupon was entered. */
export class Telling {
  #checkout: string | undefined;
  #since = 0;
  #coupons = 0;

  /** What an event says, nothing for most. No order: a browser's word makes no money. */
  of({ id, name, timestamp, data }: Heard): Told[] {
    const at_ms = Date.parse(timestamp);
    if (!(at_ms >= 0)) return [];
    if (name === "product_added_to_cart" || name === "product_removed_from_cart") {
      const product_id = productOf(data?.cartLine?.merchandise?.product?.id);
      return [{ id: named(id), kind: "cart_changed", at_ms, ...(product_id && { product_id }) }];
    }
    const checkout = data?.checkout;
    if (!checkout) return [];
    const told: Told[] = [];
    const token = checkout.token ?? "";
    const coupons = (checkout.discountApplications ?? []).filter(
      ({ type }) => type === "DISCOUNT_CODE",
    ).length;
    if (this.#checkout !== token) {
      [this.#checkout, this.#since, this.#coupons] = [token, at_ms, 0];
    } else if (at_ms > this.#since) {
      const value = Math.min(at_ms - this.#since, A_DAY_MS);
      told.push({ id: named(id), kind: "checkout_dwell", at_ms, value });
    }
    if (coupons > this.#coupons) told.push({ id: `${named(id)}:c`, kind: "coupon_search", at_ms });
    this.#coupons = Math.max(coupons, this.#coupons);
    return told;
  }
}
