/** A translator in the browser, the likeliest subword each time: `open(engine, settings, folder)`. */

import {fetched, lines} from "../litert/engine.js";
import {END, START, Subwords} from "../text/subwords.js";
import {byWord, wordsOf} from "./words.js";

// What Python's str.strip takes away.
const BLANK = /^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$/u;

export async function open(engine, settings, folder) {
  const side = async (name) => {
    const pieces = await lines(new URL(`${name}_vocabulary.txt`, folder));
    const rules = await (await fetched(new URL(`${name}.rules`, folder))).arrayBuffer();
    return new Subwords(pieces, new Uint8Array(rules));
  };
  const [source, target] = await Promise.all([side("source"), side("target")]);
  return new Translator(engine, source, target, settings);
}

class Translator {
  constructor(engine, source, target, settings) {
    Object.assign(this, {engine, source, target, settings});
  }

  /** {translation, score}, and with `attention` what was looked at, as `predict` gives it in Python. */
  async predict({input, attention}) {
    const tokens = this.source.tokens(input);
    if (BLANK.test(input)) return {translation: "", score: 0, ...(attention && {attention: {source: [], target: [], weights: []}})};
    const {ids, score, weights} = await this.decoded([...tokens.map(([, id]) => id), END]);
    const looked = () => {
      const source = [...tokens.map(([piece]) => piece), this.source.pieces[END]];
      return byWord({source, target: ids.map((id) => this.target.pieceOf(id)), weights});
    };
    return {translation: this.target.decode(ids), score, ...(attention && {attention: looked()})};
  }

  /** {ids, score, weights} of the likeliest token after each, up to END. */
  async decoded(source) {
    const [size, most] = [this.sizeFor(source.length), this.limit(source.length)];
    const source_lengths = Int32Array.of(source.length);
    const filled = new Int32Array(size);
    filled.set(source);
    let {memory, keys, ...states} = await this.engine.run(`encode_${size}`, {source: filled, source_lengths});
    const [ids, weights] = [[], []];
    let score = 0;
    for (let token = START; token !== END && ids.length < most; ids.push(token)) {
      const given = {token: Int32Array.of(token), source_lengths, memory, keys, ...states};
      const {logits, attention, ...next} = await this.engine.run(`step_${size}`, given);
      states = next;
      token = likeliest(logits);
      score += logits[token] - logSum(logits, logits[token]);
      weights.push([...attention.subarray(0, source.length)]);
    }
    return {ids, score, weights};
  }

  sizeFor(length) {
    const {sizes} = this.settings;
    const size = sizes.find((steps) => steps >= length);
    if (size) return size;
    throw new Error(`Expected at most ${sizes.at(-1) - 1} subwords, received ${length - 1}; give its sentences one by one.`);
  }

  limit(length) {
    const {limit, limit_per_stride, stride} = this.settings;
    return limit + limit_per_stride * Math.ceil(length / stride);
  }

  /** Which words of a text have letters that the model does not know. */
  async words({text}) {
    const tokens = this.source.tokens(text);
    const pieces = tokens.map(([piece]) => piece);
    return {
      words: wordsOf(pieces).map(([word, places]) => ({
        word,
        pieces: places.map((place) => pieces[place]),
        known: places.every((place) => this.source.ids.has(pieces[place])),
      })),
    };
  }

  async ids({text}) {
    return [...this.source.encode(text), END];
  }

  async tokens({text}) {
    return this.source.tokens(text).map(([piece]) => piece);
  }

  async text({ids}) {
    return this.target.decode(ids);
  }
}

function likeliest(logits) {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id;
  return best;
}

/** log(sum(exp(logits))), of which `most` is the greatest. */
function logSum(logits, most) {
  return most + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0));
}
