/**
 * Normalizing and scripts by the tables of tensorflow-text, which unicode.json holds: `new Unicode(tables)`.
 *
 * NFKC and NFC are the browser's own; code points that the tables do not know stay as they are.
 */

const REPLACEMENT = "\uFFFD";

export class Unicode {
  constructor({starts, scripts, unknown, spaces, marked, fold: [points, folded]}) {
    this.starts = summed(starts);
    this.scripts = scripts;
    this.spaces = new Set(spaces);
    this.marked = new Set(marked);
    this.folds = new Map(summed(points).map((point, index) => [point, folded[index]]));
    const white = spaces.map((space) => `\\u{${space.toString(16)}}`).join("");
    this.known = new RegExp(`[${white}${this.rangesOf((script) => script !== unknown)}]+`, "gu");
  }

  /** The ranges of code points of some scripts, as a class of a regular expression has them. */
  rangesOf(wanted) {
    const hex = (point) => `\\u{${point.toString(16)}}`;
    const ends = [...this.starts.slice(1), 0x110000];
    return this.starts
      .map((start, index) => (wanted(this.scripts[index]) ? `${hex(start)}-${hex(ends[index] - 1)}` : ""))
      .join("");
  }

  /** The number of a code point's script. */
  script(point) {
    let [low, high] = [0, this.starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.starts[middle] <= point) low = middle;
      else high = middle;
    }
    return this.scripts[low];
  }

  /** NFKC or NFC of a text. */
  composed(text, form) {
    return text.replace(this.known, (run) => run.normalize(form));
  }

  /** A text in NFKC, and with its case folded where asked. */
  normalized(text, lowercase) {
    const plain = this.composed(wellFormed(text), "NFKC");
    if (!lowercase) return plain;
    const folded = Array.from(plain, (letter) => this.folds.get(letter.codePointAt(0)) ?? letter);
    return this.composed(folded.join(""), "NFC");
  }

  /** The words of a text: cut at white space, then at each change of script. */
  words(text, lowercase) {
    const words = [];
    let [word, script] = ["", -1];
    const end = () => {
      if (word) words.push(word);
      word = "";
    };
    const add = (letter) => {
      const own = this.script(letter.codePointAt(0));
      if (own !== script) end();
      [word, script] = [word + letter, own];
    };
    for (const letter of this.normalized(text, lowercase)) {
      const point = letter.codePointAt(0);
      if (!this.spaces.has(point)) add(letter);
      else {
        if (word && this.marked.has(point)) add(REPLACEMENT);
        end();
      }
    }
    end();
    return words;
  }
}

/** Sums of the numbers up to each. */
function summed(differences) {
  let total = 0;
  return differences.map((difference) => (total += difference));
}

/** A text with U+FFFD for each half of a surrogate pair that stands alone. */
export function wellFormed(text) {
  return text.replace(/\p{Surrogate}/gu, REPLACEMENT);
}
