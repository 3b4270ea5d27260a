/**
 * Texts to the ids of sentencepiece's byte pairs and back, as `shared/text/subwords.py` has them.
 *
 * new Subwords(pieces, rules).encode("Not bad!")      rules: sentencepiece's table of normalisation, bytes
 */

import {Heap} from "./heap.js";
import {wellFormed} from "./unicode.js";

export const [PADDING, UNKNOWN, START, END] = [0, 1, 2, 3];
const SPECIAL = 4; // ids below are no pieces of texts
const SPACE = "\u2581";
const UNKNOWN_TEXT = "\u2047";

export class Subwords {
  constructor(pieces, rules) {
    this.pieces = pieces;
    this.ids = new Map(pieces.map((piece, id) => [piece, id]).slice(SPECIAL));
    this.rules = new Rules(rules);
  }

  /** The ids of a text, without START and END. */
  encode(text) {
    return this.tokens(text).map(([, id]) => id);
  }

  /** [piece, id] of each token of a text; those of unknown letters in a row are one, spelt as in the text. */
  tokens(text) {
    const tokens = [];
    for (const [piece, id] of this.words(text).flatMap((word) => this.joined([...word]))) {
      if (id === UNKNOWN && tokens.at(-1)?.[1] === UNKNOWN) tokens.at(-1)[0] += piece;
      else tokens.push([piece, id]);
    }
    return tokens;
  }

  /** The words of a normalised text, each from the mark of a space to the next one. */
  words(text) {
    const spaced = this.rules.normalized(wellFormed(text)).replace(/^ +/, "").replace(/ +/g, SPACE);
    return spaced ? (SPACE + spaced).replace(/\u2581+$/, "").match(/\u2581[^\u2581]*/g) ?? [] : [];
  }

  /** [piece, id] of each piece of a word: neighbours whose joined piece has the least id are joined, the left ones first. */
  joined(letters) {
    const parts = [...letters];
    const after = parts.map((_, index) => index + 1);
    const before = parts.map((_, index) => index - 1);
    const heap = new Heap((one, other) => one.id - other.id || one.left - other.left);
    const offer = (left) => {
      const right = after[left];
      const id = left < 0 || right >= parts.length ? undefined : this.ids.get(parts[left] + parts[right]);
      if (id !== undefined) heap.push({id, left, right, size: parts[left].length + parts[right].length});
    };
    parts.forEach((_, left) => offer(left));
    for (let best = heap.pop(); best; best = heap.pop()) {
      const {left, right, size} = best;
      const stale = parts[left] === null || after[left] !== right || parts[left].length + parts[right].length !== size;
      if (stale) continue;
      parts[left] += parts[right];
      parts[right] = null;
      after[left] = after[right];
      if (after[left] < parts.length) before[after[left]] = left;
      offer(left);
      if (before[left] >= 0) offer(before[left]);
    }
    return parts.filter((part) => part !== null).map((part) => [part, this.ids.get(part) ?? UNKNOWN]);
  }

  /** The text of ids up to the first END. */
  decode(ids) {
    const end = ids.indexOf(END);
    const kept = ids.slice(0, end < 0 ? ids.length : end).filter((id) => id !== PADDING && id !== START);
    let text = "";
    for (const id of kept) text += this.spelt(id, text === "");
    return text;
  }

  /** The piece of an id, as it is shown. */
  pieceOf(id) {
    return id === UNKNOWN ? UNKNOWN_TEXT : this.pieces[id];
  }

  spelt(id, first) {
    const piece = this.pieceOf(id);
    return (first && piece.startsWith(SPACE) ? piece.slice(1) : piece).replaceAll(SPACE, " ");
  }
}

/** sentencepiece's table of normalisation: a trie of bytes (Darts), and the texts that its leaves stand for. */
class Rules {
  constructor(bytes) {
    const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    this.units = new Uint32Array(bytes.slice(4, 4 + size).buffer);
    this.texts = bytes.slice(4 + size);
  }

  normalized(text) {
    const [bytes, decoder] = [new TextEncoder().encode(text), new TextDecoder("utf-8", {ignoreBOM: true})];
    const parts = [];
    let plain = 0; // where bytes begin that no rule changed
    for (let place = 0; place < bytes.length; ) {
      const [length, leaf] = this.longest(bytes, place);
      if (length) {
        parts.push(decoder.decode(bytes.subarray(plain, place)), this.textAt(leaf, decoder));
        plain = place + length;
      }
      place += length || width(bytes[place]);
    }
    return parts.join("") + decoder.decode(bytes.subarray(plain));
  }

  /** [how many bytes, value of the leaf] of the longest rule for the bytes from a place on. */
  longest(bytes, start) {
    let [found, leaf, node] = [0, 0, offset(this.units[0])];
    for (let place = start; place < bytes.length; place++) {
      node ^= bytes[place];
      const unit = this.units[node];
      if ((unit & 0x800000ff) !== bytes[place]) break;
      node ^= offset(unit);
      if ((unit >>> 8) & 1) [found, leaf] = [place + 1 - start, this.units[node] & 0x7fffffff];
    }
    return [found, leaf];
  }

  textAt(start, decoder) {
    return decoder.decode(this.texts.subarray(start, this.texts.indexOf(0, start)));
  }
}

function offset(unit) {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

/** How many bytes a letter has that begins with a byte. */
function width(byte) {
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}
