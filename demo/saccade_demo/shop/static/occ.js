// The shop's calls, all to its own origin: where a gateway stands there, it sees them pass.

const BASE = "/occ/v2/electronics";
const LINES = "fields=DEFAULT,entries(entryNumber,quantity,product(code,name,images(BASIC),url),totalPrice)";

/** An answer that is not 2xx: OCC's first error and the status. */
export class OccError extends Error {
  constructor(status, document) {
    super(document?.errors?.[0]?.message ?? `The catalogue answered ${status}`);
    this.status = status;
    this.type = document?.errors?.[0]?.type;
  }
}

async function call(path, options = {}) {
  const response = await fetch(BASE + path, {
    ...options,
    headers: { Accept: "application/json", ...(options.body ? { "Content-Type": "application/json" } : {}) },
  });
  const text = await response.text();
  const document = text ? JSON.parse(text) : null;
  if (!response.ok) throw new OccError(response.status, document);
  return document;
}

/** A product with everything its page needs; `view` names this page view to the gateway. */
export function product(code, view) {
  const fields = "FULL,variantOptions(DEFAULT,variantOptionQualifiers(qualifier,name,value)),productReferences(DEFAULT)";
  const named = view ? `&saccade_view=${encodeURIComponent(view)}` : "";
  return call(`/products/${encodeURIComponent(code)}?fields=${fields}${named}`);
}

/** All reviews, newest first. */
export async function reviews(code) {
  return (await call(`/products/${encodeURIComponent(code)}/reviews?fields=FULL`)).reviews;
}

/** Products like this one, with what a comparison needs. */
export async function similar(code) {
  const target = "code,name,price(FULL),averageRating,numberOfReviews,images(FULL),classifications(FULL)";
  const found = await call(`/products/${encodeURIComponent(code)}/references?referenceType=SIMILAR&fields=references(target(${target}))`);
  return found.references.map((reference) => reference.target);
}

/** One page of a search; `query` is OCC's search state. */
export function search(query, page, size) {
  const products = "products(code,name,summary,price(FULL),images(BASIC),averageRating,numberOfReviews,stock(BASIC))";
  return call(`/products/search?query=${encodeURIComponent(query)}&currentPage=${page}&pageSize=${size}&fields=${products},pagination,sorts,facets`);
}

/** Words that complete a search. */
export async function suggestions(term) {
  return (await call(`/products/suggestions?max=6&term=${encodeURIComponent(term)}`)).suggestions.map((word) => word.value);
}

const cartPath = (guid) => `/users/anonymous/carts/${encodeURIComponent(guid)}`;

export const carts = {
  create: () => call(`/users/anonymous/carts?${LINES}`, { method: "POST" }),
  read: (guid) => call(`${cartPath(guid)}?${LINES}`),
  add: (guid, code, quantity) =>
    call(`${cartPath(guid)}/entries`, { method: "POST", body: JSON.stringify({ product: { code }, quantity }) }),
  remove: (guid, entry) => call(`${cartPath(guid)}/entries/${entry}`, { method: "DELETE" }),
  order: (guid) => call(`/users/anonymous/orders?cartId=${encodeURIComponent(guid)}`, { method: "POST" }),
};

/** The url of a picture in one format; galleries by index, the primary picture without. */
export function imageUrl(images, format, index) {
  const kind = index === undefined ? "PRIMARY" : "GALLERY";
  return images?.find((image) => image.imageType === kind && image.format === format && image.galleryIndex === index)?.url;
}
