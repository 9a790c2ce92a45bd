// The middleware: the platform's product and what the profile service decides about it, asked for
// in parallel and merged under one key. A decision that is not there in 200 ms is left out.
//
//   node server.mjs PORT PLATFORM_URL PROFILE_URL

import http from "node:http";
import axios from "axios";
import express from "express";

const BUDGET_MS = 200;
const BEACON_MS = 2_000; // nobody waits for a beacon, and none should be lost
const [port, platformUrl, profileUrl] = process.argv.slice(2);

const pooled = () => new http.Agent({ keepAlive: true, maxSockets: 256 });
const platform = axios.create({
  baseURL: platformUrl,
  httpAgent: pooled(),
  proxy: false,
  maxRedirects: 0,
  validateStatus: () => true,
});
const profile = axios.create({
  baseURL: profileUrl,
  httpAgent: pooled(),
  proxy: false,
  maxRedirects: 0,
  timeout: BUDGET_MS,
});

const app = express();
app.disable("x-powered-by");
app.disable("etag"); // the answers are one shopper's own and may not be stored

const FORWARDED = ["accept", "accept-language", "authorization", "cookie", "x-anonymous-consents"];

function forwarded(headers) {
  const kept = {};
  for (const name of FORWARDED) if (headers[name] !== undefined) kept[name] = headers[name];
  return kept;
}

async function decision(session) {
  if (!session) return undefined;
  try {
    return (await profile.get("/experience", { params: { session } })).data;
  } catch {
    return undefined; // late, or broken: the page goes out without it
  }
}

// axios counts its time-out from the last byte on the socket; this one counts from the call.
function within(promise, ms) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

app.get("/occ/v2/:site/products/:code", async (request, response) => {
  const [product, saccade] = await Promise.all([
    platform.get(request.originalUrl, { headers: forwarded(request.headers) }),
    within(decision(request.get("x-session-id")), BUDGET_MS),
  ]);
  response.status(product.status).set("Cache-Control", "private, no-store");
  response.json(saccade && product.status === 200 ? { ...product.data, saccade } : product.data);
});

// A beacon is text/plain so that no browser asks first; it is passed on as the JSON it is.
const beacon = express.text({ type: ["text/plain", "application/json"], limit: "4kb" });

app.post("/v1/signals", beacon, async (request, response) => {
  const answer = await profile.post("/signals", request.body, {
    headers: { "Content-Type": "application/json" },
    transformRequest: [],
    transformResponse: [],
    responseType: "text",
    timeout: BEACON_MS,
    validateStatus: () => true,
  });
  response.status(answer.status);
  if (answer.status === 204) response.end();
  else response.type("json").send(answer.data);
});

app.use((error, _request, response, _next) => {
  response.status(502).json({ title: error.message });
});

const server = app.listen(Number(port), "127.0.0.1");
server.keepAliveTimeout = 120_000;
