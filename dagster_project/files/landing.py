"""The only door to landing/: copy a file's bytes once, hash them, name them, list them.

A landed file is compressed and never edited. Its path names source, entity, partition and vintage; a
small JSON file beside it records what was fetched, when, from where, with which sha256 and size. So the
folder explains itself, and the warehouse can be rebuilt from it. Both are verified when they are read; what does not
match its checksum is set apart as `….damaged`, and counts as never landed: it is taken or requested again.

Not here: what a file means (that is its source's business) and any database.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import zstandard

from dagster_project.files.archives import unpack
from dagster_project.files.compression import CHUNK_BYTES, GZIP_MAGIC, ZSTD_MAGIC, StreamEnd, open_decompressed
from dagster_project.files.formats import Head, head_of_utf8, read_head
from dagster_project.files.rejection import RejectedFile
from dagster_project.files.text import Form, TextCheck, check_western, convert

VINTAGE_FORMAT = "%Y%m%dT%H%M%S.%fZ"
REQUEST_LOG, ACCEPTANCE_LOG = ".requests.jsonl", ".accepted.jsonl"
ABOUT_SUFFIX, DAMAGED_SUFFIX = ".about.json", ".damaged"
UNFINISHED, READ_FOLDER = ".unfinished", ".read-"


@dataclass(frozen=True)
class Recognised:
    """How a source classifies a file of its own: the entity, the layout, and the scope of its rows."""

    entity: str
    layout: str  # csv, json, parquet, xml …: how to read it
    partition: str  # two files with one partition are two vintages of the same thing
    edition: str = ""  # the publisher's own date of this edition, where the file holds one: orders vintages


@dataclass(frozen=True)
class Landing:
    """One landed file. `vintage` is the moment it was fetched, UTC, to the microsecond, as sortable text."""

    landing_id: str
    source: str
    entity: str
    layout: str
    partition: str
    edition: str  # the publisher's own date of it, ISO 8601, where the file holds one
    vintage: str
    path: str  # relative to landing/
    original_name: str
    fetched_from: str
    fetched_at: str  # ISO 8601, UTC
    sha256: str  # of the bytes as fetched, before any compression of ours
    size_bytes: int  # as fetched
    # Since when it is the published state, written like `vintage`: the edition's day where the file has one, else
    # the moment it was fetched. So a list of 2021 loaded today still gives the state of 2021.
    valid_from: str = ""

    @property
    def is_answer(self) -> bool:
        """A service's response to the request its partition names: the next response to it replaces it whole."""
        return self.fetched_from.startswith("http")


@dataclass(frozen=True)
class RequestLogEntry:
    """The last response of a publisher to a request (a partition), whether or not its bytes were new."""

    partition: str
    edition: str
    sha256: str
    requested_at: str  # ISO 8601, UTC
    etag: str = ""
    last_modified: str = ""  # ISO 8601, UTC


def vintage_of(when: datetime) -> str:
    """A moment in UTC, to the microsecond, as text that sorts."""
    return when.astimezone(UTC).strftime(VINTAGE_FORMAT)


def next_moment(earlier: Iterable[Landing]) -> datetime:
    """Now, or just after the newest of these landings: a clock that ran ahead once would make all later ones older."""
    newest = max((one.vintage for one in earlier), default="")
    now = datetime.now(UTC)
    if newest < vintage_of(now):
        return now
    return datetime.strptime(newest, VINTAGE_FORMAT).replace(tzinfo=UTC) + timedelta(microseconds=1)


def edition_in_utc(moment: str) -> str:
    """A publisher's moment (ISO 8601) as an edition: in UTC, so that editions sort over summer and winter time.

    Raises RejectedFile for what is no moment.
    """
    try:
        published_at = datetime.fromisoformat(moment)
    except ValueError:
        raise RejectedFile(f"The file was made at no known time ({moment}).", "Download it again.") from None
    return published_at.replace(tzinfo=published_at.tzinfo or UTC).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def validity_start(edition: str, fetched_at: datetime, newest: str) -> str:
    """Since when a landing is the published state, as text that sorts: its edition's moment, never later than it was
    fetched, and always after the newest validity start of the same partition (`newest`, may be empty)."""
    start = fetched_at
    if edition:
        try:
            dated = datetime.fromisoformat(edition)
        except ValueError:
            raise RejectedFile(f"The day of the edition is no date ({edition}).", "Download it again.") from None
        start = min(dated if dated.tzinfo else dated.replace(tzinfo=UTC), fetched_at)
    if newest and vintage_of(start) <= newest:
        start = datetime.strptime(newest, VINTAGE_FORMAT).replace(tzinfo=UTC) + timedelta(microseconds=1)
    return vintage_of(start)


