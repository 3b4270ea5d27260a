/**
 * A text whose words are marked by their part in an answer, as the reports mark them: for it on blue with a solid line,
 * against it on orange with a dotted one; the strongest of both are also listed.
 */

import {element} from "./elements.js";

const LEAST = 0.08; // of the greatest part, below which a word is not marked
const WEAK = 0.1; // a part that is never shown as strong, though a text may have no greater one
const WORDS = 5; // listed on each side

/** words: [{word, start, end, part}]; start and end count code points, as Python does. */
export function marked(text, words) {
  const letters = Array.from(text);
  const greatest = Math.max(WEAK, ...words.map((one) => Math.abs(one.part ?? 0)));
  const pieces = [];
  let at = 0;
  for (const {start, end, part} of words) {
    if (start < at || !part || Math.abs(part) < LEAST * greatest) continue;
    pieces.push(letters.slice(at, start).join(""), mark(letters.slice(start, end).join(""), part, greatest));
    at = end;
  }
  pieces.push(letters.slice(at).join(""));
  return element("div", {}, element("blockquote", {class: "marked", dir: "auto"}, pieces), listed(words));
}

function mark(word, part, greatest) {
  const shade = (0.15 + (0.5 * Math.abs(part)) / greatest).toFixed(2);
  return element("mark", {class: part > 0 ? "for" : "against", style: {"--shade": shade}, title: signed(part)}, word);
}

function listed(words) {
  const parts = new Map();
  for (const {word, part} of words) if (part) parts.set(word, (parts.get(word) ?? 0) + part);
  const ranked = [...parts].filter(([, part]) => Math.abs(part) >= 0.005);
  ranked.sort((one, other) => Math.abs(other[1]) - Math.abs(one[1]));
  const sides = [
    ["for it", ranked.filter(([, part]) => part > 0)],
    ["against it", ranked.filter(([, part]) => part < 0)],
  ].filter(([, several]) => several.length);
  const rows = sides.map(([name, several]) =>
    element("div", {}, element("dt", {}, name), element("dd", {dir: "auto"}, written(several))),
  );
  return rows.length ? element("dl", {class: "facts"}, rows) : null;
}

const written = (several) =>
  several
    .slice(0, WORDS)
    .map(([word, part]) => `${word} ${signed(part)}`)
    .join(", ");
const signed = (part) => `${part < 0 ? "−" : "+"}${Math.abs(part).toFixed(2)}`;
