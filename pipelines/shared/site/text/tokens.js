/** Texts to the ids of words or wordpieces, as `shared/text/tokenization.py` has them. */

const UNKNOWN = 1;

export class Tokenizer {
  /**
   * vocabulary: tokens; unicode: a `Unicode`; settings: {tokens: "word" | "wordpiece", lowercase, max_length, keep: "start" |
   * "end", longest_word: bytes of a word in wordpieces}.
   */
  constructor(vocabulary, unicode, settings) {
    this.ids = new Map(vocabulary.map((token, id) => [token, id]));
    this.longest = vocabulary.reduce((most, token) => Math.max(most, token.length), 0);
    Object.assign(this, {unicode, ...settings});
  }

  /** The ids of a text, at most `max_length` of them. */
  encode(text) {
    const ids = this.unicode.words(text, this.lowercase).flatMap((word) => this.idsOf(word));
    return this.keep === "start" ? ids.slice(0, this.max_length) : ids.slice(-this.max_length);
  }

  /** The ids of a word. */
  idsOf(word) {
    return this.tokens === "wordpiece" ? this.pieces(word) : [this.ids.get(word) ?? UNKNOWN];
  }

  /** The longest pieces of a word from its start on; UNKNOWN where none fits. */
  pieces(word) {
    if (new TextEncoder().encode(word).length > this.longest_word) return [UNKNOWN];
    const found = [];
    for (let start = 0; start < word.length; ) {
      const prefix = start ? "##" : "";
      let end = Math.min(word.length, start + this.longest);
      while (end > start && !this.ids.has(prefix + word.slice(start, end))) end--;
      if (end === start) return [UNKNOWN];
      found.push(this.ids.get(prefix + word.slice(start, end)));
      start = end;
    }
    return found;
  }
}
