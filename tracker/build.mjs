// Builds src into one minified file and prints its size: `node build.mjs [FILE]`.
import { build } from "esbuild";
import { readFileSync } from "node:fs";
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
  // properties of our own objects; never one that is sent, stored, or of the browser
  mangleProps: /^(element|undo|visibleAt|act)$/,
  define: { VERSION: JSON.stringify(version) },
});

const bytes = readFileSync(outfile);
console.log(`${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzip`);
