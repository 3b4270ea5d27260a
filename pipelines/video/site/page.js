/** The page of a labeller of frames: a clip with its captions, a timeline, and the probabilities at each moment. */

import {asking} from "../asking.js";
import {bars} from "../bars.js";
import {hue, save, slider} from "../controls.js";
import {button, element, field, percent, section, spoken} from "../elements.js";
import {Film, Frames, timed, Unseen} from "./clips.js";

export function mount(page, model) {
  const [example] = model.card.examples;
  const file = element("input", {type: "file", accept: model.can("upload") ? model.card.files.join(",") : null});
  const upload = field("A clip of your own", file);
  const stage = element("div", {class: "stage"});
  const caption = element("p", {class: "caption", "aria-hidden": "true", dir: "auto"});
  const line = element("div", {class: "timeline", role: "group", "aria-label": "Timeline"});
  const listed = element("ol", {class: "segments"});
  const now = element("div", {class: "answer"});
  const said = spoken({});
  const position = slider("Position", {min: 0, max: 1, step: 0.01, value: 0}, (value) => `${value.toFixed(2)} s`);
  const play = button("▶ Play", () => (clip.plays ? clip.pause() : clip.play()), {class: "main"});
  const keep = button("Captions (.vtt)", () => save(new Blob([subtitles(answer)], {type: "text/vtt"}), "captions.vtt"));
  let clip = null;
  let answer = null;
  let shownFrame = -1;

  const ask = (given) => asking({
    ask: given.ask,
    show: (one) => show(one, given.clip(one)),
    fail: upload.fail,
    busy: now,
  }).now();

  function show(one, opened) {
    clip?.close();
    const {times, end} = timed(one.seconds, one.labels.length);
    answer = {...one, times, end};
    clip = opened;
    shownFrame = -1;
    stage.replaceChildren(clip.element, caption);
    position.control.max = end;
    const parts = one.segments.map((segment) => part(segment));
    line.replaceChildren(...parts.map(({block}) => block));
    listed.replaceChildren(...parts.map(({item}) => item));
    said.replaceChildren(element("p", {class: "hint"}, `${one.labels.length} frames in ${one.segments.length} parts.`));
    clip.seek(0);
    moved(0);
  }

  /** A part of the timeline, as a block and as an item of the list; both seek. */
  function part({start, end, label}) {
    const from = answer.times[start];
    const to = answer.times[end] ?? answer.end;
    const share = mean(answer.probability.slice(start, end));
    const words = `${label}, from ${from.toFixed(2)} to ${to.toFixed(2)} s, ${percent(share)}`;
    const go = () => clip.seek(from + 1e-4);
    const block = button(label, go, {title: words, "aria-hidden": "true", tabindex: -1,
      style: {"flex-grow": String(end - start), "--hue": hue(label, model.card.labels)}});
    const item = element("li", {style: {"--hue": hue(label, model.card.labels)}}, button(words, go));
    return {block, item};
  }

  function moved(seconds) {
    if (!answer) return;
    const frame = Math.max(0, answer.times.findLastIndex((time) => time <= seconds + 1e-6));
    position.control.value = seconds;
    position.say();
    play.textContent = clip.plays ? "❚❚ Pause" : "▶ Play";
    line.style.setProperty("--share", Math.min(1, seconds / answer.end).toFixed(4));
    if (frame === shownFrame) return;
    shownFrame = frame;
    const label = answer.labels[frame];
    caption.textContent = `${label} ${percent(answer.probability[frame])}`;
    const shares = Object.fromEntries(Object.entries(answer.probabilities).map(([name, values]) => [name, values[frame]]));
    now.replaceChildren(bars(shares, [label]));
    const active = answer.segments.findIndex(({start, end}) => start <= frame && frame < end);
    [...listed.children].forEach((item, number) => item.toggleAttribute("aria-current", number === active));
  }

  position.control.addEventListener("input", () => clip?.seek(Number(position.control.value)));
  file.addEventListener("change", () => {
    const [chosen] = file.files;
    if (!chosen) return;
    ask({
      ask: async () => (await model.upload(chosen)).answers[0],
      clip: () => new Film(chosen, moved, () => show(answer, new Unseen(moved))),
    });
  });

  const columns = element("div", {class: "columns"},
    element("div", {}, stage, line, position, element("div", {class: "row"}, play, keep)), element("div", {}, said, now));
  page.append(
    section("The clip", columns, model.can("upload") ? upload : null),
    section("Its parts", listed),
  );
  ask({
    ask: async () => (await model.predict([example]))[0],
    clip: () => (Array.isArray(example[0][0]) ? new Frames(example, moved) : new Unseen(moved)),
  });
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The labels as a file of subtitles, WebVTT. */
function subtitles({segments, times, end: last}) {
  const cues = segments.map(({start, end, label}) =>
    `${clock(times[start])} --> ${clock(times[end] ?? last)}\n${label.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("-->", "→")}\n`);
  return ["WEBVTT\n", ...cues].join("\n");
}

function clock(seconds) {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, "0"));
  return `${parts.join(":")}.${String(Math.floor(1000 * (seconds - whole))).padStart(3, "0")}`;
}
