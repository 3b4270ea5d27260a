/** Clips that can be played and sought: frames as lists of numbers, drawn on a canvas, or a file of the visitor. */

import {element} from "../elements.js";

const RATE = 10; // frames a second, of frames without times

/** The times of frames, in seconds, and the time at which the last one ends. */
export function timed(seconds, count) {
  const times = seconds ?? Array.from({length: count}, (_, number) => number / RATE);
  const step = count > 1 ? (times[count - 1] - times[0]) / (count - 1) : 1 / RATE;
  return {times, end: (times[count - 1] ?? 0) + step};
}

/** Frames, (rows, columns) or (rows, columns, 3) each, from 0 to 255, on a canvas. */
export class Frames {
  constructor(frames, moved) {
    this.frames = frames;
    this.moved = moved;
    ({times: this.times, end: this.end} = timed(null, frames.length));
    const [rows, columns] = [frames[0].length, frames[0][0].length ?? 1];
    this.element = element("canvas", {width: columns, height: rows, role: "img", "aria-label": "The clip"});
    this.context = this.element.getContext("2d");
    this.seek(0);
  }

  seek(seconds) {
    this.at = Math.max(0, Math.min(this.end, seconds));
    const frame = this.times.findLastIndex((time) => time <= this.at + 1e-9);
    this.draw(this.frames[Math.max(0, frame)]);
    this.moved(this.at);
  }

  draw(frame) {
    const values = frame.flat();
    const picture = this.context.createImageData(this.element.width, this.element.height);
    values.forEach((value, place) => {
      const colours = Array.isArray(value) ? value : [value, value, value];
      picture.data.set([...colours, 255], 4 * place);
    });
    this.context.putImageData(picture, 0, 0);
  }

  get plays() {
    return Boolean(this.timer);
  }

  play() {
    if (this.at >= this.end) this.at = 0;
    const began = performance.now() / 1000 - this.at;
    const step = () => {
      const now = performance.now() / 1000 - began;
      this.timer = now < this.end ? requestAnimationFrame(step) : null;
      this.seek(now);
    };
    this.timer = requestAnimationFrame(step);
  }

  pause() {
    cancelAnimationFrame(this.timer);
    this.timer = null;
    this.moved(this.at);
  }

  close() {
    this.pause();
  }
}

/** A video file that the browser plays; `onerror` where it cannot. */
export class Film {
  constructor(file, moved, failed) {
    this.address = URL.createObjectURL(file);
    this.moved = moved;
    this.element = element("video", {
      src: this.address,
      playsinline: true,
      muted: true,
      preload: "auto",
      "aria-label": "The clip",
      onerror: failed,
    });
    for (const event of ["timeupdate", "play", "pause", "seeked"])
      this.element.addEventListener(event, () => this.follow());
  }

  follow() {
    this.moved(this.at);
    if (this.plays) requestAnimationFrame(() => this.plays && this.follow());
  }

  get at() {
    return this.element.currentTime;
  }

  get plays() {
    return !this.element.paused && !this.element.ended;
  }

  seek(seconds) {
    this.element.currentTime = seconds;
  }

  play() {
    this.element.play();
  }

  pause() {
    this.element.pause();
  }

  close() {
    this.pause();
    URL.revokeObjectURL(this.address);
  }
}

/** Stands for a clip that cannot be shown: it only has a time. */
export class Unseen {
  constructor(moved) {
    this.moved = moved;
    this.at = 0;
    this.plays = false;
    this.element = element("p", {class: "hint"}, "This browser cannot show the clip; its captions are below.");
  }

  seek(seconds) {
    this.at = seconds;
    this.moved(seconds);
  }

  play() {}

  pause() {}

  close() {}
}
