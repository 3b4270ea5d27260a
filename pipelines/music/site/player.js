/** Plays a tune and says where it is, in quarter notes, until it ends. */

import {rendered} from "./sound.js";

export class Player {
  /** moved(quarters, whether it sounds) is called for each frame that is drawn. */
  constructor(moved) {
    this.moved = moved;
    this.at = 0;
    this.source = null;
  }

  /** tune: {notes, quarters, tempo}. */
  load(tune) {
    this.stop();
    this.tune = tune;
    this.sound = null;
    this.seek(0);
  }

  get plays() {
    return this.source !== null;
  }

  /** The sound of the tune, made once. */
  async buffer() {
    this.sound ??= rendered(this.tune.notes, this.tune.quarters, this.tune.tempo);
    return this.sound;
  }

  async play() {
    this.context ??= new AudioContext();
    const buffer = await this.buffer();
    await this.context.resume();
    this.stop();
    if (this.at >= this.tune.quarters) this.at = 0;
    const source = new AudioBufferSourceNode(this.context, {buffer});
    source.connect(this.context.destination);
    source.start(0, (this.at * 60) / this.tune.tempo);
    this.source = source;
    this.began = this.context.currentTime - (this.at * 60) / this.tune.tempo;
    this.step();
  }

  step() {
    if (!this.plays) return;
    this.at = ((this.context.currentTime - this.began) * this.tune.tempo) / 60;
    if (this.at >= this.tune.quarters) {
      this.stop();
      this.at = this.tune.quarters;
    }
    this.moved(this.at, this.plays);
    if (this.plays) requestAnimationFrame(() => this.step());
  }

  stop() {
    this.source?.stop();
    this.source = null;
  }

  seek(quarters) {
    const played = this.plays;
    this.stop();
    this.at = Math.max(0, Math.min(this.tune.quarters, quarters));
    this.moved(this.at, false);
    if (played) this.play();
  }
}

/** Lets one hear a single pitch. */
export async function strike(player, pitch) {
  player.context ??= new AudioContext();
  const buffer = await rendered([[0, 0.5, pitch]], 0.5, 60);
  await player.context.resume();
  const source = new AudioBufferSourceNode(player.context, {buffer});
  source.connect(player.context.destination);
  source.start();
}
