"""Archives, which hold files with names: zip, 7z and tar; what is in them, at any depth, within limits.

An archive that holds one text is read as it came, like a compressed stream, and so is landed as its publisher offers
it. Of any other archive each member is a file of its own.

Not here: workbooks, which are zip files of many parts (workbooks.py), and compressed streams (compression.py).
"""

from __future__ import annotations

import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import py7zr
import zstandard

from dagster_project.files.compression import (
    CHUNK_BYTES,
    GZIP_MAGIC,
    ZSTD_MAGIC,
    UnpackingLimit,
    gzip_start,
    open_decompressed,
    zstd_start,
)
from dagster_project.files.rejection import RejectedFile, printable, rejecting

SEVENZIP_MAGIC, ZIP_MAGIC, TAR_MAGIC = b"7z\xbc\xaf\x27\x1c", b"PK\x03\x04", b"ustar"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old Office files, .xls among them
PARQUET_MAGIC = b"PAR1"
START_BYTES = 1024
MOST_MEMBERS, MOST_DEPTH = 1_000, 3

# What operating systems leave in archives and folders beside the files that a person put there.
LEFT_BY_SYSTEMS = {"__MACOSX", "Thumbs.db", "desktop.ini"}
WORKBOOK_PARTS = {"[Content_Types].xml", "mimetype"}  # the first of Office's, the second of OpenDocument's
ZIP_METHODS = {9: "Deflate64, as Windows does with large files", 93: "Zstandard", 95: "XZ", 98: "PPMd", 99: "AES"}


@dataclass(frozen=True)
class Member:
    """A file that an archive holds, or that is none. `path`: where its bytes lie; `name`: archive.zip/member.csv."""

    path: Path
    name: str
    rejection: RejectedFile | None = None  # why it cannot be unpacked


def expand(path: Path, name: str, folder: Path) -> Iterator[Member]:
    """The files in an archive, unpacked into a folder at any depth; what is no archive, or holds one text, as it is.

    What cannot be unpacked is a member with its rejection. `folder` may not exist yet.
    """
    limit = UnpackingLimit(path.stat().st_size)
    yield from _expand(Member(path, name), folder, 0, limit)


def unpack(path: Path, compression: str, folder: Path) -> Path:
    """The one file in an archive (`compression` 7z or zip), decompressed into a folder; its checksum is verified.

    What is no archive stays where it is. Raises RejectedFile when the archive is damaged.
    """
    if compression not in ("7z", "zip"):
        return path
    [member] = _unpacked(path, compression, folder, UnpackingLimit(path.stat().st_size))
    if member.rejection:
        raise member.rejection
    return member.path


def archive_start(path: Path, start: bytes, size: int) -> tuple[str, bytes] | None:
    """Kind and first `size` bytes of an archive that holds one text; None for any other file.

    `start`: the file's first bytes. Raises RejectedFile for a damaged or locked one.
    """
    kind = _kind(start)
    if kind not in ("7z", "zip"):
        return None
    with _unpacking():
        text = _zip_start(path, size) if kind == "zip" else _sevenzip_start(path, size)
    return (kind, text) if text and not _is_binary(text) else None


def _expand(file: Member, folder: Path, depth: int, limit: UnpackingLimit) -> Iterator[Member]:
    try:
        with rejecting("opened"), _unpacking():
            members = _members(file, folder, limit)
            if members and depth == MOST_DEPTH:
                raise RejectedFile(
                    f"Archives lie in archives, more than {MOST_DEPTH} deep.", "Unpack it, and load what is in it."
                )
    except RejectedFile as reason:
        yield Member(file.path, file.name, reason)
        return
    if members is None:
        yield file
        return
    for number, member in enumerate(members):
        named = Member(member.path, f"{file.name}/{member.name}", member.rejection)
        if member.rejection:
            yield named
        else:
            yield from _expand(named, folder / f"in-{number}", depth + 1, limit)


