/** Gumbel's noise, the same for a seed in every browser; other than TensorFlow's, so its tunes are others too. */
export function gumbels(seed) {
  const uniform = uniforms(seed);
  return () => -Math.log(-Math.log(uniform()));
}

/** Numbers between 0 and 1, none of both, of a 32-bit counter that is mixed (SplitMix, Steele et al. 2014). */
function uniforms(seed) {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (((mixed ^ (mixed >>> 15)) >>> 0) + 0.5) / 2 ** 32;
  };
}
