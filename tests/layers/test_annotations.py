"""What a type checker and an editor are told about the public names."""

import ast
import inspect
import pathlib

import pytest

import layers

PUBLIC = [getattr(layers, name) for name in layers.__all__]


def doors(public):
    """A function, or what of a class a user calls: those methods that are not inherited from Keras."""
    if inspect.isfunction(public):
        return [public]
    methods = (getattr(public, name, None) for name in ("__init__", "call", "update_state", "begin", "step", "next"))
    return [method for method in methods if getattr(method, "__module__", "").startswith("layers.")]


@pytest.mark.parametrize("public", PUBLIC, ids=layers.__all__)
def test_every_parameter_has_a_type(public):
    for door in doors(public):
        signature = inspect.signature(door)
        bare = [
            name
            for name, parameter in signature.parameters.items()
            if name != "self" and parameter.annotation is inspect.Parameter.empty
        ]
        assert not bare, door
        assert door.__name__ == "__init__" or signature.return_annotation is not inspect.Signature.empty, door


def test_type_checkers_see_the_names_that_are_loaded_at_first_use():
    tree = ast.parse(pathlib.Path(layers.__file__).with_suffix(".pyi").read_text("utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    seen = {alias.asname: node.module.removeprefix("layers.") for node in imports for alias in node.names}
    assert seen == layers._MODULES