def take(
    root: Path,
    source: str,
    recognised: Recognised,
    original: Path,
    *,
    fetched_at: datetime,
    valid_from: str = "",
    display_name: str | None = None,
    fetched_from: str | None = None,
) -> Landing:
    """Copy a file into landing/ whole, or not at all. `display_name`: its path in the inbox, or its request.

    Raises RejectedFile when its bytes change while they are read, when compressed data ends too early, and when a text
    is in no encoding that can be told.
    """
    vintage = vintage_of(fetched_at)
    folder = root / source / recognised.entity / _safe(recognised.partition)
    folder.mkdir(parents=True, exist_ok=True)
    head = read_head(original)
    plain = "" if recognised.layout == "parquet" else ".zst"
    suffix = {"gzip": ".gz", "zstd": ".zst", "7z": ".7z", "zip": ".zip", "none": plain}
    compress = head.compression == "none" and recognised.layout != "parquet"
    unfinished = folder / UNFINISHED  # one writer: what a dead run left is written over
    try:
        copied = _copy(original, unfinished, head, compress=compress)
        name = f"{vintage}-{copied.sha256[:12]}.{recognised.layout}{suffix[head.compression]}"
        landing = Landing(
            landing_id=f"{vintage}-{copied.sha256[:12]}",
            source=source,
            entity=recognised.entity,
            layout=recognised.layout,
            partition=recognised.partition,
            edition=recognised.edition,
            vintage=vintage,
            path=str((folder / name).relative_to(root)),
            original_name=display_name or original.name,
            fetched_from=fetched_from or original.as_uri(),
            fetched_at=fetched_at.isoformat(),
            sha256=copied.sha256,
            size_bytes=copied.size_bytes,
            valid_from=valid_from or vintage,
        )
        _write_about(folder / name, landing, copied)
        os.replace(unfinished, folder / name)
    finally:
        unfinished.unlink(missing_ok=True)
    return landing


def landed(root: Path, source: str) -> list[Landing]:
    """Every complete landing of a source, oldest vintage first, then by the name it came with."""
    landings = [one for about in (root / source).rglob(f"*{ABOUT_SUFFIX}") if (one := _read_about(root, about))]
    return sorted(landings, key=lambda landing: (landing.vintage, landing.original_name, landing.path))


def set_damaged_apart(root: Path, source: str) -> list[RejectedFile]:
    """Set apart the landings of a source whose notes were changed or whose file is missing, so that they count as
    never landed. Returns a rejection for each."""
    rejections = []
    for about in sorted((root / source).rglob(f"*{ABOUT_SUFFIX}")):
        if _read_about(root, about) is None:
            about.rename(about.with_name(about.name + DAMAGED_SUFFIX))
            name = str(about.relative_to(root)).removesuffix(ABOUT_SUFFIX)
            rejections.append(_damaged("Its file is missing, or what was noted about it was changed.").at(name))
    return rejections


@contextmanager
def opened(root: Path, landing: Landing) -> Iterator[tuple[Path, Head]]:
    """A landed file as its source reads it, and its head: verified, and unpacked and in UTF-8 where it is not.

    Raises RejectedFile, and sets the file apart, where its bytes are not those that landed.
    """
    path, about = root / landing.path, {}
    try:
        about = json.loads(_about_of(path).read_text(encoding="utf-8"))
        is_intact = sha256_of(path) == about["stored_sha256"] if "stored_sha256" in about else _matches(path, landing)
    except (FileNotFoundError, ValueError):
        is_intact = False
    if not is_intact:
        _set_apart(path)
        raise _damaged("The bytes on disk are damaged: they do not match the checksum they landed with.")
    # beside landing/, so that a large file needs room on one disk only
    _sweep(root.parent)
    with tempfile.TemporaryDirectory(prefix=f"{READ_FOLDER}{os.getpid()}-", dir=root.parent) as folder:
        head = read_head(path)
        if head.compression in ("7z", "zip"):
            path = unpack(path, head.compression, Path(folder))
            head = read_head(path)
            form = _checked_form(path, head)
        elif "form" in about:
            form = Form(**about["form"]) if about["form"] else None
        else:
            form = _checked_form(path, head)
        if form and not form.is_plain:
            converted = Path(folder) / "text"
            with open_decompressed(path, head.compression) as stream, converted.open("wb") as target:
                convert(stream, form, target)
            path, head = converted, head_of_utf8(converted, form)
        yield path, head


