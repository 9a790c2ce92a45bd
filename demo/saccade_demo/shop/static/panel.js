// The lab's panel: what Saccade measures, thinks and does on this page. It only looks, except for
// two buttons. Closed, it is one word; it asks the server only while it is open and on screen.

import { el } from "./elements.js";
import { drawn } from "./panel-parts.js";
import { beLaptopShopper, play, played, startOver } from "./role.js";

const OPEN = "northlight-panel";
const EVERY_MS = 2000;

const seen = { signals: {}, experience: null, stages: [], because: [], explained: null };
let root;
let product = null;

/** Before the first flush, so that none is missed. */
export function startPanel() {
  root = el("aside", { class: "saccade-panel", "data-saccade-ignore": true, "aria-label": "Saccade, live" });
  document.body.append(root);
  document.addEventListener("saccade:signals", ({ detail }) => {
    play(detail);
    learn({ signals: { ...seen.signals, ...signalsOf(detail) } });
  });
  document.addEventListener("saccade:experience", ({ detail }) => detail?.mode && learn({ experience: detail }));
  setInterval(ask, EVERY_MS);
  paint();
}

/** The page is about this product; its answer may already carry an experience. */
export function panelShows(shown) {
  product = shown;
  learn({ experience: shown.saccade ?? seen.experience });
  ask();
}

/** Of a flush's body the measurements alone. */
function signalsOf({ session_id: _session, product_id: _product, view: _view, decision_id: _decision, ...signals }) {
  return signals;
}

function learn(news) {
  Object.assign(seen, news);
  paint();
}

const isOpen = () => localStorage.getItem(OPEN) === "open";

async function ask() {
  const { session, viewId } = window.saccade ?? {};
  if (!session || !product || !isOpen() || document.hidden) return;
  const query = new URLSearchParams({ session, product: product.code, moment: "product", view: viewId ?? "" });
  try {
    const response = await fetch(`/v1/experience?${query}`);
    if (!response.ok) return;
    const experience = await response.json();
    learn({ experience, stages: stagesOf(response.headers.get("Server-Timing")) });
    await explain(experience.decision_id);
  } catch {
    learn({ stages: [] });
  }
}

async function explain(decision) {
  if (!decision || decision === seen.explained) return;
  const response = await fetch(`/v1/decisions/${encodeURIComponent(decision)}`);
  if (response.ok) learn({ explained: decision, because: (await response.json()).because ?? [] });
}

function stagesOf(header) {
  return [...(header ?? "").matchAll(/([a-z_]+);dur=([\d.]+)/g)].map(([, stage, spent]) => ({ stage, spent: Number(spent) }));
}

function toggle() {
  localStorage.setItem(OPEN, isOpen() ? "closed" : "open");
  paint();
  ask();
  root.querySelector("button").focus();
}

function paint() {
  root.toggleAttribute("data-live", Boolean(window.saccade));
  const scrolled = root.querySelector(".saccade-body")?.scrollTop ?? 0;
  const held = root.contains(document.activeElement) ? document.activeElement.dataset.name : null;
  root.replaceChildren(drawn(seen, {
    open: isOpen(), tracked: Boolean(window.saccade), onProduct: Boolean(product), plays: played() === product?.code,
    toggle, startOver, beLaptopShopper: () => beLaptopShopper(product.code),
  }));
  const body = root.querySelector(".saccade-body");
  if (body) body.scrollTop = scrolled;
  if (held) root.querySelector(`[data-name="${held}"]`)?.focus();
}
