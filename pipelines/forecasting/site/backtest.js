/** Forecasts from earlier points of a series, beside what then came. */

import {digits, element, percent} from "../elements.js";
import {table} from "./forecasts.js";

const FOLDS = 4;

/** The last step of a series {"columns", ...} at which one of the targets is known. */
export const lastSeen = ({columns}, targets) =>
  Math.max(...targets.map((target) => columns[target].findLastIndex((value) => value !== null)));

/** Places in a series from which its end can be forecast again: at least `least` steps behind its beginning. */
export function origins(steps, ahead, least) {
  const places = [];
  for (let fold = 1; fold <= FOLDS && steps - fold * ahead >= least; fold++) places.unshift(steps - fold * ahead);
  return places;
}

/** A series up to a step, as an input of `predict`; what is known ahead goes on. */
export function cut({columns, time, series}, place, {known, ahead, time_column, series_column}) {
  const end = known.length ? place + ahead : place;
  const kept = (name, value, row) => (row >= place && !known.includes(name) ? null : value);
  const values = Object.entries(columns).map(([name, all]) => [
    name,
    all.slice(0, end).map((value, row) => kept(name, value, row)),
  ]);
  const times = time.slice(0, end);
  const whose = series ? {[series_column]: times.map(() => series)} : {};
  return {...Object.fromEntries(values), [time_column]: times, ...whose};
}

/** A table: for each fold the mean error of the forecast and of the value before, and how often the interval held. */
export function errors(seen, folds, times) {
  const head = ["forecast from", "mean error", "of the last value", "inside the interval"];
  const caption = element("caption", {}, element("span", {}, "Forecast again from earlier points"));
  return table(
    head,
    folds.map((fold) => row(seen, fold, times)),
    caption,
  );
}

function row(seen, {start, median, bands}, times) {
  const truth = seen.slice(start, start + median.length);
  const last = seen.slice(0, start).findLast((value) => value !== null);
  const places = [...truth.keys()].filter((place) => truth[place] !== null);
  const mean = (value) => places.reduce((sum, place) => sum + value(place), 0) / places.length;
  const [low, high] = bands[0] ?? [];
  return [
    times[start],
    digits(mean((place) => Math.abs(truth[place] - median[place]))),
    digits(mean((place) => Math.abs(truth[place] - last))),
    low ? percent(mean((place) => low[place] <= truth[place] && truth[place] <= high[place])) : "–",
  ];
}
