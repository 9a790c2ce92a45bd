// What we ask of the browser everywhere. The page comes first: nothing of ours throws into it.

export const page = /** @type {any} */ (window);
export const doc = document;
export const { min, max, abs } = Math;

/** Milliseconds on a clock nobody can set. */
export const now = () => performance.now();

/**
 * `work`, with every exception swallowed; the result is then undefined.
 *
 * @template {unknown[]} A
 * @template R
 * @param {(...args: A) => R} work
 * @returns {(...args: A) => R | undefined}
 */
export const guarded =
  (work) =>
  (...args) => {
    try {
      return work(...args);
    } catch {}
  };

/**
 * Hears of it before the page does, whatever the page then does with it.
 *
 * @param {string} types separated by spaces
 * @param {(event: any) => void} work
 */
export const on = (types, work) => {
  for (const type of types.split(" ")) {
    addEventListener(type, guarded(work), true);
  }
};

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
 * @returns {HTMLElement | null}
 */
export const find = (selector) => doc.querySelector(selector);

/**
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement[]}
 */
export const findAll = (selector, within = doc) => [
  .../** @type {any} */ (within.querySelectorAll(selector)),
];

/**
 * @param {Element} element
 * @param {string} name
 */
export const attribute = (element, name) => element.getAttribute(name);