def log_request(root: Path, source: str, entry: RequestLogEntry) -> None:
    """Append to the source's log of requests, on disk before this returns: no request is made twice."""
    _append(root / source / REQUEST_LOG, asdict(entry))


def log_acceptance(root: Path, landing: Landing, doubts: str) -> None:
    """Append to the source's log that a person took this landing in spite of doubts, on disk before this returns: a
    warehouse that is made anew does not ask again."""
    entry = {"landing_id": landing.landing_id, "accepted_at": datetime.now(UTC).isoformat(), "doubts": doubts}
    _append(root / landing.source / ACCEPTANCE_LOG, entry)


def accepted(root: Path, source: str) -> set[str]:
    """The landings of a source that a person took in spite of doubts."""
    log = root / source / ACCEPTANCE_LOG
    landing_ids = set()
    for line in log.read_text().splitlines() if log.exists() else []:
        with suppress(ValueError, KeyError):  # a run died while it wrote its last line
            landing_ids.add(json.loads(line)["landing_id"])
    return landing_ids


def last_requests(root: Path, source: str) -> dict[str, RequestLogEntry]:
    """The last response to each request, by partition. A landing counts as one, also if a run died before the log.

    A response whose bytes are no longer there counts as none, and neither does the date of a clock that ran ahead.
    """
    now = datetime.now(UTC).isoformat()
    landings = landed(root, source)
    present = {(one.partition, one.sha256) for one in landings}
    entries = [RequestLogEntry(one.partition, one.edition, one.sha256, one.fetched_at) for one in landings]
    log = root / source / REQUEST_LOG
    for line in log.read_text().splitlines() if log.exists() else []:
        with suppress(ValueError, TypeError):  # a run died while it wrote its last line
            entry = RequestLogEntry(**json.loads(line))
            if (entry.partition, entry.sha256) in present:
                entries.append(entry)
    in_order = sorted(entries, key=lambda entry: entry.requested_at if entry.requested_at <= now else "")
    return {entry.partition: replace(entry, edition=believed(entry.edition)) for entry in in_order}


def believed(edition: str) -> str:
    """An edition's date; empty for one in the future, which would make every later edition an older one."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)  # somewhere it is tomorrow already
    return edition if edition[:10] <= tomorrow.date().isoformat() else ""


def sha256_of(path: Path) -> str:
    """The checksum of a file's bytes, as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def remove_unfinished(root: Path) -> None:
    """Remove what this process, and those that died, had not copied whole or were reading."""
    for left in root.rglob(UNFINISHED):
        left.unlink(missing_ok=True)
    for folder in root.parent.glob(f"{READ_FOLDER}{os.getpid()}-*"):
        shutil.rmtree(folder, ignore_errors=True)
    _sweep(root.parent)


def clear(root: Path) -> None:
    """Remove everything that landed. For simulated data only, which can be made again."""
    shutil.rmtree(root, ignore_errors=True)


@dataclass(frozen=True)
class _Copied:
    """What a copy into landing/ showed."""

    sha256: str  # of the bytes as fetched
    size_bytes: int
    stored_sha256: str  # of the bytes on disk, which are fewer where we compressed them
    form: Form | None  # how a text is written; None for what is none, and for archives, whose text is looked at later


def _copy(original: Path, target: Path, head: Head, *, compress: bool) -> _Copied:
    """Copy and hash a file, check the end of compressed data and the text, in one pass. The file must be the same
    before and after."""
    before = original.stat()
    try:
        copied = _copied(original, target, head, before.st_size, compress=compress)
    except RejectedFile:
        if _differ(before, original.stat()):  # what is still being written breaks rules that it will not break
            raise _changing() from None
        raise
    if _differ(before, original.stat()) or copied.size_bytes != before.st_size:
        raise _changing()
    return copied


def _differ(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns)


