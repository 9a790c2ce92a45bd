// Which offer an order gets, from the tables its products carry. Pure: no network, no clock of its
// own, no Shopify. `saccade_shopify.offers` writes the tables and says what they mean.

interface Attribute {
  key: string;
  value: string;
}

/**
 * What the cart carries of us. The embed writes it with the shopper's consent, but a link can write it
 * too: nothing of it is shown or followed, it is only told to the server, and only in the server's form.
 */
export interface Carried {
  session: string;
  /** The decision made ahead for this page. */
  decision: string;
}

/** As the server takes them: a sentence has neither form. */
const SESSION = /^[\w-]{1,64}(\.[\w-]{1,64}){0,2}$/;
const DECISION = /^[\w-]{8,64}$/;

export interface Line {
  product: string;
  amount: number;
  currency: string;
}

export interface Offer {
  product: string;
  title: string;
  /** Below the shop's address, beginning with a slash. */
  path: string;
  price: string;
  currency: string;
  /** Expected revenue of showing it to who bought the table's product. */
  value: number;
}

/** The only form of table this extension reads; any other is none. */
const VERSION = 1;

/**
 * Nothing, unless the cart says that this shopper is not of the control and that the decision shows
 * an offer. Without consent, and in a cart the embed never saw, nothing is written: nobody is shown
 * what is not measured.
 */
export const carried = (attributes: readonly Attribute[] | undefined): Carried | undefined => {
  const of = (name: string) => attributes?.find(({ key }) => key === `saccade_${name}`)?.value ?? "";
  const [session, decision] = [of("session"), of("offer")];
  return of("arm") === "treatment" && SESSION.test(session) && DECISION.test(decision)
    ? { session, decision }
    : undefined;
};

/** The number a product is known by, from its GID. */
export const numbered = (gid: string): string => gid.slice(gid.lastIndexOf("/") + 1);

const isOffer = (one: unknown): one is Offer => {
  const { product, title, path, price, currency, value } = Object(one) as Record<string, unknown>;
  return (
    [product, title, price, currency].every((text) => typeof text === "string" && text !== "") &&
    typeof path === "string" &&
    /^\/[a-z]/.test(path) &&
    Number(price) > 0 &&
    typeof value === "number" &&
    value > 0
  );
};

/** A table as it stands in a metafield; empty where it is over or cannot be read. */
const read = (text: string, now: number): { offers: Offer[]; low: number; high: number } => {
  const none = { offers: [], low: 0, high: 0 };
  try {
    const table = Object(JSON.parse(text)) as Record<string, unknown>;
    const { version, until, offers, shares } = table;
    const [low, high] = Array.isArray(shares) ? (shares as unknown[]) : [];
    if (version !== VERSION || typeof until !== "number" || now >= until) return none;
    if (typeof low !== "number" || typeof high !== "number" || !Array.isArray(offers)) return none;
    return { offers: offers.filter(isOffer), low, high };
  } catch {
    return none;
  }
};

/**
 * The offer of the highest value that the order does not hold already and whose price is within the
 * table's shares of the order's (R20: an order of 300 gets no add-on of 10). Where the order was
 * paid in another currency the shares cannot be held to, and there is no offer.
 *
 * @param tables by product, as text
 * @param now in seconds since the epoch
 */
export const pick = (
  lines: readonly Line[],
  tables: ReadonlyMap<string, string>,
  now: number,
): Offer | undefined => {
  const currency = lines[0]?.currency;
  if (!lines.every((line) => line.currency === currency)) return undefined;
  const total = lines.reduce((sum, { amount }) => sum + amount, 0);
  const bought = new Set(lines.map(({ product }) => product));
  const fitting = [...bought].flatMap((product) => {
    const { offers, low, high } = read(tables.get(product) ?? "", now);
    return offers.filter(
      (offer) =>
        offer.currency === currency &&
        !bought.has(offer.product) &&
        Number(offer.price) >= total * low &&
        Number(offer.price) <= total * high,
    );
  });
  // of equals the lower number, so that a page shows the same whenever it is loaded
  return fitting.sort((a, b) => b.value - a.value || (a.product < b.product ? -1 : 1))[0];
};
