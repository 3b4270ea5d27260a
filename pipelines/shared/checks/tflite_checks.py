"""What `verify` checks in a `.tflite`; run in a process of its own, since the file may be anything.

It must have only builtin operations, none that keep state in variables, and signatures; give the same answer to the
same input after calls of another shape, of the same and of its other signatures, wherever memory stands; and give the
golden answers, if there are any. Without golden inputs, examples are used, or random ones (`drawn_calls`).
"""

import dataclasses
import pathlib

import numpy as np

from pipelines.shared.checks import calls_in_turn, drawn_calls
from pipelines.shared.checks.rows import FAILED, PASSED, SKIPPED, judged, row
from pipelines.shared.export import comparison, conversion, golden_answers, tflite_files
from pipelines.shared.export.inputs import example_inputs
from pipelines.shared.export.inputs import facts as input_facts

MOST_SIGNATURES = 100


def rows(path, subject, golden=None, shadowed_inputs=None, examples=None):
    """The checks of a `.tflite` as dictionaries.

    Args:
        path: the file.
        golden: the path of golden.json.
        shadowed_inputs: {name: array} of the inputs that golden.json lacks since an output has their name.
        examples: inputs to call it with: the path of an `.npz`, {name: array}, a list of arrays or one.

    Raises:
        ValueError: the file is no model, or a damaged one; or no signature takes the examples.
    """
    path = pathlib.Path(path)
    checks, known = _golden(subject, golden, shadowed_inputs or {})
    interpreter = tflite_files.interpreter(path)
    # Calls in a row show whether the state of a recurrent operation is cleared.
    operations, foreign = conversion.operations(path), conversion.foreign(path, allowed=conversion.RECURRENT)
    counted = f"{sum(operations.values())} operations of {len(operations)} kinds, {path.stat().st_size / 1024:,.0f} KiB"
    checks.append(judged(subject, "builtin operations", not foreign, ", ".join(foreign) or counted))
    signatures = interpreter.get_signature_list() if interpreter and not foreign else {}
    if len(signatures) > MOST_SIGNATURES:
        checks.append(row(subject, "signatures", FAILED, f"it has {len(signatures):,}, {MOST_SIGNATURES} at most"))
    elif not signatures and not foreign:
        checks.append(row(subject, "signatures", FAILED, "it has none; an app could not name its inputs"))
    else:
        runners = {name: interpreter.get_signature_runner(name) for name in signatures}
        damaged, calls = _calls_of_all(path, runners, examples, subject)
        checks += [*damaged, *_signatures(runners, subject, known, calls), *_in_turn(path, calls, subject)]
    return [dataclasses.asdict(check) for check in checks]


def _golden(subject, path, shadowed_inputs):
    """(rows, the golden answers); there is one row if the file is damaged, else none."""
    try:
        return [], (golden_answers.read(path) if path else golden_answers.Golden({})).with_inputs(shadowed_inputs)
    except (ValueError, OSError) as error:
        return [row(subject, "golden.json", FAILED, str(error))], golden_answers.Golden({})


def _calls_of_all(path, runners, examples, subject):
    """(rows, {signature: inputs of two calls}); there is a row if what the file says of its inputs is damaged."""
    damaged, facts, kept = _facts(path, subject)
    details = {name: run.get_input_details() for name, run in runners.items()}
    taken = _taken(details, examples, kept)
    return damaged, {
        name: drawn_calls.calls(path, name, inputs, facts, taken.get(name)) for name, inputs in details.items()
    }


def _facts(path, subject):
    """(rows, what the file says of its inputs, the examples that it keeps)"""
    content = path.read_bytes()
    try:
        return [], input_facts.read(content), input_facts.kept_examples(content)
    except ValueError as error:
        return [row(subject, "inputs", FAILED, str(error))], {}, None


def _taken(details, examples, kept):
    """{signature: the examples that it takes}.

    Raises:
        ValueError: a user's examples fit none of the signatures.
    """
    taken, problems = {}, []
    if isinstance(examples, str):
        examples = example_inputs.read(examples)
    for name, inputs in details.items():
        for candidate in (one for one in (examples, kept) if one is not None):
            try:
                drawn_calls.of_examples(input_facts.of_details(inputs), candidate)
                taken[name] = candidate
                break
            except ValueError as error:
                problems += [error] if candidate is examples else []
    if problems and len(problems) == len(details):
        raise problems[0]
    return taken


