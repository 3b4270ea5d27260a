"""Strangers' SavedModels, harmless and hostile, made for real."""

import re
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

import pipelines
from pipelines.shared.foreign import saved_model_files, saved_models

FLOATS = tf.TensorSpec([None, 3], tf.float32, "x")
TEXTS = tf.TensorSpec([None], tf.string, "text")


def sequential(*layers):
    return keras.Sequential([keras.Input([None, 3]), *layers])


def looked_up(mode):
    words = keras.layers.TextVectorization(output_mode=mode, standardize="lower_and_strip_punctuation", ngrams=2)
    words.adapt(["one two three", "two three"])
    return keras.Sequential([keras.Input([1], dtype="string"), words])


def string_lookup():
    inputs = keras.Input([4], dtype="string")
    ids = keras.layers.StringLookup(vocabulary=["a", "b"])(inputs)
    return keras.Model(inputs, keras.layers.Embedding(4, 2)(ids))


def convolutional():
    return keras.Sequential([
        keras.Input([8, 8, 3]), keras.layers.Rescaling(0.1), keras.layers.Conv2D(4, 3),
        keras.layers.BatchNormalization(),
        keras.layers.MaxPooling2D(), keras.layers.DepthwiseConv2D(2), keras.layers.GlobalAveragePooling2D(),
    ])  # fmt: skip


def attending():
    inputs = keras.Input([None, 4])
    y = keras.layers.MultiHeadAttention(2, 2)(inputs, inputs, use_causal_mask=True)
    return keras.Model(inputs, keras.layers.LayerNormalization()(keras.layers.Dropout(0.1)(y)))


MODELS = {
    "lstm": lambda: sequential(keras.layers.Masking(), keras.layers.LSTM(4), keras.layers.Dense(2, "softmax")),
    "gru": lambda: sequential(keras.layers.Bidirectional(keras.layers.GRU(4, return_sequences=True))),
    "rnn": lambda: sequential(keras.layers.RNN([keras.layers.LSTMCell(2), keras.layers.GRUCell(2)], unroll=False)),
    "convolutional": convolutional,
    "attention": attending,
    "words": lambda: looked_up("int"),
    "weighed words": lambda: looked_up("tf_idf"),
    "lookup": string_lookup,
}


class Table(tf.Module):
    """A table by lines of a file, and one that changes."""

    def __init__(self, file):
        super().__init__()
        lines = tf.lookup.TextFileInitializer(
            file, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER
        )
        self.table = tf.lookup.StaticHashTable(lines, -1)
        self.counts = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, 0)
        self.offset = tf.Variable(1, dtype=tf.int64)

    @tf.function(input_signature=[TEXTS])
    def serve(self, text):
        self.counts.insert(text, self.counts.lookup(text) + 1)
        return {"y": self.table.lookup(text) + self.counts.lookup(text) + self.offset}


@pytest.fixture
def table(tmp_path):
    """The folder of a saved `Table`."""
    (tmp_path / "words.txt").write_text("one\ntwo\n")
    module = Table(str(tmp_path / "words.txt"))
    tf.saved_model.save(module, str(tmp_path / "table"), signatures=module.serve)
    return tmp_path / "table"


class Called(tf.Module):
    """A module whose signature is `function`."""

    def __init__(self, function, specification=FLOATS):
        super().__init__()
        self.serve = tf.function(function, input_signature=[specification])


def saved(folder, function, specification=FLOATS):
    module = Called(function, specification)
    tf.saved_model.save(module, str(folder), signatures=module.serve)
    return folder


def edited(folder, edit):
    """The folder, its saved_model.pb changed by `edit(message)`."""
    path, model = folder / "saved_model.pb", saved_model_pb2.SavedModel()
    model.ParseFromString(path.read_bytes())
    edit(model)
    path.write_bytes(model.SerializeToString())
    return folder


@pytest.mark.parametrize("name", MODELS)
def test_exports_of_keras_are_loaded(name, tmp_path):
    MODELS[name]().export(tmp_path / "model", verbose=False)
    assert saved_models.problems(tmp_path / "model") == []


def test_tables_of_own_assets_are_loaded(table):
    found = saved_models.load(table).signatures["serving_default"](text=tf.constant(["two", "none"]))
    assert found["y"].numpy().tolist() == [3, 1]


def test_a_model_of_tensorflow_1_is_loaded(tmp_path):
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 3])
        y = x @ v1.get_variable("w", [3, 2], use_resource=False)
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, str(tmp_path / "model"), {"x": x}, {"y": y})
        expected = session.run(y, {x: np.ones([1, 3])})
    loaded = saved_models.load(tmp_path / "model")
    np.testing.assert_allclose(loaded.signatures["serving_default"](x=tf.ones([1, 3]))["y"], expected, rtol=1e-6)


