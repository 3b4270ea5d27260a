/** Compares the answers of check.json with those of this browser, and shows each: `await checked(model)`. */

import {element} from "../elements.js";
import {head} from "../frame.js";
import {LitertModel} from "./model.js";

const TOLERANCE = 1e-5; // as in the export; of numbers above one, of their size

/** The greatest difference between two answers; Infinity where a text, a whole number or the form differs. */
export function difference(found, expected) {
  if (typeof expected === "number" && typeof found === "number") {
    if (Number.isInteger(expected) && Number.isInteger(found)) return found === expected ? 0 : Infinity;
    return Math.abs(found - expected) / Math.max(1, Math.abs(expected));
  }
  if (expected === null || typeof expected !== "object") return Object.is(found, expected) ? 0 : Infinity;
  if (found === null || typeof found !== "object") return Infinity;
  const keys = Object.keys(expected);
  if (Array.isArray(expected) && found.length !== expected.length) return Infinity;
  return keys.reduce((most, key) => Math.max(most, difference(found[key], expected[key])), 0);
}

/** [{verb, values, found, difference, milliseconds, passed}] of each call of check.json. */
export async function checked(model, calls) {
  const rows = [];
  for (const {verb, values, answer} of calls) {
    const started = performance.now();
    const found = await model.call(verb, values).catch((error) => ({error: error.message}));
    const gap = difference(found, answer);
    const milliseconds = performance.now() - started;
    rows.push({verb, values, found, difference: gap, milliseconds, passed: gap <= TOLERANCE});
  }
  return rows;
}

/** The rows as a table; otherwise: what is said of an answer that differs. */
function shown(rows, otherwise) {
  const titles = element("tr", {}, ["asked", "difference", "milliseconds", ""].map((title) => element("th", {}, title)));
  const lines = rows.map(({verb, values, difference: gap, milliseconds, passed}) =>
    element("tr", {}, [
      element("td", {}, `${verb} ${JSON.stringify(values).slice(0, 80)}`),
      element("td", {}, Number.isFinite(gap) ? gap.toExponential(1) : "differs"),
      element("td", {}, milliseconds.toFixed(1)),
      element("td", {}, passed ? "passed" : otherwise),
    ]),
  );
  return element("table", {}, element("thead", {}, titles), element("tbody", {}, lines));
}

const page = document.querySelector("#page");
try {
  const model = await LitertModel.opened();
  head(document.querySelector("#head"), model.card, [element("a", {href: "./"}, "The model")]);
  const {quantize, calls} = await (await fetch("check.json")).json();
  const rows = await checked(model, calls);
  const right = rows.filter(({passed}) => passed).length;
  const rounded = quantize === null ? "" : ` Its weights are rounded (${quantize}), so answers differ.`;
  const told = `${right} of ${rows.length} answers are those of the model in Python.${rounded}`;
  page.replaceChildren(element("p", {id: "told", role: "status"}, told), shown(rows, rounded ? "rounded" : "FAILED"));
} catch (error) {
  page.replaceChildren(element("p", {class: "error", role: "alert"}, error.message));
}