def _signatures(runners, subject, golden, drawn):
    shapes = {name: (_open_shapes(run.get_input_details()), _open_shapes(run.get_output_details()))
              for name, run in runners.items()}  # fmt: skip
    own, checks = golden.of(shapes, "tflite"), []
    if golden.values and not own:
        checks.append(row(subject, "golden answers", FAILED, "golden.json has the answers of none of its signatures"))
    for name, run in runners.items():
        inputs, outputs = run.get_input_details(), run.get_output_details()
        checks.append(row(subject, f"signature {name}", PASSED, f"{_described(inputs)} -> {_described(outputs)}"))
        calls, problem = _calls(inputs, outputs, golden if name in own else None, drawn[name])
        checks.append(_two_calls(run, calls, subject, name))
        if name in own:
            checks.append((problem and row(subject, f"{name}: golden answers", *problem))
                          or _golden_answers(run, calls[0], subject, name, golden))  # fmt: skip
    return checks


def _open_shapes(details):
    return {name: [None if size < 0 else int(size) for size in detail["shape_signature"]]
            for name, detail in details.items()}  # fmt: skip


def _described(details):
    """Tensors as a text, such as "ids int32 (?, ?), lengths int32 (?)"."""
    return ", ".join(
        f"{name} {np.dtype(detail['dtype']).name} {_shape(detail)}" for name, detail in sorted(details.items())
    )


def _shape(detail):
    return f"({', '.join('?' if size < 0 else str(size) for size in detail['shape_signature'])})"


def _calls(inputs, outputs, golden, drawn):
    """([the input tensors of two calls of different shapes], None or (result, why they are not the golden inputs))."""
    problem = None
    if golden and (lost := golden.lost(inputs, outputs)):
        problem = SKIPPED, f"golden.json has only answers under the names of the inputs {', '.join(lost)}; export again"
    elif golden:
        try:
            kinds = {name: detail["dtype"] for name, detail in inputs.items()}
            return [golden.tensors(kinds), golden.tensors(kinds, slice(0, 1))], None
        except ValueError as error:
            problem = FAILED, str(error)
    return drawn, problem


def _two_calls(run, calls, subject, name):
    """Calls with one input before and after another, and twice in a row: a new shape clears what an operation keeps."""
    try:
        first, _, *again = (run(**tensors) for tensors in (calls[0], calls[1], calls[0], calls[0]))
    except (RuntimeError, ValueError) as error:
        said = " ".join(str(error).split())[:300]
        return row(subject, f"{name}: two calls", FAILED, f"{said}; for inputs that it takes give --examples FILE.npz")
    same = all(
        np.array_equal(first[key], later[key], equal_nan=first[key].dtype.kind == "f")
        for key in first
        for later in again
    )
    detail = (
        "the same answers after calls of another shape and of the same"
        if same
        else "a call changes the answers of the next"
    )
    return judged(subject, f"{name}: two calls", same, detail)


def _in_turn(path, calls, subject):
    """Of each shape the inputs, and the same rows in the opposite order."""
    in_turn = {
        name: [
            tensors for first in inputs for tensors in (first, {key: _turned(array) for key, array in first.items()})
        ]
        for name, inputs in calls.items()
    }
    return calls_in_turn.rows(path, subject, in_turn)


def _turned(tensor):
    return tensor[::-1] if tensor.ndim else tensor


def _golden_answers(run, tensors, subject, name, golden):
    """Compares the answers with those that the export wrote to golden.json."""
    try:
        names, worst = golden.difference(run(**tensors))
    except (RuntimeError, ValueError) as error:
        return row(subject, f"{name}: golden answers", FAILED, " ".join(str(error).split()))
    if not names:
        return row(subject, f"{name}: golden answers", SKIPPED, "none of its outputs are in golden.json")
    tolerance = comparison.TOLERANCE["float32"]
    detail = f"{', '.join(names)} differ by {worst:.1e}, at most {tolerance:.0e} is right"
    return judged(subject, f"{name}: golden answers", worst <= tolerance, detail)