def writing(path):
    """An operation that writes a file; its answer is a number."""
    with tf.control_dependencies([tf.io.write_file(str(path), "written")]):
        return tf.constant(0.0)


class Initialized(tf.saved_model.experimental.TrackableResource):
    """A resource that runs `function` when it is initialized."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def _create_resource(self):
        return tf.raw_ops.MutableHashTableV2(key_dtype=tf.string, value_dtype=tf.int64, shared_name="t")

    def _initialize(self):
        self.function()


def initialized(folder, function):
    """A SavedModel whose loading runs `function`."""
    module = Called(lambda x: {"y": x})
    module.resource = Initialized(function)
    module.resource.resource_handle  # noqa: B018  # made by the first look
    tf.saved_model.save(module, str(folder), signatures=module.serve)
    return folder


@tf.function(input_signature=[])
def nested(path="/tmp/unroll-of-no-one"):
    return writing(path)


def in_a_branch(x):
    return tf.cond(tf.reduce_sum(x) > 1e9, nested, lambda: 0.0)


def in_a_loop(x):
    _, total = tf.while_loop(lambda i, _: i < 3, lambda i, total: (i + 1, total + nested()), [0, 0.0])
    return total


@tf.custom_gradient
def with_gradient(x):
    return x, lambda upstream: upstream + nested()


def in_a_gradient(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = with_gradient(x)
    return tape.gradient(y, x)


def printed(x):
    tf.print("mine", output_stream="file:///tmp/unroll-of-no-one")
    return x


def read(x):
    return tf.strings.length(tf.io.read_file("/etc/hostname")) + tf.cast(tf.reduce_sum(x), tf.int32)


def listed(x):
    return tf.size(tf.io.matching_files("/etc/*"))


def python(x):
    return tf.numpy_function(lambda y: y, [x], tf.float32)


def data_set(x):
    return tf.data.Dataset.range(3).reduce(np.int64(0), lambda a, b: a + b)


def saved_set(x):
    tf.raw_ops.SaveDatasetV2(input_dataset=tf.data.Dataset.range(3)._variant_tensor, path="/tmp/unroll-of-no-one",
                             shard_func_other_args=[], shard_func=tf.function(lambda i: i).get_concrete_function(
                                 tf.TensorSpec([], tf.int64)), output_types=[tf.int64], output_shapes=[[]])  # fmt: skip
    return x


def summarized(x):
    writer = tf.raw_ops.SummaryWriter()
    tf.raw_ops.CreateSummaryFileWriter(writer=writer, logdir="/tmp/unroll-of-no-one", max_queue=1, flush_millis=1,
                                       filename_suffix="x")  # fmt: skip
    return x


def saving(x):
    tf.raw_ops.SaveV2(prefix="/tmp/unroll-of-no-one", tensor_names=["x"], shape_and_slices=[""], tensors=[x])
    return x


def restoring(x):
    return tf.raw_ops.RestoreV2(prefix="/etc/hostname", tensor_names=["x"], shape_and_slices=[""], dtypes=[tf.float32])[
        0
    ]


def queued(x):
    queue = tf.raw_ops.FIFOQueueV2(component_types=[tf.float32])
    tf.raw_ops.QueueEnqueueV2(handle=queue, components=[x])
    return x


HOSTILE = {
    "WriteFile": in_a_branch, "WriteFile ": in_a_loop, "WriteFile  ": in_a_gradient, "PrintV2": printed,
    "ReadFile": read, "MatchingFiles": listed, "PyFunc": python, "ReduceDataset": data_set,
    "SaveDatasetV2": saved_set, "CreateSummaryFileWriter": summarized, "SaveV2": saving, "RestoreV2": restoring,
    "FIFOQueueV2": queued, "DecodeImage": lambda x: tf.io.decode_image("x"), "Timestamp": lambda x: tf.timestamp(),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_does_more_than_compute_is_named(name, tmp_path):
    def function(x):
        return {"y": HOSTILE[name](x)}

    found = saved_models.problems(saved(tmp_path / "model", function))
    assert any(f"the operation {name.strip()} in " in problem for problem in found), found


def test_what_loading_would_run_is_not_run(tmp_path):
    target = tmp_path / "written"
    folder = initialized(tmp_path / "model", lambda: tf.io.write_file(str(target), "written"))
    with pytest.raises(ValueError, match=r"not loaded, it holds the operation WriteFile in the function"):
        saved_models.load(folder)
    found = pipelines.verify(folder)
    assert not found.passed
    assert "WriteFile" in str(found)
    assert not target.exists()
    tf.saved_model.load(str(folder))  # it would have been
    assert target.exists()


def test_an_initializer_that_saves(tmp_path):
    target = tmp_path / "written"
    folder = initialized(tmp_path / "model", lambda: saving_to(target))
    assert "the operation SaveV2 in" in str(saved_models.problems(folder))
    assert not list(tmp_path.glob("written*"))


def saving_to(path):
    tf.raw_ops.SaveV2(prefix=str(path), tensor_names=["x"], shape_and_slices=[""], tensors=[tf.ones([1])])


def test_a_table_of_a_file_of_another_place(tmp_path):
    (tmp_path / "words.txt").write_text("one\ntwo\n")

    def fill():
        table = tf.raw_ops.HashTableV2(key_dtype=tf.string, value_dtype=tf.int64, shared_name="words")
        tf.raw_ops.InitializeTableFromTextFileV2(
            table_handle=table, filename=str(tmp_path / "words.txt"), key_index=-2, value_index=-1
        )

    (found,) = saved_models.problems(initialized(tmp_path / "model", fill))
    assert "InitializeTableFromTextFileV2" in found
    assert "not the export's own" in found


@pytest.mark.parametrize("name", ["../words.txt", "/etc/hostname", "gs://bucket/words.txt", "none.txt", ""])
def test_assets_lie_in_the_export(table, name):
    def edit(model):
        model.meta_graphs[0].asset_file_def[0].filename = name

    (found,) = saved_models.problems(edited(table, edit))
    assert found == f"the asset {name!r} is no file of the export's own assets"


def test_links_that_lead_out(table, tmp_path):
    (table / "assets" / "words.txt").unlink()
    (table / "assets" / "words.txt").symlink_to("/etc/hostname")
    assert saved_models.problems(table) == ["assets/words.txt is a link that leads out of the folder"]
    (table / "assets" / "words.txt").unlink()
    (table / "assets" / "words.txt").symlink_to("words.txt")
    assert saved_models.problems(table)[0] == "assets/words.txt is a link that leads nowhere"


def test_a_file_name_that_is_not_the_asset(table):
    """Given by the caller, or by a constant, in the place of the asset."""

    def caller(model):
        for node in model.meta_graphs[0].graph_def.node:
            if node.op == "StatefulPartitionedCall" and "initializer" in node.attr["f"].func.name:
                node.input[0] = "serving_default_text"

    def captured(model):
        objects = model.meta_graphs[0].object_graph_def
        for node in objects.nodes:
            if node.WhichOneof("kind") == "asset":
                node.constant.operation = "Const"

    name = "the operation InitializeTableFromTextFileV2 in"
    content = (table / "saved_model.pb").read_bytes()
    assert f"{name} the graph on a file" in str(saved_models.problems(edited(table, caller)))
    (table / "saved_model.pb").write_bytes(content)
    assert f"{name} the function __inference__initializer" in str(saved_models.problems(edited(table, captured)))


def test_a_second_meta_graph(tmp_path):
    harmless = saved(tmp_path / "harmless", lambda x: {"y": x})
    hostile = saved(tmp_path / "hostile", lambda x: {"y": HOSTILE["ReadFile"](x)})
    other = saved_model_pb2.SavedModel()
    other.ParseFromString((hostile / "saved_model.pb").read_bytes())
    edited(harmless, lambda model: model.meta_graphs.append(other.meta_graphs[0]))
    assert "the operation ReadFile in" in str(saved_models.problems(harmless))


def test_a_function_in_the_place_of_an_operation(tmp_path):
    def edit(model):
        function = model.meta_graphs[0].graph_def.library.function.add()
        function.signature.name = "WriteFile"

    folder = edited(saved(tmp_path / "model", lambda x: {"y": x}), edit)
    assert saved_models.problems(folder) == ["a function with an operation's name, WriteFile"]


def test_attributes_that_name_operations(tmp_path):
    def edit(model):
        for node in model.meta_graphs[0].graph_def.node:
            if "PartitionedCall" in node.op and "save" not in node.attr["f"].func.name:
                node.attr["f"].func.name = "WriteFile"

    folder = edited(saved(tmp_path / "model", lambda x: {"y": x}), edit)
    assert "names WriteFile, which is no function of its own" in str(saved_models.problems(folder))


def test_a_saver_that_is_reached(tmp_path):
    """From a signature, from the initializers, from what restores, and in an object's function."""

    def saver(model):
        graph = model.meta_graphs[0]
        return graph, graph.saver_def.save_tensor_name.split(":")[0], graph.saver_def.restore_op_name

    def signature(model):
        graph, save, _ = saver(model)
        graph.signature_def["serving_default"].outputs["y"].name = f"{save}:0"

    def collection(model):
        graph, save, _ = saver(model)
        graph.collection_def["legacy_init_op"].node_list.value.append(save)

    def restoring(model):
        graph, save, _ = saver(model)
        graph.saver_def.restore_op_name = save

    def object_function(model):
        graph, *_ = saver(model)
        (name,) = [each.signature.name for each in graph.graph_def.library.function if "save" in each.signature.name]
        graph.object_graph_def.concrete_functions[name].SetInParent()

    for edit, where in {
        signature: "the signature serving_default", collection: "the collection legacy_init_op",
        restoring: "what restores", object_function: "the function __inference__traced_save",
    }.items():  # fmt: skip
        folder = edited(saved(tmp_path / edit.__name__, lambda x: {"y": x}), edit)
        assert [each for each in saved_models.problems(folder) if "SaveV2" in each and where in each], where


