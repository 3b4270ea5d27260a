/** Names of MIDI pitches, and which keys of a piano are black. */

const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];

/** "C4" for 60. */
export const named = (pitch) => `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;

export const isBlack = (pitch) => [1, 3, 6, 8, 10].includes(pitch % 12);

/** Hertz, in equal temperament. */
export const frequency = (pitch) => 440 * 2 ** ((pitch - 69) / 12);
