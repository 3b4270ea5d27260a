/** The page of a model of paths: one sets the points of a walk, and sees where it may go on. */

import {asking} from "../asking.js";
import {slider} from "../controls.js";
import {button, choice, element, field, section, spoken} from "../elements.js";
import {Plane} from "./plane.js";

const FUTURES = 20;

export function mount(page, model) {
  const {observed, predicted, examples: [example]} = model.card;
  let walk = [];
  let others = [];
  let answer = null;

  const plane = new Plane({set: (point) => set(point), back: () => back()});
  const said = spoken({class: "answer"});
  const who = choice([["walk", "the walker's next point"], ["others", "someone else: before, then now"]], {});
  const futures = slider("Futures drawn", {min: 0, max: 50, step: 5, value: FUTURES}, String);
  const numbers = element("textarea", {rows: 5, spellcheck: "false"});
  const written = field("The walker's points", numbers, "x and y in metres, a point a line, one step after another.");
  const canvas = field("A click sets", who);

  const asked = asking({
    ask: async () => (await model.predict([{points: walk, neighbours: pairs()}], options()))[0],
    show: (one) => {
      answer = one;
      draw();
      const [x, y] = one.path.at(-1);
      const spread = one.futures?.length ? `, and ${one.futures.length} other ways that it may go` : "";
      said.replaceChildren(element("p", {class: "hint"}, `In ${predicted} steps most likely at ${x.toFixed(2)}, ${y.toFixed(2)}${spread}.`));
    },
    fail: canvas.fail,
    busy: said,
    pause: 100,
  });

  const options = () => (model.options.has("futures") ? {futures: Number(futures.control.value)} : {});
  const pairs = () => Array.from({length: others.length >> 1}, (_, number) => others.slice(2 * number, 2 * number + 2));

  function set(point) {
    (who.value === "walk" ? walk : others).push(point);
    changed();
  }

  function back() {
    (who.value === "walk" ? walk : others).pop();
    changed();
  }

  function changed() {
    numbers.value = walk.map((point) => point.join(" ")).join("\n");
    answer = null;
    draw();
    ask();
  }

  function ask() {
    const missing = observed - walk.length;
    if (missing <= 0) return asked.soon();
    asked.stop();
    canvas.fail("");
    const count = missing === 1 ? "One more point" : `${missing} more points`;
    said.replaceChildren(element("p", {class: "hint"}, `${count}, and the model says how it goes on.`));
  }

  function draw() {
    const last = walk.slice(-1);
    const goes = (answer?.futures ?? []).map((points) => ({points: [...last, ...points], kind: "future"}));
    const best = answer ? [{points: [...last, ...answer.path], kind: "best", dots: true}] : [];
    const along = pairs().map((points) => ({points, kind: "other", dots: true}));
    const lone = others.length % 2 ? [{points: others.slice(-1), kind: "other", dots: true}] : [];
    plane.show([...goes, ...along, ...lone, ...best, {points: walk, kind: "walk", dots: true}]);
  }

  numbers.addEventListener("input", () => {
    const points = numbers.value.trim().split("\n").map((line) => line.trim().split(/[\s,;]+/).map(Number));
    const wrong = points.findIndex((point) => point.length !== 2 || !point.every(Number.isFinite));
    const isEmpty = !numbers.value.trim();
    written.fail(wrong < 0 || isEmpty ? "" : `Line ${wrong + 1}: two numbers are expected, such as 1.5 0.2`);
    if (wrong >= 0 && !isEmpty) return;
    walk = isEmpty ? [] : points;
    answer = null;
    draw();
    ask();
  });
  futures.control.addEventListener("input", asked.soon);

  function begin(points, along = []) {
    walk = [...points];
    others = along.flat();
    const end = points.at(-1) ?? [0, 0];
    const step = points.length > 1 ? points.at(-1).map((value, axis) => value - points.at(-2)[axis]) : [0, 0];
    plane.fit([...points, ...others, end.map((value, axis) => value + predicted * step[axis])]);
    changed();
  }

  page.append(
    section("Where does it go?", said, plane.element, legend(),
      element("div", {class: "columns"}, canvas, model.options.has("futures") ? futures : null),
      element("div", {class: "row"}, button("Take back", back), button("Empty", () => begin([])),
        button("The example", () => begin(example.points, example.neighbours)))),
    section("As numbers", written),
  );
  begin(example.points, example.neighbours);
}

function legend() {
  const kinds = [["walk", "seen"], ["best", "most likely"], ["future", "as likely as each other"], ["other", "someone else"]];
  return element("ul", {class: "legend"}, kinds.map(([kind, name]) => element("li", {class: kind}, name)));
}
