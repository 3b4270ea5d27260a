"""Whether an artifact, an export or any `.tflite` is whole, runs where it has to, and answers what it should.

    unroll verify saved_models/mine              an artifact: its files, every export
    unroll verify saved_models/mine/mobile       a folder with a model.tflite and golden.json
    unroll verify saved_models/mine/serving/1    a SavedModel
    unroll verify model.tflite

Of a `.tflite`: only builtin operations, none that keep state in variables; its signatures; the same answer to the same
input after calls of another shape and of the same; the golden answers, where golden.json stands beside it. Inputs it
has no golden ones for are drawn at random.
"""

import dataclasses
import json
import pathlib

import numpy as np

from pipelines import artifacts, convert, tflite_files

TOLERANCE = 1e-5
SIZES = ((2, 5), (3, 8))  # (batch, other open axes), call by call
PASSED, FAILED, SKIPPED = "passed", "FAILED", "-"


@dataclasses.dataclass(frozen=True)
class Check:
    """One line of the table."""

    subject: str
    name: str
    result: str
    detail: str


@dataclasses.dataclass(frozen=True)
class Verification:
    """All checks of a path."""

    path: str
    checks: list

    @property
    def passed(self):
        return all(check.result != FAILED for check in self.checks)

    def __str__(self):
        rows = [("of", "check", "result", "found"), *map(dataclasses.astuple, self.checks)]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = ["  ".join([*(row[i].ljust(widths[i]) for i in range(3)), row[3]]).rstrip() for row in rows]
        failed = sum(check.result == FAILED for check in self.checks)
        return "\n".join(
            [*lines, f"{self.path}: {f'{failed} of {len(self.checks)} checks failed' if failed else 'whole'}"]
        )


def verify(path):
    """Checks an artifact's folder, a folder of an export, or a `.tflite`.

    Returns:
        a `Verification`: `.passed`, `.checks`; printed, a table.

    Raises:
        FileNotFoundError: nothing is there. ValueError: what is there is no model, or a damaged one.
    """
    path = pathlib.Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file or folder")
    for found, check in (
        (path.is_file(), _file),
        ((path / "artifact.json").exists(), _artifact),
        ((path / "saved_model.pb").exists(), _saved_model),
        ((path / "model.tflite").exists(), _mobile),
    ):
        if found:
            return Verification(str(path), check(path))
    raise ValueError(
        f"{path}: expected an artifact (with artifact.json), a SavedModel (saved_model.pb) or a folder with "
        f"model.tflite, received a folder of {', '.join(sorted(each.name for each in path.iterdir())[:5]) or 'nothing'}"
    )


def _file(path):
    golden = path.parent / "golden.json"
    return _tflite(path, path.name, _json(golden) if path.name == "model.tflite" and golden.exists() else {})


def _mobile(folder, subject="mobile"):
    golden = folder / "golden.json"
    return _tflite(folder / "model.tflite", subject, _json(golden) if golden.exists() else {})


def _json(path):
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {error}; export again") from error


def _tflite(path, subject, golden):
    interpreter = tflite_files.interpreter(path)
    # Whether the state of a recurrent operation is cleared, calls in a row show.
    operations, foreign = convert.operations(path), convert.foreign(path, allowed=convert.RECURRENT)
    counted = f"{sum(operations.values())} operations of {len(operations)} kinds, {path.stat().st_size / 1024:,.0f} KiB"
    checks = [Check(subject, "builtin operations", FAILED if foreign else PASSED, ", ".join(foreign) or counted)]
    signatures = interpreter.get_signature_list() if interpreter and not foreign else {}
    if not signatures and not foreign:
        checks.append(Check(subject, "signatures", FAILED, "it has none; an app could not name its inputs"))
    for name in signatures:
        run = interpreter.get_signature_runner(name)
        inputs, outputs = run.get_input_details(), run.get_output_details()
        checks.append(Check(subject, f"signature {name}", PASSED, f"{_described(inputs)} -> {_described(outputs)}"))
        checks.append(_two_calls(run, inputs, subject, name, golden))
        if set(inputs) <= set(golden):
            checks.append(_golden(run, inputs, outputs, subject, name, golden))
    return checks


