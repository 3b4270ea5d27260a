/** The page of a model in the browser: keeps the folder for offline use, then shows the task's page. */

import {element} from "../elements.js";
import {head} from "../frame.js";
import {LitertModel} from "./model.js";
import {kept} from "./offline.js";

const page = document.querySelector("#page");

try {
  await kept(() => page.prepend(element("p", {role: "status"}, "There is a newer model here; reload the page.")));
  const model = await LitertModel.opened();
  head(document.querySelector("#head"), model.card, [element("a", {href: "check.html"}, "Check")]);
  const {mount} = await import(`../${model.card.site}/page.js`);
  page.replaceChildren();
  await mount(page, model);
} catch (error) {
  page.replaceChildren(element("p", {class: "error", role: "alert"}, error.message));
}
