/** Reads {unicode, of_words: [{vocabulary, settings}], of_subwords: [{pieces, rules (base64), ids}], texts} as JSON; writes the answers. */

import {readFileSync} from "node:fs";

import {Subwords} from "./text/subwords.js";
import {Tokenizer} from "./text/tokens.js";
import {Unicode} from "./text/unicode.js";

const {unicode, of_words, of_subwords, texts} = JSON.parse(readFileSync(0, "utf-8"));
const known = new Unicode(unicode);
const words = of_words.map(({vocabulary, settings}) => {
  const tokenizer = new Tokenizer(vocabulary, known, settings);
  return texts.map((text) => tokenizer.encode(text));
});
const subwords = of_subwords.map(({pieces, rules, ids}) => {
  const own = new Subwords(pieces, Uint8Array.from(Buffer.from(rules, "base64")));
  return {ids: texts.map((text) => own.encode(text)), texts: ids.map((row) => own.decode(row))};
});
const lower = [true, false].map((lowercase) => texts.map((text) => known.words(text, lowercase)));
process.stdout.write(JSON.stringify({words, subwords, lower}));
