// What Shopify puts into every page of a shop, as far as an app may rely on it: the Customer Privacy
// API, loaded on demand, and the shop's own banner that asks.
(() => {
  const key = "_tracking_consent";
  const read = () => new RegExp(`${key}=(yes|no)`).exec(document.cookie)?.[1];
  const tell = (answer) => {
    document.cookie = `${key}=${answer};path=/;samesite=lax;max-age=31536000`;
    document.querySelector(".shopify-pc__banner")?.remove();
    const detail = api.currentVisitorConsent();
    document.dispatchEvent(new CustomEvent("visitorConsentCollected", { detail }));
  };
  const allowed = () => read() === "yes";
  const api = {
    analyticsProcessingAllowed: allowed,
    marketingAllowed: allowed,
    preferencesProcessingAllowed: allowed,
    saleOfDataAllowed: allowed,
    shouldShowBanner: () => !read(),
    currentVisitorConsent: () => {
      const said = read() ?? "";
      return { analytics: said, marketing: said, preferences: said, sale_of_data: said };
    },
    setTrackingConsent: (wanted, done) => {
      tell(wanted.analytics && wanted.preferences ? "yes" : "no");
      done?.();
    },
  };
  window.Shopify = {
    shop: document.currentScript.dataset.shop,
    loadFeatures: (features, done) => {
      for (const { name } of features) {
        if (name !== "consent-tracking-api") return done?.(new Error(`${name}: unknown feature`));
        window.Shopify.customerPrivacy = api;
      }
      done?.();
    },
  };
  addEventListener("DOMContentLoaded", () => {
    if (!api.shouldShowBanner()) return;
    const banner = document.createElement("div");
    banner.className = "shopify-pc__banner";
    banner.setAttribute("role", "dialog");
    banner.style.cssText =
      "position:fixed;inset:auto 24px 24px auto;padding:16px;background:#fff;border:1px solid #ccc";
    for (const [text, answer] of [["Accept", "yes"], ["Decline", "no"]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.addEventListener("click", () => tell(answer));
      banner.append(button);
    }
    document.body.append(banner);
  });
})();
