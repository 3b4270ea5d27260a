/** The page of a task that has none of its own: an input as JSON, or a line of text, and its answer as JSON. */

import {asking} from "../asking.js";
import {button, element, field, section, spoken} from "../elements.js";

export function mount(page, model) {
  const [sample = ""] = model.card.examples ?? [];
  const box = element("textarea", {rows: 4, dir: "auto", spellcheck: "false"});
  box.value = typeof sample === "string" ? sample : JSON.stringify(sample);
  const input = field("Input", box, "A text, or JSON such as a list of numbers.");
  const answer = spoken({class: "answer"});
  const answers = asking({
    ask: () => model.predict([value(box.value)]),
    show: ([one]) => answer.replaceChildren(element("pre", {}, element("code", {}, JSON.stringify(one, null, 1)))),
    fail: input.fail,
    busy: answer,
  });
  page.append(section("Answer", input, button("Ask", answers.now, {class: "main"}), answer));
  if (box.value) answers.now();
}

function value(written) {
  try {
    return JSON.parse(written);
  } catch {
    return written;
  }
}
