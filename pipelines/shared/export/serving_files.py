"""Files for TF Serving beside a SavedModel: warm-up requests, models.config, batching, a page with example requests.

serving/
    1/assets.extra/tf_serving_warmup_requests   requests that the server runs before it accepts others
    1/assets.extra/sha256.json                  checksums of the version's files, for `unroll verify`
    models.config, batching.config, README.md
"""

import json

import numpy as np
import tensorflow as tf

from pipelines.shared.foreign import saved_models
from pipelines.shared.storage import disk

# How a server joins requests whose inputs have one size.
BATCHING = """max_batch_size { value: 64 }
batch_timeout_micros { value: 2000 }
max_enqueued_batches { value: 1000 }
num_batch_threads { value: 4 }
"""
# And those of rows of any length.
BATCHING_BY_LENGTH = f"""{BATCHING}\
# Rows of other lengths are filled up, with whatever: each row's length comes with it.
pad_variable_length_inputs: true
"""


def warm_up(folder, name, requests):
    """Writes the warm-up requests of a version.

    Args:
        folder: the version's folder.
        name: the model's name on the server.
        requests: {signature: {input: array}}.
    """
    extra = folder / "assets.extra"
    extra.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(extra / "tf_serving_warmup_requests")) as writer:
        for signature, tensors in requests.items():
            writer.write(prediction_log(name, signature, tensors))


def prediction_log(name, signature, tensors):
    """A tensorflow.serving.PredictionLog as bytes, encoded by hand: its package pins other dependencies.

    PredictionLog.predict_log = 6, PredictLog.request = 1, PredictRequest.model_spec = 1 and .inputs = 2 (a map),
    ModelSpec.name = 1 and .signature_name = 3.
    """
    specification = _field(1, name.encode()) + _field(3, signature.encode())
    inputs = b"".join(
        _field(2, _field(1, key.encode()) + _field(2, tf.make_tensor_proto(value).SerializeToString()))
        for key, value in sorted(tensors.items())
    )
    return _field(6, _field(1, _field(1, specification) + inputs))


def _field(number, content):
    """A length-delimited field of a protocol buffer."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value):
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    return bytes(encoded + bytearray([value]))


def describe(version, name, signature, tensors, inside=False, batching=BATCHING_BY_LENGTH):
    """Writes models.config, batching.config and README.md, beside the versions.

    Args:
        version: the newest version's folder.
        name: the model's name on the server.
        signature: the signature that the requests on the page call.
        tensors: {input: array}, whose last row the requests send.
        inside: write them into the version's folder, which is then all there is.
        batching: how a server joins requests; None if it must not.
    """
    folder = version if inside else version.parent
    inputs = {key: _listed(np.asarray(value)[-1:]) for key, value in tensors.items()}
    config = f'model_config_list {{\n  config {{\n    name: "{name}"\n    base_path: "/models/{name}"\n'
    disk.write_text(folder / "models.config", config + '    model_platform: "tensorflow"\n  }\n}\n')
    if batching:
        disk.write_text(folder / "batching.config", batching)
    mounted = f"/models/{name}/{version.name if version.name.isdigit() else 1}" if inside else f"/models/{name}"
    disk.write_text(folder / "README.md", _page(version, name, signature, inputs, mounted, batching))


def _listed(values):
    """A row as JSON has it."""
    return values.astype("U").tolist() if values.dtype.kind in "OS" else values.tolist()


def _page(version, name, signature, inputs, mounted, batching):
    needed = saved_models.foreign_operations(version)
    needs = f"beside TensorFlow's own: {', '.join(needed)}" if needed else "TensorFlow's own alone"
    joined = f" \\\n    --enable_batching --batching_parameters_file={mounted}/batching.config" if batching else ""
    body = json.dumps({"signature_name": signature, "inputs": inputs}, ensure_ascii=False)
    made = "\n".join(
        f'request.inputs["{key}"].CopyFrom(tf.make_tensor_proto({json.dumps(value, ensure_ascii=False)}'
        f"{', tf.int32' if _whole(value) else ''}))"
        for key, value in inputs.items()
    )
    return f"""# {name} for TF Serving

Operations the server has to know: {needs}. Warm-up requests are in each version's `assets.extra`.

```sh
docker run -p 8500:8500 -p 8501:8501 -v "$PWD:{mounted}" tensorflow/serving \\
    --model_config_file={mounted}/models.config{joined}
```

REST:

```sh
curl -d '{body}' http://localhost:8501/v1/models/{name}:predict
```

gRPC (`pip install tensorflow-serving-api`):

```python
import grpc
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

request = predict_pb2.PredictRequest()
request.model_spec.name, request.model_spec.signature_name = "{name}", "{signature}"
{made}
server = prediction_service_pb2_grpc.PredictionServiceStub(grpc.insecure_channel("localhost:8500"))
print(server.Predict(request))
```
"""


def _whole(value):
    while isinstance(value, list) and value:
        value = value[0]
    return isinstance(value, int) and not isinstance(value, bool)
