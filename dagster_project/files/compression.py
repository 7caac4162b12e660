"""Streams of compressed bytes: gzip and zstd. DuckDB reads CSV, JSON and Parquet in them by itself.

Not here: archives, which hold files with names (archives.py).
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import zstandard

from dagster_project.files.rejection import RejectedFile

GZIP_MAGIC, ZSTD_MAGIC = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
CHUNK_BYTES = 1024 * 1024
ZSTD_BLOCK_BYTES = 128 * 1024  # the largest; nothing of a block can be read before it is whole
GZIP_WINDOW = 31  # zlib's wbits for "gzip header and trailer, largest window"


@contextmanager
def open_decompressed(path: Path, compression: str) -> Iterator[io.BufferedIOBase]:
    """A file's bytes as its publisher wrote them, decompressed, as a stream. `compression` is that of its Head.

    Raises RejectedFile when they do not match their checksum.
    """
    with path.open("rb") as raw:
        try:
            if compression == "gzip":
                yield gzip.GzipFile(fileobj=raw)
            elif compression == "zstd":
                yield io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True))
            else:
                yield raw
        except (zstandard.ZstdError, zlib.error, gzip.BadGzipFile) as error:
            raise damaged(error) from None


def damaged(error: Exception) -> RejectedFile:
    """The rejection of a file whose bytes changed after they were written: `error` is what its checksum shows."""
    return RejectedFile(
        f"The bytes on disk are damaged ({error}).",
        "Restore the file from a copy of landing/, or load the publisher's own, into a new DATA_DIR.",
    )


def gzip_start(start: bytes, size: int) -> bytes:
    """The first `size` bytes of gzip data, over its members: the first may hold no more than the header line.

    Raises zlib.error for damaged data.
    """
    text = b""
    while start and len(text) < size:
        member = zlib.decompressobj(GZIP_WINDOW)
        text += member.decompress(start, size - len(text))
        start = member.unused_data.lstrip(b"\0")
    return text


def zstd_start(path: Path, size: int) -> bytes:
    """The first `size` bytes of a zstd file. Raises zstandard.ZstdError for damaged data."""
    with path.open("rb") as stream:
        start = stream.read(size + ZSTD_BLOCK_BYTES)
    return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(start), read_across_frames=True).read(size)


class StreamEnd:
    """Follows a gzip or zstd stream, which may hold several members, to see that it ends where it should."""

    def __init__(self, start: bytes) -> None:
        self._open = (
            (lambda: zlib.decompressobj(GZIP_WINDOW))
            if start.startswith(GZIP_MAGIC)
            else zstandard.ZstdDecompressor().decompressobj
        )
        self._member = self._open()

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the stream. Raises RejectedFile for damaged data."""
        try:
            while chunk:
                if self._member.eof:
                    chunk = chunk.lstrip(b"\0")  # some writers pad the end
                    if not chunk:
                        return
                    self._member = self._open()
                self._member.decompress(chunk)
                chunk = self._member.unused_data
        except (zlib.error, zstandard.ZstdError) as error:
            raise RejectedFile(f"The compressed data is damaged ({error}).", "Download the file again.") from None

    def finish(self) -> None:
        """The stream has ended. Raises RejectedFile when its last member has not."""
        if not self._member.eof:
            raise RejectedFile("The compressed data ends in the middle: the file is cut off.", "Download it again.")
