// Builds elements. Text only ever goes in as text nodes: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";
const STAR = "M9 1.500l2.200 4.700 5.100.700-3.700 3.600.900 5.100L9 13.100l-4.500 2.500.900-5.100L1.700 6.900l5.100-.700z";

/** An element with attributes and children; null and false children are left out. */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== false && child !== undefined));
  return made;
}

function fiveStars(kind) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 92 17");
  svg.setAttribute("class", kind);
  for (let place = 0; place < 5; place += 1) {
    const star = document.createElementNS(SVG, "path");
    star.setAttribute("d", STAR);
    star.setAttribute("fill", "currentColor");
    star.setAttribute("transform", `translate(${place * 18.5} 0)`);
    svg.append(star);
  }
  return svg;
}

/** Stars for a rating from 0 to 5, with the figure for those who cannot see them. */
export function stars(rating) {
  const full = fiveStars("full");
  full.style.clipPath = `inset(0 ${100 - rating * 20}% 0 0)`;
  return el("span", { class: "stars", role: "img", "aria-label": `${rating} out of 5 stars` }, fiveStars("none"), full);
}

/** A stroke icon from one path in a 24 by 24 box. */
export function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({
    viewBox: "0 0 24 24", width: 24, height: 24, fill: "none", stroke: "currentColor",
    "stroke-width": 1.8, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  })) svg.setAttribute(key, value);
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** How many children of a list can be seen. */
export function visibleIn(list) {
  return [...list.children].filter((entry) => getComputedStyle(entry).display !== "none").length;
}

/** Tells whenever somebody, the shop or a renderer, shows, hides or changes a list's children. */
export function onListChange(list, tell) {
  new MutationObserver(tell).observe(list, { attributeFilter: ["style", "hidden"], childList: true, subtree: true });
}

const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });

/** A number as a price. */
export function money(value) {
  return dollars.format(value);
}

/** A day as people write it. */
export function day(iso) {
  const when = new Date(iso.replace("+0000", "Z"));
  return when.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
}

const STOCK = { inStock: "In stock, with you in 1 to 2 days", lowStock: "Only a few left", outOfStock: "Sold out, back in three weeks" };

/** OCC's stock as one line. */
export function stockLine(stock) {
  const status = stock?.stockLevelStatus ?? "outOfStock";
  return el("p", { class: `stock ${status}` }, STOCK[status] ?? STOCK.outOfStock);
}
