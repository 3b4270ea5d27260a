"""Classes and functions of a user's own, which a saved model names: the module that holds them is imported.

    own_classes.of("my_layers")             # a module that can be imported from the working folder
    own_classes.of("models/my_layers.py")   # a Python file

Importing runs the module, so that it has to be one that the user named, never one that a file names.
"""

import inspect

import keras

from pipelines import own_tasks


def of(address):
    """{name: class or function} of a module, each also by the name under which it is registered.

    Raises:
        ValueError: there is no such module or file. Also whatever the module raises.
    """
    module = own_tasks.module(address, "import")
    values = {name: one for name, one in vars(module).items() if inspect.isclass(one) or inspect.isfunction(one)}
    own = {name: one for name, one in values.items() if not _is_of_keras(one)}
    return own | {keras.saving.get_registered_name(one): one for one in own.values()}


def _is_of_keras(one):
    return one.__module__.split(".")[0] in ("keras", "tensorflow", "layers", "pipelines", "builtins")
