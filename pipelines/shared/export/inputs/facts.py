"""What a `.tflite` says of its inputs in its own metadata: the shapes it was compared at, ids, lengths, masked steps.

    input_facts.write("model.tflite", facts)
    input_facts.read(content)       # {"inputs": {name: {...}}}; {} for a file without

    name    type, shape (null is open), shapes (one a call), and where they apply
            lowest, highest (whole numbers), lengths, positions (of steps), masked (the value of a masked step),
            values ("positive" or "unit" numbers)

So `verify` and `fix_sizes` can call it without its model. Examples are kept only if that was asked for.
"""

import io
import json
import math
import zipfile
import zlib

import numpy as np

from pipelines.shared.export import flat_files
from pipelines.shared.export.inputs import drawn_numbers
from pipelines.shared.export.inputs.drawn_numbers import Role
from pipelines.shared.export.inputs.example_inputs import Expected

NAME, EXAMPLES = "unroll.inputs", "unroll.examples"
MOST_BYTES = 2**20  # of the facts, and of the examples
MOST_NUMBERS = 2**24  # in the inputs of a call
MOST_CALLS = 16


def described(expected, plan):
    """The facts of a model's inputs as plain data.

    Args:
        expected: a list of `Expected`. plan: the `tried_calls.Plan` of the calls in which the file was compared.
    """
    inputs = {}
    for index, (one, role) in enumerate(zip(expected, plan.roles, strict=True)):
        shapes = [list(tensors[index].shape) for tensors in plan.calls]
        inputs[one.name] = {
            "type": one.kind,
            "shape": [plan.batch, *one.shape[1:]],
            "shapes": [shape for number, shape in enumerate(shapes) if number < MOST_CALLS],
            **_of_role(one, role, plan, index),
        }
    return {"version": 1, "inputs": inputs}


def _of_role(one, role, plan, index):
    """What a role and the numbers that were drawn say of an input."""
    facts = {name: True for name in ("lengths", "positions") if getattr(role, name)}
    if role.masked is not None:
        facts["masked"] = float(role.masked)
    values = plan.values or drawn_numbers.Values()
    whole = one.kind.startswith(("int", "uint"))
    if (whole or role.vocabulary) and not facts.keys() & {"lengths", "positions"}:
        lowest, limit = role.bounds(one.kind, drawn_numbers.STEPS, values.limit)
        if plan.examples is not None and not role.vocabulary and not role.choices:
            # Of a user's own numbers no more than that is told.
            limit = min(limit, int(max(plan.examples[one.name].max(), 0)) + 1)
        facts |= {"lowest": int(lowest), "highest": int(limit) - 1}
    elif role.positions and role.lowest:  # of lengths too, whose last step is looked up
        facts |= {"lowest": int(role.lowest), "highest": int(role.lowest)}  # and as many as there are steps
    elif not whole and values.kind != drawn_numbers.KINDS[0]:
        facts["values"] = values.kind
    return facts


def write(path, facts, examples=None):
    """Adds the facts to a finished file, and examples {name: array} if they are to be kept.

    Raises:
        ValueError: the examples of two rows are larger than what is kept.
    """
    entries = {NAME: json.dumps(facts, allow_nan=True).encode()}
    if examples is not None:
        entries[EXAMPLES] = _archive(examples)
    path.write_bytes(flat_files.with_metadata(path.read_bytes(), entries))


def check_kept(examples):
    """Raises a ValueError for examples that are too large to be kept."""
    _kept_rows(examples)


def _kept_rows(examples):
    """How many of the rows are kept, all in all in at most `MOST_BYTES`."""
    count = len(next(iter(examples.values())))
    one_row = sum(array[:1].nbytes for array in examples.values())
    rows = min(count, MOST_BYTES // max(one_row, 1))
    if rows < min(count, 2):
        raise ValueError(
            f"keep_examples: expected two rows of {MOST_BYTES // 2:,} bytes at most, received {one_row:,} bytes a row; "
            "give shorter examples, or keep_examples=False"
        )
    return rows


def _archive(examples):
    rows, content = _kept_rows(examples), io.BytesIO()
    np.savez_compressed(content, **{name: array[:rows] for name, array in examples.items()})
    return content.getvalue()


def read(content):
    """The facts in a file's bytes, as `described` made them; {} if there are none.

    Raises:
        ValueError: they are damaged.
    """
    text = flat_files.metadata(content, NAME)
    if text is None:
        return {}
    try:
        if len(text) > MOST_BYTES:
            raise ValueError(f"{len(text):,} bytes")
        facts = json.loads(text.decode())
        if facts["version"] != 1:
            return {}  # of a later version of this package
        for name, one in facts["inputs"].items():
            _check(name, one)
        if len({len(one["shapes"]) for one in facts["inputs"].values()}) > 1:
            raise ValueError("another number of calls for each input")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"its metadata {NAME} is damaged: {str(error)[:100]}") from error
    return facts


