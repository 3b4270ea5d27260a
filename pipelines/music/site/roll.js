/** A piano roll: notes over time, and a line that moves while the tune plays. */

import {drawn, element} from "../elements.js";
import {isBlack, named} from "./pitches.js";

const WIDE = 26; // of a quarter note
const HIGH = 9; // of a key, and of all keys at the most
const HIGHEST = 330;

/** sought(quarters) is called when one points at a time. */
export class Roll {
  constructor({sought}) {
    this.sought = sought;
    this.element = element("div", {class: "scroll roll"});
    this.element.addEventListener("click", (event) => this.point(event));
  }

  /** tune: {notes, quarters, given}. */
  show({notes, quarters, given}) {
    const pitches = notes.map(([, , pitch]) => pitch);
    this.low = Math.min(55, ...pitches) - 1;
    this.high = Math.max(72, ...pitches) + 1;
    this.row = Math.min(HIGH, HIGHEST / (this.high - this.low + 1));
    this.notes = notes;
    const width = Math.max(1, quarters) * WIDE;
    const height = (this.high - this.low + 1) * this.row;
    this.boxes = notes.map(([start, duration, pitch]) =>
      drawn("rect", {
        class: start < given ? "given" : "note",
        x: start * WIDE + 0.5,
        width: Math.max(2, duration * WIDE - 1),
        y: this.top(pitch) + 0.5,
        height: this.row - 1,
        rx: Math.min(2, this.row / 4),
      }),
    );
    this.line = drawn("line", {class: "now", x1: 0, x2: 0, y1: 0, y2: height});
    const label =
      `Piano roll: ${notes.length} notes in ${quarters} quarter notes` +
      (notes.length ? `, from ${named(Math.min(...pitches))} to ${named(Math.max(...pitches))}` : "");
    this.picture = drawn(
      "svg",
      {viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label},
      this.ground(width),
      this.beats(quarters, height),
      this.boxes,
      this.line,
    );
    this.element.replaceChildren(this.picture);
    this.element.scrollLeft = 0;
  }

  top(pitch) {
    return (this.high - pitch) * this.row;
  }

  ground(width) {
    const rows = [];
    for (let pitch = this.low; pitch <= this.high; pitch++) {
      if (isBlack(pitch)) rows.push(drawn("rect", {class: "black", x: 0, y: this.top(pitch), width, height: this.row}));
      if (pitch % 12 === 0)
        rows.push(drawn("text", {class: "octave", x: 3, y: this.top(pitch) + this.row - 1}, named(pitch)));
    }
    return rows;
  }

  beats(quarters, height) {
    const lines = [];
    for (let beat = 0; beat <= quarters; beat++) {
      lines.push(
        drawn("line", {class: beat % 4 ? "beat" : "bar", x1: beat * WIDE, x2: beat * WIDE, y1: 0, y2: height}),
      );
    }
    return lines;
  }

  /** Moves the line, lights what sounds there, and returns its pitches. */
  move(quarters, sounds) {
    const x = quarters * WIDE;
    this.line.setAttribute("x1", x);
    this.line.setAttribute("x2", x);
    const view = this.element;
    if (sounds && (x < view.scrollLeft || x > view.scrollLeft + 0.8 * view.clientWidth)) {
      view.scrollLeft = x - 0.2 * view.clientWidth;
    }
    const pitches = new Set();
    this.notes.forEach(([start, duration, pitch], number) => {
      const on = sounds && start <= quarters && quarters < start + duration;
      this.boxes[number].classList.toggle("sounding", on);
      if (on) pitches.add(pitch);
    });
    return pitches;
  }

  point(event) {
    if (this.picture) this.sought((event.clientX - this.picture.getBoundingClientRect().left) / WIDE);
  }
}
