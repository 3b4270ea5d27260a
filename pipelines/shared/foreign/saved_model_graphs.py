"""What the graphs of a SavedModel would do, read from its protocol buffer before anything is loaded.

Loading a SavedModel runs its initializers, and answering runs its functions; both may hold any operation that
TensorFlow has, even those that write files. Here every operation of every graph and function, reached or not, is
compared with the allowed ones (`pure_operations`). Two other kinds are accepted under a condition:

    save and restore      they are in the saver's own functions: neither a signature nor an initializer leads to them,
                          and what restores reads the file that it is told to
    tables from files     they read the export's own assets
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
    """Reasons not to load a folder whose `SavedModel` message is `model`, as texts."""
    reasons = []
    for meta in model.meta_graphs:
        graph = MetaGraph(meta)
        for check in (unknown, _misnamed, _constants, saving, file_names, _registered):
            reasons += check(graph)
        reasons += saved_model_files.asset_problems(folder, graph.assets)
    return list(dict.fromkeys(reasons))


class MetaGraph:
    """A meta graph with its functions by name.

    `bodies` is {name of a function: its nodes}; the graph's own nodes are under "".
    """

    def __init__(self, meta):
        self.meta = meta
        library = meta.graph_def.library
        self.functions = {function.signature.name: function for function in library.function}
        self.bodies = {
            "": meta.graph_def.node,
            **{name: function.node_def for name, function in self.functions.items()},
        }
        self.attributes = {name: function.attr for name, function in self.functions.items()}
        self.nodes = {node.name: node for node in meta.graph_def.node}

    @property
    def assets(self):
        """The assets of the meta graph, and those of the collection that older files keep them in."""
        older = []
        if ASSETS in self.meta.collection_def:
            for packed in self.meta.collection_def[ASSETS].any_list.value:
                older.append(meta_graph_pb2.AssetFileDef())
                packed.Unpack(older[-1])
        return [*self.meta.asset_file_def, *older]

    @functools.cached_property
    def calls(self):
        """{name of a body: names of the functions that its nodes call, or name in an attribute}."""
        return {name: {called for node in nodes for called in self.called(node)} for name, nodes in self.bodies.items()}

    def called(self, node):
        """The functions that a node calls, or that its attributes name."""
        own = [node.op] if node.op in self.functions else []
        return [*own, *_named(node.attr)]

    @functools.cached_property
    def saving(self):
        """The functions that hold operations of the saver, or call a function that does."""
        return self.leading_to(name for name in self.functions if any(node.op in SAVER for node in self.bodies[name]))

    def leading_to(self, names):
        """The functions in `names`, and those that call them directly or indirectly."""
        leading, callers = set(), collections.defaultdict(set)
        for caller, called in self.calls.items():
            for name in called:
                callers[name].add(caller)
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name and name not in leading:
                leading.add(name)
                waiting += callers[name]
        return leading

    def reached(self, names):
        """The nodes of the graph in `names`, and all that they need."""
        reached, waiting = set(), list(names)
        while waiting:
            name = base(waiting.pop())
            if name in self.nodes and name not in reached:
                reached.add(name)
                waiting += self.nodes[name].input
        return reached


def base(reference):
    """The name of the node in that of a tensor or a control input, such as hash_table:0 or ^save/restore_all."""
    return reference.removeprefix("^").split(":")[0]


def _named(attributes):
    """Names of functions in a map of attributes, nested ones included."""
    for value in attributes.values():
        for function in (*([value.func] if value.HasField("func") else []), *value.list.func):
            yield function.name
            yield from _named(function.attr)


def location(name):
    return f"the function {name}" if name else "the graph"


def unknown(graph):
    """Operations that are not allowed."""
    reasons = []
    for name, nodes in graph.bodies.items():
        operations = sorted({node.op for node in nodes} - KNOWN - graph.functions.keys())
        reasons += [f"the operation {operation} in {location(name)}" for operation in operations]
    return reasons


def _misnamed(graph):
    """Functions that are named but missing, or that have the name of an operation."""
    library = graph.meta.graph_def.library
    named = {called: location(name) for name, calls in graph.calls.items() for called in calls}
    named |= {called: location(name) for name, attributes in graph.attributes.items() for called in _named(attributes)}
    for gradient in library.gradient:
        named |= dict.fromkeys([gradient.function_name, gradient.gradient_func], "a gradient")
    named |= {gradient.gradient_func: "a gradient" for gradient in library.registered_gradients}
    absent = [f"{where} names {name}, which is no function of its own" for name, where in named.items()
              if name not in graph.functions]  # fmt: skip
    return absent + [f"a function with an operation's name, {name}" for name in graph.functions
                     if name in KNOWN or op_def_registry.get(name) is not None]  # fmt: skip


def _constants(graph):
    """Constants that are neither numbers nor text but handles and objects of another process."""
    kinds = (types_pb2.DT_RESOURCE, types_pb2.DT_VARIANT)
    return [f"a constant that is a handle, {node.name} in {location(name)}" for name, nodes in graph.bodies.items()
            for node in nodes if any(value.tensor.dtype in kinds for value in node.attr.values())]  # fmt: skip


def saving(graph):
    """Operations that save or restore, where something other than the saver would run them."""
    reasons = [f"the operation {operation} in {location(name)}, which is not the saver's"
               for name in sorted(_functions_of_objects(graph.meta.object_graph_def) & graph.saving)
               for operation in _run_by(graph, [name], SAVER)]  # fmt: skip
    for root, names in _roots(graph.meta).items():
        reasons += [f"the operation {operation} in what {root} needs" for operation in _operations(graph, names, SAVER)]
    restoring = [graph.meta.saver_def.restore_op_name]
    return reasons + [f"the operation {operation} in what restores"
                      for operation in _operations(graph, restoring, pure_operations.WRITERS)]  # fmt: skip


def _roots(meta):
    """{description of what a loader or a caller may run: names of its nodes}."""
    roots = {f"the signature {name}": [tensor.name for tensor in signature.outputs.values()]
             for name, signature in meta.signature_def.items()}  # fmt: skip
    return roots | {f"the collection {name}": collection.node_list.value
                    for name, collection in meta.collection_def.items()
                    if name.endswith(("main_op", "init_op"))}  # fmt: skip


def _operations(graph, names, wanted):
    """Those of the `wanted` operations that run when nodes of the graph run."""
    nodes = [graph.nodes[name] for name in graph.reached(names)]
    own = {node.op for node in nodes} & wanted
    return sorted(own | set(_run_by(graph, [called for node in nodes for called in graph.called(node)], wanted)))


def _run_by(graph, names, wanted):
    """Those of the `wanted` operations that are in functions or in what these call."""
    functions, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        if name in graph.functions and name not in functions:
            functions.add(name)
            waiting += graph.calls[name]
    return sorted({node.op for name in functions for node in graph.bodies[name]} & wanted)


def _functions_of_objects(objects):
    """The functions of loaded objects: they can be called, and loading itself calls those of resources."""
    names = set(objects.concrete_functions)
    for node in objects.nodes:
        names |= {node.bare_concrete_function.concrete_function_name, *node.function.concrete_functions}
    return names


def _registered(graph):
    """Objects that code of their own saves and restores."""
    return [f"an object with a saver of its own, {node.registered_saver}"
            for node in graph.meta.object_graph_def.nodes if node.registered_saver]  # fmt: skip


def file_names(graph):
    """Operations that read a file other than those they should: the checkpoint, or one of the export's own assets."""
    reasons, arguments = [], collections.defaultdict(set)  # {function: {(argument, operation)}}
    waiting = list(graph.bodies)
    while waiting:
        name = waiting.pop()
        for operation, source in _read_in(graph, name, arguments):
            argument = _argument(graph, name, source)
            if argument is None:
                if name or _assigned(graph, source) not in _file_name_nodes(graph, operation):
                    reasons.append(
                        f"the operation {operation} in {location(name)} on a file that is not the export's own"
                    )
            elif (argument, operation) not in arguments[name]:
                arguments[name].add((argument, operation))
                waiting += [caller for caller, called in graph.calls.items() if name in called]
    return reasons + _captured(graph, arguments)


