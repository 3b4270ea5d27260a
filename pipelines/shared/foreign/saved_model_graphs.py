"""What the graphs of a SavedModel would do, read from its protocol buffer before anything is loaded.

Loading a SavedModel runs its initializers, and answering runs its functions; both may hold any operation that
TensorFlow has, among them those that write files. Here every operation of every graph and function, reached or not, is
held against the allowed ones (`pure_operations`). Of the others

    save and restore      stand in the saver's own functions: neither a signature nor an initializer leads to them, and
                          what restores reads the file that it is told to
    tables from files     read the export's own assets
"""

import collections
import functools

from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow.python.framework import op_def_registry

from pipelines.shared.foreign import pure_operations, saved_model_files

ASSETS = "saved_model_assets"
CALLS = ("PartitionedCall", "StatefulPartitionedCall")
READERS = pure_operations.RESTORERS | pure_operations.TABLES
SAVER = pure_operations.WRITERS | set(pure_operations.RESTORERS)
KNOWN = pure_operations.ALLOWED | SAVER | set(READERS)


def problems(model, folder):
    """What speaks against loading the `SavedModel` message of a folder: sentences."""
    found = []
    for meta in model.meta_graphs:
        graph = MetaGraph(meta)
        for check in (unknown, _misnamed, _constants, saving, file_names, _registered):
            found += check(graph)
        found += saved_model_files.asset_problems(folder, graph.assets)
    return list(dict.fromkeys(found))


class MetaGraph:
    """A meta graph with its functions by name.

    `bodies` is {name: nodes}, of "" the graph's own.
    """

    def __init__(self, meta):
        self.meta = meta
        library = meta.graph_def.library
        self.functions = {function.signature.name: function for function in library.function}
        self.bodies = {"": meta.graph_def.node, **{name: each.node_def for name, each in self.functions.items()}}
        self.attributes = {name: each.attr for name, each in self.functions.items()}
        self.nodes = {node.name: node for node in meta.graph_def.node}

    @property
    def assets(self):
        """Of the meta graph, and of the collection in which older ones are."""
        older = []
        if ASSETS in self.meta.collection_def:
            for each in self.meta.collection_def[ASSETS].any_list.value:
                older.append(meta_graph_pb2.AssetFileDef())
                each.Unpack(older[-1])
        return [*self.meta.asset_file_def, *older]

    @functools.cached_property
    def calls(self):
        """{name of a body: names of the functions that it calls or names}."""
        return {name: {called for node in nodes for called in self.called(node)} for name, nodes in self.bodies.items()}

    def called(self, node):
        """The functions that a node calls, or that its attributes name."""
        own = [node.op] if node.op in self.functions else []
        return [*own, *_named(node.attr)]

    @functools.cached_property
    def saving(self):
        """The functions that hold operations of the saver, or call one that does."""
        return self.leading_to(name for name in self.functions if any(node.op in SAVER for node in self.bodies[name]))

    def leading_to(self, names):
        """The functions that call those of `names`, at whatever depth, and these."""
        found, callers = set(), collections.defaultdict(set)
        for caller, called in self.calls.items():
            for name in called:
                callers[name].add(caller)
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name and name not in found:
                found.add(name)
                waiting += callers[name]
        return found

    def reached(self, names):
        """All nodes of the graph that those of `names` need, and these."""
        found, waiting = set(), list(names)
        while waiting:
            name = base(waiting.pop())
            if name in self.nodes and name not in found:
                found.add(name)
                waiting += self.nodes[name].input
        return found


def base(reference):
    """The node in the name of a tensor or a control input: ^save/restore_all, hash_table:0."""
    return reference.removeprefix("^").split(":")[0]


def _named(attributes):
    """Names of functions in a map of attributes, at whatever depth."""
    for value in attributes.values():
        for function in (*([value.func] if value.HasField("func") else []), *value.list.func):
            yield function.name
            yield from _named(function.attr)


def place(name):
    return f"the function {name}" if name else "the graph"


def unknown(graph):
    """Operations that are not allowed."""
    found = []
    for name, nodes in graph.bodies.items():
        operations = sorted({node.op for node in nodes} - KNOWN - graph.functions.keys())
        found += [f"the operation {operation} in {place(name)}" for operation in operations]
    return found


def _misnamed(graph):
    """Functions that are not there, or that bear the name of an operation."""
    library = graph.meta.graph_def.library
    named = {called: place(name) for name, calls in graph.calls.items() for called in calls}
    named |= {called: place(name) for name, each in graph.attributes.items() for called in _named(each)}
    for gradient in library.gradient:
        named |= dict.fromkeys([gradient.function_name, gradient.gradient_func], "a gradient")
    named |= {each.gradient_func: "a gradient" for each in library.registered_gradients}
    absent = [f"{where} names {name}, which is no function of its own" for name, where in named.items()
              if name not in graph.functions]  # fmt: skip
    return absent + [f"a function with an operation's name, {name}" for name in graph.functions
                     if name in KNOWN or op_def_registry.get(name) is not None]  # fmt: skip


def _constants(graph):
    """Constants that are no numbers and no text: handles and objects of another process."""
    kinds = (types_pb2.DT_RESOURCE, types_pb2.DT_VARIANT)
    return [f"a constant that is a handle, {node.name} in {place(name)}" for name, nodes in graph.bodies.items()
            for node in nodes if any(value.tensor.dtype in kinds for value in node.attr.values())]  # fmt: skip


