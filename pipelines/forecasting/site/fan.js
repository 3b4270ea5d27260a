/** A line of what was, and a fan of what may come: the median between the quantiles, one pair around the other. */

import {digits, drawn, element} from "../elements.js";

const WIDEST = 860;
const NARROWEST = 260;
const HIGH = 300;
const HALF = 56; // of the width of a time
const ROOM = {left: 58, right: 12, top: 12, bottom: 28};

/**
 * seen: values, null where missing; times: of seen and of the steps ahead; forecasts: [{start, median, bands: [[low,
 * high], ...], past}], start being the first step's place among times; label: what is drawn; room: pixels of width.
 */
export function fan({seen, times, forecasts, label, room}) {
  const wide = Math.max(NARROWEST, Math.min(WIDEST, room || WIDEST));
  const values = [...seen, ...forecasts.flatMap(({median, bands}) => [...median, ...bands.flat(2)])];
  const known = values.filter((value) => value !== null && Number.isFinite(value));
  const [low, high] = widened(Math.min(...known), Math.max(...known));
  const count = Math.max(2, times.length);
  const x = (place) => ROOM.left + (place / (count - 1)) * (wide - ROOM.left - ROOM.right);
  const y = (value) => ROOM.top + ((high - value) / (high - low)) * (HIGH - ROOM.top - ROOM.bottom);
  const said = element("p", {class: "hint reading"}, "Point at the picture to read its values.");
  const line = drawn("line", {class: "now", y1: ROOM.top, y2: HIGH - ROOM.bottom, visibility: "hidden"});
  const picture = drawn(
    "svg",
    {viewBox: `0 0 ${wide} ${HIGH}`, role: "img", "aria-label": label},
    ticks(low, high).map((value) => level(value, wide, y)),
    marks(times, wide, x),
    forecasts.flatMap((one) => shape(joined(one, seen), x, y)),
    drawn("path", {class: "seen", d: path(seen, 0, x, y)}),
    line,
  );
  picture.addEventListener("pointermove", (event) => {
    const box = picture.getBoundingClientRect();
    const share = ((event.clientX - box.left) * wide) / box.width - ROOM.left;
    const place = Math.round((share / (wide - ROOM.left - ROOM.right)) * (count - 1));
    if (place < 0 || place >= times.length) return;
    line.setAttribute("x1", x(place));
    line.setAttribute("x2", x(place));
    line.setAttribute("visibility", "visible");
    said.textContent = reading(place, seen, times, forecasts);
  });
  return element("figure", {class: "fan"}, element("div", {class: "scroll"}, picture), said);
}

/** A forecast that begins at the last value measured before it, if that one is known. */
function joined({start, median, bands, past}, seen) {
  const last = seen[start - 1];
  if (last === null || last === undefined) return {start, median, bands, past};
  const behind = (values) => [last, ...values];
  return {start: start - 1, median: behind(median), bands: bands.map((band) => band.map(behind)), past};
}

function shape({start, median, bands, past}, x, y) {
  const kind = past ? "past" : "ahead";
  const areas = bands.map(([low, high]) => drawn("path", {class: `band ${kind}`, d: area(low, high, start, x, y)}));
  return [...areas, drawn("path", {class: `median ${kind}`, d: path(median, start, x, y)})];
}

function path(values, start, x, y) {
  let open = false;
  return values
    .map((value, place) => {
      if (value === null) return ((open = false), "");
      const move = open ? "L" : "M";
      open = true;
      return `${move}${x(start + place).toFixed(1)} ${y(value).toFixed(1)}`;
    })
    .join("");
}

function area(low, high, start, x, y) {
  const there = low.map((value, place) => `${x(start + place).toFixed(1)} ${y(value).toFixed(1)}`);
  const back = high.map((value, place) => `${x(start + place).toFixed(1)} ${y(value).toFixed(1)}`).reverse();
  return `M${[...there, ...back].join("L")}Z`;
}

function reading(place, seen, times, forecasts) {
  const parts = [String(times[place])];
  if (seen[place] !== null && seen[place] !== undefined) parts.push(`measured ${digits(seen[place])}`);
  for (const {start, median, bands, past} of forecasts) {
    const step = place - start;
    if (step < 0 || step >= median.length) continue;
    const [low, high] = bands[0] ?? [];
    const interval = low ? `, from ${digits(low[step])} to ${digits(high[step])}` : "";
    parts.push(`${past ? "was forecast" : "forecast"} ${digits(median[step])}${interval}`);
  }
  return parts.join(" · ");
}

const widened = (low, high) => {
  const more = 0.06 * (high - low || Math.abs(high) || 1);
  return [low - more, high + more];
};

function ticks(low, high) {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((size) => size * power).find((size) => size >= rough);
  const first = Math.ceil(low / step);
  return Array.from({length: Math.floor(high / step) - first + 1}, (_, number) => (first + number) * step);
}

const level = (value, wide, y) =>
  drawn(
    "g",
    {class: "grid"},
    drawn("line", {x1: ROOM.left, x2: wide - ROOM.right, y1: y(value), y2: y(value)}),
    drawn("text", {x: ROOM.left - 8, y: y(value) + 4, "text-anchor": "end"}, digits(value)),
  );

function marks(times, wide, x) {
  const apart = Math.max(1, Math.ceil(times.length / Math.max(2, Math.floor(wide / 160))));
  return times
    .map((time, place) => [time, place])
    .filter(([, place]) => place % apart === Math.floor(apart / 2))
    .map(([time, place]) =>
      drawn(
        "g",
        {class: "grid"},
        drawn("text", {x: Math.min(x(place), wide - HALF), y: HIGH - 8, "text-anchor": "middle"}, brief(time)),
      ),
    );
}

const brief = (time) =>
  String(time ?? "")
    .replace("T", " ")
    .replace(/:00$/, "")
    .slice(0, 16);
