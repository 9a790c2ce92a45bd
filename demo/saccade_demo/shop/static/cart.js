// The cart drawer: an OCC anonymous cart, its GUID kept on this device.

import { el, money } from "./elements.js";
import { OccError, carts, imageUrl } from "./occ.js";

const KEY = "northlight-cart";

let drawer;
let cart = null;

/** Count in the masthead, search words, and the drawer behind the cart button. */
export function startCart() {
  drawer = el("dialog", { class: "drawer", "aria-labelledby": "drawer-title" });
  document.body.append(drawer);
  drawer.addEventListener("click", (event) => event.target === drawer && drawer.close());
  document.getElementById("cart-button").addEventListener("click", openCart);
  refresh();
}

/** Put pieces into the cart and show it. Answers a sentence where there was less than asked. */
export async function addToCart(code, quantity = 1) {
  const guid = (await current()) ?? (await fresh());
  const changed = await carts.add(guid, code, quantity);
  await refresh();
  openCart();
  return changed.quantityAdded < quantity ? "There are no more of these." : "";
}

export function openCart() {
  show();
  if (!drawer.open) drawer.showModal();
}

async function fresh() {
  cart = await carts.create();
  localStorage.setItem(KEY, cart.guid);
  return cart.guid;
}

async function current() {
  if (!cart) await refresh();
  return cart?.guid;
}

async function refresh() {
  const guid = localStorage.getItem(KEY);
  cart = null;
  if (guid) {
    try {
      cart = await carts.read(guid);
    } catch (error) {
      if (error instanceof OccError && error.status === 404) localStorage.removeItem(KEY);
    }
  }
  const count = cart?.totalUnitCount ?? 0;
  document.getElementById("cart-count").textContent = count ? String(count) : "";
}

function show() {
  const lines = cart?.entries ?? [];
  drawer.replaceChildren(
    el("div", { class: "drawer-inner" },
      head("Your cart"),
      lines.length
        ? [el("ul", { class: "drawer-lines" }, lines.map(line)), ...total()]
        : el("p", { class: "drawer-empty" }, "Nothing in it yet."),
    ),
  );
}

function head(title) {
  return el("div", { class: "drawer-head" },
    el("h2", { id: "drawer-title" }, title),
    el("button", { class: "cross", type: "button", "aria-label": "Close the cart", onclick: () => drawer.close() }, "×"),
  );
}

function line(entry) {
  const remove = async () => {
    await carts.remove(cart.guid, entry.entryNumber);
    await refresh();
    show();
  };
  return el("li", { class: "drawer-line" },
    el("img", { src: imageUrl(entry.product.images, "thumbnail"), alt: "", width: 76, height: 76 }),
    el("div", {},
      el("strong", {}, entry.product.name),
      el("p", { class: "muted" }, `${entry.quantity} piece${entry.quantity > 1 ? "s" : ""} · ${entry.product.code}`),
      el("button", { class: "link", type: "button", onclick: remove, "aria-label": `Remove ${entry.product.name}` }, "Remove"),
    ),
    el("span", {}, entry.totalPrice.formattedValue),
  );
}

function total() {
  return [
    el("p", { class: "drawer-total" }, el("span", {}, "Total"), el("span", {}, money(cart.totalPrice.value))),
    el("p", { class: "muted" }, "Delivery included. 30 days to send it back."),
    el("button", { class: "button", type: "button", "data-saccade-signal": "checkout", onclick: order }, "Order now"),
  ];
}

async function order(event) {
  event.currentTarget.disabled = true;
  const placed = await carts.order(cart.guid);
  localStorage.removeItem(KEY);
  await refresh();
  drawer.replaceChildren(
    el("div", { class: "drawer-inner" },
      head("Thank you"),
      el("div", { class: "drawer-done", role: "status" },
        el("span", { class: "tick", "aria-hidden": "true" }, "✓"),
        el("h3", {}, `Order ${placed.code} is with us`),
        el("p", { class: "muted" }, `${money(placed.totalPrice.value)}. As this shop is a demonstration, nothing will be charged and nothing will come.`),
      ),
    ),
  );
}