def saving(graph):
    """What saves or restores where something else than the saver would run it."""
    found = [f"the operation {operation} in {place(name)}, which is not the saver's"
             for name in sorted(_functions_of_objects(graph.meta.object_graph_def) & graph.saving)
             for operation in _run_by(graph, [name], SAVER)]  # fmt: skip
    for root, names in _roots(graph.meta).items():
        found += [f"the operation {operation} in what {root} needs" for operation in _operations(graph, names, SAVER)]
    restoring = [graph.meta.saver_def.restore_op_name]
    return found + [f"the operation {operation} in what restores"
                    for operation in _operations(graph, restoring, pure_operations.WRITERS)]  # fmt: skip


def _roots(meta):
    """{what a loader or a caller may run: names of its nodes}."""
    found = {f"the signature {name}": [tensor.name for tensor in each.outputs.values()]
             for name, each in meta.signature_def.items()}  # fmt: skip
    return found | {f"the collection {name}": each.node_list.value for name, each in meta.collection_def.items()
                    if name.endswith(("main_op", "init_op"))}  # fmt: skip


def _operations(graph, names, wanted):
    """Those of the `wanted` operations that running nodes of the graph runs."""
    nodes = [graph.nodes[name] for name in graph.reached(names)]
    own = {node.op for node in nodes} & wanted
    return sorted(own | set(_run_by(graph, [called for node in nodes for called in graph.called(node)], wanted)))


def _run_by(graph, names, wanted):
    """Those of the `wanted` operations in functions and those that they call."""
    functions, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        if name in graph.functions and name not in functions:
            functions.add(name)
            waiting += graph.calls[name]
    return sorted({node.op for name in functions for node in graph.bodies[name]} & wanted)


def _functions_of_objects(objects):
    """Functions that loaded objects have: they can be called, and those of resources are, by loading."""
    found = set(objects.concrete_functions)
    for node in objects.nodes:
        found |= {node.bare_concrete_function.concrete_function_name, *node.function.concrete_functions}
    return found


def _registered(graph):
    """Objects that are written and read by code of their own."""
    return [f"an object with a saver of its own, {node.registered_saver}"
            for node in graph.meta.object_graph_def.nodes if node.registered_saver]  # fmt: skip


def file_names(graph):
    """What reads a file whose name is not the one that it is given: the checkpoint's, or that of an own asset."""
    found, arguments = [], collections.defaultdict(set)  # {function: {(argument, operation)}}
    waiting = list(graph.bodies)
    while waiting:
        name = waiting.pop()
        for operation, source in _read_in(graph, name, arguments):
            argument = _argument(graph, name, source)
            if argument is None:
                if name or _assigned(graph, source) not in _given(graph, operation):
                    found.append(f"the operation {operation} in {place(name)} on a file that is not the export's own")
            elif (argument, operation) not in arguments[name]:
                arguments[name].add((argument, operation))
                waiting += [caller for caller, called in graph.calls.items() if name in called]
    return found + _captured(graph, arguments)


def _read_in(graph, name, arguments):
    """(operation that reads a file, node or argument that is the file's name) of a body; None if unknown."""
    nodes = {node.name: node for node in graph.bodies[name]}
    for node in nodes.values():
        data = [each for each in node.input if not each.startswith("^")]
        if node.op in READERS:
            yield node.op, _origin(nodes, data, READERS[node.op])
        for called in set(graph.called(node)):
            for argument, operation in tuple(arguments.get(called, ())):
                direct = node.op in CALLS or node.op == called
                yield operation, _origin(nodes, data, argument) if direct else None


def _origin(nodes, inputs, number):
    """The name of what an input is, behind what only hands it on."""
    if number >= len(inputs):
        return None
    name, seen = base(inputs[number]), set()
    while name in nodes and nodes[name].op == "Identity" and nodes[name].input and name not in seen:
        seen.add(name)
        name = base(nodes[name].input[0])
    return name


def _argument(graph, name, source):
    """The number of a function's argument; None of anything else."""
    if not name:
        return None
    names = [each.name for each in graph.functions[name].signature.input_arg]
    return names.index(source) if source in names else None


def _given(graph, operation):
    """The nodes of the graph that a loader fills with names of files."""
    if operation in pure_operations.RESTORERS:
        return {base(graph.meta.saver_def.filename_tensor_name)}
    return {base(each.tensor_info.name) for each in graph.assets}


def _assigned(graph, source):
    """What a variable of the graph that is read was given, if that is one thing alone; else the node itself."""
    if source not in graph.nodes or graph.nodes[source].op != "ReadVariableOp":
        return source
    handle = _origin(graph.nodes, graph.nodes[source].input, 0)
    users = [node for node in graph.nodes.values() if handle in map(base, node.input)]
    named = [node for nodes in graph.bodies.values() for node in nodes if _is_variable(node, graph.nodes.get(handle))]
    given = {_origin(graph.nodes, node.input, 1) for node in users if node.op == "AssignVariableOp"}
    alone = {node.op for node in users} <= {"AssignVariableOp", "ReadVariableOp", "VarIsInitializedOp"}
    return given.pop() if alone and len(named) == len(given) == 1 else source


def _is_variable(node, other):
    """Whether two nodes are handles of the same variable."""
    return other is not None and node.op == other.op == "VarHandleOp" and _shared(node) == _shared(other)


def _shared(node):
    return node.attr["shared_name"].s or node.name.encode()


def _captured(graph, arguments):
    """The same of functions that objects have: what they read has to be an asset that they hold."""
    objects, found = graph.meta.object_graph_def, []
    for name, concrete in objects.concrete_functions.items():
        count = len(graph.functions[name].signature.input_arg) if name in graph.functions else 0
        for argument, operation in arguments.get(name, ()):
            place_in = argument - (count - len(concrete.bound_inputs))
            node = concrete.bound_inputs[place_in] if place_in >= 0 else -1
            if not 0 <= node < len(objects.nodes) or objects.nodes[node].WhichOneof("kind") != "asset":
                found.append(f"the operation {operation} in {place(name)} on a file that is not the export's own")
    return found
