// What the panel looks like for what it has seen.

import { el } from "./elements.js";

/** The pill, or the whole card. */
export function drawn(seen, can) {
  const { experience } = seen;
  const word =
    !can.tracked ? "Saccade is away"
    : experience ? `${experience.mode} ${percent(experience.confidence)}`
    : "Saccade is watching";
  if (!can.open) {
    return el("button", { class: "saccade-pill", type: "button", "data-name": "toggle", "aria-expanded": "false", onclick: can.toggle }, word);
  }
  return el("div", { class: "saccade-card" },
    el("div", { class: "saccade-head" },
      el("h2", { class: "saccade-title" }, "Saccade, live"),
      el("button", { type: "button", "data-name": "toggle", "aria-expanded": "true", "aria-label": "Close the panel", onclick: can.toggle }, "–")),
    el("div", { class: "saccade-body" },
      can.tracked ? null : el("p", { class: "saccade-note" }, "Nobody answers under /tracker.js. The shop does not mind."),
      can.plays && el("p", { class: "saccade-note" }, "You play the laptop shopper: her 92 seconds are added to what you do."),
      experience && mode(experience),
      experience && decision(seen),
      seen.stages.length > 0 && stages(seen.stages),
      signals(seen.signals)),
    actions(can),
  );
}

const percent = (share) => `${Math.round((share ?? 0) * 100)} %`;

function mode(experience) {
  const fill = el("i", { class: experience.confidence < 0.6 && "low" });
  fill.style.width = percent(experience.confidence).replace(" ", "");
  return el("div", {},
    el("div", { class: "saccade-mode" }, el("strong", {}, experience.mode), el("span", {}, `${percent(experience.confidence)} sure`)),
    el("div", { class: "saccade-gauge", title: "Below the mark, at 60 %, a mode does not act by itself" }, fill, el("b", {})));
}

function part(title, ...content) {
  return el("section", { class: "saccade-part" }, el("h3", {}, title), ...content);
}

const rows = (pairs) => el("dl", { class: "saccade-rows" }, pairs.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))]));

function decision(seen) {
  const { served, reason, decision_id: id, instructions = [] } = seen.experience;
  return part("Decision",
    rows([
      ["Served", served], ["Reason", reason], ["Decision", id ? id.slice(0, 10) : "none"],
      ["Instructions", instructions.map((one) => one.op).join(", ") || "none"],
    ]),
    reason === "HOLDOUT" && el("p", { class: "saccade-note" }, "One visitor in ten is held out and sees the plain page. Press a button below to be another."),
    seen.because.length > 0 && el("ul", { class: "saccade-because" }, seen.because.map((sentence) => el("li", {}, sentence))));
}

/** Those that say something; how many are still at nought is one line. */
function signals(known) {
  const all = Object.entries(known);
  const telling = all.filter(([, value]) => value);
  const rest = all.length - telling.length;
  return part("Signals",
    rows(telling.map(([name, value]) => [name.replace(/_(ms|pct|px_sec)$/, "").replaceAll("_", " "), shown(name, value)])),
    el("p", { class: "saccade-note" }, all.length ? `${rest} more at nought` : "None yet: scroll, read, hover."));
}

function shown(name, value) {
  if (name.endsWith("_ms")) return `${(value / 1000).toFixed(1)} s`;
  if (name.endsWith("_pct")) return `${Math.round(value)} %`;
  if (name.endsWith("_px_sec")) return `${Math.round(value)} px/s`;
  if (typeof value === "boolean") return value ? "yes" : "no";
  return Math.round(value);
}

function stages(found) {
  const longest = Math.max(...found.map((stage) => stage.spent), 0.001);
  return part("Milliseconds", el("div", { class: "saccade-stages" }, found.map(({ stage, spent }) => {
    const bar = el("i", {});
    bar.style.width = `${(spent / longest) * 100}%`;
    return el("div", { class: "saccade-stage" }, el("span", {}, stage), bar, el("span", {}, spent.toFixed(2)));
  })));
}

function actions(can) {
  if (!can.tracked) return null;
  return el("div", { class: "saccade-actions" },
    can.onProduct && el("button", { type: "button", "data-name": "laptop", onclick: can.beLaptopShopper }, "Be the laptop shopper"),
    el("button", { class: "second", type: "button", "data-name": "over", onclick: can.startOver }, "Start over as a new visitor"));
}
