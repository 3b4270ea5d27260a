"""The errors that reading damaged files raises, where a library has several for the same thing."""

import lzma
import tokenize
import zipfile
import zlib

# Of what is compressed, and of archives.
ARCHIVES = (
    OSError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError,
)  # fmt: skip
# Of NumPy's arrays and archives of them; it reads a header that is no literal once more, token by token.
ARRAYS = (
    *ARCHIVES, ValueError, KeyError, MemoryError, OverflowError, SyntaxError, tokenize.TokenError,
)  # fmt: skip
