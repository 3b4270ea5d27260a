/** What stands above every model's page: its name, what it is, how good it is, and links. */

import {element} from "./elements.js";

export const TASKS = {
  sentiment: "Text classification",
  classification: "Text classification",
  translation: "Translation",
  music: "Music",
  forecasting: "Forecasting",
  trajectory: "Trajectories",
  video: "Video",
  tagging: "Tagging",
};

/** What a task is called on a page. */
export const called = (task) => TASKS[task] ?? task;

/** Fills the page's head; links: elements. */
export function head(place, card, links) {
  document.title = `${card.name} · Unroll`;
  place.replaceChildren(
    element(
      "nav",
      {"aria-label": "Pages"},
      element(
        "ul",
        {},
        links.map((link) => element("li", {}, link)),
      ),
    ),
    element("h1", {dir: "auto"}, card.name),
    element("p", {}, [called(card.task), version(card)].filter(Boolean).join(", "), ". ", card.verdict ?? ""),
  );
}

const version = (card) => (card.version ? `version ${card.version}` : "");
