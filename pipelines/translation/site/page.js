/** The page of a translator: two boxes, the languages above them, alternatives, and what each word looked at. */

import {asking} from "../asking.js";
import {button, element, examples, field, section, spoken} from "../elements.js";
import {heatMap} from "./heat_map.js";
import {directions, languageBar} from "./languages.js";
import {LitText, Words} from "./lit_words.js";

const ALTERNATIVES = 5;
const LONGEST = 5000; // characters
const END = "</s>"; // of a sentence, as a word

export async function mount(page, model) {
  const translator = new Translator(model, directions(await model.others()));
  page.append(...translator.sections());
  translator.bar.show(model.card);
  translator.use(model.card.examples[0] ?? "");
}

class Translator {
  constructor(model, rows) {
    this.model = model;
    this.box = element("textarea", {rows: 6, dir: "auto", maxlength: LONGEST, spellcheck: "false"});
    this.lit = new LitText(this.box);
    this.source = field("Text", this.box, "", this.lit.element);
    this.translation = spoken({
      class: "translation answer",
      id: "translation",
      role: "region",
      "aria-label": "Translation",
    });
    this.told = element("p", {class: "hint"});
    this.more = element("div", {});
    this.looked = element("div", {});
    this.map = section("What each word looked at", this.looked);
    this.bar = languageBar(rows, {
      change: (name) => this.change(name, this.box.value),
      swap: (name) => this.change(name, this.translation.textContent),
    });
    this.asked = asking({
      ask: () => Promise.all([translated(this.model, this.box.value), strange(this.model, this.box.value)]),
      show: ([answer, unknown]) => this.show(answer, unknown),
      fail: this.source.fail,
      busy: this.translation,
    });
    this.box.addEventListener("input", () => {
      this.lit.mark([], []);
      this.asked.soon();
    });
  }

  sections() {
    const label = element("p", {class: "label", "aria-hidden": "true"}, "Translation");
    const left = element("div", {}, this.source, this.told);
    const right = element("div", {}, label, this.translation, this.more);
    const main = element("div", {class: "row"}, button("Translate", this.asked.now, {class: "main"}));
    const others = examples(this.model.card.examples, (text) => this.use(text));
    const boxes = element("div", {class: "columns boxes"}, left, right);
    return [section("Translate", this.bar.element, boxes, main, others), this.map];
  }

  use(text) {
    this.box.value = text;
    this.lit.mark([], []);
    this.asked.now();
  }

  /** Goes on with another artifact; the page around is told of it by an event. */
  async change(name, text) {
    try {
      if (name !== this.model.card.name) this.model = await this.model.sibling(name);
    } catch (error) {
      return this.source.fail(error.message);
    }
    this.map.dispatchEvent(new CustomEvent("model", {detail: this.model, bubbles: true}));
    this.bar.show(this.model.card);
    this.use(text);
  }

  show({translation, translations = [], attention}, unknown) {
    this.lit.mark(attention?.source ?? [], unknown);
    const words = new Words(translation, attention, this.lit);
    this.translation.replaceChildren(words.element);
    this.told.textContent = unknown.length ? `Letters that the model does not know: ${unknown.join(", ")}` : "";
    this.more.replaceChildren(...alternatives(translations.slice(1)));
    const drawn = attention && heatMap(attention, words);
    this.looked.replaceChildren(...(drawn ? [drawn] : []));
    this.map.hidden = !drawn;
  }
}

/** The answer to a text, with what was looked at but for the end. */
async function translated(model, text) {
  const several = Math.min(ALTERNATIVES, model.card.beams ?? 1);
  const options = {n_best: several, attention: "words"};
  const known = Object.entries(options).filter(([name]) => model.options.has(name));
  const [answer] = await model.predict([text], Object.fromEntries(known));
  return {...answer, attention: answer.attention && withoutEnd(answer.attention)};
}

function withoutEnd({source, target, weights}) {
  const [words, written] = [source, target].map((side) => side.filter((word) => word !== END));
  return {
    source: words,
    target: written,
    weights: weights.slice(0, written.length).map((row) => row.slice(0, words.length)),
  };
}

/** Words with letters that the model does not know. */
async function strange(model, text) {
  if (!model.can("words")) return [];
  const {words} = await model.call("words", {text});
  return words.filter(({known}) => !known).map(({word}) => word);
}

function alternatives(translations) {
  if (!translations.length) return [];
  const rows = translations.map(({translation}) => element("li", {dir: "auto"}, translation || "(nothing)"));
  return [element("h3", {}, "Also possible"), element("ol", {class: "alternatives"}, rows)];
}
