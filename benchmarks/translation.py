"""The numbers of the translation pipeline, one command each; each prints a line for README's table.

    python benchmarks/translation.py sample                                  the built-in sample
    python benchmarks/translation.py multi30k --data FOLDER                  German to English, test2016
    python benchmarks/translation.py tatoeba --data FOLDER --source english  English and Spanish, either way
    python benchmarks/translation.py torch --data FOLDER --epochs 2          beside PyTorch, on the same batches
    python benchmarks/translation.py decoding --data FOLDER --artifact PATH  sentences per second of a trained artifact

FOLDER holds multi30k/ and spa-eng/, TSV files of two columns. Settings are those that the data choose. BLEU is
sacreBLEU's, 13a, cased. `--directory` keeps the artifact; `--resume` continues an interrupted training of the same
settings there.
"""

import argparse
import contextlib
import pathlib
import sys
import tempfile
import time

import numpy as np

# Before this folder, in which another module is called layers.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from benchmarks.machine import machine

# Of torch; the others have no settings but those that the data choose.
NETWORK = {
    "cell": "gru", "units": 256, "embedding_size": 256, "embedding_dropout": 0.3, "dropout": 0.3, "batch_size": 64,
    "learning_rate": 1e-3, "schedule": "constant", "subword_dropout": 0.0, "beams": 1, "max_length": 120,
}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], allow_abbrev=False)
    parser.add_argument("what", choices=sorted(BENCHMARKS))
    parser.add_argument("--data", type=pathlib.Path, metavar="FOLDER", help="holds multi30k/ and spa-eng/")
    parser.add_argument("--source", choices=("english", "spanish"), default="english", help="of tatoeba and torch")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=2, help="of torch")
    parser.add_argument("--steps", type=int, help="of torch: batches of an epoch at the most")
    parser.add_argument("--directory", help="where to keep the artifact")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--artifact", type=pathlib.Path, help="of decoding")
    arguments = parser.parse_args()
    if arguments.data is None and arguments.what != "sample":
        parser.error(f"{arguments.what}: expected --data FOLDER with multi30k/ and spa-eng/ in it")
    if arguments.artifact is None and arguments.what == "decoding":
        parser.error("decoding: expected --artifact PATH of a trained translator of Multi30k")
    BENCHMARKS[arguments.what](arguments)


def train(arguments, **options):
    """Trains and prints a row of README's table."""
    from pipelines import translation

    temporary = tempfile.TemporaryDirectory() if arguments.directory is None else contextlib.nullcontext()
    with temporary as directory:
        artifact = translation.train(
            name=arguments.what, directory=directory or arguments.directory, seed=arguments.seed,
            resume=arguments.resume, **options,
        )  # fmt: skip
    scores = artifact.metrics
    print(
        f"{arguments.what}: BLEU {scores['sacrebleu']:.2f}  chrF {scores['chrf']:.2f}  our BLEU {scores['bleu']:.2f}  "
        f"dictionary {scores['baseline_dictionary_sacrebleu']:.2f}  copy {scores['baseline_copy_sacrebleu']:.2f}; best "
        f"validation BLEU {max(artifact.history['val_bleu']):.2f}, {len(artifact.history['loss'])} epochs, training "
        f"{artifact.facts['training_seconds']:.0f} s, {artifact.facts['parameters']:,} parameters, seed "
        f"{arguments.seed}, {machine()}"
    )


def sample(arguments):
    train(arguments)


def _files(folder, test="test"):
    return {role: str(folder / f"{name}.tsv") for role, name in (("data", "train"), ("valid", "valid"), ("test", test))}


def multi30k(arguments):
    """The test is test2016, translated once."""
    files = _files(arguments.data / "multi30k", "test2016")
    train(arguments, **files, source="german", target="english")


def _directions(arguments):
    other = {"english": "spanish", "spanish": "english"}[arguments.source]
    return {"source": arguments.source, "target": other}


