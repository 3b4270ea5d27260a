/** Forecasts as `predict` gives them, {"<target>": median, "<target>_q10": quantile ...}, in shapes for a page. */

import {digits, element} from "../elements.js";

const OURS = ["series", "time", "step"]; // names in an answer; a target of such a name gets a _ behind it

/** The name of a target in an answer. */
export const called = (target) => (OURS.includes(target) ? `${target}_` : target);

/** {median, bands, levels} of a target: the pairs of quantiles, the outermost first, and their levels in percent. */
export function shaped(answer, target) {
  const beginning = `${called(target)}_q`;
  const quantiles = Object.entries(answer)
    .filter(([name]) => name.startsWith(beginning))
    .map(([name, values]) => [Number(name.slice(beginning.length)), values])
    .sort((one, other) => one[0] - other[0]);
  const bands = quantiles.slice(0, quantiles.length >> 1).map(([, low], number) => [low, quantiles.at(-1 - number)[1]]);
  return {median: answer[called(target)], bands, levels: quantiles.map(([level]) => level)};
}

/** A forecast as a table, folded up. */
export function numbers({median, bands, levels}, times, target) {
  const [low, high] = bands[0] ?? [];
  const head = ["time", "median", ...(low ? [`${levels[0]} %`, `${levels.at(-1)} %`] : [])];
  const row = (value, step) => [times[step], digits(value), ...(low ? [digits(low[step]), digits(high[step])] : [])];
  const summary = element("summary", {}, `The forecast of ${target} as numbers`);
  return element("details", {}, summary, table(head, median.map(row)));
}

/** A table whose first column names its rows and whose others are numbers. */
export function table(head, rows, caption = null) {
  const kind = (column) => (column ? "number" : null);
  const cells = head.map((name, column) => element("th", {scope: "col", class: kind(column)}, name));
  const body = rows.map(([first, ...rest]) => {
    const values = rest.map((value) => element("td", {class: "number"}, value));
    return element("tr", {}, element("th", {scope: "row"}, String(first)), values);
  });
  const top = element("thead", {}, element("tr", {}, cells));
  return element(
    "div",
    {class: "scroll", tabindex: "0"},
    element("table", {}, caption, top, element("tbody", {}, body)),
  );
}