def known(content):
    """The facts; {} if there are none, or damaged ones, of which `verify` tells."""
    try:
        return read(content)
    except ValueError:
        return {}


def _check(name, one):
    """Raises a ValueError for facts of an input that no export wrote."""
    sizes, kind = [size for shape in one["shapes"] for size in shape], np.dtype(one["type"])
    bounds = np.iinfo(kind) if kind.kind in "iu" else np.iinfo("int32")
    right = (
        len(one["shapes"]) <= MOST_CALLS
        and all(isinstance(size, int) and 0 < size <= MOST_NUMBERS for size in sizes)
        and all(len(shape) == len(one["shape"]) and math.prod(shape) <= MOST_NUMBERS for shape in one["shapes"])
        and all(isinstance(one.get(key, False), bool) for key in ("lengths", "positions"))
        and isinstance(one.get("masked", 0), (int, float))
        and (kind.kind == "f" or bounds.min <= one.get("masked", 0) <= bounds.max)
        and one.get("values", "normal") in drawn_numbers.KINDS
        and ("lowest" in one) == ("highest" in one)
        and all(isinstance(one.get(key, 0), int) for key in ("lowest", "highest"))
        and bounds.min <= one.get("lowest", 0) <= one.get("highest", 0) < bounds.max
        and kind.kind in "fiub"
    )
    if not right:
        raise ValueError(f"the input {name!r}")


def kept_examples(content):
    """{name: array} of the examples that a file's bytes hold; None if there are none.

    Raises:
        ValueError: they are damaged.
    """
    data = flat_files.metadata(content, EXAMPLES)
    if data is None:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > 2 * MOST_BYTES:
                raise ValueError("it is too large")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (ValueError, OSError, EOFError, KeyError, SyntaxError, NotImplementedError, RuntimeError, TypeError,
            OverflowError, MemoryError, zipfile.BadZipFile, zlib.error) as error:  # fmt: skip
        raise ValueError(f"its metadata {EXAMPLES} is damaged: {str(error)[:100]}") from error


def calls(expected, facts):
    """Inputs {name: array} for calls of a signature, by what the file says of them; [] if it says nothing of that.

    Args:
        expected: a list of `Expected`, which may fix sizes that the facts leave open. facts: what `read` returns.
    """
    inputs = facts.get("inputs", {})
    if not expected or any(
        not one.shape or one.name not in inputs or len(inputs[one.name]["shape"]) != len(one.shape) for one in expected
    ):
        return []
    draw, drawn_calls, number = np.random.default_rng(0), [], 0
    for shapes in zip(*(inputs[one.name]["shapes"] for one in expected), strict=True):
        shapes = [
            [own or size for own, size in zip(one.shape, shape, strict=True)]
            for one, shape in zip(expected, shapes, strict=True)
        ]
        patterns = range(number, number + shapes[0][0])
        tensors = drawn_numbers.drawn(
            expected, [role(inputs[one.name]) for one in expected], shapes, patterns, draw, _values(inputs)
        )
        drawn_calls.append({one.name: tensor for one, tensor in zip(expected, tensors, strict=True)})
        number += len(patterns)
    return drawn_calls


def role(facts):
    """The `Role` of an input of which the facts are known."""
    return Role(
        facts["highest"] + 1 if "highest" in facts and not facts.get("positions") else None,
        facts.get("masked"),
        facts.get("lengths", False),
        facts.get("lowest", 0),
        facts.get("positions", False),
    )


def _values(inputs):
    kinds = [one.get("values", drawn_numbers.KINDS[0]) for one in inputs.values()]
    return drawn_numbers.Values(max(kinds, key=drawn_numbers.KINDS.index))


def of_details(details):
    """A list of `Expected` of what LiteRT says of a signature's inputs."""
    return [
        Expected(name, np.dtype(detail["dtype"]).name,
                 tuple(None if size < 0 else int(size) for size in detail["shape_signature"]))
        for name, detail in details.items()
    ]  # fmt: skip
