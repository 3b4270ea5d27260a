/** Which languages there are translators for, and the bar with which one chooses among them. */

import {button, choice, element} from "../elements.js";

const names = new Intl.DisplayNames(["en"], {type: "language", fallback: "none"});

/** "English" for "en"; a name that is no code of a language stays. */
export function language(code) {
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}

/** {name, source, target} of an artifact's row or card. */
const direction = ({name, source_language: source, target_language: target}) => ({name, source, target});

/** The translators among rows, if their languages are known. */
export const directions = (rows) =>
  rows
    .filter(({site}) => site === "translation")
    .map(direction)
    .filter(({source, target}) => source && target);

/** A bar; change(name) and swap(name) get the name of the artifact to use; `.show(card)` marks what is in use. */
export function languageBar(rows, {change, swap}) {
  const sides = element("div", {class: "languages"});
  return {element: sides, show: (card) => sides.replaceChildren(...filled(rows, direction(card), change, swap))};
}

function filled(rows, used, change, swap) {
  const {source, target} = used;
  if (!source || !target) return [element("p", {class: "hint"}, "The languages of this model have no names.")];
  const from = [...new Set([source, ...rows.map((row) => row.source)])];
  const to = [...new Set([target, ...rows.filter((row) => row.source === source).map((row) => row.target)])];
  const named = (one, other) => rows.find((row) => row.source === one && row.target === other)?.name;
  const anyFrom = (one) => named(one, target) ?? rows.find((row) => row.source === one)?.name;
  const back = named(target, source);
  const turn = button("⇄", () => swap(back), {
    class: "swap",
    "aria-label": "Swap the languages",
    disabled: !back,
    title: back ? "Swap the languages" : `No model translates from ${language(target)} to ${language(source)}`,
  });
  return [
    group("From", from, source, (one) => change(anyFrom(one))),
    turn,
    group("To", to, target, (one) => change(named(source, one))),
    models(rows, used, change),
  ].filter(Boolean);
}

function group(label, codes, chosen, choose) {
  const buttons = codes.map((code) =>
    button(language(code), () => code !== chosen && choose(code), {"aria-pressed": String(code === chosen)}),
  );
  return element("div", {class: "choices", role: "group", "aria-label": label}, buttons);
}

/** A choice among several translators of the same two languages. */
function models(rows, used, change) {
  const same = rows.filter((row) => row.source === used.source && row.target === used.target);
  if (same.length < 2) return null;
  const select = choice(
    same.map(({name}) => [name, name]),
    {"aria-label": "Model"},
  );
  select.value = used.name;
  select.addEventListener("change", () => change(select.value));
  return select;
}
