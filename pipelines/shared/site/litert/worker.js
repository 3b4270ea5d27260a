/**
 * Runs a model apart from the page: takes {id, verb, values}, answers {id, answer} or {id, error}.
 *
 * A classic worker, since LiteRT.js loads its own script by importScripts, which module workers lack.
 */

const folder = new URL("../../", self.location.href);

async function opened() {
  const {Engine, fetched} = await import("./engine.js");
  const [engine, {module, settings}] = await Promise.all([
    Engine.opened(folder),
    fetched(new URL("model.json", folder)).then((response) => response.json()),
  ]);
  const {open} = await import(`../${module}`);
  return open(engine, settings, folder);
}

const model = opened();
model.catch(() => {}); // whoever asks first is told

async function answer({id, verb, values}) {
  try {
    self.postMessage({id, answer: await (await model)[verb](values)});
  } catch (error) {
    self.postMessage({id, error: error.message || String(error)});
  }
}

let last = Promise.resolve(); // one question after another
self.onmessage = ({data}) => {
  last = last.then(() => answer(data));
};
