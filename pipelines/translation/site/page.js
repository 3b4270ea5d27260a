/** The page of a translator: two boxes, the languages above them, alternatives, and what each word looked at. */

import {asking} from "../asking.js";
import {button, element, examples, field, section, spoken} from "../elements.js";
import {heatMap} from "./heat_map.js";
import {directions, languageBar} from "./languages.js";
import {LitText, Words} from "./lit_words.js";

const ALTERNATIVES = 5;
const LONGEST = 5000; // characters
const END = "</s>"; // of a sentence, as a word

export async function mount(page, first) {
  let model = first;
  const box = element("textarea", {rows: 6, dir: "auto", maxlength: LONGEST, spellcheck: "false"});
  const lit = new LitText(box);
  const source = field("Text", box, "", lit.element);
  const translation = spoken({class: "translation answer", id: "translation", role: "region", "aria-label": "Translation"});
  const told = element("p", {class: "hint"});
  const more = element("div", {});
  const looked = element("div", {});
  const map = section("What each word looked at", looked);

  const asked = asking({
    ask: () => Promise.all([translated(model, box.value), strange(model, box.value)]),
    show: ([answer, unknown]) => show(answer, unknown),
    fail: source.fail,
    busy: translation,
  });

  function show({translation: best, translations = [], attention}, unknown) {
    lit.mark(attention?.source ?? [], unknown);
    const words = new Words(best, attention, lit);
    translation.replaceChildren(words.element);
    told.textContent = unknown.length ? `Letters that the model does not know: ${unknown.join(", ")}` : "";
    more.replaceChildren(...alternatives(translations.slice(1)));
    const drawn = attention && heatMap(attention, words);
    looked.replaceChildren(...(drawn ? [drawn] : []));
    map.hidden = !drawn;
  }

  const use = (text) => {
    box.value = text;
    lit.mark([], []);
    asked.now();
  };
  box.addEventListener("input", () => {
    lit.mark([], []);
    asked.soon();
  });

  async function change(name, text = box.value) {
    if (name !== model.card.name) {
      model = await model.sibling(name);
      page.dispatchEvent(new CustomEvent("model", {detail: model, bubbles: true}));
    }
    bar.show(model.card);
    use(text);
  }
  const bar = languageBar(directions(await model.others()), {
    change: (name) => change(name).catch((error) => source.fail(error.message)),
    swap: (name) => change(name, translation.textContent).catch((error) => source.fail(error.message)),
  });

  const main = button("Translate", asked.now, {class: "main"});
  const boxes = element("div", {class: "columns boxes"}, element("div", {}, source, told), element("div", {},
    element("p", {class: "label", "aria-hidden": "true"}, "Translation"), translation, more));
  page.append(
    section("Translate", bar.element, boxes, element("div", {class: "row"}, main), examples(first.card.examples, use)),
    map,
  );
  bar.show(model.card);
  use(model.card.examples[0] ?? "");
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
  return {source: words, target: written, weights: weights.slice(0, written.length).map((row) => row.slice(0, words.length))};
}

/** Words with letters that the model does not know. */
async function strange(model, text) {
  if (!model.can("words")) return [];
  return (await model.call("words", {text})).words.filter(({known}) => !known).map(({word}) => word);
}

function alternatives(translations) {
  if (!translations.length) return [];
  const rows = translations.map(({translation}) => element("li", {dir: "auto"}, translation || "(nothing)"));
  return [element("h3", {}, "Also possible"), element("ol", {class: "alternatives"}, rows)];
}
