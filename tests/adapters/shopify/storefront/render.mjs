// Renders a block of the theme extension as Shopify would, for tests: [BLOCK, CONTEXT] as JSON on
// the standard input, HTML on the output. Liquid is liquidjs's; the filters and tags are Shopify's.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const root = process.argv[2];
const { Liquid, Tag } = createRequire(`${root}/package.json`)("liquidjs");
const extension = `${root}/extensions/saccade-theme`;
const locales = JSON.parse(readFileSync(`${extension}/locales/en.default.json`, "utf8"));
const [block, context] = JSON.parse(readFileSync(0, "utf8"));

const engine = new Liquid({ strictFilters: true, ownPropertyOnly: true });
engine.registerTag(
  "schema",
  class extends Tag {
    constructor(token, remaining, liquid) {
      super(token, remaining, liquid);
      while (remaining.length && remaining.shift().name !== "endschema");
    }
    *render() {}
  },
);
const said = (path) => path.split(".").reduce((at, name) => at?.[name], locales);
const filters = {
  asset_url: (name) => `${context.assets ?? ""}/${name}`,
  t: (key) => said(key) ?? `missing: ${key}`,
  handleize: (text) => String(text ?? "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, ""),
  money: (cents) => `$${(cents / 100).toFixed(2)}`,
  image_url: (image) => String(image),
  image_tag: (url) => `<img src="${url}" alt="">`,
};
for (const name in filters) engine.registerFilter(name, filters[name]);

process.stdout.write(await engine.parseAndRender(readFileSync(`${extension}/blocks/${block}.liquid`, "utf8"), context));
