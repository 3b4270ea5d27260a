/**
 * A model behind `unroll serve`. The page of a task knows these alone, which a model in the browser has too:
 *
 *     card, options (of `predict`), can(verb), predict(inputs, options), call(verb, values), upload(file, values),
 *     others(), sibling(name)
 *
 * What fails is an `Error` whose message is the sentence to show.
 */

export class ServerModel {
  /** card: as `GET /api/artifacts/NAME` gives it. */
  constructor(card) {
    this.card = card;
    this.options = new Set(card.verbs.predict);
    this.address = `/api/artifacts/${encodeURIComponent(card.name)}`;
  }

  /** The model called `name`, with its card. */
  static async opened(name) {
    return new ServerModel(await asked(`/api/artifacts/${encodeURIComponent(name)}`));
  }

  can(verb) {
    return verb === "upload" ? this.card.files.length > 0 : verb in this.card.verbs;
  }

  async predict(inputs, options = {}) {
    return (await posted(`${this.address}:predict`, {inputs, ...options})).answers;
  }

  /** What a verb besides `predict` gives. */
  call(verb, values = {}) {
    return posted(`${this.address}:${verb}`, values);
  }

  /** What the task makes of a `File`; of its name only the ending is sent. */
  upload(file, values = {}) {
    const ending = /\.[^.]*$/.exec(file.name)?.[0].toLowerCase() ?? "";
    const how = {method: "POST", headers: {"Content-Type": "application/octet-stream"}, body: file};
    return asked(`${this.address}/files?${new URLSearchParams({ending, ...values})}`, how);
  }

  /** Rows of all artifacts. */
  others() {
    return rows();
  }

  /** The model of another artifact. */
  sibling(name) {
    return ServerModel.opened(name);
  }
}

/** Rows of all artifacts that the server has. */
export function rows() {
  return asked("/api/artifacts");
}

const posted = (address, values) =>
  asked(address, {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(values)});

async function asked(address, how = {}) {
  let response;
  try {
    response = await fetch(address, how);
  } catch {
    throw new Error("The server does not answer. Is `unroll serve` still running?");
  }
  const told = await response.json().catch(() => ({}));
  if (response.ok) return told;
  const error = new Error(told.error || `The server answered with status ${response.status}.`);
  throw Object.assign(error, {status: response.status});
}
