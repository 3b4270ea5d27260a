/** The page of a text classifier: its answer while one types, and the words that decided. */

import {asking} from "../asking.js";
import {bars} from "../bars.js";
import {digits, element, examples, field, percent, section, spoken} from "../elements.js";
import {marked} from "../marked_words.js";

const LONGEST = 20000; // characters
const TITLES = {class: "Its class", several: "Its labels", number: "Its number"};

export function mount(page, model) {
  const {examples: beginnings, target} = model.card;
  const isNumber = target === "number";
  const box = element("textarea", {rows: 5, dir: "auto", maxlength: LONGEST, spellcheck: "false"});
  const text = field("Text", box);
  const answer = spoken({class: "answer"});
  const why = element("div", {class: "answer"}, element("p", {class: "hint"}, "Each word is left out in turn …"));

  const answers = asking({
    ask: async () => (await model.predict([box.value]))[0],
    show: (one) => answer.replaceChildren(...(isNumber ? number(one, model.card) : classes(one))),
    fail: text.fail,
    busy: answer,
  });
  const reasons = asking({
    ask: async () => [box.value, (await model.predict([box.value], {explain: true}))[0]],
    show: ([asked, one]) => why.replaceChildren(...reasoned(asked, one)),
    fail: () => {}, // the same error as that of the answer
    busy: why,
    pause: 500,
  });
  const explains = model.options.has("explain");

  function use(sample) {
    box.value = sample;
    answers.now();
    if (explains) reasons.now();
  }
  box.addEventListener("input", () => {
    answers.soon();
    if (explains) reasons.soon();
  });

  const columns = element("div", {class: "columns"}, element("div", {}, text), answer);
  page.append(section(TITLES[target] ?? TITLES.class, columns, examples(beginnings, use)));
  if (explains) page.append(section("The words that decided", why));
  use(beginnings[0] ?? "");
}

function classes(one) {
  const chosen = "label" in one ? [String(one.label)] : one.labels.map(String);
  const said = "label" in one ? `${one.label}, ${percent(one.probability)}` : chosen.join(", ") || "none of the labels";
  return [element("p", {class: "said", dir: "auto"}, said), bars(one.probabilities, chosen)];
}

function number({value}, {range}) {
  const said = element("p", {class: "said"}, digits(value));
  if (!range) return [said];
  const share = Math.min(1, Math.max(0, (value - range[0]) / (range[1] - range[0])));
  const scale = element("span", {class: "scale", "aria-hidden": "true", style: {"--share": share.toFixed(4)}});
  const ends = element(
    "p",
    {class: "ends hint"},
    element("span", {}, digits(range[0])),
    element("span", {}, digits(range[1])),
  );
  return [said, scale, ends];
}

function reasoned(text, one) {
  if (!one.words) return [];
  const label = one.label ?? (one.labels && likeliest(one.probabilities));
  const about = label === undefined ? "a higher number" : `“${label}”`;
  const legend = element(
    "p",
    {class: "hint"},
    "Words for ",
    element("strong", {}, about),
    " have a solid line below them, words against it a dotted one; the darker, the more they did.",
  );
  return [legend, marked(text, one.words)];
}

const likeliest = (probabilities) =>
  Object.entries(probabilities).reduce((best, one) => (one[1] > best[1] ? one : best), ["", -1])[0];
