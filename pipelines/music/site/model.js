/** A model of music in the browser, which draws tunes token by token: `open(engine, settings)`. */

import {Events, PianoRoll} from "./forms.js";
import {gumbels} from "./noise.js";

const LENGTH = 64; // steps, if no length is asked for
const LONGEST = 10000; // steps

export async function open(engine, settings) {
  const form = settings.form === "events" ? new Events(settings) : new PianoRoll(settings);
  return new Composer(engine, form, settings);
}

class Composer {
  constructor(engine, form, settings) {
    Object.assign(this, {engine, form, settings});
    this.allowed_keys = new Float32Array(settings.keys).fill(1);
  }

  /** A tune that begins with pitches. */
  async predict({input, ...how}) {
    return (await this.generate({first: [input].flat(), ...how})).tunes[0];
  }

  /** Tunes that begin with pitches, or go on from notes [start, duration, pitch] in quarter notes. */
  async generate({first = [60], notes, length, temperature = 0.9, seed = 0}) {
    const {steps_per_quarter: per, tempo, tokens_per_step: most} = this.settings;
    const given = notes?.length ? this.form.fromNotes(notes) : this.form.fromPitches(first);
    const all = length ?? LENGTH + given.steps;
    if (!(given.steps < all && all <= LONGEST)) {
      throw new Error(`Expected a length of more than the ${given.steps} given steps, ${LONGEST} at most, received ${all}.`);
    }
    const noise = gumbels(seed);
    const drawn = (logits) => likeliest(logits, temperature, noise);
    const tokens = [];
    for await (const [token] of this.drawn(given, all, drawn, (all - given.steps) * most)) tokens.push(token);
    const written = this.form.notes(given, tokens, all).map(([start, duration, pitch]) => [start / per, duration / per, pitch]);
    return {tunes: [{notes: written, quarters: all / per, tempo, given: given.steps / per, log_probability: null}]};
  }

  /** Yields [token, its logits], each drawn by `draw(logits)`, up to the end of the tune or `most` of them. */
  async *drawn(given, steps, draw, most) {
    const fixed = {length: Int32Array.of(steps), allowed_keys: this.allowed_keys};
    let {token, ...states} = await this.engine.run("start", given.start);
    for (const next of [...given.tokens, null]) {
      if (next !== null) ({states} = await this.stepped(token, states, fixed));
      token = next === null ? token : Int32Array.of(next);
    }
    for (let count = 0; count < most && token[0] !== this.settings.stop; count++) {
      const {logits, states: following} = await this.stepped(token, states, fixed);
      [token, states] = [Int32Array.of(draw(logits, count)), following];
      yield [token[0], logits];
    }
  }

  async stepped(token, states, fixed) {
    const {logits, ...following} = await this.engine.run("step", {token, ...fixed, ...states});
    return {logits, states: following};
  }

  /** The logits of tokens that are known. */
  async logits({first, tokens, length}) {
    const rows = [];
    const known = (_, count) => tokens[count];
    for await (const [, logits] of this.drawn(this.form.fromPitches(first), length, known, tokens.length)) rows.push([...logits]);
    return rows;
  }

  async notes({first, tokens, length}) {
    return this.form.notes(this.form.fromPitches(first), tokens, length);
  }

  /** The tokens of notes. */
  async given({notes}) {
    return this.form.tokensOf(notes);
  }
}

/** The token with the greatest logit plus `temperature` times noise. */
function likeliest(logits, temperature, noise) {
  const scores = Array.from(logits, (logit) => logit + temperature * noise());
  return scores.indexOf(Math.max(...scores));
}