def tatoeba(arguments):
    """A source sentence occurs once for each of its translations; in the test all of them are references."""
    train(arguments, **_files(arguments.data / "spa-eng"), **_directions(arguments))


def decoding(arguments):
    """Sentences of test2016 translated per second, greedily and with five beams, after a first pass that traces."""
    import dataclasses

    from pipelines import translation
    from pipelines.translation import decoding

    artifact = translation.load(arguments.artifact.name, directory=arguments.artifact.parent)
    source = _files(arguments.data / "multi30k", "test2016")["test"]
    examples = translation.task.data.load_examples(source, artifact.config)
    sources = artifact.preprocessor.sources(examples["source"])
    for beams in (1, 5):
        config = dataclasses.replace(artifact.config, beams=beams)
        for measured in (False, True):
            started = time.perf_counter()
            decoding.texts(artifact.infer, artifact.preprocessor, sources, config)
            if measured:
                rate = len(sources) / (time.perf_counter() - started)
                print(f"decoding: {rate:.0f} sentences/s with beams={beams}, {len(sources)} sentences, {machine()}")


def torch_beside(arguments):
    """Trains a GRU with Bahdanau attention in PyTorch and ours, in turn, on the same batches of Tatoeba."""
    import torch

    from pipelines import settings, translation
    from pipelines.shared.training import fitting
    from pipelines.translation import data as sentence_pairs
    from pipelines.translation import decoding
    from pipelines.translation import scores as translation_scores

    options = {**NETWORK, "epochs": arguments.epochs, "seed": arguments.seed}
    config = settings.create(translation.Config, {**_directions(arguments), **options})
    task = translation.task
    splits = task.load_splits(**_files(arguments.data / "spa-eng"), config=config, download=False)
    preprocessor = task.preprocessor.prepare(splits["train"], config)
    batches = task.preprocessor.batches(preprocessor, splits["train"], config, True)
    with fitting.conditions(config):
        model = task.network.build(preprocessor, config)
    fitting.compile(model, config, batches, **task.network.compiled(config))
    torch.manual_seed(arguments.seed)
    rival = torch_network(len(preprocessor.target), config)
    ours = lambda batch: model.train_on_batch(batch[0], batch[1], sample_weight=batch[2])  # noqa: E731
    theirs = torch_step(rival, config)
    seconds, tokens = {"ours": 0.0, "torch": 0.0}, 0
    for epoch in range(arguments.epochs):
        for step, batch in enumerate(batches):
            if step == arguments.steps:
                break
            numbers = [tensor.numpy() for tensor in (*batch[0].values(), batch[1])]
            for name, run, inputs in (("ours", ours, batch), ("torch", theirs, numbers)):
                started = time.perf_counter()
                run(inputs)
                if epoch or step >= 20:  # the first batches trace
                    seconds[name] += time.perf_counter() - started
            tokens += int(np.sum(batch[2])) if epoch or step >= 20 else 0
    texts, references = sentence_pairs.grouped(splits["test"])
    sources = preprocessor.sources(texts)
    outputs = {
        "ours": decoding.texts(decoding.Translator(model), preprocessor, sources, config),
        "torch": torch_texts(rival, preprocessor, sources, config),
    }
    parameters = {"ours": model.count_params(), "torch": sum(weight.numel() for weight in rival.parameters())}
    for name, translations in outputs.items():
        judged = translation_scores.judged(translations, references)
        print(
            f"torch: {name}: {tokens / seconds[name]:,.0f} target tokens/s, BLEU {judged['sacrebleu']:.2f} and chrF "
            f"{judged['chrf']:.2f} (greedy) after {arguments.epochs} epochs, {parameters[name]:,} parameters"
        )
    print(f"torch: ours {seconds['torch'] / seconds['ours']:.2f} x as many tokens a second, {machine()}")


