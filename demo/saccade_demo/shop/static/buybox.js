// What a shopper decides with: pictures, price, colour, configuration, the call to action.

import { addToCart } from "./cart.js";
import { el, icon, stars, stockLine } from "./elements.js";
import { imageUrl } from "./occ.js";
import { shortName } from "./configurations.js";

const ASSURANCES = [
  ["M3 7h11v9H3zM14 10h4l3 3v3h-7zM7 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM17.500 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z", "Free delivery, 1 to 2 days"],
  ["M4 9h11a5 5 0 0 1 0 10h-3M4 9l4-4M4 9l4 4", "Free return for 30 days"],
  ["M12 3l8 3v6c0 4.500-3.200 7.500-8 9-4.800-1.500-8-4.500-8-9V6z", "Two years’ warranty"],
];

/** Pictures: one large, the others as buttons. Answers the element and how to recolour it. */
export function gallery(product) {
  const views = product.images.filter((image) => image.imageType === "GALLERY" && image.format === "zoom");
  const large = el("img", { src: views[0].url, alt: views[0].altText, width: 640, height: 640, fetchpriority: "high" });
  const thumbs = views.map((view, place) => {
    const picture = el("img", { src: imageUrl(product.images, "thumbnail", view.galleryIndex), alt: view.altText, width: 84, height: 84 });
    return el("button", { class: "thumb", type: "button", "aria-pressed": String(place === 0), onclick: () => choose(place) }, picture);
  });
  const choose = (place) => {
    large.src = thumbs[place].firstChild.src.replace("-thumbnail.svg", "-zoom.svg");
    large.alt = views[place].altText;
    thumbs.forEach((thumb, index) => thumb.setAttribute("aria-pressed", String(index === place)));
  };
  const recolour = (colour) => {
    for (const picture of [large, ...thumbs.map((thumb) => thumb.firstChild)]) {
      picture.src = picture.getAttribute("src").replace(/-(?:graphite|silver|sand|midnight)-/, `-${colour}-`);
    }
  };
  return {
    element: el("div", { class: "gallery" }, el("div", { class: "gallery-large" }, large), el("div", { class: "thumbs" }, thumbs)),
    recolour,
  };
}

/** The box beside the pictures. `choice` is null for products without configurations. */
export function buyBox(product, choice) {
  const price = el("p", { class: "buy-price" });
  const stock = el("div", {});
  const said = el("p", { class: "buy-said", role: "status" });
  const button = el("button", {
    class: "button buy", type: "button", "data-saccade-slot": "cta", "data-saccade-signal": "add-to-cart",
  }, el("span", { "data-saccade-text": true }, "Add to cart"));
  const current = () => choice?.selected ?? { code: product.code, price: product.price, stock: product.stock };
  const paint = () => {
    price.textContent = current().price.formattedValue;
    stock.replaceChildren(stockLine(current().stock));
    button.disabled = current().stock?.stockLevelStatus === "outOfStock";
  };
  button.addEventListener("click", async () => {
    said.textContent = await addToCart(current().code).catch(() => "The cart is not answering. Please try again.");
  });
  paint();
  choice?.changed.push(paint);
  return el("div", { class: "buy-box" },
    el("p", { class: "eyebrow" }, product.manufacturer),
    el("h1", {}, product.name),
    el("a", { class: "rating", href: "#reviews" }, stars(product.averageRating), `${product.averageRating} · ${product.numberOfReviews} reviews`),
    el("p", { class: "buy-summary" }, product.summary),
    price,
    stock,
    choice && colours(choice),
    choice && summary(choice),
    button,
    said,
    el("ul", { class: "assurances" }, ASSURANCES.map(([path, words]) => el("li", {}, icon(path), words))),
  );
}

function colours(choice) {
  const names = [...new Set(choice.options.map((option) => option.values.colour))];
  const name = el("span", { class: "muted" });
  const buttons = names.map((colour) =>
    el("button", {
      class: `swatch ${colour.toLowerCase()}`, type: "button", title: colour, "aria-label": colour,
      "data-saccade-signal": "variant", onclick: () => choice.selectLike({ colour }),
    }));
  const paint = () => {
    const { colour } = choice.selected.values;
    name.textContent = colour;
    buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(names[index] === colour)));
  };
  paint();
  choice.changed.push(paint);
  return el("div", { class: "buy-row", role: "group", "aria-label": "Colour" },
    el("p", {}, el("strong", {}, "Colour "), name), el("div", { class: "swatches" }, buttons));
}

function summary(choice) {
  const words = el("span", {});
  const paint = () => { words.textContent = shortName(choice.selected.values); };
  paint();
  choice.changed.push(paint);
  return el("div", { class: "buy-row buy-configuration" },
    el("p", {}, el("strong", {}, "Configuration"), words),
    el("a", { href: "#configurations" }, `Change · ${choice.options.length} to choose from`));
}
