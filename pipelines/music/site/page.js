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

const CHORDS = {C: [60, 64, 67], "A minor": [57, 60, 64], F: [53, 57, 60], "G7": [55, 59, 62, 65], "One note": [60]};

export function mount(page, model) {
  const perQuarter = model.card.steps_per_quarter ?? 4;
  let seed = 0;
  let tune = null;
  let given = null; // notes to go on from, and their length; else the keys of the piano

  const piano = new Piano({changed: () => begin(), struck: (pitch) => strike(player, pitch)});
  const roll = new Roll({sought: (quarters) => player.seek(quarters)});
  const player = new Player((quarters, sounds) => moved(quarters, sounds));
  const chosen = element("p", {class: "hint", "aria-live": "polite"});
  const temperature = slider("Temperature", {min: 0, max: 2, step: 0.1, value: 0.9}, (value) =>
    value < 0.3 ? `${value}, what is likeliest` : value > 1.4 ? `${value}, daring` : String(value));
  const length = slider("Length", {min: 8, max: 128, step: 4, value: 32}, (value) => `${value} quarter notes`);
  const compose = button("Compose", () => begin(), {class: "main"});
  const another = button("Another one", () => again());
  const said = spoken({class: "answer"});
  const beginning = element("div", {});
  beginning.append(element("p", {class: "label"}, "What sounds first"), piano.element, chosen);

  const asked = asking({
    ask: async () => (await model.call("generate", question())).tunes[0],
    show: (answer) => show(answer),
    fail: length.fail,
    busy: said,
  });

  function question() {
    const steps = Math.round(Number(length.control.value) * perQuarter);
    const how = {temperature: Number(temperature.control.value), seed};
    if (given) return {notes: given.notes, length: Math.round(given.quarters * perQuarter) + steps, ...how};
    return {first: piano.chosen, length: Math.max(2, steps), ...how};
  }

  function begin() {
    const keys = piano.chosen;
    given = null;
    chosen.textContent = keys.length ? keys.map(named).join(" ") : "Choose at least one key.";
    compose.disabled = another.disabled = !keys.length;
    if (keys.length) asked.soon();
    else asked.stop();
  }

  function again() {
    seed += 1;
    asked.now();
  }

  function show(answer) {
    tune = {...answer, tempo: Number(tempo.control.value) || answer.tempo};
    roll.show(tune);
    player.load(tune);
    seek.control.max = tune.quarters;
    const names = tune.notes.slice(0, 12).map(([, , pitch]) => named(pitch)).join(" ");
    said.replaceChildren(element("p", {class: "hint"}, `${tune.notes.length} notes, ${tune.quarters} quarter notes: ${names} …`));
  }

  function moved(quarters, sounds) {
    piano.light(roll.move(quarters, sounds));
    seek.control.value = quarters;
    seek.say();
    play.textContent = sounds ? "❚❚ Pause" : "▶ Play";
    onward.disabled = !before(tune.notes, quarters).length;
  }

  const seek = slider("Position", {min: 0, max: 1, step: 0.25, value: 0}, (value) => `${Math.round(value * 4) / 4}`);
  seek.control.addEventListener("input", () => player.seek(Number(seek.control.value)));
  const tempo = slider("Tempo", {min: 30, max: 240, step: 2, value: Math.round(model.card.tempo ?? 100)}, (value) => `${value} a minute`);
  tempo.control.addEventListener("change", () => tune && show(tune));
  const play = button("▶ Play", () => (player.plays ? player.seek(player.at, player.stop()) : player.play()), {class: "main"});
  const onward = button("Go on from here", () => {
    given = {notes: before(tune.notes, player.at), quarters: player.at};
    seed += 1;
    asked.now();
  });
  const files = [
    button("MIDI", () => save(midi(tune.notes, tune.tempo), "tune.mid")),
    button("WAV", async () => save(wave(await player.buffer()), "tune.wav")),
  ];

  const chords = choice([["", "A chord …"], ...Object.keys(CHORDS).map((name) => [name, name])], {"aria-label": "Chord"});
  chords.addEventListener("change", () => {
    if (chords.value) piano.choose(CHORDS[chords.value]);
    begin();
  });
  page.append(
    section("Compose", beginning, element("div", {class: "row"}, chords),
      element("div", {class: "columns"}, temperature, length), element("div", {class: "row"}, compose, another)),
    section("The tune", said, roll.element, element("div", {class: "columns"}, seek, tempo),
      element("div", {class: "row"}, play, onward, files)),
  );
  piano.choose(CHORDS.C);
  begin();
}

/** Notes that begin before a time, cut off there. */
function before(notes, quarters) {
  return notes
    .filter(([start]) => start < quarters - 1e-6)
    .map(([start, duration, pitch]) => [start, Math.min(duration, quarters - start), pitch]);
}
