// Shows on the page of a preview link what was decided for it, why, and how long that took (R88).
// Text goes in as text, styles by the object model: it runs where a policy allows no inline code.
//
// A module, which the tracker imports, and which has the tracker apply what it fetched: view by view,
// as the flushes name them. Without the tracker it tells what its own tag's `data-product` and
// `data-moment` would get.

const source = new URL(import.meta.url);
const NAME = "saccade-preview";
const tagOf = (script) =>
  [...document.scripts].find(({ src }) => src.startsWith(new URL(script, source)));
const tracker = tagOf("/tracker.js");
const about = { ...tracker?.dataset, ...tagOf(source)?.dataset };
const PATIENCE_MS = 1_000;

const STYLE = `
  :host { all: initial; position: fixed; inset: auto 16px 16px auto; z-index: 2147483647; }
  section { box-sizing: border-box; width: min(360px, 92vw); max-height: 70vh; overflow: auto;
    padding: 16px; border: 2px solid #fff; border-radius: 8px; background: #14213d; color: #fff;
    font: 14px/1.5 system-ui, sans-serif; }
  h2 { margin: 0 0 8px; font-size: 16px; }
  h3 { margin: 12px 0 4px; font-size: 14px; }
  ul { margin: 0; padding-left: 20px; }
  button { float: right; min-width: 44px; min-height: 44px; border: 1px solid #fff;
    border-radius: 6px; background: #14213d; color: #fff; font: inherit; cursor: pointer; }
  button:focus-visible, section:focus-visible { outline: 3px solid #ffd166; outline-offset: 2px; }
`;

const made = (name, text) => {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  return element;
};

const list = (title, items) => {
  const entries = made("ul");
  for (const item of items) entries.append(made("li", item));
  return [made("h3", title), entries];
};

// How many instructions this page could not follow.
const applied = (experience) => {
  const { saccade } = window;
  if (!saccade?.apply) return 0;
  const before = saccade.ignored;
  saccade.apply(experience, { now: true });
  return saccade.ignored - before;
};

const told = (answer, ignored) => {
  const { experience, forced, chosen, because, timings_ms: timings } = answer;
  return [
    made("p", `Forced: ${forced.campaign ? `campaign ${forced.campaign}` : `mode ${forced.mode}`}`),
    made("p", `Mode ${experience.mode}, chosen ${chosen}, served ${experience.served}`),
    ...list("Why", because),
    ...list(
      "What changes",
      experience.instructions.length
        ? experience.instructions.map((one) => `${one.op} ${one.slot}`)
        : ["nothing"],
    ),
    ...(ignored ? [made("p", `This page has no place for ${ignored} of them.`)] : []),
    ...list(
      "Time",
      Object.entries(timings).map(([stage, ms]) => `${stage} ${ms.toFixed(2)} ms`),
    ),
    made("p", "A preview: nothing of this visit is counted or kept."),
  ];
};

const shown = () => {
  const host = document.createElement(NAME);
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  const panel = made("section");
  panel.tabIndex = 0;
  panel.setAttribute("aria-label", "Saccade preview");
  const close = made("button", "Close");
  close.type = "button";
  close.addEventListener("click", () => host.remove());
  panel.addEventListener("keydown", (event) => event.key === "Escape" && host.remove());
  const body = made("div", "Asking …");
  body.setAttribute("role", "status");
  panel.append(close, made("h2", "Saccade preview"), body);
  root.append(panel);
  document.body.append(host);
  return body;
};

const address = (product) => {
  const asked = new URL("/v1/preview", source);
  asked.search = source.search;
  const said = { product, moment: about.moment, html_lang: document.documentElement.lang };
  for (const name in said) if (said[name]) asked.searchParams.set(name, said[name]);
  return asked;
};

let asking;
const show = async (body, product) => {
  const mine = (asking = {});
  try {
    const answer = await fetch(address(product), { credentials: "omit" });
    if (!answer.ok) throw new Error(`the server said ${answer.status}`);
    const found = await answer.json();
    // unless the shopper has turned to another view
    if (mine === asking) body.replaceChildren(...told(found, applied(found.experience)));
  } catch (error) {
    body.textContent = `This preview cannot be shown: ${error.message}`;
  }
};

const start = () => {
  const body = shown();
  let view;
  document.addEventListener("saccade:signals", ({ detail }) => {
    const { view: id, product_id: product = about.product } = detail;
    if (view === (view = `${id} ${product}`)) return;
    show(body, product);
  });
  // a page whose shopper has not agreed to anything tells nothing, and is shown all the same
  setTimeout(() => view || show(body, about.product), tracker ? PATIENCE_MS : 0);
};

if (document.querySelector(NAME)); // it is there already
else if (document.body) start();
else document.addEventListener("DOMContentLoaded", start);