def _described(details):
    """ids int32 (?, ?), lengths int32 (?)"""
    return ", ".join(f"{name} {np.dtype(each['dtype']).name} {_shape(each)}" for name, each in sorted(details.items()))


def _shape(detail):
    return f"({', '.join('?' if size < 0 else str(size) for size in detail['shape_signature'])})"


def _given(inputs, golden, rows=slice(None)):
    """Golden input tensors."""
    return {name: np.asarray(golden[name], inputs[name]["dtype"])[rows] for name in inputs}


def _drawn(inputs, batch, size):
    """Random inputs; integers are 0 or 1, or in a vector between 1 and the open axes' size, as lengths are."""
    draw, found = np.random.default_rng(0), {}
    for name, each in inputs.items():
        shape = [fixed if fixed >= 0 else size if axis else batch for axis, fixed in enumerate(each["shape_signature"])]
        kind = np.dtype(each["dtype"])
        if kind.kind in "iu":
            value = draw.integers(1, size + 1, shape) if len(shape) == 1 else draw.integers(0, 2, shape)
        else:
            value = draw.integers(0, 2, shape) if kind.kind == "b" else draw.random(shape)
        found[name] = value.astype(kind)
    return found


def _two_calls(run, inputs, subject, name, golden):
    """The same input before and after another one, and twice in a row: a new shape clears what an operation keeps."""
    if set(inputs) <= set(golden):
        calls = [_given(inputs, golden), _given(inputs, golden, slice(0, 1))]
    else:
        calls = [_drawn(inputs, *sizes) for sizes in SIZES]
    try:
        first, _, *again = (run(**tensors) for tensors in (calls[0], calls[1], calls[0], calls[0]))
    except (RuntimeError, ValueError) as error:
        return Check(subject, f"{name}: two calls", FAILED, " ".join(str(error).split()))
    same = all(
        np.array_equal(first[key], each[key], equal_nan=first[key].dtype.kind == "f") for key in first for each in again
    )
    detail = (
        "the same answers after calls of another shape and of the same"
        if same
        else "a call changes the answers of the next"
    )
    return Check(subject, f"{name}: two calls", PASSED if same else FAILED, detail)


def _golden(run, inputs, outputs, subject, name, golden):
    """The answers written down at the export."""
    known = [key for key in outputs if key in golden]
    if not known:
        return Check(subject, f"{name}: golden answers", SKIPPED, "none of its outputs are in golden.json")
    found = run(**_given(inputs, golden))
    worst = max(_difference(found[key], golden[key]) for key in known)
    tolerance = golden.get("tolerance", TOLERANCE)
    detail = f"{', '.join(known)} differ by {worst:.1e}, at most {tolerance:.0e} is right"
    return Check(subject, f"{name}: golden answers", PASSED if worst <= tolerance else FAILED, detail)


def _difference(found, expected):
    """The greatest, as a part of numbers above one; infinite where shapes differ."""
    found, expected = np.asarray(found), np.asarray(expected)
    if found.shape != expected.shape:
        return np.inf
    if expected.dtype.kind in "US":
        return 0.0 if [_text(each) for each in found.reshape(-1)] == expected.reshape(-1).tolist() else np.inf
    with np.errstate(invalid="ignore"):  # where both are infinite
        gap = np.abs(found.astype("float64") - expected) / np.maximum(1, np.abs(expected))
    return float(np.nan_to_num(np.where(found == expected, 0, gap), nan=np.inf).max(initial=0))


