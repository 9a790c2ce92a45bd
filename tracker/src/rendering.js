// Applies an experience and takes it back exactly (R8).

import { emit, guarded, now } from "./browser.js";
import { scrolledAt, standStill } from "./measures.js";
import { choose, display, move, setText } from "./operations.js";
import { slotOf } from "./places.js";
import { quietly } from "./viewport.js";

/** @typedef {import("./operations.js").Undo} Undo */

/**
 * An instruction, and what it does to the page.
 *
 * @typedef {object} Change
 * @property {any} op
 * @property {any} slot
 * @property {any} to
 * @property {any} text
 * @property {any} filter
 * @property {Undo | void | false | 0} undo there while it is done
 * @property {any} [block] the slot's
 * @property {number} [visibleAt] see exposures.js
 */

/** Those of the experience, done or waiting, in its order. @type {Change[]} */
let changes = [];
/** Those of former ones that wait to be taken back, the last first. @type {Change[]} */
let leaving = [];
/** @type {number} */
let restedAt;

/** The decision the page shows. @type {string | undefined} */
export let decision;

/** Instructions that could not be followed: an unknown operation or slot, a filter for nothing. */
export let ignored = 0;

/** What looks as the experience says. */
export const effective = () => changes.filter((change) => change.undo);

/**
 * What a block that goes `to` its top or bottom comes before. One that had to wait stays behind
 * those that later instructions have moved there meanwhile.
 *
 * @param {Change} change
 */
const beside = (change) =>
  [...change.block.parentNode.children].find(
    (one) =>
      changes
        .slice(changes.indexOf(change))
        .some(({ undo, to, block }) => undo && to === change.to && block === one) !==
      (change.to === "top"),
  );

/**
 * Follows an instruction; nothing is done where it is none of the four operations.
 *
 * @type {(change: Change) => Undo | void | false}
 */
const follow = guarded((change, { block, op, to, text, filter } = /** @type {any} */ (change)) =>
  op === "hide"
    ? display(block)
    : op === "show"
      ? filter
        ? choose(block, filter)
        : display(block, true)
      : op === "move" && to.match(/^(top|bottom)$/)
        ? move(block, beside(change))
        : op === "set_text" && typeof text === "string" && setText(block, text),
);

/**
 * Does a change or takes it back, `isNow` or unless it would show. Says
 * whether it did.
 *
 * @param {Change} change
 * @param {boolean} isNow
 */
const step = (change, isNow) => {
  const block = change.undo ? change.block : slotOf(change.slot);
  const toggle = () => {
    change.undo = change.undo ? change.undo() : follow(change);
  };
  change.block = block;
  if (!isNow) return block && quietly(block, toggle);
  if (block) toggle();
  return block;
};

/** @param {boolean} isNow */
const settle = (isNow) => {
  leaving = leaving.filter((change) => !step(change, isNow));
  const waiting = [...leaving];
  const slots = [];
  for (const change of changes) {
    const { slot } = change;
    if (change.undo) continue;
    // first what leaves a slot, or was to come to it before
    if (waiting.some((one) => one.slot === slot) || !step(change, isNow)) waiting.push(change);
    else if (change.undo) slots.push(slot);
    else {
      changes = changes.filter((one) => one !== change);
      ignored++;
    }
  }
  standStill();
  if (slots[0]) emit("applied", { decision_id: decision, slots });
};

/** Tries what waits, once at each place the shopper comes to rest. */
export const settleAtRest = () => {
  if (restedAt === scrolledAt || now() - scrolledAt < 150) return;
  restedAt = scrolledAt;
  settle(false);
};

/** @param {any[]} instructions */
const replace = (instructions) => {
  leaving.unshift(...effective().reverse());
  changes = instructions
    .map((told) => /** @type {Change} */ ({ ...told, undo: 0 })) // whatever it says, it is not done
    .filter(({ slot }) => slotOf(slot));
  ignored += instructions.length - changes.length;
};

/**
 * Replaces the former experience. Before the first paint, or `now`, all at once; after it what is
 * off screen, the rest when it has left the screen.
 *
 * @type {(experience: any, options?: {now?: boolean}) => void}
 */
export const apply = guarded((experience, options) => {
  emit("experience", experience);
  replace(experience.instructions);
  decision = experience.decision_id;
  restedAt = 0;
  if (options?.now || !performance.getEntriesByType("paint")[0]) settle(true);
  else settleAtRest();
});

/** The page as it was, at once. */
export const revert = () => {
  replace([]);
  settle(true);
  decision = undefined;
};
