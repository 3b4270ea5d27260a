/** The page of one artifact: its head, the page of its task, and how an app calls it. */

import {element, section} from "./elements.js";
import {head} from "./frame.js";
import {ServerModel} from "./server_model.js";

const page = document.querySelector("#page");
const name = decodeURIComponent(location.pathname.split("/").at(-1));

/** The call that an app makes, for inputs that are plain. */
function call(model) {
  const [input] = model.card.examples ?? [];
  if (typeof input !== "string") return null;
  const body = JSON.stringify({inputs: [input]}).replaceAll("'", "\\u0027");
  const lines = [`curl ${location.origin}${model.address}:predict \\`, `  --json '${body}'`].join("\n");
  return section("Call it from an app", element("pre", {tabindex: "0"}, element("code", {}, lines)));
}

function shown({card}) {
  const report = card.report ? [element("a", {href: card.report}, "Report")] : [];
  head(document.querySelector("#head"), card, [element("a", {href: "/"}, "All models"), ...report]);
}

page.addEventListener("model", ({detail}) => {
  shown(detail);
  history.replaceState(null, "", `/artifacts/${encodeURIComponent(detail.card.name)}`);
});

try {
  const model = await ServerModel.opened(name);
  const {card} = model;
  shown(model);
  const {mount} = await import(`./${card.site}/page.js`);
  page.replaceChildren();
  await mount(page, model);
  const way = call(model);
  if (way) page.append(way);
} catch (error) {
  page.replaceChildren(
    element("p", {class: "error", role: "alert"}, error.message),
    element("p", {}, element("a", {href: "/"}, "All models")),
  );
}
