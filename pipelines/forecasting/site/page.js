/** The page of a forecaster: a table goes in, the steps ahead come out with their intervals, beside earlier forecasts. */

import {asking} from "../asking.js";
import {choice, digits, element, field, section, spoken} from "../elements.js";
import {errors, origins} from "./backtest.js";
import {fan} from "./fan.js";
import {names, renamed, written} from "./tables.js";

const SHOWN = 4; // times the steps ahead, that are drawn before them
const NONE = "";

export function mount(page, model) {
  const {card} = model;
  const {targets, known, past, examples: [example]} = card;
  const time = card.time_column ?? "time";
  const box = element("textarea", {rows: 7, spellcheck: "false", class: "table"});
  const table = field("A table, a row a step", box, `Its columns: ${[...targets, ...known, ...past].join(", ")}, and times.`);
  const file = element("input", {type: "file", accept: card.files.join(",")});
  const chosen = field("Or a file", file);
  const columns = element("div", {class: "columns roles"});
  const answer = spoken({class: "answer"});
  const pictures = element("div", {});
  const series = choice([], {});
  const which = field("Series", series);
  let roles = {};
  let told = null;

  const asked = asking({
    ask: async () => forecast(),
    show: (given) => {
      told = given;
      series.replaceChildren(...choice(given.answers.map((one, number) => [number, one.series || `series ${number + 1}`])).children);
      which.hidden = given.answers.length < 2;
      draw();
    },
    fail: table.fail,
    busy: answer,
    pause: 600,
  });

  async function forecast() {
    const mapping = Object.fromEntries(Object.entries(roles).filter(([, select]) => select.value !== NONE).map(([role, select]) => [select.value, role]));
    const blob = new File([renamed(box.value, mapping)], "table.csv");
    const given = await model.upload(blob, time in roles && roles[time].value ? {time_column: time} : {});
    const folds = await Promise.all(given.seen.map((one) => again(one)));
    return {...given, folds};
  }

  /** The answers from earlier points of a series. */
  async function again(one) {
    const steps = lastSeen(one) + 1;
    const places = origins(steps, card.ahead, Math.min(card.length, steps - card.ahead));
    if (!places.length) return [];
    const inputs = places.map((place) => cut(one, place));
    const answers = await model.predict(inputs).catch(() => []);
    return answers.map((one, number) => ({start: places[number], ...one}));
  }

  const lastSeen = ({columns: values}) =>
    Math.max(...targets.map((target) => values[target].findLastIndex((value) => value !== null)));

  /** A series up to a step; what is known ahead stays. */
  function cut({columns: values, time: times, series: name}, place) {
    const end = known.length ? place + card.ahead : place;
    const entries = Object.entries(values).map(([column, all]) =>
      [column, all.slice(0, end).map((value, row) => (row >= place && !known.includes(column) ? null : value))]);
    const whose = name ? {[card.series_column ?? "series"]: times.slice(0, end).map(() => name)} : {};
    return {...Object.fromEntries(entries), [time]: times.slice(0, end), ...whose};
  }

  function draw() {
    const number = Number(series.value) || 0;
    const [one, before, folds] = [told.answers[number], told.seen[number], told.folds[number]];
    const steps = lastSeen(before) + 1;
    const first = Math.max(0, steps - SHOWN * card.ahead - (folds.length ? card.ahead : 0));
    const times = [...before.time.slice(first, steps), ...one.time.map((at, step) => at ?? `step ${step + 1}`)];
    pictures.replaceChildren(...targets.flatMap((target) => {
      const seen = before.columns[target].slice(first, steps);
      const earlier = folds.map((fold) => ({...shaped(fold, target), start: fold.start - first, past: true}));
      const next = {...shaped(one, target), start: seen.length};
      const label = `${target}: what was measured, and the ${card.ahead} steps ahead`;
      return [element("h3", {dir: "auto"}, target), fan({seen, times, forecasts: [...earlier, next], label, room: pictures.clientWidth}), errorTable(seen, earlier, times), numbers(next, one.time, target)];
    }));
    const said = targets.map((target) => `${target} ${digits(one[name(one, target)].at(-1))}`).join(", ");
    answer.replaceChildren(element("p", {class: "hint"}, `In ${card.ahead} steps: ${said}.`));
  }

  const errorTable = (seen, earlier, times) => (earlier.length ? errors(seen, earlier, times) : "");

  /** For each column of the model the column of the table that it is read from. */
  function choose() {
    const there = names(box.value);
    const roleNames = [...targets, ...known, ...past, time];
    roles = Object.fromEntries(roleNames.map((role) => {
      const same = there.find((one) => one === role) ?? there.find((one) => one.toLowerCase() === role.toLowerCase());
      const select = choice([[NONE, "(none)"], ...there.map((one) => [one, one])], {});
      select.value = same ?? NONE;
      select.addEventListener("change", asked.now);
      return [role, select];
    }));
    columns.replaceChildren(...roleNames.map((role) => field(role === time ? `${role} (times)` : role, roles[role])));
  }

  function changed(ask) {
    choose();
    ask();
  }
  box.addEventListener("input", () => changed(asked.soon));
  file.addEventListener("change", async () => {
    if (!file.files.length) return;
    box.value = await file.files[0].text();
    changed(asked.now);
  });
  series.addEventListener("change", draw);
  page.append(
    section("What comes next", answer, which, pictures),
    section("The numbers", table, chosen, element("h3", {}, "Which column is which"), columns),
  );
  box.value = written(example);
  changed(asked.now);
}

/** The name of a target in an answer; one of our own names has a _ behind it. */
const name = (answer, target) => (["series", "time", "step"].includes(target) ? `${target}_` : target);

/** {median, bands}: the pairs of quantiles, the outermost first. */
function shaped(answer, target) {
  const key = name(answer, target);
  const levels = Object.keys(answer)
    .filter((one) => one.startsWith(`${key}_q`))
    .map((one) => [Number(one.slice(key.length + 2)), answer[one]])
    .sort((one, other) => one[0] - other[0]);
  const pairs = levels.slice(0, levels.length >> 1).map(([, low], number) => [low, levels.at(-1 - number)[1]]);
  return {median: answer[key], bands: pairs, levels: levels.map(([level]) => level)};
}

function numbers({median, bands, levels}, times, target) {
  const [low, high] = bands[0] ?? [];
  const head = ["time", "median", ...(low ? [`${levels[0]} %`, `${levels.at(-1)} %`] : [])];
  const rows = median.map((value, step) => [times[step] ?? step + 1, digits(value), ...(low ? [digits(low[step]), digits(high[step])] : [])]);
  return element("details", {}, element("summary", {}, `The forecast of ${target} as numbers`),
    element("div", {class: "scroll", tabindex: "0"}, element("table", {},
      element("thead", {}, element("tr", {}, head.map((one, place) => element("th", {scope: "col", class: place ? "number" : null}, one)))),
      element("tbody", {}, rows.map(([first, ...rest]) => element("tr", {}, element("th", {scope: "row"}, first), rest.map((one) => element("td", {class: "number"}, one))))))));
}
