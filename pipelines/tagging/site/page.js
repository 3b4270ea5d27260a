/** The page of a tagger: words coloured by their tags, and which words decided a word's tag. */

import {asking} from "../asking.js";
import {hue} from "../controls.js";
import {element, examples, field, percent, section, spoken} from "../elements.js";

const LONGEST = 5000; // characters
const UNSURE = 0.6; // a probability below which a tag is marked as doubtful
const OUTSIDE = "O"; // the tag of a word that is part of no entity
const LEAST = 0.08; // of the greatest part, below which a word is not lit

export function mount(page, model) {
  const box = element("textarea", {rows: 3, dir: "auto", maxlength: LONGEST, spellcheck: "false"});
  const text = field("Sentence", box);
  const answer = spoken({class: "answer"});
  const explains = model.options.has("explain");
  const kinds = [...new Set(model.card.labels.map(kind))];
  let words = [];

  const answers = asking({
    ask: async () => (await model.predict([box.value]))[0],
    show: (one) => {
      words = one.tokens.map((token, place) => word(one, place, kinds, light));
      answer.replaceChildren(element("div", {class: "tagged", dir: "auto"}, words), entities(one, kinds), legend(one));
    },
    fail: text.fail,
    busy: answer,
  });
  const reasons = asking({
    ask: async () => (await model.predict([box.value], {explain: true}))[0],
    show: ({parts}) => words.forEach((made, place) => (made.parts = parts?.[place])),
    fail: () => {}, // the same error as that of the answer
    pause: 500,
  });

  /** Lights the words that decided the tag of one, or none. */
  function light(chosen) {
    const parts = chosen?.parts ?? [];
    const greatest = Math.max(0.1, ...parts.map(Math.abs));
    words.forEach((made, place) => {
      const part = parts[place] ?? 0;
      const shown = Math.abs(part) >= LEAST * greatest;
      made.classList.toggle("for", shown && part > 0);
      made.classList.toggle("against", shown && part < 0);
      made.style.setProperty("--shade", (0.15 + (0.5 * Math.abs(part)) / greatest).toFixed(2));
    });
  }

  const use = (sentence) => {
    box.value = sentence;
    answers.now();
    if (explains) reasons.now();
  };
  box.addEventListener("input", () => {
    answers.soon();
    if (explains) reasons.soon();
  });
  const hint = explains
    ? element(
        "p",
        {class: "hint"},
        "Point at a word, or move to it with the tab key, to see what decided its tag: blue for it, orange against it.",
      )
    : null;
  page.append(
    section(
      "Tags",
      text,
      examples(
        model.card.examples.filter((one) => typeof one === "string"),
        use,
      ),
      answer,
      hint,
    ),
  );
  use(written(model.card.examples[0] ?? ""));
}

const written = (example) => (typeof example === "string" ? example : example.join(" "));

function word({tokens, tags, probabilities}, place, kinds, light) {
  const tag = tags[place];
  const share = probabilities?.[place];
  const doubtful = share !== undefined && share < UNSURE;
  const made = element(
    "span",
    {
      class: `token ${tag === OUTSIDE ? "outside" : ""} ${doubtful ? "doubtful" : ""}`,
      tabindex: 0,
      style: {"--hue": hue(kind(tag), kinds)},
      title: share === undefined ? tag : `${tag}, ${percent(share)}`,
      onpointerenter: () => light(made),
      onpointerleave: () => light(null),
      onfocus: () => light(made),
      onblur: () => light(null),
    },
    element("span", {class: "word-itself"}, tokens[place]),
    element("span", {class: "tag"}, tag, doubtful ? ` ${percent(share)}` : ""),
  );
  return made;
}

/** The type of a tag: B-PER and I-PER have the colour of PER. */
const kind = (tag) => tag.replace(/^[BIESLU]-/, "");

function entities({entities: several}, kinds) {
  if (!several?.length) return "";
  const rows = several.map(({text, type}) =>
    element(
      "li",
      {style: {"--hue": hue(type, kinds)}},
      element("span", {dir: "auto"}, text),
      element("span", {class: "tag"}, type),
    ),
  );
  return element("div", {}, element("h3", {}, "Entities"), element("ul", {class: "entities"}, rows));
}

function legend({probabilities}) {
  if (!probabilities?.some((share) => share < UNSURE)) return "";
  return element("p", {class: "hint"}, `A dashed frame stands around tags of a probability below ${percent(UNSURE)}.`);
}
