/** Forecasts from earlier points of a series, beside what then came. */

import {digits, element, percent} from "../elements.js";

const FOLDS = 4;

/** Places in a series from which its end can be forecast again: at least `least` steps behind its beginning. */
export function origins(steps, ahead, least) {
  const places = [];
  for (let fold = 1; fold <= FOLDS && steps - fold * ahead >= least; fold++) places.unshift(steps - fold * ahead);
  return places;
}

/** A table: for each fold the mean error of the forecast and of the value before, and how often the interval held. */
export function errors(seen, folds, times) {
  const rows = folds.map(({start, median, bands}) => {
    const truth = seen.slice(start, start + median.length);
    const last = seen.slice(0, start).findLast((value) => value !== null);
    const places = truth.map((value, place) => (value === null ? null : place)).filter((place) => place !== null);
    const mean = (far) => places.reduce((sum, place) => sum + far(place), 0) / places.length;
    const [low, high] = bands[0] ?? [];
    return [
      String(times[start]), digits(mean((place) => Math.abs(truth[place] - median[place]))),
      digits(mean((place) => Math.abs(truth[place] - last))),
      low ? percent(mean((place) => low[place] <= truth[place] && truth[place] <= high[place])) : "–",
    ];
  });
  const names = ["forecast from", "mean error", "of the last value", "inside the interval"];
  const head = names.map((name, number) => element("th", {scope: "col", class: number ? "number" : null}, name));
  const body = rows.map(([first, ...rest]) => element("tr", {}, element("th", {scope: "row"}, first),
    rest.map((value) => element("td", {class: "number"}, value))));
  return element("div", {class: "scroll", tabindex: "0"}, element("table", {},
    element("caption", {}, element("span", {}, "Forecast again from earlier points")),
    element("thead", {}, element("tr", {}, head)), element("tbody", {}, body)));
}
