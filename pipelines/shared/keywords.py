"""The keywords that `**options` of a verb stands for, in its signature and its docstring.

    train(data=None, *, name=None, **options)    ->    train(data=None, *, name=None, epochs: int = 10, ...)

So `help`, `inspect.signature` and notebooks show them, for derived tasks too. Editors do not run code; they read the
`.pyi` files, which `stubs` writes from the same signatures.
"""

import dataclasses
import inspect
import textwrap
import types
from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, TypeVar

from pipelines import settings

WIDTH = 108  # of a docstring's line
UNBROKEN = "\N{NO-BREAK SPACE}"
Function = TypeVar("Function", bound=Callable)


@dataclasses.dataclass(frozen=True)
class Keywords:
    """parameters: `inspect.Parameter`s, keyword-only; text: what they mean; returns: the type of the result."""

    parameters: list[inspect.Parameter]
    text: str
    returns: Any = inspect.Signature.empty


def of_settings(config_class: type, names: Collection[str] | None = None) -> Keywords:
    """A keyword for each field of a settings class, or for those of `names`."""
    groups = settings.groups(config_class)
    if names is not None:
        chosen = {title: [field for field in fields if field.name in names] for title, fields in groups.items()}
        groups = {title: fields for title, fields in chosen.items() if fields}
    parameters = [_parameter(config_class, field) for fields in groups.values() for field in fields]
    return Keywords(parameters, "\n\n".join(_section(title, fields) for title, fields in groups.items()))


def _parameter(config_class, field):
    annotation = annotated(config_class, field)
    return inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=annotation)


def annotated(config_class: type, field: dataclasses.Field) -> Any:
    """The type of a field; choices become a Literal.

    >>> fields = {field.name: field for field in dataclasses.fields(settings.Training)}
    >>> annotated(settings.Training, fields["clip_norm"]), annotated(settings.Training, fields["schedule"])
    (float | None, typing.Literal['constant', 'cosine'])
    """
    kind, optional = settings.kind(config_class, field.name)
    choices = field.metadata["choices"]
    annotation: Any = Literal[tuple(choices)] if choices else kind
    if field.metadata.get("written"):
        annotation = annotation | str
    if field.metadata.get("words"):
        annotation = annotation | Literal[field.metadata["words"]]
    return annotation | None if optional else annotation


def _section(title, fields):
    """A group of settings, written as the arguments in a docstring."""
    return "\n".join([f"{title}:", *map(_line, fields)])


def _line(field):
    line = f"{field.name}: {settings.described(field, UNBROKEN)}"
    wrapped = textwrap.fill(line, WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 8)
    return wrapped.replace(UNBROKEN, " ")


def of_function(function: Callable) -> Keywords:
    """The keyword-only arguments of a function."""
    signature = inspect.signature(function)
    ours = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD)
    parameters = [parameter for parameter in signature.parameters.values() if parameter.kind in ours]
    return Keywords(parameters, inspect.getdoc(function) or "", signature.return_annotation)


def joined(*several: Keywords) -> Keywords:
    """The keywords of all."""
    parameters = [parameter for keywords in several for parameter in keywords.parameters]
    parameters.sort(key=lambda parameter: parameter.kind is parameter.VAR_KEYWORD)
    return Keywords(parameters, "\n\n".join(filter(None, (keywords.text for keywords in several))), several[0].returns)


def with_defaults(keywords: Keywords, values: Mapping[str, Any]) -> Keywords:
    """The same keywords, with the defaults in `values`."""
    parameters = [
        parameter.replace(default=values[parameter.name]) if parameter.name in values else parameter
        for parameter in keywords.parameters
    ]
    return dataclasses.replace(keywords, parameters=parameters)


def completed(signature: inspect.Signature, keywords: Keywords) -> inspect.Signature:
    """The signature with the keywords in place of its `**options`.

    A keyword that the signature already has stays where it is, and its type becomes the union of both.

    >>> str(completed(inspect.signature(lambda data, *, name=None, **options: None), of_settings(settings.Recurrent)))
    "(data, *, name=None, cell: Literal['rnn', 'lstm', 'gru'] = 'lstm', units: int = 64, depth: int = 1, \
dropout: float = 0.3, recurrent_dropout: float = 0.0)"
    """
    added = {parameter.name: parameter for parameter in keywords.parameters}
    own = [parameter for parameter in signature.parameters.values() if parameter.kind is not parameter.VAR_KEYWORD]
    own = [_of_both(parameter, added.pop(parameter.name, None)) for parameter in own]
    returns = signature.return_annotation if keywords.returns is signature.empty else keywords.returns
    return signature.replace(parameters=[*own, *added.values()], return_annotation=returns)


def _of_both(parameter, other):
    if other is None or not (_typed(parameter) and _typed(other)):
        return parameter
    return parameter.replace(annotation=parameter.annotation | other.annotation)


def _typed(parameter):
    """Whether the parameter has a type that is not given as a string."""
    return parameter.annotation is not parameter.empty and not isinstance(parameter.annotation, str)


def documented(function: Callable, keywords: Keywords) -> str:
    """The docstring, followed by what the keywords mean."""
    return f"{inspect.getdoc(function) or ''}\n\n{keywords.text}".strip()


def taking(keywords: Keywords) -> Callable[[Function], Function]:
    """Decorates a function whose `**options` are these keywords.

    >>> @taking(of_settings(settings.Recurrent))
    ... def build(preprocessor, **options):
    ...     "A network."
    >>> inspect.signature(build).parameters["units"].default
    64
    """

    def decorate(function):
        function.__signature__ = completed(inspect.signature(function), keywords)
        function.__doc__ = documented(function, keywords)
        return function

    return decorate


def named_by(find: Callable[[Any], Keywords]) -> Callable[[Function], Function]:
    """Decorates a method whose `**options` are the keywords `find(self)`, which is called only when they are read.

    Those keywords may be in a module that loads TensorFlow.
    """
    return lambda method: _Named(method, find)  # type: ignore[return-value]


def bound(function: Callable, find: Callable[[Any], Keywords], subject: Any) -> types.MethodType:
    """A function as a method of `subject`, its first argument; its `**options` are the keywords `find(subject)`."""
    return types.MethodType(_Shown(function, find, subject), subject)


class _Named:
    """A method in the body of a class; see `named_by`."""

    def __init__(self, method, find):
        self.method, self.find, self.__doc__ = method, find, method.__doc__

    def __get__(self, subject, owner=None):
        return self.method if subject is None else bound(self.method, self.find, subject)


class _Shown:
    """The function of a bound method, whose signature and docstring are made when `inspect` or `help` reads them."""

    def __init__(self, function, find, subject):
        self.function, self.find, self.subject = function, find, subject
        self.__name__, self.__qualname__ = function.__name__, function.__qualname__
        self.__module__ = getattr(subject, "package", function.__module__)

    def __call__(self, *arguments, **options):
        return self.function(*arguments, **options)

    def __eq__(self, other):
        return isinstance(other, _Shown) and self.function is other.function and self.subject is other.subject

    def __hash__(self):
        return hash(self.function)

    @property
    def __signature__(self):
        return completed(inspect.signature(self.function, eval_str=True), self.find(self.subject))

    @property
    def __doc__(self):
        return documented(self.function, self.find(self.subject))
