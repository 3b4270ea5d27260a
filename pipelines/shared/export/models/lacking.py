"""Operations that LiteRT lacks altogether, told by the layer that uses them before anything is converted.

lacking.check(model, folder)       # ValueError: "inverse (Lambda): LiteRT has no MatrixInverse ...; write ..."
"""

from pipelines.shared.export.models import blamed_layers
from pipelines.shared.foreign import saved_model_files

MATRICES = (
    "it has no decompositions, inverses or determinants of matrices",
    ("take what the layer gives as an input of the model, or what it learns as a weight"),
)
COMPLEX = (
    "it has no complex numbers beyond the spectrum of real ones, keras.ops.rfft and stft of a power of two",
    ("write the real and the imaginary part as products with matrices of cosines and sines"),
)
TEXTS = "it has no operations on texts", "look words up before the model, and give it ids"
PYTHON = "it runs no Python", "write the function in keras.ops"
DRAWN = "it draws no numbers of a seed", "take the noise as an input of the model"
SPECIAL = "it has no gamma, beta and Bessel functions", "take what the layer gives as an input of the model"
IMAGES = "it has no such operation on images", "resize images before the model, or bilinearly"
PARTS = (
    "it has no operation that cuts a tensor into parts of sizes that depend on its numbers",
    ("give each row the full length, and mark what counts with a mask"),
)
BRANCHES = "it has no choice among more than two functions", "write keras.ops.cond inside of keras.ops.cond"
BEAMS = "it has no search over beams", "take the layer out of the model, and decode what the model gives"

REASONS = {
    **dict.fromkeys((
        "Cholesky", "Eig", "Lu", "LogMatrixDeterminant", "MatrixDeterminant", "MatrixExponential", "MatrixInverse",
        "MatrixLogarithm", "MatrixSolve", "MatrixSolveLs", "MatrixSquareRoot", "MatrixTriangularSolve", "Qr",
        "SelfAdjointEigV2", "Svd", "TridiagonalSolve",
    ), MATRICES),
    **dict.fromkeys(("Complex", "FFT", "FFT2D", "FFT3D", "IFFT", "IFFT2D", "IFFT3D", "IRFFT", "IRFFT2D", "Conj",
                     "Angle"), COMPLEX),
    **dict.fromkeys((
        "AsString", "DecodeBase64", "EncodeBase64", "RegexFullMatch", "RegexReplace", "SparseCross",
        "SparseCrossHashed",
        "SparseCrossV2", "StaticRegexFullMatch", "StaticRegexReplace", "StringJoin", "StringLength", "StringLower",
        "StringNGrams", "StringSplit", "StringSplitV2", "StringStrip", "StringToHashBucket", "StringToHashBucketFast",
        "StringToHashBucketStrong", "StringToNumber", "StringUpper", "Substr", "UnicodeDecode",
        "UnicodeDecodeWithOffsets", "UnicodeEncode", "UnicodeTranscode", "UnsortedSegmentJoin", "ReduceJoin",
    ), TEXTS),
    **dict.fromkeys(("PyFunc", "PyFuncStateless", "EagerPyFunc", "XlaHostCompute"), PYTHON),
    **dict.fromkeys((
        "RandomGamma", "RandomPoissonV2", "RandomShuffle", "StatelessMultinomial", "StatelessRandomGetKeyCounter",
        "StatelessRandomNormal", "StatelessRandomNormalV2", "StatelessRandomUniform", "StatelessRandomUniformInt",
        "StatelessRandomUniformIntV2", "StatelessRandomUniformV2", "StatelessTruncatedNormal",
        "StatelessTruncatedNormalV2", "TruncatedNormal",
    ), DRAWN),
    **dict.fromkeys((
        "BesselI0", "BesselI0e", "BesselI1", "BesselI1e", "BesselJ0", "BesselJ1", "BesselK0", "BesselY0", "Betainc",
        "Dawsn", "Digamma", "Expint", "FresnelCos", "FresnelSin", "Igamma", "IgammaGradA", "Igammac", "Lgamma",
        "NextAfter", "Polygamma", "Spence", "Zeta",
    ), SPECIAL),
    **dict.fromkeys((
        "AdjustHue", "AdjustSaturation", "CropAndResize", "ExtractImagePatches", "HSVToRGB",
        "ImageProjectiveTransformV2", "ImageProjectiveTransformV3", "NonMaxSuppressionV3", "RGBToHSV", "ResizeArea",
        "ResizeBicubic", "ScaleAndTranslate", "Dilation2D", "Erosion2D",
    ), IMAGES),
    **dict.fromkeys(("DynamicPartition", "DynamicStitch", "ListDiff", "RaggedTensorToTensor", "UniqueWithCounts",
                     "UniqueWithCountsV2", "RaggedGather", "RaggedRange"), PARTS),
    **dict.fromkeys(("Case", "StatelessCase"), BRANCHES),
    "CTCBeamSearchDecoder": BEAMS,
}  # fmt: skip


def check(model, folder):
    """Raises a ValueError for a SavedModel of the model with an operation that LiteRT lacks altogether."""
    refused = {}
    for meta in saved_model_files.read(folder).meta_graphs:
        for node in _of_signatures(meta):
            if node.op in REASONS:
                refused.setdefault(node.op, blamed_layers.of(model, node.name) or model.name)
    if refused:
        raise ValueError("; ".join(_told(kind, part) for kind, part in refused.items()))


def advice(kind):
    """What to write in place of an operation of TensorFlow."""
    return REASONS[kind][1] if kind in REASONS else "write it with other functions of keras.ops, or take it out"


def _told(kind, part):
    reason, instead = REASONS[kind]
    return f"{part}: LiteRT cannot compute {kind}, since {reason}; {instead}"


def _of_signatures(meta):
    """The nodes that the signatures of a SavedModel run, in whatever function."""
    functions = {function.signature.name: function for function in meta.graph_def.library.function}
    results = [info.name for signature in meta.signature_def.values() for info in signature.outputs.values()]
    open_, seen = [*_used(meta.graph_def.node, results)], set()
    while open_:
        node = open_.pop()
        yield node
        for called in {name for value in node.attr.values() for name in _functions(value)} - seen:
            seen.add(called)
            function = functions[called]
            open_ += _used(function.node_def, [*function.ret.values(), *function.control_ret.values()])


def _functions(attribute):
    """The names of the functions in an attribute's value."""
    return [called.name for called in (attribute.func, *attribute.list.func) if called.name]


def _used(nodes, results):
    """The nodes that the results need."""
    by_name, open_, used = {node.name: node for node in nodes}, [*results], {}
    while open_:
        name = open_.pop().lstrip("^").split(":")[0]
        if name in by_name and name not in used:
            used[name] = by_name[name]
            open_ += by_name[name].input
    return used.values()
