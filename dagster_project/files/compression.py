"""Streams of compressed bytes: gzip and zstd. DuckDB reads CSV, JSON and Parquet in them by itself.

Not here: archives, which hold files with names (archives.py).
"""

from __future__ import annotations

import gzip
import io
import time
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
PIECE_BYTES = 4096  # of compressed data at once: zstd makes up to 128 MB of them

# The largest honest ones: a year of Comext has some 10 GB, and the same labels in every record compress to a hundredth.
MOST_UNPACKED_BYTES = 32 << 30
MOST_RATIO, RATIO_FROM_BYTES = 1_000, 64 << 20
MOST_SECONDS = 1_800


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
        except (zstandard.ZstdError, zlib.error, gzip.BadGzipFile, EOFError) as error:
            raise RejectedFile(f"The compressed data is damaged ({error}).", "Download the file again.") from None


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
        self._limit = UnpackingLimit()

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Take the next bytes of the stream; yield what they decompress to, piece by piece, for a few bytes may
        become a hundred megabytes. Raises RejectedFile for damaged data."""
        for at in range(0, len(chunk), PIECE_BYTES):
            piece = chunk[at : at + PIECE_BYTES]
            self._limit.read(len(piece))
            try:
                while piece:
                    if self._member.eof:
                        piece = piece.lstrip(b"\0")  # some writers pad the end
                        if not piece:
                            break
                        self._member = self._open()
                    unpacked = self._member.decompress(piece)
                    self._limit.unpacked(len(unpacked))
                    yield unpacked
                    piece = self._member.unused_data
            except (zlib.error, zstandard.ZstdError) as error:
                raise RejectedFile(f"The compressed data is damaged ({error}).", "Download the file again.") from None

    def finish(self) -> None:
        """The stream has ended. Raises RejectedFile when its last member has not."""
        if not self._member.eof:
            raise RejectedFile("The compressed data ends in the middle: the file is cut off.", "Download it again.")


class UnpackingLimit:
    """What unpacking one file may take: bytes in all, bytes for each packed one, and time."""

    def __init__(self, packed_bytes: int = 0) -> None:
        self._packed, self._unpacked, self._started_at = packed_bytes, 0, time.monotonic()

    def read(self, count: int) -> None:
        """So many more packed bytes were read."""
        self._packed += count

    def unpacked(self, count: int) -> None:
        """So many more bytes came of them. Raises RejectedFile beyond a limit."""
        self._unpacked += count
        self.expect(self._unpacked)
        if time.monotonic() - self._started_at > MOST_SECONDS:
            raise _too_large(f"takes more than {MOST_SECONDS // 60} minutes")

    def expect(self, total: int) -> None:
        """So many bytes will have come in all. Raises RejectedFile beyond a limit."""
        if total > MOST_UNPACKED_BYTES:
            raise _too_large(f"unpacks to more than {MOST_UNPACKED_BYTES >> 30} GB")
        if total > RATIO_FROM_BYTES and total > MOST_RATIO * self._packed:
            raise _too_large(f"unpacks to more than {MOST_RATIO:,} times its size")


def _too_large(how: str) -> RejectedFile:
    return RejectedFile(
        f"The compressed data {how}, as an attack would.",
        "If it is the publisher's own, unpack it and load what is in it.",
    )
