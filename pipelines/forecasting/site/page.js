/** The page of a forecaster: a table goes in, the steps ahead come out with intervals, beside earlier forecasts. */

import {asking} from "../asking.js";
import {button, choice, digits, element, field, section, spoken} from "../elements.js";
import {cut, errors, lastSeen, origins} from "./backtest.js";
import {fan} from "./fan.js";
import {called, numbers, shaped} from "./forecasts.js";
import {names, renamed, written} from "./tables.js";

const SHOWN = 4; // times the steps ahead, that are drawn before them
const NONE = "";
const LINES = 500; // of a file that are shown, since a box with all of a long one stops the browser

export function mount(page, model) {
  const forecaster = new Forecaster(model);
  page.append(...forecaster.sections());
  forecaster.use(written(model.card.examples[0]));
}

class Forecaster {
  constructor(model) {
    this.model = model;
    this.card = {time_column: "time", series_column: "series", ...present(model.card)};
    this.columns = [...this.card.targets, ...this.card.known, ...this.card.past];
    this.answer = spoken({class: "answer"});
    this.pictures = element("div", {});
    this.roles = element("div", {class: "columns roles"});
    this.selects = {};
    this.addTable();
    this.addSeries();
    this.asked = asking({
      ask: () => this.forecast(),
      show: (told) => this.show(told),
      fail: this.table.fail,
      busy: this.answer,
      pause: 600,
    });
  }

  addTable() {
    this.cutOff = element("p", {class: "hint"});
    this.box = element("textarea", {rows: 7, spellcheck: "false", class: "table"});
    this.table = field("A table, a row a step", this.box, `Its columns: ${this.columns.join(", ")}, and times.`);
    this.box.addEventListener("paste", (event) => {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (text.split("\n").length <= LINES) return;
      event.preventDefault();
      this.use(text);
    });
    this.box.addEventListener("input", () => {
      this.text = this.box.value;
      this.choose();
      this.asked.soon();
    });
    const file = element("input", {type: "file", accept: this.card.files.join(",")});
    file.addEventListener("change", async () => file.files.length && this.use(await file.files[0].text()));
    this.file = field("Or a file", file);
  }

  addSeries() {
    this.series = choice([], {});
    this.which = field("Series", this.series);
    this.series.addEventListener("change", () => this.draw());
  }

  sections() {
    return [
      section("What comes next", this.answer, this.which, this.pictures),
      section(
        "The numbers",
        this.table,
        this.cutOff,
        this.file,
        element("h3", {}, "Which column is which"),
        this.roles,
      ),
    ];
  }

  /** Takes a table in place of the one that stands there. */
  use(text) {
    const lines = text.split("\n");
    const isLong = lines.length > LINES;
    this.text = text;
    this.box.value = isLong ? lines.slice(0, LINES).join("\n") : text;
    this.box.readOnly = isLong;
    this.cutOff.replaceChildren(
      ...(isLong
        ? [
            `The first ${LINES} of ${lines.length} lines are shown; all are read. `,
            button("Back to the sample", () => this.use(written(this.card.examples[0]))),
          ]
        : []),
    );
    this.choose();
    this.asked.now();
  }

  /** Lets the user say for each column of the model which one of the table it is; the same names are found. */
  choose() {
    const there = names(this.text);
    const roles = [...this.columns, this.card.time_column];
    this.selects = Object.fromEntries(roles.map((role) => [role, this.select(role, there)]));
    const label = (role) => (role === this.card.time_column ? `${role} (times)` : role);
    this.roles.replaceChildren(...roles.map((role) => field(label(role), this.selects[role])));
  }

  select(role, there) {
    const same = (change) => there.find((name) => change(name) === change(role));
    const select = choice([[NONE, "(none)"], ...there.map((name) => [name, name])], {});
    select.value = same((name) => name) ?? same((name) => name.toLowerCase()) ?? NONE;
    select.addEventListener("change", this.asked.now);
    return select;
  }

  /** {"answers", "seen", "folds"} of the table: what comes next, what was, and forecasts from earlier points. */
  async forecast() {
    const chosen = Object.entries(this.selects).filter(([, select]) => select.value !== NONE);
    const mapping = Object.fromEntries(chosen.map(([role, select]) => [select.value, role]));
    const time = this.card.time_column;
    const how = this.selects[time].value === NONE ? {} : {time_column: time};
    const told = await this.model.upload(new File([renamed(this.text, mapping)], "table.csv"), how);
    return {...told, folds: await Promise.all(told.seen.map((one) => this.again(one)))};
  }

  /** The answers from earlier points of a series; none where they cannot be given. */
  async again(one) {
    const {ahead, length, targets} = this.card;
    const steps = lastSeen(one, targets) + 1;
    const places = origins(steps, ahead, Math.min(length, steps - ahead));
    if (!places.length) return [];
    const answers = await this.model.predict(places.map((place) => cut(one, place, this.card))).catch(() => []);
    return answers.map((answer, number) => ({start: places[number], ...answer}));
  }

  show(told) {
    this.told = told;
    const options = told.answers.map(({series}, number) => [number, series || `series ${number + 1}`]);
    this.series.replaceChildren(...choice(options).children);
    this.which.hidden = options.length < 2;
    this.draw();
  }

  /** Draws the chosen series: each target with what was, what comes, and what was forecast before. */
  draw() {
    const number = Number(this.series.value) || 0;
    const [answer, before, folds] = ["answers", "seen", "folds"].map((part) => this.told[part][number]);
    const {ahead, targets} = this.card;
    const steps = lastSeen(before, targets) + 1;
    const first = Math.max(0, steps - (SHOWN + Boolean(folds.length)) * ahead);
    const times = [...before.time.slice(first, steps), ...answer.time.map((time, step) => time ?? `step ${step + 1}`)];
    const drawn = targets.map((target) => {
      const seen = before.columns[target].slice(first, steps);
      const earlier = folds.map((fold) => ({...shaped(fold, target), start: fold.start - first, past: true}));
      return this.picture(target, seen, times, earlier, shaped(answer, target));
    });
    this.pictures.replaceChildren(...drawn.flat());
    const said = targets.map((target) => `${target} ${digits(answer[called(target)].at(-1))}`).join(", ");
    this.answer.replaceChildren(element("p", {class: "hint"}, `In ${ahead} steps: ${said}.`));
  }

  picture(target, seen, times, earlier, next) {
    const label = `${target}: what was measured, and the ${this.card.ahead} steps ahead`;
    const forecasts = [...earlier, {...next, start: seen.length}];
    return [
      element("h3", {dir: "auto"}, target),
      fan({seen, times, forecasts, label, room: this.pictures.clientWidth}),
      earlier.length ? errors(seen, earlier, times) : "",
      numbers(next, times.slice(seen.length), target),
    ];
  }
}

/** What is known of an object. */
const present = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
