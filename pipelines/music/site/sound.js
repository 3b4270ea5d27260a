/** Notes as sound, made in the browser: to be heard, and to be kept as a WAV file. */

import {frequency} from "./pitches.js";

const RATE = 22050; // samples a second
const OVERTONES = [1, 0.5, 0.25, 0.15, 0.08]; // loudness, the fundamental first
const ATTACK = 0.01; // seconds
const RELEASE = 0.15;
const LOUDNESS = 0.11; // of a note

/** An AudioBuffer of notes [start, duration, pitch] in quarter notes. */
export async function rendered(notes, quarters, tempo) {
  const second = 60 / tempo;
  const context = new OfflineAudioContext(1, Math.ceil((quarters * second + 2 * RELEASE) * RATE), RATE);
  const tone = context.createPeriodicWave(new Float32Array(OVERTONES.length + 1), new Float32Array([0, ...OVERTONES]));
  for (const [start, duration, pitch] of notes) played(context, tone, pitch, start * second, duration * second);
  return context.startRendering();
}

function played(context, tone, pitch, start, duration) {
  const source = context.createOscillator();
  const loudness = context.createGain();
  const end = start + duration;
  source.setPeriodicWave(tone);
  source.frequency.value = frequency(pitch);
  loudness.gain.setValueAtTime(0, start);
  loudness.gain.linearRampToValueAtTime(LOUDNESS, start + ATTACK);
  loudness.gain.exponentialRampToValueAtTime(LOUDNESS / 3, Math.max(end, start + 2 * ATTACK));
  loudness.gain.linearRampToValueAtTime(0, end + RELEASE);
  source.connect(loudness).connect(context.destination);
  source.start(start);
  source.stop(end + RELEASE);
}

/** A WAV file, 16 bits a sample. */
export function wave(buffer) {
  const samples = buffer.getChannelData(0);
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const word = (at, letters) =>
    [...letters].forEach((letter, place) => view.setUint8(at + place, letter.charCodeAt(0)));
  word(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  word(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // plain samples
  view.setUint16(22, 1, true); // of one channel
  view.setUint32(24, buffer.sampleRate, true);
  view.setUint32(28, 2 * buffer.sampleRate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  word(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((sample, place) =>
    view.setInt16(44 + 2 * place, Math.round(32767 * Math.max(-1, Math.min(1, sample))), true),
  );
  return new Blob([view], {type: "audio/wav"});
}
