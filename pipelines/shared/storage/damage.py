"""The errors that reading damaged files raises, where a library has several for the same thing."""

import tokenize
import zipfile
import zlib

# Of NumPy's arrays and archives of them; it reads a header that is no literal once more, token by token.
ARRAYS = (
    ValueError, OSError, EOFError, KeyError, MemoryError, NotImplementedError, OverflowError, RuntimeError, SyntaxError,
    tokenize.TokenError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