def torch_network(vocabulary, config):
    """Bahdanau et al. 2014, with vectors shared by both sides and the output, as in our network."""
    import torch
    from torch import nn

    units, size = config.units, config.embedding_size

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.vectors = nn.Embedding(vocabulary, size, padding_idx=0)
            nn.init.normal_(self.vectors.weight, std=size**-0.5)
            self.encoder = nn.GRU(size, units, batch_first=True, bidirectional=True)
            self.bridge = nn.Linear(2 * units, units)
            self.key, self.query = nn.Linear(2 * units, units, bias=False), nn.Linear(units, units)
            self.energy = nn.Linear(units, 1, bias=False)
            self.cell = nn.GRUCell(size + 2 * units, units)
            self.readout = nn.Linear(3 * units + size, size)
            self.bias = nn.Parameter(torch.zeros(vocabulary))
            self.drop, self.drop_vectors = nn.Dropout(config.dropout), nn.Dropout(config.embedding_dropout)

        def encode(self, source, lengths):
            vectors = nn.utils.rnn.pack_padded_sequence(
                self.drop_vectors(self.vectors(source)), lengths, batch_first=True, enforce_sorted=False
            )
            memory, _ = nn.utils.rnn.pad_packed_sequence(self.encoder(vectors)[0], batch_first=True)
            mask = torch.arange(memory.shape[1])[None] < lengths[:, None]  # (batch, time)
            state = torch.tanh(self.bridge((memory * mask[..., None]).sum(1) / lengths[:, None]))
            memory = self.drop(memory)
            return memory, self.key(memory), mask, state

        def step(self, vector, state, memory, keys, mask):
            energies = self.energy(torch.tanh(self.query(state)[:, None] + keys))[..., 0]
            weights = energies.masked_fill(~mask, float("-inf")).softmax(-1)  # (batch, time)
            context = torch.bmm(weights[:, None], memory)[:, 0]
            state = self.cell(torch.cat([vector, context], -1), state)
            return torch.cat([state, context, vector], -1), state

        def logits(self, joined):
            return self.drop(torch.tanh(self.readout(self.drop(joined)))) @ self.vectors.weight.T + self.bias

        def forward(self, source, lengths, target):
            memory, keys, mask, state = self.encode(source, lengths)
            outputs = []
            for vector in self.drop_vectors(self.vectors(target)).unbind(1):
                output, state = self.step(vector, state, memory, keys, mask)
                outputs.append(output)
            return self.logits(torch.stack(outputs, 1))

    return Network()


def torch_step(network, config):
    import torch

    optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate)

    def step(numbers):
        source, lengths, target, labels = (torch.from_numpy(np.asarray(array, "int64")) for array in numbers)
        network.train()
        optimizer.zero_grad()
        logits = network(source, lengths, target)
        loss = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), labels.flatten(), ignore_index=0, label_smoothing=config.label_smoothing
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), config.clip_norm)
        optimizer.step()

    return step


def torch_texts(network, preprocessor, sources, config):
    """Greedy translations, in the order of `sources`."""
    import torch

    from pipelines.shared.text.subwords import END, PADDING, START
    from pipelines.translation import decoding

    network.eval()
    answers = [""] * len(sources)
    with torch.no_grad():
        for positions, source, lengths in decoding.in_batches(sources):
            memory, keys, mask, state = network.encode(torch.tensor(source, dtype=torch.int64), torch.tensor(lengths))
            token, ended, tokens = torch.full([len(positions)], START), torch.zeros(len(positions), dtype=bool), []
            for _ in range(decoding.limit(source.shape[1], config)):
                output, state = network.step(network.vectors(token), state, memory, keys, mask)
                token = network.logits(output).argmax(-1).masked_fill(ended, PADDING)
                tokens.append(token)
                ended |= token == END
                if ended.all():
                    break
            ids = torch.stack(tokens, 1).numpy().astype("int32")
            for position, text in zip(positions, preprocessor.target.detokenize(ids).numpy(), strict=True):
                answers[position] = text.decode("utf-8")
    return answers


BENCHMARKS = {
    "sample": sample, "multi30k": multi30k, "tatoeba": tatoeba, "torch": torch_beside, "decoding": decoding,
}  # fmt: skip

if __name__ == "__main__":
    main()
