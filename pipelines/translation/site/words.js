/** Subwords joined to words, and what was looked at by word; as `word_attention.py` has it. */

const SPACE = "\u2581";
const THE_END = "</s>";

/** [[word, places of its pieces]]; the end is a word of its own. */
export function wordsOf(pieces) {
  const words = [];
  pieces.forEach((piece, place) => {
    if (piece === THE_END || piece.startsWith(SPACE) || !words.length) words.push([piece.replace(/^\u2581/, ""), [place]]);
    else {
      words.at(-1)[0] += piece;
      words.at(-1)[1].push(place);
    }
  });
  return words;
}

/** Weights [target][source] are added over the subwords of a source word, averaged over those of a target word. */
export function byWord({source, target, weights}) {
  const [columns, rows] = [wordsOf(source), wordsOf(target)];
  const total = (numbers) => numbers.reduce((sum, number) => sum + number, 0);
  return {
    source: columns.map(([word]) => word),
    target: rows.map(([word]) => word),
    weights: rows.map(([, lines]) =>
      columns.map(([, places]) => total(lines.flatMap((line) => places.map((place) => weights[line][place]))) / lines.length),
    ),
  };
}
