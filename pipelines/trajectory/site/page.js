/** The page of a model of paths: one sets the points of a walk, and sees where it may go on. */

import {asking} from "../asking.js";
import {slider} from "../controls.js";
import {button, choice, element, field, section, spoken} from "../elements.js";
import {Plane} from "./plane.js";

const FUTURES = 20;
const FAR = 1e6; // from the origin, beyond which nothing can be drawn
const KINDS = {walk: "seen", best: "most likely", future: "as likely as each other", other: "someone else"};

export function mount(page, model) {
  const walker = new Walker(model);
  page.append(...walker.sections());
  walker.begin(model.card.examples[0]);
}

class Walker {
  constructor(model) {
    this.model = model;
    this.walk = [];
    this.others = [];
    this.answer = null;
    this.plane = new Plane({set: (point) => this.set(point), back: () => this.back()});
    this.said = spoken({class: "answer"});
    this.who = choice(
      [
        ["walk", "the walker's next point"],
        ["others", "someone else: before, then now"],
      ],
      {},
    );
    this.which = field("A click sets", this.who);
    this.draws = model.options.has("futures");
    this.futures = slider("Futures drawn", {min: 0, max: 50, step: 5, value: FUTURES}, String);
    this.numbers = element("textarea", {rows: 5, spellcheck: "false"});
    this.written = field("The walker's points", this.numbers, "x and y, a point a line, one step after another.");
    this.asked = asking({
      ask: () => this.ask(),
      show: (answer) => this.show(answer),
      fail: this.which.fail,
      busy: this.said,
      pause: 100,
    });
    this.numbers.addEventListener("input", () => this.read());
    this.futures.control.addEventListener("input", () => this.goOn());
  }

  sections() {
    const legend = Object.entries(KINDS).map(([kind, name]) => element("li", {class: kind}, name));
    const controls = element("div", {class: "columns"}, this.which, this.draws ? this.futures : null);
    const row = element(
      "div",
      {class: "row"},
      button("Take back", () => this.back()),
      button("Empty", () => this.begin({points: []})),
      button("The example", () => this.begin(this.model.card.examples[0])),
    );
    const shown = [this.said, this.plane.element, element("ul", {class: "legend"}, legend), controls, row];
    return [section("Where does it go?", shown), section("As numbers", this.written)];
  }

  async ask() {
    const options = this.draws ? {futures: Number(this.futures.control.value)} : {};
    return (await this.model.predict([{points: this.walk, neighbours: this.pairs()}], options))[0];
  }

  /** Where each of the others was a step before, and is now. */
  pairs() {
    return Array.from({length: this.others.length >> 1}, (_, number) => this.others.slice(2 * number, 2 * number + 2));
  }

  begin({points, neighbours = []}) {
    this.walk = [...points];
    this.others = neighbours.flat();
    const end = points.at(-1) ?? [0, 0];
    const before = points.at(-2) ?? end;
    const far = end.map((value, axis) => value + this.model.card.predicted * (value - before[axis]));
    this.plane.fit([...points, ...this.others, end, far]);
    this.changed();
  }

  set(point) {
    this[this.who.value].push(point);
    this.changed();
  }

  back() {
    this[this.who.value].pop();
    this.changed();
  }

  changed() {
    this.numbers.value = this.walk.map((point) => point.join(" ")).join("\n");
    this.goOn();
  }

  /** Takes the points that are written as numbers. */
  read() {
    const lines = this.numbers.value.split("\n").filter((line) => line.trim());
    const points = lines.map((line) =>
      line
        .trim()
        .split(/[\s,;]+/)
        .map(Number),
    );
    const wrong = points.findIndex((point) => point.length !== 2 || !point.every((value) => Math.abs(value) <= FAR));
    this.written.fail(wrong < 0 ? "" : `Line ${wrong + 1}: two numbers are expected, such as 1.5 0.2`);
    if (wrong >= 0) return;
    this.walk = points;
    this.goOn();
  }

  /** Asks for what comes, or says how many points are missing. */
  goOn() {
    this.answer = null;
    this.draw();
    const missing = this.model.card.observed - this.walk.length;
    if (missing <= 0) return this.asked.soon();
    this.asked.stop();
    this.which.fail("");
    const count = missing === 1 ? "One more point" : `${missing} more points`;
    this.said.replaceChildren(element("p", {class: "hint"}, `${count}, and the model says how it goes on.`));
  }

  show(answer) {
    this.answer = answer;
    this.draw();
    const [x, y] = answer.path.at(-1);
    const others = answer.futures?.length ? `, and ${answer.futures.length} other ways that it may go` : "";
    const said = `In ${answer.path.length} steps most likely at ${x.toFixed(2)}, ${y.toFixed(2)}${others}.`;
    this.said.replaceChildren(element("p", {class: "hint"}, said));
  }

  draw() {
    const last = this.walk.slice(-1);
    const futures = (this.answer?.futures ?? []).map((points) => ({points: [...last, ...points], kind: "future"}));
    const best = this.answer ? [{points: [...last, ...this.answer.path], kind: "best", dots: true}] : [];
    const lone = this.others.length % 2 ? [this.others.slice(-1)] : [];
    const others = [...this.pairs(), ...lone].map((points) => ({points, kind: "other", dots: true}));
    this.plane.show([...futures, ...others, ...best, {points: this.walk, kind: "walk", dots: true}]);
  }
}
