// Builds src into one minified file and prints its size: `node build.mjs [FILE]`.
import { build } from "esbuild";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { minify } from "terser";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const outfile = process.argv[2] ?? here("dist/tracker.js");

const bundled = await build({
  entryPoints: [here("src/main.js")],
  bundle: true,
  write: false,
  minifySyntax: true,
  format: "esm",
  target: "es2021",
  tsconfigRaw: "{}",
  charset: "utf8",
});

const { ast } = await minify(bundled.outputFiles[0].text, {
  module: true,
  ecma: 2021,
  compress: {
    passes: 6,
    inline: 1,
    booleans_as_integers: true,
    pure_getters: true,
    keep_fargs: false,
    unsafe: true,
    unsafe_arrows: true,
    unsafe_comps: true,
    unsafe_math: true,
  },
  // properties of our own objects; never one that is sent, or of the browser
  mangle: { properties: { regex: /^(block|undo|visibleAt)$/ } },
  format: { ast: true, code: false, spidermonkey: true },
});

/** Every node of the tree, its children after it. */
function* nodes(node) {
  if (typeof node?.type === "string") yield node;
  for (const part of Object.values(node ?? {})) if (typeof part === "object") yield* nodes(part);
}

const isText = ({ type, value }) => type === "TemplateLiteral" || typeof value === "string";

for (const node of nodes(ast)) {
  if (node.type === "VariableDeclaration" && node.kind === "var") {
    // a block keeps our names from the page as a function would: esbuild's one `var` becomes `let`
    if (!ast.body.includes(node)) throw new Error("a var that is not at the top");
    node.kind = "let";
  } else if (node.type === "BinaryExpression" && /^[!=]==$/.test(node.operator)) {
    // The third sign matters where a page's or a server's word is compared with a text: ["cta"] is
    // no "cta". What else we compare is of one type.
    if (![node.left, node.right].some(isText)) node.operator = node.operator.slice(0, 2);
  }
}

const { code } = await minify(ast, { parse: { spidermonkey: true }, compress: false, mangle: false, ecma: 2021 });

// what goes wrong at the start is not the page's to hear of
const bytes = Buffer.from(`try{${code.replace(/;$/, "")}}catch{}`);
writeFileSync(outfile, bytes);
console.log(`${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzip`);
