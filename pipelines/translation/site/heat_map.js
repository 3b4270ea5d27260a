/** The attention as a table: a row for each word of the translation, a column for each word of the source. */

import {element} from "../elements.js";

const MOST = 60; // words of a side

/** null where a side has no words or too many. words: the `Words` that light with a row. */
export function heatMap({source, target, weights}, words) {
  if (!source.length || !target.length || source.length > MOST || target.length > MOST) return null;
  const head = element(
    "tr",
    {},
    element("td"),
    source.map((word) => element("th", {scope: "col"}, element("span", {dir: "auto"}, word))),
  );
  const rows = target.map((word, number) =>
    element(
      "tr",
      {onpointerenter: () => words.light(number)},
      element("th", {scope: "row", dir: "auto"}, word),
      weights[number].map((weight) =>
        element(
          "td",
          {style: {"--shade": Math.min(1, weight).toFixed(3)}, title: weight.toFixed(2)},
          element("span", {class: "unseen"}, weight.toFixed(2)),
        ),
      ),
    ),
  );
  words.onlight = (number) => rows.forEach((row, other) => row.classList.toggle("lit", other === number));
  const table = element(
    "table",
    {class: "heat", onpointerleave: () => words.light(null)},
    element("thead", {}, head),
    element("tbody", {}, rows),
  );
  return element(
    "figure",
    {},
    element("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Attention"}, table),
    element(
      "figcaption",
      {},
      "A row a word of the translation, a column a word of the source: the darker, the more it was looked at.",
    ),
  );
}
