/**
 * Asks a model while its user types: waits for a pause, shows the newest answer only, and says errors in words.
 *
 *     const asked = asking({ask: () => model.predict([box.value]), show, fail: boxField.fail, busy: answer});
 *     box.addEventListener("input", asked.soon);      asked.now()
 */

const PAUSE = 250; // milliseconds

/**
 * ask: () -> promise; show: answer -> nothing; fail: message -> nothing, "" for none; busy: the element that is marked
 * while an answer is awaited, and where one that stands there is not the answer to what was asked last, since that failed.
 * Of several questions only the last one's answer or error is shown.
 */
export function asking({ask, show, fail, busy, pause = PAUSE}) {
  let last = 0;
  let timer;
  const waits = (does) => busy?.setAttribute("aria-busy", does);
  const failed = (message) => {
    fail(message);
    busy?.classList.toggle("outdated", Boolean(message));
  };

  async function now() {
    clearTimeout(timer);
    const mine = ++last;
    waits(true);
    try {
      const answer = await ask();
      if (mine !== last) return;
      failed("");
      show(answer);
    } catch (error) {
      if (mine !== last) return;
      failed(error.message);
    }
    waits(false);
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(now, pause);
  }

  /** Answers that are still awaited are not shown. */
  function stop() {
    clearTimeout(timer);
    last++;
    waits(false);
  }
  return {now, soon, stop};
}
