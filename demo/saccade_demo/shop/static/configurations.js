// All configurations, each a button; the recommended ones say for whom.

import { el, onListChange, visibleIn } from "./elements.js";

const SHORT = / (?:\d+ cores|cores)|,/g;

/** An OCC variant option as the page needs it. */
export function readOption(option, labels) {
  const values = Object.fromEntries(option.variantOptionQualifiers.map((entry) => [entry.qualifier, entry.value]));
  return { code: option.code, price: option.priceData, stock: option.stock, values, label: labels.get(option.code) ?? "" };
}

/** What the shop recommends: references of type SELECT, code to label. */
export function recommendedLabels(product) {
  const picks = product.productReferences.filter((reference) => reference.referenceType === "SELECT" && reference.preselected);
  return new Map(picks.map((reference) => [reference.target.code, reference.description]));
}

export const shortName = (values) => [values.processor.replace(SHORT, ""), values.memory, values.storage].join(" · ");

export function configurationsBlock(choice) {
  const list = el("ul", { class: "configurations" });
  const count = el("p", { class: "muted shown", role: "status" });
  const paint = () => {
    for (const button of list.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.code === choice.selected.code));
    }
  };
  const tell = () => {
    const shown = visibleIn(list);
    const total = choice.options.length;
    count.replaceChildren(`${shown} of ${total} configurations`);
    if (shown < total) count.append(" · ", el("button", { class: "link", type: "button", onclick: all }, "Show all"));
  };
  const all = () => {
    list.replaceChildren(...choice.options.map((option) => item(option, choice)));
    paint();
  };
  all();
  tell();
  choice.changed.push(paint);
  onListChange(list, tell);
  return el("section", { class: "block", id: "configurations", "data-saccade-slot": "configurations", "aria-labelledby": "configurations-title" },
    el("h2", { id: "configurations-title" }, "Choose your configuration"),
    count,
    list,
  );
}

function item(option, choice) {
  const { values, label, stock, price, code } = option;
  const out = stock?.stockLevelStatus === "outOfStock";
  return el("li", { "data-saccade-item": true, "data-recommended": label ? "true" : "false" },
    el("button", {
      type: "button", class: "configuration", "data-code": code, "data-saccade-signal": "variant",
      "aria-pressed": "false", disabled: out, onclick: () => choice.select(code),
    },
      label && el("span", { class: "ribbon" }, label),
      el("span", { class: "configuration-name" }, shortName(values)),
      el("span", { class: "configuration-line" },
        el("span", { class: `dot ${values.colour.toLowerCase()}` }), values.colour,
        el("span", { class: "configuration-price" }, out ? "Sold out" : price.formattedValue)),
    ));
}
