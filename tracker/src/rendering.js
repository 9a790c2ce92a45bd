// Applies an experience and takes it back exactly (R8).

import { emit, guarded, now } from "./browser.js";
import { scrolledAlong, scrolledAt } from "./measures.js";
import { choose, display, move, setText } from "./operations.js";
import { slotOf } from "./places.js";
import { quietly } from "./viewport.js";

/** @typedef {import("./operations.js").Undo} Undo */

/**
 * @typedef {object} Change what an instruction does to the page
 * @property {string} place the slot's name
 * @property {(slot: HTMLElement, later: Change[]) => Undo | void} act gets those after it
 * @property {string} [goes] where a move goes
 * @property {any} [element] the slot's
 * @property {Undo | void} [undo] there while it is done
 * @property {number} [visibleAt] see exposures.js
 */

/** Those of the experience, done or waiting, in its order. @type {Change[]} */
let changes = [];
/** Those of former ones that wait to be taken back, the last first. @type {Change[]} */
let leaving = [];
let restedAt = 0;

/** The decision the page shows. @type {string | undefined} */
export let decision;

/** Instructions that could not be followed: an unknown operation or slot, a filter for nothing. */
export let ignored = 0;

/** What looks as the experience says. */
export const effective = () => changes.filter((change) => change.undo);

/**
 * The sibling a block that goes `to` its top or bottom comes before. One that had to wait stays
 * behind those that later instructions have moved there meanwhile.
 *
 * @type {(slot: any, to: string, later: Change[]) => Element | undefined}
 */
const beside = (slot, to, later) =>
  [...slot.parentNode.children].find(
    (one) => later.some(({ undo, goes, element }) => undo && goes == to && element == one) !== (to == "top"),
  );

/**
 * What an instruction asks for; nothing where it is none of the four operations.
 *
 * @param {any} instruction
 * @returns {Change["act"] | undefined | false}
 */
const actionOf = ({ op, to, text, filter }) =>
  op === "hide"
    ? (slot) => display(slot, false)
    : op === "show"
      ? (slot) => (filter ? choose(slot, filter) : display(slot, true))
      : op === "move" && /^(top|bottom)$/.test(to)
        ? (slot, later) => move(slot, beside(slot, to, later))
        : op === "set_text" && typeof text === "string" && ((slot) => setText(slot, text));

/**
 * Does a change or takes it back, `isNow` or unless it would show. Says whether it did.
 *
 * @param {Change} change
 * @param {boolean} isNow
 */
const step = (change, isNow) => {
  const element = change.undo ? change.element : slotOf(change.place);
  const toggle = () => {
    change.undo = change.undo ? change.undo() : change.act(element, changes.slice(changes.indexOf(change)));
  };
  const from = scrollY;
  change.element = element;
  if (element && isNow) toggle();
  const isDone = element && (isNow || quietly(element, toggle));
  scrolledAlong(scrollY - from);
  return isDone;
};

/** @param {boolean} isNow */
const settle = (isNow) => {
  const slots = [];
  leaving = leaving.filter((change) => !step(change, isNow));
  for (const change of changes.filter((change) => !change.undo)) {
    const { place } = change;
    if (leaving.some((other) => other.place === place) || !step(change, isNow)) continue;
    if (change.undo) slots.push(place);
    else {
      changes.splice(changes.indexOf(change), 1);
      ignored++;
    }
  }
  if (slots[0]) emit("applied", { decision_id: decision, slots });
};

/** Tries what waits, once at each place the shopper comes to rest. */
export const settleAtRest = () => {
  if (scrollY === restedAt || now() - scrolledAt < 250) return;
  restedAt = scrollY;
  settle(false);
};

/** @param {any[]} instructions */
const replace = (instructions) => {
  leaving.unshift(...effective().reverse());
  changes = [];
  for (const instruction of instructions.map(Object)) {
    const { slot } = instruction;
    const act = slotOf(slot) && actionOf(instruction);
    if (act) changes.push({ place: slot, act, goes: instruction.to });
    else ignored++;
  }
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
  restedAt = -1;
  if (options?.now || !performance.getEntriesByType("paint")[0]) settle(true);
  else settleAtRest();
});

/** The page as it was, at once. */
export const revert = () => {
  replace([]);
  settle(true);
};

/** The experience is no longer the page's. */
export const leave = () => {
  revert();
  decision = undefined;
};
