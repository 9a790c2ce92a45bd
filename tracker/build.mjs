// Builds src into one minified file and prints its size: `node build.mjs [FILE]`.
import { build } from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const outfile = process.argv[2] ?? here("dist/tracker.js");
const { version } = JSON.parse(readFileSync(here("package.json"), "utf8"));

await build({
  entryPoints: [here("src/main.js")],
  outfile,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2021",
  tsconfigRaw: "{}",
  charset: "utf8",
  // what goes wrong at the start is not the page's to hear of
  banner: { js: "try{" },
  footer: { js: "}catch{}" },
  // properties of our own objects; never one that is sent, stored, or of the browser
  mangleProps: /^(element|undo|visibleAt|act|goes|place)$/,
  define: { VERSION: JSON.stringify(version) },
});

// the line breaks around the banner and at the end: a file at its limit counts them too
const bytes = Buffer.from(readFileSync(outfile, "utf8").replace(/^try{\n|\n(?=}catch{}\n$)|\n$/g, (end) => end.trim()));
writeFileSync(outfile, bytes);
console.log(`${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzip`);
