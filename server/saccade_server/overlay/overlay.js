// Shows on the page of a preview link what was decided for it, why, and how long that took (R88).
// Text goes in as text, styles by the object model: it runs where a policy allows no inline code.

(() => {
  const tag = document.currentScript;
  const source = new URL(tag.src);
  const NAME = "saccade-preview";
  if (document.querySelector(NAME)) return;

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

  const told = (answer) => {
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

  const asked = () => {
    const address = new URL("/v1/preview", source);
    address.search = source.search;
    for (const name of ["product", "moment"]) {
      if (tag.dataset[name]) address.searchParams.set(name, tag.dataset[name]);
    }
    return address;
  };

  const start = async () => {
    const body = shown();
    try {
      const answer = await fetch(asked(), { credentials: "omit" });
      if (!answer.ok) throw new Error(`the server said ${answer.status}`);
      body.replaceChildren(...told(await answer.json()));
    } catch (error) {
      body.textContent = `This preview cannot be shown: ${error.message}`;
    }
  };

  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
