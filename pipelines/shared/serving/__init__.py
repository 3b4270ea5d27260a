"""Artifacts behind HTTP: `unroll serve`, pages to look at and an interface to call.

body of a request -> guards -> bodies (JSON, checked) -> interface, tf_serving -> shelf, batching -> answers

guards.py       who may ask, and how much        shelves.py      artifacts in memory, their versions
bodies.py       JSON of strangers                batching.py     requests that are answered together
arguments.py    what a verb takes                tensors.py      tensors as JSON, as TF Serving has them
interface.py    /api, our own                    tf_serving.py   /v1, TF Serving's
uploads.py      files of visitors                measures.py     /metrics
application.py  all of it as one application     connections.py  uvicorn, time limits
server.py       the verb `serve`
"""
