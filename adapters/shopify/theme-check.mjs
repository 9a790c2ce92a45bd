// Shopify's own checks of a theme app extension, offline: `node theme-check.mjs [FOLDER]`.
import { check } from "@shopify/theme-check-node";
import { fileURLToPath } from "node:url";

const root = process.argv[2] ?? fileURLToPath(new URL("extensions/saccade-theme", import.meta.url));
const offenses = await check(root, `${root}/.theme-check.yml`);
for (const { check: rule, uri, start, message } of offenses) {
  console.log(`${uri.slice(uri.lastIndexOf("/") + 1)}:${(start?.line ?? 0) + 1} ${rule}: ${message}`);
}
process.exitCode = offenses.length ? 1 : 0;
