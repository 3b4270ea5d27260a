/** A small piano on which one chooses keys: by pointer, by arrow keys and space, or by the letters of a keyboard. */

import {element} from "../elements.js";
import {isBlack, named} from "./pitches.js";

const FIRST = 48; // C3
const LAST = 84; // C6
const LETTERS = "awsedftgyhujkolp"; // from middle C on
const MIDDLE = 60;

/** changed() is called when the choice changes, struck(pitch) when a key is pressed down. */
export class Piano {
  constructor({changed, struck}) {
    this.changed = changed;
    this.struck = struck;
    this.keys = new Map();
    let whites = 0;
    for (let pitch = FIRST; pitch <= LAST; pitch++) {
      const black = isBlack(pitch);
      this.keys.set(pitch, this.key(pitch, black ? "black" : "white", black ? whites - 1 : whites));
      whites += !black;
    }
    const made = element(
      "div",
      {class: "piano", role: "group", "aria-label": "Piano: the keys that sound first", style: {"--whites": whites}},
      [...this.keys.values()],
    );
    made.addEventListener("keydown", (event) => this.pressed(event));
    this.keys.get(MIDDLE).tabIndex = 0;
    this.element = element("div", {class: "scroll"}, made);
  }

  key(pitch, kind, place) {
    const label = pitch % 12 === 0 ? element("span", {"aria-hidden": "true"}, named(pitch)) : null;
    return element(
      "button",
      {
        type: "button",
        class: kind,
        tabindex: -1,
        "aria-label": named(pitch),
        "aria-pressed": "false",
        style: {"--place": place},
        onclick: () => this.toggle(pitch),
      },
      label,
    );
  }

  /** The chosen pitches, from low to high. */
  get chosen() {
    const pressed = [...this.keys].filter(([, key]) => key.getAttribute("aria-pressed") === "true");
    return pressed.map(([pitch]) => pitch).sort((one, other) => one - other);
  }

  choose(pitches) {
    for (const [pitch, key] of this.keys) key.setAttribute("aria-pressed", String(pitches.includes(pitch)));
    const seen = this.keys.get(pitches.find((pitch) => this.keys.has(pitch)) ?? MIDDLE);
    this.element.scrollLeft = seen.offsetLeft - this.element.clientWidth / 3;
  }

  toggle(pitch) {
    const key = this.keys.get(pitch);
    const on = key.getAttribute("aria-pressed") !== "true";
    key.setAttribute("aria-pressed", String(on));
    if (on) this.struck(pitch);
    this.changed();
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const letter = LETTERS.indexOf(event.key.toLowerCase());
    if (letter >= 0 && !event.repeat) this.toggle(MIDDLE + letter);
    const step = {ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1}[event.key];
    if (!step) return;
    event.preventDefault();
    const [at] = [...this.keys].find(([, key]) => key === document.activeElement) ?? [MIDDLE];
    const next = this.keys.get(at + step);
    if (!next) return;
    this.keys.get(at).tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  /** Lights the keys that sound. */
  light(pitches) {
    for (const [pitch, key] of this.keys) key.classList.toggle("sounding", pitches.has(pitch));
  }
}