def _text(value):
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def _saved_model(folder, subject=None, golden=None):
    """Its signatures, and the golden answers of those that have golden inputs."""
    import tensorflow as tf
    import tensorflow_text  # noqa: F401  # its operations

    subject, golden = subject or folder.name, golden or {}
    try:
        loaded = tf.saved_model.load(str(folder))
    except (OSError, ValueError, KeyError, IndexError, tf.errors.OpError) as error:
        raise ValueError(f"{folder} is damaged: {' '.join(str(error).split())[:300]}") from error
    checks = [_foreign_operations(folder, subject)]
    for name, function in loaded.signatures.items():
        inputs, outputs = function.structured_input_signature[1], function.structured_outputs
        shown = " -> ".join(", ".join(f"{key} {each.dtype.name} {_dims(each)}" for key, each in sorted(tensors.items()))
                            for tensors in (inputs, outputs))  # fmt: skip
        checks.append(Check(subject, f"signature {name}", PASSED, shown))
        known = [key for key in outputs if key in golden]
        if set(inputs) <= set(golden) and known:
            found = function(**{key: tf.constant(golden[key], each.dtype) for key, each in inputs.items()})
            worst = max(_difference(found[key].numpy(), golden[key]) for key in known)
            detail = f"{', '.join(known)} differ by {worst:.1e}, at most {TOLERANCE:.0e} is right"
            result = PASSED if worst <= TOLERANCE else FAILED
            checks.append(Check(subject, f"{name}: golden answers", result, detail))
    if not loaded.signatures:
        checks.append(Check(subject, "signatures", FAILED, "it has none"))
    return checks


def _dims(specification):
    return f"({', '.join('?' if size is None else str(size) for size in specification.shape)})"


def _foreign_operations(folder, subject):
    found = ", ".join(foreign_operations(folder))
    detail = f"a server needs, beside TensorFlow's own: {found}" if found else "TensorFlow's own alone"
    return Check(subject, "operations", PASSED, detail)


def foreign_operations(folder):
    """The operations of a SavedModel that are not TensorFlow's own, such as tensorflow-text's."""
    import tensorflow as tf
    from tensorflow.core.protobuf import saved_model_pb2

    model = saved_model_pb2.SavedModel()
    model.ParseFromString((pathlib.Path(folder) / "saved_model.pb").read_bytes())
    found = set()
    for meta in model.meta_graphs:
        graphs = [meta.graph_def.node, *(function.node_def for function in meta.graph_def.library.function)]
        found |= {node.op for nodes in graphs for node in nodes}
        found -= {function.signature.name for function in meta.graph_def.library.function}
    own = {name for name in dir(tf.raw_ops) if not name.startswith("_")} | _NO_RAW
    return sorted(name for name in found if name not in own)


_NO_RAW = {"Const", "Placeholder", "PlaceholderWithDefault", "NoOp", "PartitionedCall", "StatefulPartitionedCall"}


def _artifact(folder):
    """Its files, then every export."""
    import pipelines

    facts = artifacts._facts(folder)
    task = getattr(pipelines, facts.get("task", "")).task
    artifact = task.load(folder.name, directory=folder.parent)
    checks = [Check(folder.name, "files", PASSED, f"{len(artifacts.CHECKED)} files have their checksums")]
    mobile, golden = folder / "mobile", {}
    if (mobile / "golden.json").exists():
        golden = _json(mobile / "golden.json")
        checks.append(_model_against_golden(artifact, golden))
    for saved in sorted(folder.glob("serving*/*/saved_model.pb")):
        known = {} if golden.get("quantize") else golden
        checks += _saved_model(saved.parent, str(saved.parent.relative_to(folder)), known)
    if (mobile / "model.tflite").exists():
        checks += _mobile(mobile)
    if len(checks) == 1:
        checks.append(Check(folder.name, "exports", SKIPPED, "none yet"))
    return checks


def _model_against_golden(artifact, golden):
    """The Keras model on the golden inputs; those of a quantized file are its own."""
    if golden.get("quantize"):
        return Check(artifact.path.name, "model", SKIPPED, f"golden.json is of weights in {golden['quantize']}")
    tensors, answers = artifact.task.encode(artifact, golden["inputs"])
    worst = max(_difference(value, golden[name]) for name, value in {**tensors, **answers}.items() if name in golden)
    tolerance = golden.get("tolerance", TOLERANCE)
    detail = f"the Keras model differs from golden.json by {worst:.1e}, at most {tolerance:.0e} is right"
    return Check(artifact.path.name, "model", PASSED if worst <= tolerance else FAILED, detail)
