// Shopify's own library answers, a line of JSON for a line of JSON: what it signs, what it accepts.
import { createInterface } from "node:readline";
import "@shopify/shopify-api/adapters/mock";
import { shopifyApi, LogSeverity } from "@shopify/shopify-api";
import { generateLocalHmac } from "./node_modules/@shopify/shopify-api/dist/esm/lib/utils/hmac-validator.mjs";

const made = new Map();

function shopify({ key, secret }) {
  const name = `${key}\n${secret}`;
  if (!made.has(name)) {
    made.set(
      name,
      shopifyApi({
        apiKey: key,
        apiSecretKey: secret,
        hostName: "app.example",
        apiVersion: "2026-07",
        isEmbeddedApp: true,
        logger: { level: LogSeverity.Error, log: () => {} },
      }),
    );
  }
  return made.get(name);
}

const answers = {
  webhook: async (asked) => {
    const { valid } = await shopify(asked).webhooks.validate({
      rawBody: asked.body,
      rawRequest: { method: "POST", url: "/", headers: asked.headers },
    });
    return valid;
  },
  sign: (asked) => generateLocalHmac(shopify(asked).config)(asked.query, asked.signator),
  query: (asked) => shopify(asked).utils.validateHmac(asked.query, { signator: asked.signator }),
  token: (asked) => shopify(asked).session.decodeSessionToken(asked.token),
};

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let told;
  try {
    told = { value: await answers[asked.what](asked) };
  } catch (error) {
    told = { error: error.constructor.name };
  }
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
