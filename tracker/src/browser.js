// What we ask of the browser everywhere. The page comes first: nothing of ours throws into it.

export const page = /** @type {any} */ (window);
export const doc = document;
export const { min, max, abs } = Math;
/** As they were before the page's other scripts put theirs in their place. */
export const { fetch, location } = page;

/** Milliseconds on a clock nobody can set. */
export const now = () => performance.now();

/**
 * `work`, with every exception swallowed; the result is then undefined.
 *
 * @template A, B, R
 * @param {(a: A, b: B) => R} work
 * @returns {(a?: A, b?: B) => R | undefined}
 */
export const guarded = (work) => (a, b) => {
  try {
    return work(/** @type {A} */ (a), /** @type {B} */ (b));
  } catch {}
};

/**
 * Hears of it before the page does, whatever the page then does with it.
 *
 * @param {string} types separated by spaces
 * @param {(event: any) => void} work guarded
 * @param {any} [once] asked for again and again it is still once
 */
export const on = (types, work, once) =>
  types.split(" ").map((type) => addEventListener(type, work, { capture: true, once }));

/**
 * Tells whoever on the page listens.
 *
 * @param {string} name
 * @param {unknown} detail
 */
export const emit = (name, detail) =>
  doc.dispatchEvent(new CustomEvent("saccade:" + name, { detail }));

/**
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement[]}
 */
export const findAll = (selector, within = doc) => [
  .../** @type {any} */ (within.querySelectorAll(selector)),
];

/** What all our marks begin with. */
export const MARK = "data-saccade-";

/** Where the page stands. */
export const pathOf = () => location.pathname;