def _read_in(graph, name, arguments):
    """(operation that reads a file, name of the node or argument that holds the file's name) for each in a body.

    The second is None if it is unknown.
    """
    nodes = {node.name: node for node in graph.bodies[name]}
    for node in nodes.values():
        inputs = [reference for reference in node.input if not reference.startswith("^")]
        if node.op in READERS:
            yield node.op, _origin(nodes, inputs, READERS[node.op])
        for called in set(graph.called(node)):
            for argument, operation in tuple(arguments.get(called, ())):
                direct = node.op in CALLS or node.op == called
                yield operation, _origin(nodes, inputs, argument) if direct else None


def _origin(nodes, inputs, number):
    """The name of the node or argument that an input comes from, past any Identity."""
    if number >= len(inputs):
        return None
    name, seen = base(inputs[number]), set()
    while name in nodes and nodes[name].op == "Identity" and nodes[name].input and name not in seen:
        seen.add(name)
        name = base(nodes[name].input[0])
    return name


def _argument(graph, name, source):
    """The number of the function's argument called `source`; None if that is no argument."""
    if not name:
        return None
    names = [argument.name for argument in graph.functions[name].signature.input_arg]
    return names.index(source) if source in names else None


def _file_name_nodes(graph, operation):
    """The nodes of the graph that a loader fills with names of files."""
    if operation in pure_operations.RESTORERS:
        return {base(graph.meta.saver_def.filename_tensor_name)}
    return {base(asset.tensor_info.name) for asset in graph.assets}


def _assigned(graph, source):
    """The node whose value is assigned to the variable that `source` reads, if there is only one; else `source`."""
    if source not in graph.nodes or graph.nodes[source].op != "ReadVariableOp":
        return source
    handle = _origin(graph.nodes, graph.nodes[source].input, 0)
    users = [node for node in graph.nodes.values() if handle in map(base, node.input)]
    named = [node for nodes in graph.bodies.values() for node in nodes if _is_variable(node, graph.nodes.get(handle))]
    sources = {_origin(graph.nodes, node.input, 1) for node in users if node.op == "AssignVariableOp"}
    alone = {node.op for node in users} <= {"AssignVariableOp", "ReadVariableOp", "VarIsInitializedOp"}
    return sources.pop() if alone and len(named) == len(sources) == 1 else source


def _is_variable(node, other):
    """Whether two nodes are handles of the same variable."""
    return other is not None and node.op == other.op == "VarHandleOp" and _shared(node) == _shared(other)


def _shared(node):
    return node.attr["shared_name"].s or node.name.encode()


def _captured(graph, arguments):
    """The same for the functions of objects: what they read has to be an asset bound to them."""
    objects, reasons = graph.meta.object_graph_def, []
    for name, concrete in objects.concrete_functions.items():
        count = len(graph.functions[name].signature.input_arg) if name in graph.functions else 0
        for argument, operation in arguments.get(name, ()):
            position = argument - (count - len(concrete.bound_inputs))
            node = concrete.bound_inputs[position] if position >= 0 else -1
            if not 0 <= node < len(objects.nodes) or objects.nodes[node].WhichOneof("kind") != "asset":
                reasons.append(f"the operation {operation} in {location(name)} on a file that is not the export's own")
    return reasons
