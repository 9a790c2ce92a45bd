// What Shopify's CLI makes of the extensions: one minified file each, and its weight.
// `node bundle.mjs [FOLDER]` writes them there; without a folder it only weighs.
import { build } from "esbuild";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const ENTRIES = [
  "extensions/saccade-pixel/src/index.ts",
  "extensions/saccade-thank-you/src/ThankYou.tsx",
  "extensions/saccade-thank-you/src/OrderStatus.tsx",
];
/** Shopify's limit of a checkout UI extension, compressed or not: we stay below it as it is. */
const MOST = 64 * 1024;

for (const entry of ENTRIES) {
  const { outputFiles } = await build({
    entryPoints: [here(entry)],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    logLevel: "warning",
  });
  const [{ contents }] = outputFiles;
  const name = basename(entry).replace(/\.tsx?$/, ".js");
  if (process.argv[2]) {
    const { writeFileSync } = await import("node:fs");
    writeFileSync(`${process.argv[2]}/${name}`, contents);
  }
  console.log(`${entry}: ${contents.length} bytes`);
  if (contents.length > MOST) process.exitCode = 1;
}
