// Saccade on a storefront of Shopify's. Nothing is loaded, stored or sent before the shopper's yes;
// then the tracker is loaded, which does the rest, and the cart learns whose it is.
(() => {
  const tag = document.currentScript;
  if (!tag || window.saccadeEmbed) return;
  window.saccadeEmbed = true;

  const { server, site, consent, moment, product, lang, curr, cart, items, ...carried } = tag.dataset;
  /** Where the tracker and the routes are; every call names site, language and currency. */
  const address = (path, also = {}) => {
    const made = new URL(path, server);
    const said = { site, lang, curr, ...also };
    for (const name in said) if (said[name]) made.searchParams.set(name, said[name]);
    return made;
  };

  /** A text body and no header of ours: the browser asks nobody first. JSON of a 200, or nothing. */
  const ask = async (path, body, also) => {
    try {
      const answer = await fetch(address(path, also), {
        method: body ? "POST" : "GET",
        body: body && JSON.stringify(body),
        credentials: "omit",
        keepalive: true,
        signal: AbortSignal.timeout?.(2000),
      });
      return answer.status === 200 ? await answer.json() : undefined;
    } catch {}
  };

  // --- consent ----------------------------------------------------------------------------------

  const cookie = () => /\bsaccade_session=([\w.-]+)/.exec(document.cookie)?.[1];
  const setCookie = (token, life) => {
    const secure = location.protocol === "https:" ? ";secure" : "";
    document.cookie = `saccade_session=${token};path=/;samesite=lax;max-age=${life}${secure}`;
  };

  /** What the shopper allows, in the words /v1/consent takes; nothing while nobody can say. */
  const said = () => {
    if (consent === "page") {
      const yes = window.saccadeConsent;
      return typeof yes === "boolean" ? { purposes: { personalization: yes } } : undefined;
    }
    const privacy = window.Shopify?.customerPrivacy;
    if (!privacy?.analyticsProcessingAllowed) return;
    return {
      shopify: {
        analyticsProcessingAllowed: !!privacy.analyticsProcessingAllowed(),
        preferencesProcessingAllowed: !!privacy.preferencesProcessingAllowed(),
      },
    };
  };
  const isYes = (words) => Object.values(Object.values(words)[0]).every(Boolean);

  let allowed;
  let loaded;

  /** The answer, or another one. A browser that has a session has told its yes before. */
  const heed = async () => {
    const words = said();
    if (!words || isYes(words) === allowed) return;
    const before = allowed;
    window.saccadeConsent = allowed = isYes(words);
    if (!allowed) return before || cookie() || kept.session ? leave(words) : undefined;
    if (!cookie()) {
      const session_id = (await ask("/v1/consent", words))?.session_id;
      // it was taken back meanwhile
      if (!allowed) return session_id && ask("/v1/consent", { session_id, ...said() });
      if (session_id) setCookie(session_id, 15552000);
    }
    if (window.saccade?.consent) window.saccade.consent(true);
    else load();
  };

  /** A no: the server is told by the name the browser then no longer knows. */
  const leave = (words) => {
    const session_id = window.saccade?.session || cookie();
    if (session_id) ask("/v1/consent", { session_id, ...words });
    window.saccade?.consent?.(false);
    setCookie("", 0);
    try {
      localStorage.removeItem("saccade");
    } catch {}
    asked = undefined;
    return write({ session: "", arm: "", offer: "", text: "" });
  };

  /** Once. What comes late changes nothing that is on screen: that is the tracker's own rule. */
  const load = () => {
    if (loaded) return;
    loaded = true;
    const script = document.createElement("script");
    script.src = address("/tracker.js").href;
    script.dataset.consent = "required";
    if (product) script.dataset.product = product;
    if (moment) Object.assign(script.dataset, { moment, experience: "fetch" });
    document.head.append(script);
  };

  // --- the cart ---------------------------------------------------------------------------------

  let full = items > 0;
  /**
   * What the cart carries of us, as the page was rendered or as we wrote it. Of `text`, words an older
   * version wrote, only that there are some: whoever makes a link to a cart could write them too, so
   * they are always taken away.
   */
  let kept = {
    session: carried.cartSession || "",
    arm: carried.cartArm || "",
    offer: carried.cartOffer || "",
    text: carried.cartText || "",
  };
  let asked;
  let writing = Promise.resolve();

  /** Attributes of a cart with something in it, where they change; one call after the other. */
  const write = (wanted) =>
    (writing = writing.then(async () => {
      const changed = Object.keys(wanted).filter((name) => wanted[name] !== kept[name]);
      if (!full || !changed[0] || (wanted.session && !allowed)) return;
      const attributes = Object.fromEntries(changed.map((name) => ["saccade_" + name, wanted[name]]));
      try {
        const answer = await fetch(`${cart || "/cart/update"}.js`, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ attributes }),
        });
        if (answer.ok) kept = wanted;
      } catch {}
    }));

  /**
   * The cart learns whose it is, and what was decided ahead for the page after the purchase, which
   * may call nobody: the arm, and the decision where it shows something.
   */
  const carry = async () => {
    const session = window.saccade?.session;
    if (!allowed || !full || !session || asked === session) return;
    asked = session;
    const later = { session, moment: "confirmation", view: "confirmation" };
    const decided = await ask("/v1/experience", undefined, later);
    if (!decided) asked = undefined; // no answer: again with the next flush
    if (!decided?.decision_id) return; // none was made: the cart stays as it is
    const arm = decided.reason === "HOLDOUT" ? "control" : "treatment";
    const shows = ({ op, slot }) => op === "show" && slot === "thank-you";
    const offer = arm === "treatment" && decided.instructions.some(shows) ? decided.decision_id : "";
    return write({ session, arm, offer, text: "" });
  };

  // before each flush the tracker tells; by then it has the session's token
  document.addEventListener("saccade:signals", carry);
  // an addition to the cart by the theme's own script: nobody announces it, so it is looked for
  try {
    new PerformanceObserver((list) => {
      if (!list.getEntries().some(({ name }) => /\/cart\/(add|change)(\.js|\?|$)/.test(name))) return;
      full = true;
      carry();
    }).observe({ type: "resource" });
  } catch {}

  // a page the browser had put aside knows an old cart
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) kept = {};
    if (persisted) asked = undefined;
  });

  // --- the start --------------------------------------------------------------------------------

  document.addEventListener("visitorConsentCollected", heed);
  if (consent === "page") {
    heed();
    setInterval(heed, 1000);
  } else if (window.Shopify?.customerPrivacy?.analyticsProcessingAllowed) heed();
  else {
    window.Shopify?.loadFeatures?.([{ name: "consent-tracking-api", version: "0.1" }], (error) => {
      if (!error) heed();
    });
  }
})();
