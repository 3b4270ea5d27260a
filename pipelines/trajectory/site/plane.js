/** A plane on which one sets points, by pointer or by arrow keys and Enter, and on which paths are drawn. */

import {drawn, element} from "../elements.js";

const USUAL = 900; // pixels, where the page is not laid out yet
const STEP = 0.1; // metres that an arrow key goes

/** set([x, y]) is called for a point that is set, back() when the last one is to go. */
export class Plane {
  constructor({set, back}) {
    this.set = set;
    this.layer = drawn("g");
    this.grid = drawn("g", {class: "grid"});
    this.cross = drawn("path", {class: "cross", d: "M-9 0h18M0 -9v18"});
    this.picture = drawn("svg", {"aria-hidden": "true"}, this.grid, this.layer, this.cross);
    this.element = element(
      "div",
      {
        class: "plane",
        tabindex: 0,
        role: "application",
        "aria-label": "Plane: arrow keys move a cross, Enter sets a point there, Backspace takes the last one back",
        onclick: (event) => this.point(event),
        onkeydown: (event) => this.key(event, back),
      },
      this.picture,
    );
    this.said = element("p", {class: "unseen", "aria-live": "polite"});
    this.element.append(this.said);
    this.cursor = [0, 0];
  }

  /** Shows the part of the plane in which these points are, with room around them. */
  fit(points) {
    const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
    const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    this.wide = this.element.clientWidth || USUAL;
    this.high = Math.round(this.wide * (this.wide < 500 ? 0.9 : 0.6));
    this.picture.setAttribute("viewBox", `0 0 ${this.wide} ${this.high}`);
    const width = Math.max(10, 1.6 * (right - left), (1.6 * (high - low) * this.wide) / this.high);
    this.scale = this.wide / width;
    this.left = (left + right - width) / 2;
    this.top = (low + high + (width * this.high) / this.wide) / 2;
    this.cursor = points.at(-1) ?? [0, 0];
    this.grid.replaceChildren(...this.lines(width));
    this.aim();
  }

  lines(width) {
    const most = this.wide / 55;
    const apart = [0.5, 1, 2, 5, 10, 20, 50, 100, 1000].find((size) => width / size <= most) ?? 1e4;
    const made = [];
    for (let x = Math.ceil(this.left / apart) * apart; x < this.left + width; x += apart) {
      const [at] = this.to([x, 0]);
      made.push(
        drawn("line", {x1: at, x2: at, y1: 0, y2: this.high}),
        drawn("text", {x: at + 4, y: this.high - 6}, `${+x.toFixed(1)}`),
      );
    }
    for (let y = Math.ceil((this.top - this.high / this.scale) / apart) * apart; y < this.top; y += apart) {
      const [, at] = this.to([0, y]);
      made.push(
        drawn("line", {x1: 0, x2: this.wide, y1: at, y2: at}),
        drawn("text", {x: 4, y: at - 4}, `${+y.toFixed(1)}`),
      );
    }
    return made;
  }

  to([x, y]) {
    return [(x - this.left) * this.scale, (this.top - y) * this.scale];
  }

  point(event) {
    const box = this.picture.getBoundingClientRect();
    const unit = this.wide / box.width / this.scale;
    this.cursor = [this.left + (event.clientX - box.left) * unit, this.top - (event.clientY - box.top) * unit];
    this.aim();
    this.set(this.cursor.map(rounded));
  }

  key(event, back) {
    const move = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}[event.key];
    if (move)
      this.cursor = this.cursor.map((value, axis) => rounded(value + move[axis] * STEP * (event.shiftKey ? 10 : 1)));
    else if (event.key === "Enter" || event.key === " ") this.set(this.cursor.map(rounded));
    else if (event.key === "Backspace") back();
    else return;
    event.preventDefault();
    this.aim();
    if (move) this.said.textContent = this.cursor.map((value) => value.toFixed(1)).join(", ");
  }

  aim() {
    const [x, y] = this.to(this.cursor);
    this.cross.setAttribute("transform", `translate(${x} ${y})`);
  }

  /** Draws paths [{points, class, dots}], those that stand last on top. */
  show(paths) {
    this.layer.replaceChildren(
      ...paths.flatMap(({points, kind, dots}) => {
        const places = points.map((point) => this.to(point));
        const line = drawn("polyline", {class: kind, points: places.map((place) => place.join(",")).join(" ")});
        return [line, ...(dots ? places.map(([cx, cy]) => drawn("circle", {class: kind, cx, cy, r: 5})) : [])];
      }),
    );
  }
}

const rounded = (value) => Math.round(value * 100) / 100;