def test_keras_exports_that_do_more(tmp_path):
    class Writing(keras.layers.Layer):
        def call(self, x):
            with tf.control_dependencies([tf.io.write_file("/tmp/unroll-of-no-one", "written")]):
                return tf.identity(x)

    sequential(keras.layers.LSTM(4), Writing()).export(tmp_path / "model", verbose=False)
    assert "WriteFile" in str(saved_models.problems(tmp_path / "model"))


@pytest.mark.parametrize("name", ["saved_model.pbtxt", "saved_model.cpb"])
def test_another_form_beside(table, name):
    (table / name).write_text("")
    assert saved_models.problems(table) == [f"{name} beside saved_model.pb, which could be loaded in its place"]


def test_damaged_buffers(table):
    from tensorflow.core.protobuf import meta_graph_pb2

    content = (table / "saved_model.pb").read_bytes()
    deep = b""
    for _ in range(2000):  # a field of a field ...: meta_graphs, graph_def, library
        deep = b"\x12" + varint(len(deep)) + deep
    wrong = {
        "cut": content[: len(content) // 2], "empty": b"", "text": b"not a model", "deep": deep,
        "another": meta_graph_pb2.MetaGraphDef().SerializeToString() + b"\xff" * 40,
    }  # fmt: skip
    for damaged in wrong.values():
        (table / "saved_model.pb").write_bytes(damaged)
        with pytest.raises(ValueError, match=r"saved_model\.pb is damaged"):
            saved_models.problems(table)
    (found,) = [check for check in pipelines.verify(table).checks if check.result == "FAILED"]
    assert "saved_model.pb is damaged" in found.detail


def varint(value):
    found = b""
    while value > 127:
        found, value = found + bytes([value & 127 | 128]), value >> 7
    return found + bytes([value])


FORBIDDEN = (
    "File|Dataset|Iterator|Print|Summary|PyFunc|Queue|Reader|TPU|Collective|Nccl|Send|Recv|Debug|Dump|Save|Restore|"
    "Merge[VC]|Sharded|Session|Stage|Rpc|Remote|Xla|Stack[PV]|Barrier|Mutex|Sleep|Timestamp|Abort|Optional|Host|Png|"
    "Jpeg|Gif|Bmp|Wav|DecodeImage|Remap|LoadAnd|FixedL|FixedU|Batch(Function)|Unbatch|Infeed|Outfeed|Immutable|Temporary|^_"
)


def test_the_allowed_operations_exist_and_compute():
    import tensorflow_text  # noqa: F401  # its operations
    from tensorflow.python.framework import op_def_registry

    from pipelines.shared.foreign import pure_operations

    assert [name for name in pure_operations.ALLOWED if op_def_registry.get(name) is None] == []
    assert [name for name in pure_operations.ALLOWED if re.search(FORBIDDEN, name)] == []


def test_a_folder_of_any_size(tmp_path, monkeypatch):
    folder = saved(tmp_path / "model", lambda x: {"y": x})
    deep = folder / "assets" / "/".join(["d"] * 300)
    deep.mkdir(parents=True)
    assert saved_models.problems(folder) == []
    monkeypatch.setattr(saved_model_files, "MOST_FILES", 50)
    shutil.rmtree(folder / "assets")
    (folder / "many").mkdir()
    for number in range(saved_model_files.MOST_FILES):
        (folder / "many" / str(number)).touch()
    assert saved_models.problems(folder)[-1] == "more than 50 files"
