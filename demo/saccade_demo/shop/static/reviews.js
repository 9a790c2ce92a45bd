// Reviews: summary, topic chips, and every review as an item the page's slot can filter.

import { day, el, onListChange, stars, visibleIn } from "./elements.js";
import { capital, isVerified, topicOf } from "./topics.js";

/** The block. `all` is newest first. */
export function reviewsBlock(product, all) {
  const read = all.map((review) => ({ ...review, topic: topicOf(review), verified: isVerified(review) }));
  const list = el("ul", { class: "reviews" }, read.map(item));
  const count = el("p", { class: "muted shown", role: "status" });
  const chips = el("div", { class: "chips", role: "group", "aria-label": "Topic" });
  let chosen = "";
  const choose = (topic) => {
    chosen = topic;
    list.replaceChildren(...read.filter((review) => !topic || review.topic === topic).map(item));
  };
  const paint = () => {
    const all = visibleIn(list) === list.children.length;
    chips.replaceChildren(...topics(read).map(([topic, number]) => chip(topic, number, all && topic === chosen, choose)));
    tell(count, visibleIn(list), read.length, () => choose(""));
  };
  paint();
  onListChange(list, paint);
  return el("section", { class: "block", id: "reviews", "data-saccade-slot": "reviews", "aria-labelledby": "reviews-title" },
    el("h2", { id: "reviews-title" }, "What owners say"),
    el("div", { class: "reviews-layout" },
      summary(product, read),
      el("div", {}, chips, count,
        el("div", { class: "reviews-field", "data-saccade-signal": "reviews" }, list)),
    ),
  );
}

function summary(product, read) {
  const bars = [5, 4, 3, 2, 1].map((rating) => {
    const number = read.filter((review) => review.rating === rating).length;
    const fill = el("span", { class: "bar-fill" });
    fill.style.width = `${read.length ? (number / read.length) * 100 : 0}%`;
    return el("li", { class: "bar" }, el("span", {}, `${rating} ★`), el("span", { class: "bar-track" }, fill), el("span", { class: "bar-count" }, number));
  });
  return el("div", { class: "reviews-summary" },
    el("p", { class: "big" }, product.averageRating.toFixed(1)),
    stars(product.averageRating),
    el("p", { class: "muted" }, `${read.length} reviews, ${read.filter((review) => review.verified).length} from verified purchases`),
    el("ul", { class: "bars", "aria-label": "Reviews by stars" }, bars),
  );
}

function topics(read) {
  const counts = new Map();
  for (const review of read) counts.set(review.topic, (counts.get(review.topic) ?? 0) + 1);
  const ranked = [...counts].filter(([topic]) => topic !== "general").sort((a, b) => b[1] - a[1]);
  return [["", read.length], ...ranked];
}

function chip(topic, number, pressed, choose) {
  return el("button", { class: "chip", type: "button", "aria-pressed": String(pressed), onclick: () => choose(topic) },
    topic ? capital(topic) : "All", el("span", { class: "count" }, number));
}

/** How many are shown; where not all are, the way back to all. */
function tell(count, shown, total, all) {
  count.replaceChildren(`Showing ${shown} of ${total} reviews`);
  if (shown < total) count.append(" · ", el("button", { class: "link", type: "button", onclick: all }, "Show all"));
}

function item(review) {
  return el("li", {
    class: "review", "data-saccade-item": true, "data-topic": review.topic,
    "data-verified": String(review.verified), "data-rating": review.rating,
  },
    el("div", { class: "review-head" }, stars(review.rating), review.topic !== "general" && el("span", { class: "tag" }, capital(review.topic))),
    el("h3", {}, review.headline),
    el("p", {}, review.comment),
    el("p", { class: "review-by" },
      el("strong", {}, review.principal?.name ?? "Anonymous"),
      review.verified && el("span", { class: "verified" }, "Verified purchase"),
      el("time", { datetime: review.date }, day(review.date))),
  );
}
