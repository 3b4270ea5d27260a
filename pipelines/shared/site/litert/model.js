/** A model that runs in a worker of this page, with the same interface as `ServerModel`. */

export class LitertModel {
  constructor(card) {
    this.card = card;
    this.options = new Set(card.verbs.predict);
    this.waiting = new Map();
    this.worker = new Worker(new URL("worker.js", import.meta.url));
    this.worker.onmessage = ({data}) => this.settle(data.id, data);
    this.worker.onerror = ({message}) => {
      for (const id of [...this.waiting.keys()]) this.settle(id, {error: message || "The model's worker stopped."});
    };
  }

  /** The model of the folder that the page is in. */
  static async opened() {
    const response = await fetch("model.json");
    if (!response.ok) throw new Error(`model.json is missing: status ${response.status}.`);
    return new LitertModel((await response.json()).card);
  }

  settle(id, {answer, error}) {
    const {resolve, reject} = this.waiting.get(id) ?? {};
    this.waiting.delete(id);
    if (error !== undefined) reject?.(new Error(error));
    else resolve?.(answer);
  }

  can(verb) {
    return verb !== "predict" && verb in this.card.verbs;
  }

  predict(inputs, options = {}) {
    return Promise.all(inputs.map((input) => this.call("predict", {input, ...options})));
  }

  call(verb, values = {}) {
    const id = crypto.getRandomValues(new Uint32Array(2)).join("-");
    return new Promise((resolve, reject) => {
      this.waiting.set(id, {resolve, reject});
      this.worker.postMessage({id, verb, values});
    });
  }

  async others() {
    return [this.card];
  }
}
