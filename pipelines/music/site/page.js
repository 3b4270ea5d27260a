/** The page of a music model: a piano for what sounds first, and the tune that the model goes on with. */

import {asking} from "../asking.js";
import {save, slider} from "../controls.js";
import {button, choice, element, section, spoken} from "../elements.js";
import {midi} from "./midi.js";
import {Piano} from "./piano.js";
import {named} from "./pitches.js";
import {Player, strike} from "./player.js";
import {Roll} from "./roll.js";
import {wave} from "./sound.js";

const CHORDS = {C: [60, 64, 67], "A minor": [57, 60, 64], F: [53, 57, 60], G7: [55, 59, 62, 65], "One note": [60]};
const SPOKEN = 12; // notes that are named

export function mount(page, model) {
  const composer = new Composer(model);
  page.append(composer.first(), composer.second());
  composer.use(CHORDS.C);
}

class Composer {
  constructor(model) {
    this.model = model;
    this.perQuarter = model.card.steps_per_quarter ?? 4;
    this.seed = 0;
    this.given = null; // {notes, quarters} to go on from; without, the keys of the piano
    this.tune = null;
    this.piano = new Piano({changed: () => this.begin(), struck: (pitch) => strike(this.player, pitch)});
    this.roll = new Roll({sought: (quarters) => this.player.seek(quarters)});
    this.player = new Player((quarters, sounds) => this.moved(quarters, sounds));
    this.said = spoken({class: "answer"});
    this.addControls(model.card.tempo ?? 100);
    this.asked = asking({
      ask: async () => (await model.call("generate", this.question())).tunes[0],
      show: (tune) => this.show(tune),
      fail: this.length.fail,
      busy: this.said,
    });
  }

  addControls(tempo) {
    const bold = (value) => (value < 0.3 ? ", what is likeliest" : value > 1.4 ? ", daring" : "");
    const heat = {min: 0, max: 2, step: 0.1, value: 0.9};
    this.temperature = slider("Temperature", heat, (value) => `${value}${bold(value)}`);
    this.length = slider("Length", {min: 8, max: 128, step: 4, value: 32}, (value) => `${value} quarter notes`);
    const pace = {min: 30, max: 240, step: 2, value: Math.round(tempo)};
    this.tempo = slider("Tempo", pace, (value) => `${value} a minute`);
    this.position = slider(
      "Position",
      {min: 0, max: 1, step: 0.25, value: 0},
      (value) => `${Math.round(4 * value) / 4}`,
    );
    this.position.control.addEventListener("input", () => this.player.seek(Number(this.position.control.value)));
    this.tempo.control.addEventListener("change", () => this.tune && this.show(this.tune));
    this.compose = button("Compose", () => this.begin(), {class: "main"});
    this.another = button("Another one", () => this.again());
    this.play = button("▶ Play", () => this.turn(), {class: "main"});
    this.onward = button("Go on from here", () => this.goOn());
  }

  /** What sounds first, and how the model goes on. */
  first() {
    const chords = choice([["", "A chord …"], ...Object.keys(CHORDS).map((name) => [name, name])], {
      "aria-label": "Chord",
    });
    chords.addEventListener("change", () => chords.value && this.use(CHORDS[chords.value]));
    this.chosen = element("p", {class: "hint", "aria-live": "polite"});
    const label = element("p", {class: "label"}, "What sounds first");
    return section(
      "Compose",
      label,
      this.piano.element,
      this.chosen,
      element("div", {class: "row"}, chords),
      element("div", {class: "columns"}, this.temperature, this.length),
      element("div", {class: "row"}, this.compose, this.another),
    );
  }

  /** The tune. */
  second() {
    const files = [
      button("MIDI", () => save(midi(this.tune.notes, this.tune.tempo), "tune.mid")),
      button("WAV", async () => save(wave(await this.player.buffer()), "tune.wav")),
    ];
    return section(
      "The tune",
      this.said,
      this.roll.element,
      element("div", {class: "columns"}, this.position, this.tempo),
      element("div", {class: "row"}, this.play, this.onward, files),
    );
  }

  question() {
    const steps = Math.round(Number(this.length.control.value) * this.perQuarter);
    const how = {temperature: Number(this.temperature.control.value), seed: this.seed};
    if (!this.given) return {first: this.piano.chosen, length: Math.max(2, steps), ...how};
    const before = Math.round(this.given.quarters * this.perQuarter);
    return {notes: this.given.notes, length: before + steps, ...how};
  }

  use(pitches) {
    this.piano.choose(pitches);
    this.begin();
  }

  begin() {
    const keys = this.piano.chosen;
    this.given = null;
    this.chosen.textContent = keys.length ? keys.map(named).join(" ") : "Choose at least one key.";
    this.compose.disabled = this.another.disabled = !keys.length;
    if (keys.length) this.asked.soon();
    else this.asked.stop();
  }

  again() {
    this.seed += 1;
    this.asked.now();
  }

  goOn() {
    this.given = {notes: before(this.tune.notes, this.player.at), quarters: this.player.at};
    this.again();
  }

  turn() {
    if (!this.player.plays) return this.player.play();
    this.player.stop();
    this.player.seek(this.player.at);
  }

  show(answer) {
    this.tune = {...answer, tempo: Number(this.tempo.control.value)};
    const {notes, quarters} = this.tune;
    this.roll.show(this.tune);
    this.position.control.max = quarters;
    this.player.load(this.tune);
    const names = notes.slice(0, SPOKEN).map(([, , pitch]) => named(pitch));
    const said = `${notes.length} notes, ${quarters} quarter notes: ${names.join(" ")} …`;
    this.said.replaceChildren(element("p", {class: "hint"}, said));
  }

  moved(quarters, sounds) {
    this.piano.light(this.roll.move(quarters, sounds));
    this.position.control.value = quarters;
    this.position.say();
    this.play.textContent = sounds ? "❚❚ Pause" : "▶ Play";
    this.onward.disabled = !before(this.tune.notes, quarters).length;
  }
}

/** Notes that begin before a time, cut off there. */
function before(notes, quarters) {
  return notes
    .filter(([start]) => start < quarters - 1e-6)
    .map(([start, duration, pitch]) => [start, Math.min(duration, quarters - start), pitch]);
}
