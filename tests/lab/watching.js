// Runs before everything else in a page, the test clock included: what it needs is still real.
(() => {
  const clock = performance;
  const nextFrame = requestAnimationFrame.bind(window);
  const frames = (count) => new Promise((done) => {
    const next = () => (count-- ? nextFrame(next) : done());
    next();
  });
  const watch = { shifts: [], applied: [], touched: [], firstDrawn: null, frames };
  window.watch = watch;
  // The demo shop's, which draws them itself, and the storefronts'.
  const BLOCKS = ".blocks, .chapters, .ProductDetailsPageTemplate, .product__info-container";
  addEventListener("DOMContentLoaded", () => (watch.made = document.body.outerHTML));

  let drawnAt = Infinity;
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, sources, startTime, value } of list.getEntries()) {
      // the placeholder's giving way to the product is the shop's own
      if (!hadRecentInput && startTime > drawnAt) watch.shifts.push(`${value} of ${sources.map(({ node }) => node?.id || node?.className)}`);
    }
  }).observe({ type: "layout-shift" });

  let sentAt = 0;
  document.addEventListener("saccade:signals", () => (sentAt = clock.now()));
  document.addEventListener("saccade:applied", () => watch.applied.push(clock.now() - sentAt));

  // Every change to a block or the call to action, but for what opening the comparison does.
  const witness = new MutationObserver((changes) => {
    for (const { target, type } of changes) {
      if (!target.closest?.("#comparison > *")) watch.touched.push(`${type} of ${target.id || target.className}`);
    }
  });

  const drawn = () => {
    const blocks = document.querySelector(BLOCKS);
    const buy = document.querySelector(".buy, [name=add], [type=submit]");
    if (!blocks || !buy) return false; // the rest of the page is still on its way
    // The test clock's own `performance` knows of no paint; the tracker asks whether there was one.
    performance.getEntriesByType = (type) => clock.getEntriesByType(type);
    watch.firstDrawn = [blocks.firstElementChild.id, buy.textContent];
    for (const part of [blocks, buy]) {
      witness.observe(part, { attributeFilter: ["style", "hidden"], childList: true, subtree: true });
    }
    return true;
  };
  watch.drawn = (async () => {
    while (!drawn()) await frames(1);
    await frames(2);
    drawnAt = clock.now();
  })();
})();
