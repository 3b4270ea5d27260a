/**
 * The two forms in which a network reads and writes music: beginnings to tokens, tokens to notes.
 *
 * A beginning is {start, tokens, steps}: the input of the signature `start`, the tokens behind it, and how long it is.
 * Notes are [start, duration, pitch]: in quarter notes as they come in, in steps as they go out.
 */

const byStartAndPitch = (one, other) => one[0] - other[0] || one[2] - other[2];

/** Notes in steps, each at least one long, once. */
function inSteps(notes, per) {
  const rounded = notes.map(([start, duration, pitch]) => {
    const begins = Math.round(start * per);
    return [begins, Math.max(begins + 1, Math.round((start + duration) * per)), pitch];
  });
  return [...new Map(rounded.map((note) => [note.join(), note])).values()];
}

/** Steps, each a chord: its keys one after another from the lowest up, then the token KEYS. */
export class PianoRoll {
  constructor({lowest, keys, chord, steps_per_quarter}) {
    Object.assign(this, {lowest, keys, chord, per: steps_per_quarter});
  }

  fromPitches(pitches) {
    return this.beginning([pitches.map((pitch) => pitch - this.lowest)]);
  }

  fromNotes(notes) {
    const rounded = inSteps(notes, this.per);
    const chords = Array.from({length: Math.max(...rounded.map(([, end]) => end))}, () => []);
    for (const [start, end, pitch] of rounded) for (let step = start; step < end; step++) chords[step].push(pitch - this.lowest);
    return this.beginning(chords);
  }

  beginning(chords) {
    const known = chords.map((keys) => [...new Set(keys)].filter((key) => key >= 0 && key < this.keys).sort((a, b) => a - b));
    const [first, ...others] = known;
    const start = new Int32Array(this.chord + 1).fill(this.keys);
    start.set(first.slice(0, this.chord));
    return {start: {chords: start}, tokens: others.flatMap((keys) => [...keys, this.keys]), steps: known.length, chords: known};
  }

  /** Keys that sound in steps one after another are one note. */
  notes(given, tokens, length) {
    const chords = [...given.chords, []];
    for (const token of tokens) {
      if (token === this.keys) chords.push([]);
      else if (token < this.keys) chords.at(-1).push(token);
    }
    const notes = [];
    let sounding = new Map(); // key -> its note
    for (const [step, keys] of chords.slice(0, length).entries()) {
      sounding = new Map(keys.map((key) => [key, sounding.get(key) ?? [step, 0, key + this.lowest]]));
      for (const note of sounding.values()) if (!note[1]++) notes.push(note);
    }
    return notes.sort(byStartAndPitch);
  }
}

/** Notes as a pitch and a duration each, and the time that passes between them. */
export class Events {
  constructor({pitches, durations, shifts, usual_duration, steps_per_quarter}) {
    Object.assign(this, {pitches, durations, shifts, per: steps_per_quarter});
    const ids = (values) => new Map(values.map((value, id) => [value, id]).filter(([value]) => value));
    [this.pitchIds, this.durationIds, this.shiftIds] = [pitches, durations, shifts].map(ids);
    this.usual = this.durationIds.get(usual_duration);
  }

  /** Pitches that sound together; each has the usual duration, that of the last is drawn. */
  fromPitches(pitches) {
    return this.beginning(pitches.flatMap((pitch) => [this.pitchIds.get(pitch), this.usual]).slice(0, -1));
  }

  fromNotes(notes) {
    return this.beginning(this.tokensOf(notes));
  }

  beginning(tokens) {
    const steps = tokens.reduce((sum, token) => sum + this.shifts[token], 0);
    return {start: {tokens: Int32Array.of(tokens[0])}, tokens: tokens.slice(1), steps, all: tokens};
  }

  tokensOf(notes) {
    const tokens = [];
    let now = 0;
    for (const [start, end, pitch] of inSteps(notes, this.per).sort(byStartAndPitch)) {
      if (!this.pitchIds.has(pitch)) continue;
      tokens.push(...this.parts(start - now), this.pitchIds.get(pitch), this.nearest(end - start));
      now = start;
    }
    return tokens;
  }

  /** The tokens of a time that passes, the longest first. */
  parts(steps) {
    const known = [...this.shiftIds.keys()].sort((a, b) => b - a);
    const tokens = [];
    for (let left = steps; left > 0; ) {
      const most = known.find((shift) => shift <= left);
      tokens.push(this.shiftIds.get(most));
      left -= most;
    }
    return tokens;
  }

  nearest(steps) {
    const known = [...this.durationIds.keys()];
    const best = known.reduce((one, other) => (Math.abs(other - steps) < Math.abs(one - steps) ? other : one));
    return this.durationIds.get(best);
  }

  notes(given, tokens, length) {
    const [notes, all] = [[], [...given.all, ...tokens]];
    let now = 0;
    all.forEach((token, place) => {
      now += this.shifts[token];
      const duration = this.durations[all[place + 1]];
      if (this.pitches[token] && duration) notes.push([now, duration, this.pitches[token]]);
    });
    const heard = notes.filter(([start]) => start < length).map(([start, duration, pitch]) => [start, Math.min(duration, length - start), pitch]);
    return heard.sort(byStartAndPitch);
  }
}
