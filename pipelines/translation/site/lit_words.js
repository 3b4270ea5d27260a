/** Words that light up in a text box and in a translation, by what the translator looked at. */

import {element} from "../elements.js";

const LEAST = 0.08; // of the attention, below which a word is not lit

/** A text area behind which words can be lit: the same text lies below it, letter under letter. */
export class LitText {
  constructor(box) {
    this.box = box;
    this.behind = element("div", {class: "behind", "aria-hidden": "true", dir: "auto"});
    this.element = element("div", {class: "lit-text"}, this.behind, box);
    this.words = [];
    box.addEventListener("scroll", () => this.behind.scrollTo(0, box.scrollTop));
  }

  /** The words of the text as the model read them; those in `unknown` are marked. */
  mark(words, unknown) {
    const text = this.box.value;
    const strange = new Set(unknown);
    this.words = [];
    this.behind.replaceChildren(
      ...located(text, words, (word, number) => {
        const made = element("span", {class: strange.has(words[number]) ? "unknown" : null}, word);
        this.words[number] = made;
        return made;
      }),
      "\n",
    );
    this.behind.scrollTo(0, this.box.scrollTop);
  }

  /** Lights words by weights; none without. */
  light(weights = []) {
    this.words.forEach((word, number) => lit(word, weights[number] ?? 0));
  }
}

function lit(word, weight) {
  word.classList.toggle("lit", weight >= LEAST);
  word.style.setProperty("--shade", Math.min(0.75, 0.12 + 0.6 * weight).toFixed(2));
}

/** Pieces of a text, each of its words made by made(word, number) where it is found, in order. */
function located(text, words, made) {
  const pieces = [];
  let at = 0;
  words.forEach((word, number) => {
    const start = word ? text.indexOf(word, at) : -1;
    if (start < 0) return;
    pieces.push(text.slice(at, start), made(word, number));
    at = start + word.length;
  });
  return [...pieces, text.slice(at)];
}

/** A translation whose words, pointed at or focused, light the words that they came from. Arrow keys go on. */
export class Words {
  constructor(text, attention, source) {
    this.attention = attention;
    this.source = source;
    this.words = [];
    const pieces = located(text, attention?.target ?? [], (word, number) => this.word(word, number));
    this.element = element("p", {dir: "auto", class: "words"}, pieces);
    this.element.addEventListener("pointerleave", () => this.light(null));
    this.element.addEventListener("keydown", (event) => this.move(event));
    const first = this.words.find(Boolean);
    if (first) first.tabIndex = 0;
  }

  word(word, number) {
    const looked = this.from(number);
    const made = element(
      "span",
      {
        class: "word",
        tabindex: -1,
        role: "button",
        "aria-label": looked ? `${word}, from ${looked}` : word,
        onpointerenter: () => this.light(number),
        onfocus: () => this.light(number),
        onblur: () => this.light(null),
        onclick: () => this.light(number),
      },
      word,
    );
    this.words[number] = made;
    return made;
  }

  /** The source words that a word of the translation looked at, as a text. */
  from(number) {
    const weights = this.attention.weights[number].map((weight, column) => [weight, this.attention.source[column]]);
    const seen = weights.filter(([weight]) => weight >= 0.2).sort((one, other) => other[0] - one[0]);
    return seen.map(([weight, word]) => `${word} ${Math.round(100 * weight)} %`).join(", ");
  }

  /** Lights a word of the translation and its source, or nothing. */
  light(number) {
    this.words.forEach((word, other) => word.classList.toggle("lit", other === number));
    this.source.light(number === null ? [] : this.attention.weights[number]);
    this.onlight?.(number);
  }

  move(event) {
    const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    const words = this.words.filter(Boolean);
    const next = step && words[words.indexOf(document.activeElement) + step];
    if (!next) return;
    event.preventDefault();
    for (const word of words) word.tabIndex = word === next ? 0 : -1;
    next.focus();
  }
}
