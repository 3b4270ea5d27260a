/** A text classifier in the browser: `open(engine, settings, folder)`. */

import {fetched, lines} from "../litert/engine.js";
import {Tokenizer} from "../text/tokens.js";
import {Unicode} from "../text/unicode.js";

export async function open(engine, settings, folder) {
  const [vocabulary, unicode] = await Promise.all([
    lines(new URL("vocabulary.txt", folder)),
    fetched(new URL("unicode.json", folder)).then((response) => response.json()),
  ]);
  const tokenizer = new Tokenizer(vocabulary, new Unicode(unicode), settings.text);
  return new Classifier(engine, tokenizer, settings);
}

class Classifier {
  constructor(engine, tokenizer, {sizes, kind, labels, threshold}) {
    Object.assign(this, {engine, tokenizer, sizes, kind, labels, threshold});
  }

  /** The answer to a text, as `predict` gives it in Python. */
  async predict({input}) {
    const ids = this.tokenizer.encode(input);
    const size = this.sizes.find((steps) => steps >= ids.length);
    const filled = new Int32Array(size);
    filled.set(ids);
    const given = {ids: filled, lengths: Int32Array.of(ids.length)};
    const outputs = await this.engine.run(`serving_default_${size}`, given);
    return this.kind === "number" ? {value: outputs.value[0]} : this.labelled([...outputs.probabilities]);
  }

  /** The ids of a text. */
  async ids({text}) {
    return this.tokenizer.encode(text);
  }

  labelled(row) {
    const probabilities = Object.fromEntries(this.labels.map((label, index) => [String(label), row[index]]));
    if (this.kind === "several") {
      return {labels: this.labels.filter((_, index) => row[index] >= Math.fround(this.threshold)), probabilities};
    }
    const best = this.threshold === null ? row.indexOf(Math.max(...row)) : Number(row[1] >= Math.fround(this.threshold));
    return {label: this.labels[best], probability: row[best], probabilities};
  }
}
