// Runs an app's extension on the pages after a purchase as Shopify does: in a place of its own, without
// the page, with the values of Shopify's API, and here without any network: the frame's policy admits
// none. What it publishes is kept in `checkout.published`.
(() => {
  const setup = JSON.parse(document.getElementById("checkout-extension-setup").textContent);
  const place = document.getElementById("checkout-extension");

  /** Within the frame: the API as signals of what is, and the components the extension is made of. */
  const run = async () => {
    const { code, texts, storefrontUrl, allowedProcessing, ...lists } = window.setup;
    const tell = (said) => parent.postMessage({ extension: said }, "*");
    const values = Object.fromEntries(Object.entries(lists).map(([name, value]) => [name, { value }]));
    window.shopify = {
      ...values,
      customerPrivacy: { value: { allowedProcessing } },
      shop: { storefrontUrl },
      i18n: {
        translate: (key, given = {}) => texts[key].replace(/{{(\w+)}}/g, (_, name) => given[name]),
        formatCurrency: (amount, { currency }) =>
          new Intl.NumberFormat("en", { style: "currency", currency }).format(amount),
      },
      analytics: { publish: async (name, data) => (tell({ published: [name, data] }), true) },
    };
    const component = (name, html, put = () => {}) =>
      customElements.define(
        name,
        class extends HTMLElement {
          connectedCallback() {
            const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
            root.innerHTML = html;
            put(root, this);
          }
        },
      );
    const heading = '<h2 style="font-size:1.2rem;font-weight:400;margin:0 0 8px"></h2>';
    component("s-section", `${heading}<slot></slot>`, (root, { attributes }) => {
      root.firstChild.textContent = attributes.heading?.value ?? "";
    });
    component("s-stack", "<div><slot></slot></div>", (root) => {
      root.firstChild.style.cssText = "display:flex;gap:16px;align-items:baseline;flex-wrap:wrap";
    });
    component("s-text", "<slot></slot>");
    component("s-link", '<a target="_top" style="color:inherit"><slot></slot></a>', (root, { attributes }) => {
      root.firstChild.href = attributes.href?.value ?? "";
    });
    const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    (await import(address)).default();
    const size = () => tell({ height: document.body.scrollHeight });
    new ResizeObserver(size).observe(document.body);
  };

  const escaped = (text) => text.replaceAll("<", "\\u003c");
  const style = `body{margin:0;font:16px/1.6 Assistant,"Segoe UI",Roboto,Arial,sans-serif;color:#1f1d1a}
    s-section{display:block;border:1px solid #e4e0da;border-radius:6px;padding:16px 20px}`;

  const show = () => {
    const { customerPrivacy } = window.Shopify;
    const allowedProcessing = {
      analytics: customerPrivacy.analyticsProcessingAllowed(),
      preferences: customerPrivacy.preferencesProcessingAllowed(),
    };
    const frame = document.createElement("iframe");
    frame.title = "Offer";
    frame.sandbox = "allow-scripts allow-top-navigation-by-user-activation";
    frame.style.cssText = "border:0;width:100%;height:0;margin-top:32px";
    frame.srcdoc = `<!doctype html><meta http-equiv="Content-Security-Policy"
      content="default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'">
      <style>${style}</style><body><script>
      window.setup = ${escaped(JSON.stringify({ ...setup, allowedProcessing }))};
      (${run})();</script></body>`;
    place.replaceChildren(frame);
  };

  window.checkout = { published: [], show };
  addEventListener("message", ({ data, source }) => {
    const frame = place.querySelector("iframe");
    if (source !== frame?.contentWindow || !data.extension) return;
    const { height, published } = data.extension;
    if (height !== undefined) frame.style.height = `${height}px`;
    if (published) window.checkout.published.push(published);
  });
  document.addEventListener("visitorConsentCollected", show);
  window.Shopify.loadFeatures([{ name: "consent-tracking-api", version: "0.1" }], show);
})();
