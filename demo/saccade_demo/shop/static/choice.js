// Which configuration is chosen; everything that shows it is told when it changes.

import { readOption, recommendedLabels } from "./configurations.js";

/** The choice of a product's configurations, or null where it has none. */
export function choiceOf(product) {
  if (!product.variantOptions?.length) return null;
  const labels = recommendedLabels(product);
  const options = product.variantOptions.map((option) => readOption(option, labels));
  const first = options.find((option) => option.price.value === product.price.value && option.label) ?? options[0];
  const choice = {
    options,
    selected: first,
    changed: [],
    select(code) {
      choice.selected = options.find((option) => option.code === code) ?? choice.selected;
      for (const tell of choice.changed) tell();
    },
    selectLike(wanted) {
      const values = { ...choice.selected.values, ...wanted };
      const found = options.find((option) => Object.entries(values).every(([key, value]) => option.values[key] === value));
      if (found) choice.select(found.code);
    },
  };
  return choice;
}
