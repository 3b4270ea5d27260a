/** Notes as a MIDI file of one track. */

const TICKS = 480; // a quarter note
const LOUDNESS = 80;

/** notes: [start, duration, pitch] in quarter notes; tempo: quarter notes a minute. */
export function midi(notes, tempo) {
  const events = notes.flatMap(([start, duration, pitch]) => [
    [Math.round(start * TICKS), 1, pitch],
    [Math.round((start + duration) * TICKS), 0, pitch],
  ]);
  events.sort((one, other) => one[0] - other[0] || one[1] - other[1]); // what ends, first
  const beat = Math.round(60e6 / tempo);
  const track = [0, 0xff, 0x51, 3, (beat >> 16) & 255, (beat >> 8) & 255, beat & 255];
  let now = 0;
  for (const [tick, on, pitch] of events) {
    track.push(...inSevens(tick - now), on ? 0x90 : 0x80, pitch, on ? LOUDNESS : 0);
    now = tick;
  }
  track.push(0, 0xff, 0x2f, 0);
  const head = [...letters("MThd"), ...four(6), 0, 0, 0, 1, TICKS >> 8, TICKS & 255];
  return new Blob([new Uint8Array([...head, ...letters("MTrk"), ...four(track.length), ...track])], {
    type: "audio/midi",
  });
}

const letters = (word) => [...word].map((letter) => letter.charCodeAt(0));
const four = (number) => [24, 16, 8, 0].map((shift) => (number >> shift) & 255);

/** A number in groups of seven bits, all but the last marked. */
function inSevens(number) {
  const groups = [number & 127];
  for (let rest = number >> 7; rest; rest >>= 7) groups.unshift((rest & 127) | 128);
  return groups;
}