def _copied(original: Path, target: Path, head: Head, most_bytes: int, *, compress: bool) -> _Copied:
    digest, stored, size = hashlib.sha256(), hashlib.sha256(), 0
    end: StreamEnd | None = None
    text = TextCheck(head.form) if head.form and head.compression not in ("7z", "zip") else None
    with original.open("rb") as source, target.open("wb") as file:
        # with a checksum of its content, which every reader of zstd verifies, DuckDB too
        compressor = zstandard.ZstdCompressor(level=3, threads=-1, write_checksum=True).compressobj()

        def store(content: bytes) -> None:
            stored.update(content)
            file.write(content)

        while size <= most_bytes and (chunk := source.read(CHUNK_BYTES)):  # it may grow as fast as it is read
            if size == 0 and chunk.startswith((GZIP_MAGIC, ZSTD_MAGIC)):
                end = StreamEnd(chunk)
            digest.update(chunk)
            size += len(chunk)
            for piece in end.feed(chunk) if end else [chunk]:
                if text:
                    text.feed(piece)
            store(compressor.compress(chunk) if compress else chunk)
        if compress:
            store(compressor.flush())
        file.flush()
        os.fsync(file.fileno())
    if end:
        end.finish()
    form = _form_after(text, original, head) if text else None
    return _Copied(digest.hexdigest(), size, stored.hexdigest(), form)


def _changing() -> RejectedFile:
    return RejectedFile(
        "The file changed while it was read.", "Wait until the download is complete and run again.", passing=True
    )


def _checked_form(path: Path, head: Head) -> Form | None:
    """How an unpacked text is written. Raises RejectedFile where that cannot be told."""
    if head.form is None:
        return None
    text = TextCheck(head.form)
    with open_decompressed(path, head.compression) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            text.feed(chunk)
    return _form_after(text, path, head)


def _form_after(text: TextCheck, path: Path, head: Head) -> Form:
    """How a text is written, after all of it went through a check. Raises RejectedFile where that cannot be told."""
    text.finish()
    form = text.form
    if form.encoding:
        return form
    if not text.is_utf8:
        with open_decompressed(path, head.compression) as stream:
            check_western(stream)
    return replace(form, encoding="utf-8" if text.is_utf8 else "cp1252")


def _append(path: Path, entry: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as log:
        log.write(json.dumps(entry) + "\n")
        log.flush()
        os.fsync(log.fileno())


def _about_of(path: Path) -> Path:
    """The file beside a landed one that says what it is."""
    return path.with_suffix(ABOUT_SUFFIX)


def _write_about(path: Path, landing: Landing, copied: _Copied) -> None:
    about = asdict(landing) | {"stored_sha256": copied.stored_sha256, "form": copied.form and asdict(copied.form)}
    about["about_sha256"] = _digest_of(about)
    _about_of(path).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def _read_about(root: Path, about: Path) -> Landing | None:
    """A landing, from the notes beside its file; None where they were changed, or where the file is not there."""
    try:
        noted = json.loads(about.read_text(encoding="utf-8"))
        if "about_sha256" in noted and noted.pop("about_sha256") != _digest_of(noted):
            return None
        landing = Landing(**{field: value for field, value in noted.items() if field not in ("stored_sha256", "form")})
    except (ValueError, TypeError):  # a run died while it wrote this, so before the file itself was named
        return None
    if not (root / landing.path).exists():  # the sidecar is written first: without its file it is half a landing
        return None
    return landing if landing.valid_from else replace(landing, valid_from=landing.vintage)


def _digest_of(about: dict) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _matches(path: Path, landing: Landing) -> bool:
    """Whether a file's bytes are those that landed, where only the checksum of the uncompressed ones was noted."""
    if sha256_of(path) == landing.sha256:
        return True
    with open_decompressed(path, read_head(path).compression) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == landing.sha256


def _set_apart(path: Path) -> None:
    """Take a landing out of the list, its bytes kept under another name."""
    for file in (_about_of(path), path):
        with suppress(FileNotFoundError):
            file.rename(file.with_name(file.name + DAMAGED_SUFFIX))


def _damaged(rule: str) -> RejectedFile:
    return RejectedFile(
        rule,
        "The next run takes it from the inbox or requests it again; else restore landing/ from a copy.",
        passing=True,
    )


def _sweep(folder: Path) -> None:
    """Remove what runs that died left of the files they read."""
    for left in folder.glob(f"{READ_FOLDER}*"):
        process = left.name.removeprefix(READ_FOLDER).partition("-")[0]
        if not Path(f"/proc/{process}").exists():
            shutil.rmtree(left, ignore_errors=True)


def _safe(partition: str) -> str:
    return re.sub(r"[^A-Za-z0-9._=,-]+", "_", partition)[:120].lstrip(".") or "_"
