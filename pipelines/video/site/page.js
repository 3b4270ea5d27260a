/** The page of a labeller of frames: a clip with its captions, a timeline, and the probabilities at each moment. */

import {asking} from "../asking.js";
import {bars} from "../bars.js";
import {hue, save, slider} from "../controls.js";
import {button, element, field, percent, section, spoken} from "../elements.js";
import {Film, Frames, timed, Unseen} from "./clips.js";
import {subtitles} from "./subtitles.js";

export function mount(page, model) {
  const viewer = new Viewer(model);
  page.append(...viewer.sections());
  const [example] = model.card.examples;
  const moved = (seconds) => viewer.moved(seconds);
  viewer.ask(
    async () => (await model.predict([example]))[0],
    () => (Array.isArray(example[0][0]) ? new Frames(example, moved) : new Unseen(moved)),
  );
}

class Viewer {
  constructor(model) {
    this.model = model;
    this.clip = null;
    this.answer = null;
    this.stage = element("div", {class: "stage"});
    this.caption = element("p", {class: "caption", "aria-hidden": "true", dir: "auto"});
    this.line = element("div", {class: "timeline", "aria-hidden": "true"});
    this.listed = element("ol", {class: "segments"});
    this.now = element("div", {class: "answer"});
    this.said = spoken({});
    const seconds = (value) => `${value.toFixed(2)} s`;
    this.position = slider("Position", {min: 0, max: 1, step: 0.01, value: 0}, seconds);
    this.position.control.addEventListener("input", () => this.clip?.seek(Number(this.position.control.value)));
    this.play = button("▶ Play", () => (this.clip.plays ? this.clip.pause() : this.clip.play()), {class: "main"});
    this.keep = button("Captions (.vtt)", () => save(subtitles(this.answer), "captions.vtt"));
    this.file = element("input", {type: "file", accept: model.can("upload") ? model.card.files.join(",") : null});
    this.upload = field("A clip of your own", this.file);
    this.file.addEventListener("change", () => this.open(this.file.files[0]));
  }

  sections() {
    const row = element("div", {class: "row"}, this.play, this.keep);
    const left = element("div", {}, this.stage, this.line, this.position, row);
    const columns = element("div", {class: "columns"}, left, element("div", {}, this.said, this.now));
    const upload = this.model.can("upload") ? this.upload : null;
    return [section("The clip", columns, upload), section("Its parts", this.listed)];
  }

  /** Answers a file of the visitor, which is played where the browser can. */
  open(file) {
    if (!file) return;
    const moved = (seconds) => this.moved(seconds);
    const failed = () => this.show(this.answer, new Unseen(moved));
    this.ask(
      async () => (await this.model.upload(file)).answers[0],
      () => new Film(file, moved, failed),
    );
  }

  /** question: () -> promise of an answer; opened: () -> its clip. Of several questions the last one is shown. */
  ask(question, opened) {
    this.asked?.stop();
    const show = (answer) => this.show(answer, opened());
    this.asked = asking({ask: question, show, fail: this.upload.fail, busy: this.now});
    this.asked.now();
  }

  show(answer, clip) {
    this.clip?.close();
    this.answer = {...answer, ...timed(answer.seconds, answer.labels.length)};
    this.clip = clip;
    this.frame = -1;
    this.stage.replaceChildren(clip.element, this.caption);
    this.position.control.max = this.answer.end;
    const parts = answer.segments.map((segment) => this.part(segment));
    this.line.replaceChildren(...parts.map(({block}) => block));
    this.listed.replaceChildren(...parts.map(({item}) => item));
    const said = `${answer.labels.length} frames in ${answer.segments.length} parts.`;
    this.said.replaceChildren(element("p", {class: "hint"}, said));
    clip.seek(0);
    this.moved(0);
  }

  /** A part of the timeline, as a block and as an item of the list; both seek. */
  part({start, end, label}) {
    const {times, end: last, probability} = this.answer;
    const [from, to] = [times[start], times[end] ?? last];
    const share = percent(mean(probability.slice(start, end)));
    const words = `${label}, from ${from.toFixed(2)} to ${to.toFixed(2)} s, ${share}`;
    const go = () => this.clip.seek(from + 1e-4);
    const colour = hue(label, this.model.card.labels);
    const style = {"flex-grow": String(end - start), "--hue": colour};
    const block = button(label, go, {title: words, tabindex: -1, style});
    return {block, item: element("li", {style: {"--hue": colour}}, button(words, go))};
  }

  moved(seconds) {
    if (!this.answer || !this.clip) return;
    this.position.control.value = seconds;
    this.position.say();
    this.play.textContent = this.clip.plays ? "❚❚ Pause" : "▶ Play";
    this.line.style.setProperty("--share", Math.min(1, seconds / this.answer.end).toFixed(4));
    const frame = Math.max(
      0,
      this.answer.times.findLastIndex((time) => time <= seconds + 1e-6),
    );
    if (frame !== this.frame) this.showFrame(frame);
  }

  showFrame(frame) {
    const {labels, probability, probabilities, segments} = this.answer;
    this.frame = frame;
    this.caption.textContent = `${labels[frame]} ${percent(probability[frame])}`;
    const shares = Object.entries(probabilities).map(([name, values]) => [name, values[frame]]);
    this.now.replaceChildren(bars(Object.fromEntries(shares), [labels[frame]]));
    const active = segments.findIndex(({start, end}) => start <= frame && frame < end);
    [...this.listed.children].forEach((item, number) => item.toggleAttribute("aria-current", number === active));
  }
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