def _members(file: Member, folder: Path, limit: UnpackingLimit) -> list[Member] | None:
    """What an archive holds, unpacked; None for what is read as it is."""
    if not file.path.stat().st_size:
        return None
    start = _start_of(file.path)
    kind = _kind(start)
    if kind in ("gzip", "zstd"):
        try:
            content = gzip_start(start, START_BYTES) if kind == "gzip" else zstd_start(file.path, START_BYTES)
        except (zlib.error, zstandard.ZstdError):
            return None  # no archive that is known: whoever reads it will see that it is damaged
        if not _is_binary(content):
            return None
        folder.mkdir(parents=True, exist_ok=True)
        with open_decompressed(file.path, kind) as stream:
            return [Member(_copied(stream, folder / "0", limit), _without_suffix(file.name))]
    if kind == "none" or archive_start(file.path, start, START_BYTES) or kind == "zip" and _is_workbook(file.path):
        return None
    members = _unpacked(file.path, kind, folder, limit)
    if not members:
        raise RejectedFile("The archive holds no file.", "Download it again.")
    return members


def _unpacked(path: Path, kind: str, folder: Path, limit: UnpackingLimit) -> list[Member]:
    """The members of an archive, unpacked under numbers: a name in an archive may lead anywhere."""
    folder.mkdir(parents=True, exist_ok=True)
    with rejecting("unpacked"), _unpacking():
        return {"zip": _unzip, "7z": _unpack_sevenzip, "tar": _untar}[kind](path, folder, limit)


def _unzip(path: Path, folder: Path, limit: UnpackingLimit) -> list[Member]:
    members = []
    with zipfile.ZipFile(path) as archive:
        wanted = _wanted_of_zip(archive)
        limit.expect(sum(member.file_size for member in wanted))
        for number, member in enumerate(wanted):
            target, rejection = folder / str(number), None
            try:
                with rejecting("unpacked"), _unpacking(), _open_member(archive, member) as stream:
                    _copied(stream, target, limit)
            except RejectedFile as reason:
                rejection = reason
            members.append(Member(target, printable(member.filename), rejection))
    return members


def _open_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo):
    """A member's bytes as a stream. Raises RejectedFile where a password or an unknown method is in the way."""
    if member.compress_type == 99 or member.flag_bits & 1:
        raise _locked()
    try:
        return archive.open(member)
    except NotImplementedError:
        method = ZIP_METHODS.get(member.compress_type, f"method {member.compress_type}")
        raise RejectedFile(
            f"The archive is packed in a way that is not read ({method}).", "Unpack it, and load what is in it."
        ) from None


def _zip_start(path: Path, size: int) -> bytes:
    """The first `size` bytes of the one file in a zip; empty where it holds several."""
    with zipfile.ZipFile(path) as archive:
        wanted = _wanted_of_zip(archive)
        if len(wanted) != 1:
            return b""
        with _open_member(archive, wanted[0]) as stream:
            return stream.read(size)


