// The start page: a shelf of products by category, word and order.

import { el, stars } from "./elements.js";
import { startMasthead } from "./masthead.js";
import { imageUrl, search } from "./occ.js";
import { startPanel } from "./panel.js";

const SIZE = 24;
const asked = new URLSearchParams(location.search);
const state = { category: asked.get("category") ?? "", text: asked.get("q") ?? "", sort: "relevance", page: 0 };

const cards = document.getElementById("cards");
const chips = document.getElementById("category-chips");
const more = document.getElementById("more");
const sorting = document.getElementById("sorting");
const status = document.getElementById("shelf-status");

function card(product) {
  return el("li", { class: "card" },
    el("div", { class: "card-picture" },
      el("img", { src: imageUrl(product.images, "product"), alt: "", width: 320, height: 320, loading: "lazy" })),
    el("a", { href: `/shop/${product.code}` }, product.name),
    el("p", { class: "summary" }, product.summary),
    el("div", { class: "foot-line" },
      el("span", { class: "price" }, product.price.formattedValue),
      el("span", { class: "rating" }, stars(product.averageRating), el("span", { class: "muted" }, `${product.numberOfReviews}`))),
  );
}

async function show() {
  const query = `${state.text}:${state.sort}${state.category ? `:category:${state.category}` : ""}`;
  const found = await search(query, state.page, SIZE);
  const made = found.products.map(card);
  if (state.page === 0) cards.replaceChildren(...made);
  else cards.append(...made);
  if (!cards.children.length) cards.append(el("li", { class: "shelf-none" }, "Nothing matches. Try a shorter word."));
  more.hidden = state.page + 1 >= found.pagination.totalPages;
  status.textContent = `${found.pagination.totalResults} products`;
  return found;
}

function again(change) {
  Object.assign(state, change, { page: 0 });
  paint().catch(fail);
}

function paintTools(all, found) {
  const counts = all.facets.find((facet) => facet.category)?.values ?? [];
  const chip = (code, name, count) =>
    el("button", { class: "chip", type: "button", "aria-pressed": String(state.category === code), onclick: () => again({ category: code }) },
      name, el("span", { class: "count" }, count));
  const codeOf = (value) => value.query.query.value.split(":").at(-1);
  chips.replaceChildren(
    chip("", "All", all.pagination.totalResults),
    ...counts.map((value) => chip(codeOf(value), value.name, value.count)),
  );
  sorting.replaceChildren(...found.sorts.map((sort) => el("option", { value: sort.code, selected: sort.selected }, sort.name)));
}

async function paint() {
  const [all, found] = await Promise.all([search(`${state.text}:relevance`, 0, 1), show()]);
  paintTools(all, found);
}

function fail() {
  cards.replaceChildren(el("li", { class: "shelf-none" }, "The catalogue is not answering. Please try again in a moment."));
}

sorting.addEventListener("change", () => again({ sort: sorting.value }));
more.addEventListener("click", () => {
  state.page += 1;
  show().catch(fail);
});

startMasthead();
if (state.text || state.category) document.getElementById("shelf-title").textContent = state.text ? `Results for “${state.text}”` : "Everything we sell";
if (state.text) document.getElementById("finder").value = state.text;
document.querySelector(`.categories a[href="/?category=${CSS.escape(state.category)}"]`)?.setAttribute("aria-current", "page");
paint().catch(fail);
startPanel();
