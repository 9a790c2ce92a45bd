// Calls a function of an extension's module, once for each list of arguments: [MODULE, NAME, CALLS]
// as JSON on the standard input, the answers on the output. {pairs: [...]} becomes a Map.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const root = process.argv[2];
const { buildSync } = createRequire(`${root}/package.json`)("esbuild");
const [module, name, calls] = JSON.parse(readFileSync(0, "utf8"), (_, value) =>
  value?.pairs ? new Map(value.pairs) : value,
);
const [{ text }] = buildSync({
  entryPoints: [`${root}/extensions/${module}`],
  bundle: true,
  write: false,
  format: "esm",
}).outputFiles;
const made = await import(`data:text/javascript;base64,${Buffer.from(text).toString("base64")}`);
process.stdout.write(JSON.stringify(calls.map((given) => made[name](...given) ?? null)));
