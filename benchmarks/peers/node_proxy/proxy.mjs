// A plain proxy: what arrives is streamed to the platform and its answer streamed back, raw headers
// as they came, over pooled connections. It decides nothing and looks into nothing.
//
//   node proxy.mjs PORT PLATFORM_HOST PLATFORM_PORT

import http from "node:http";
import { pipeline } from "node:stream";

const [port, host, platformPort] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: 256, scheduling: "fifo" });
const HOP = new Set(["connection", "keep-alive", "te", "trailer", "upgrade", "proxy-connection"]);

function endToEnd(raw) {
  const kept = [];
  for (let at = 0; at < raw.length; at += 2) {
    if (!HOP.has(raw[at].toLowerCase())) kept.push(raw[at], raw[at + 1]);
  }
  return kept;
}

const server = http.createServer((request, response) => {
  const call = http.request(
    {
      agent,
      host,
      port: platformPort,
      method: request.method,
      path: request.url,
      headers: endToEnd(request.rawHeaders),
    },
    (answer) => {
      response.sendDate = false;
      response.writeHead(answer.statusCode, answer.statusMessage, endToEnd(answer.rawHeaders));
      pipeline(answer, response, () => {});
    },
  );
  call.on("error", () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
  response.on("close", () => {
    if (!response.writableFinished) call.destroy();
  });
  if (request.method === "GET" || request.method === "HEAD") call.end();
  else pipeline(request, call, () => {});
});
server.keepAliveTimeout = 120_000;
server.listen(Number(port), "127.0.0.1");
