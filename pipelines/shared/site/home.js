/** The home page: every artifact with its task, its verdict, and where to go. */

import {element} from "./elements.js";
import {called} from "./frame.js";
import {rows} from "./server_model.js";

const page = document.querySelector("#page");

const WINNERS = {
  model: "better than its baselines",
  baseline: "a baseline is better",
  neither: "no better than a baseline",
};

function item(row) {
  const address = `/artifacts/${encodeURIComponent(row.name)}`;
  const works = !row.damage;
  return element(
    "li",
    {class: "artifact"},
    element("p", {class: "kind"}, called(row.task)),
    element("h2", {dir: "auto"}, works ? element("a", {href: address}, row.name) : row.name),
    row.winner ? element("p", {class: `badge ${row.winner}`}, WINNERS[row.winner]) : null,
    element("p", {class: "said"}, works ? (row.verdict ?? "") : `It cannot be opened: ${row.damage}`),
    element(
      "p",
      {class: "links"},
      works ? element("a", {class: "button", href: address, "aria-label": `Try ${row.name}`}, "Try it") : null,
      row.report ? element("a", {href: row.report, "aria-label": `Report of ${row.name}`}, "Report") : null,
    ),
  );
}

function empty() {
  return element(
    "section",
    {},
    element("h2", {}, "No model yet"),
    element("p", {}, "Train one, such as the built-in sample of a task, and load this page again:"),
    element("pre", {}, element("code", {}, "unroll sentiment train")),
  );
}

try {
  const artifacts = await rows();
  page.replaceChildren(artifacts.length ? element("ul", {class: "artifacts"}, artifacts.map(item)) : empty());
} catch (error) {
  page.replaceChildren(element("p", {class: "error", role: "alert"}, error.message));
}
