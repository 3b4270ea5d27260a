/** Controls that several pages have: a slider whose value is said in words, and files to keep. */

import {element, field} from "./elements.js";

/** A field with a slider, `.control`; words(value) is what it says. Call `.say()` after a change by program. */
export function slider(label, properties, words) {
  const control = element("input", {type: "range", ...properties});
  const output = element("output", {class: "hint"});
  const made = field(label, control, "", element("div", {}, control, output));
  made.control = control;
  made.say = () => {
    output.textContent = words(Number(control.value));
    control.setAttribute("aria-valuetext", output.textContent);
  };
  control.addEventListener("input", made.say);
  made.say();
  return made;
}

/** Lets the user keep a Blob as a file. */
export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  element("a", {href: address, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** A hue for one of several names, far from those of its neighbours; the same wherever the names are the same. */
export const hue = (name, names) => String(Math.round((Math.max(0, names.indexOf(name)) * 137.5 + 210) % 360));