def _wanted_of_zip(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [one for one in _few(archive.infolist()) if not one.is_dir() and _is_wanted(one.filename)]


def _is_workbook(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return not WORKBOOK_PARTS.isdisjoint(archive.namelist())


def _unpack_sevenzip(path: Path, folder: Path, limit: UnpackingLimit) -> list[Member]:
    files = _Files(folder, limit)
    with _sevenzip(path) as (archive, wanted):
        limit.expect(sum(member.uncompressed for member in wanted))
        archive.extractall(factory=files)
    files.close()
    return [Member(files.paths[one.filename], printable(one.filename)) for one in wanted if one.filename in files.paths]


def _sevenzip_start(path: Path, size: int) -> bytes:
    """The first `size` bytes of the one file in a 7z; empty where it holds several."""
    writer = _StartWriter(size)
    with _sevenzip(path) as (archive, wanted), suppress(_Enough):
        if len(wanted) == 1:
            archive.extract(targets=[wanted[0].filename], factory=_OneWriter(writer))
    return writer.start[:size]


@contextmanager
def _sevenzip(path: Path) -> Iterator[tuple[py7zr.SevenZipFile, list[py7zr.FileInfo]]]:
    """A 7z archive and the files in it. Raises RejectedFile for one with a password."""
    try:
        with py7zr.SevenZipFile(path) as archive:
            if archive.needs_password():
                raise _locked()
            yield archive, [one for one in _few(archive.list()) if not one.is_directory and _is_wanted(one.filename)]
    except py7zr.exceptions.PasswordRequired:
        raise _locked() from None


def _untar(path: Path, folder: Path, limit: UnpackingLimit) -> list[Member]:
    members = []
    with tarfile.open(path, "r:") as archive:
        wanted = [one for one in _few(archive.getmembers()) if one.isfile() and _is_wanted(one.name)]
        for number, member in enumerate(wanted):
            stream = archive.extractfile(member)
            if stream is not None:
                members.append(Member(_copied(stream, folder / str(number), limit), printable(member.name)))
    return members


def _copied(stream, target: Path, limit: UnpackingLimit) -> Path:
    """A stream's bytes as a file, within the limit."""
    with target.open("wb") as file:
        while chunk := stream.read(CHUNK_BYTES):
            limit.unpacked(len(chunk))
            file.write(chunk)
    return target


def _few(members: list) -> list:
    if len(members) > MOST_MEMBERS:
        raise RejectedFile(
            f"The archive holds {len(members):,} files, and at most {MOST_MEMBERS:,} are unpacked.",
            "Unpack it, and load what is needed of it.",
        )
    return members


def _is_wanted(name: str) -> bool:
    """Whether a person put it there: hidden files and what systems leave behind are nothing."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return not any(part in LEFT_BY_SYSTEMS or (part.startswith(".") and part not in (".", "..")) for part in parts)


def _kind(start: bytes) -> str:
    """What a file is packed in, by its first bytes."""
    magics = {GZIP_MAGIC: "gzip", ZSTD_MAGIC: "zstd", SEVENZIP_MAGIC: "7z", ZIP_MAGIC: "zip", b"PK\x05\x06": "zip"}
    kind = next((kind for magic, kind in magics.items() if start.startswith(magic)), "none")
    return "tar" if start[257:262] == TAR_MAGIC else kind


def _is_binary(start: bytes) -> bool:
    """Whether it begins like an archive, a workbook or a Parquet file: such a file is looked at as a whole."""
    return _kind(start) != "none" or start.startswith((OLE_MAGIC, PARQUET_MAGIC))


def _start_of(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(START_BYTES)


def _without_suffix(name: str) -> str:
    path = PurePosixPath(name)
    return path.stem if path.suffix else path.name


def _locked() -> RejectedFile:
    return RejectedFile("The archive is locked by a password.", "Unpack it, and load what is in it.")


@contextmanager
def _unpacking() -> Iterator[None]:
    """Raises RejectedFile for a damaged archive."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        py7zr.exceptions.ArchiveError,
        tarfile.TarError,
        lzma.LZMAError,
        zstandard.ZstdError,
        zlib.error,
        struct.error,
        EOFError,
    ) as error:
        raise RejectedFile(f"The archive cannot be unpacked ({printable(str(error))}).", "Download it again.") from None


class _Enough(Exception):
    """The start of a 7z member has been read; the rest is not decompressed."""


class _Writer(py7zr.io.Py7zIO):
    """Where py7zr writes what it decompresses; it never reads that again."""

    def read(self, size: int | None = None) -> bytes:
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0

    def flush(self) -> None: ...


class _StartWriter(_Writer):
    """The first bytes, until there are enough of them."""

    def __init__(self, size: int) -> None:
        self._wanted = size
        self.start = b""

    def write(self, s: bytes | bytearray) -> int:
        self.start += s
        if len(self.start) >= self._wanted:
            raise _Enough
        return len(s)

    def size(self) -> int:
        return len(self.start)


class _FileWriter(_Writer):
    """A file on disk, within the limit."""

    def __init__(self, path: Path, limit: UnpackingLimit) -> None:
        self._file, self._limit, self._size = path.open("wb"), limit, 0

    def write(self, s: bytes | bytearray) -> int:
        self._limit.unpacked(len(s))
        self._size += len(s)
        return self._file.write(s)

    def size(self) -> int:
        return self._size

    def close(self) -> None:
        self._file.close()


class _OneWriter(py7zr.io.WriterFactory):
    def __init__(self, writer: _StartWriter) -> None:
        self._writer = writer

    def create(self, filename: str) -> py7zr.io.Py7zIO:
        return self._writer


class _Files(py7zr.io.WriterFactory):
    """A numbered file in a folder for each member."""

    def __init__(self, folder: Path, limit: UnpackingLimit) -> None:
        self._folder, self._limit = folder, limit
        self._writers: list[_FileWriter] = []
        self.paths: dict[str, Path] = {}

    def create(self, filename: str) -> py7zr.io.Py7zIO:
        path = self._folder / str(len(self.paths))
        self.paths[filename] = path
        self._writers.append(_FileWriter(path, self._limit))
        return self._writers[-1]

    def close(self) -> None:
        for writer in self._writers:
            writer.close()
