/** A `.tflite` by LiteRT.js, in a worker, on one thread: `await Engine.opened(folder)`, `await engine.run(signature, {name: array})`. */

const RUNTIME = "runtime/";

export class Engine {
  constructor(runtime, compiled) {
    Object.assign(this, {runtime, compiled});
    this.shapes = {};
    for (const [name, runner] of Object.entries(compiled.signatures)) {
      this.shapes[name] = Object.fromEntries(runner.getInputDetails().map(({name: input, shape}) => [input, [...shape]]));
    }
  }

  /** folder: the address of the folder with model.tflite and runtime/. */
  static async opened(folder) {
    const address = new URL(RUNTIME, folder).href;
    self.Module = {locateFile: (file) => `${address}wasm/${file}`, printErr: told};
    console.warn = warned;
    const runtime = await import(`${address}core.js`);
    await runtime.loadLiteRt(`${address}wasm/`);
    const content = new Uint8Array(await (await fetched(new URL("model.tflite", folder))).arrayBuffer());
    const compiled = await runtime.loadAndCompile(content, {accelerator: "wasm", cpuOptions: {numThreads: 1}});
    return new Engine(runtime, compiled);
  }

  /** {output: typed array} of a call; inputs: {input: typed array}, filled up to the signature's sizes. */
  async run(signature, inputs) {
    const shapes = this.shapes[signature];
    const given = Object.entries(shapes).map(([name, shape]) => [name, new this.runtime.Tensor(inputs[name], shape)]);
    const outputs = Object.entries(await this.compiled.run(signature, Object.fromEntries(given)));
    const arrays = outputs.map(([name, tensor]) => [name, tensor.toTypedArray().slice()]);
    for (const [, tensor] of [...given, ...outputs]) tensor.delete();
    return Object.fromEntries(arrays);
  }
}

/** Says what LiteRT.js prints, but for notes that it prints as errors. */
function told(line) {
  if (!/^(INFO|WARNING|VERBOSE):/.test(line)) console.error(line);
}

const {warn} = console;

/** Says a warning, but for the one that there is no graphics card, which this page does not use. */
function warned(...said) {
  if (!/WebGPU/.test(said[0])) warn(...said);
}

/** The response of a file of the folder; else an error that names it. */
export async function fetched(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address.pathname ?? address} is missing: status ${response.status}.`);
  return response;
}

/** The lines of a file of the folder. */
export async function lines(address) {
  return (await (await fetched(address)).text()).replace(/\n$/, "").split("\n");
}
