/** Probabilities as bars, the likeliest first. */

import {element, percent} from "./elements.js";

const MOST = 12; // bars

/** A list of bars for {label: probability}; those in `chosen` stand out. */
export function bars(probabilities, chosen = []) {
  const ranked = Object.entries(probabilities).sort((one, other) => other[1] - one[1]);
  const rows = ranked.slice(0, MOST).map(([label, share]) => bar(label, share, chosen.includes(label)));
  const left = ranked.length - MOST;
  const rest = left > 0 ? element("p", {class: "hint"}, `and ${left} more, each less likely than these`) : null;
  return element("div", {}, element("ul", {class: "bars"}, rows), rest);
}

function bar(label, share, chosen) {
  return element(
    "li",
    {class: chosen ? "chosen" : null},
    element("span", {class: "name", dir: "auto"}, label),
    element("span", {class: "value"}, percent(share)),
    element("span", {class: "bar", "aria-hidden": "true", style: {"--share": share.toFixed(4)}}),
  );
}
