"""The only door to landing/: copy a file's bytes once, hash them, name them, list them.

A landed file is compressed and never edited. Its path names source, entity, partition and vintage; a
small JSON file beside it records what was fetched, when, from where, with which sha256 and size. So the
folder explains itself, and the warehouse can be rebuilt from it.

Not here: what a file means (that is its source's business) and any database.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import zstandard

from dagster_project.files.compression import CHUNK_BYTES, GZIP_MAGIC, ZSTD_MAGIC, StreamEnd
from dagster_project.files.formats import read_head
from dagster_project.files.rejection import RejectedFile

VINTAGE_FORMAT = "%Y%m%dT%H%M%S.%fZ"
REQUEST_LOG = ".requests.jsonl"
UNFINISHED = ".unfinished"


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
        dated = datetime.fromisoformat(edition)
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

    Raises RejectedFile when its bytes change while they are read, or compressed data ends too early.
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
        sha256, size = _copy(original, unfinished, compress=compress)
        name = f"{vintage}-{sha256[:12]}.{recognised.layout}{suffix[head.compression]}"
        landing = Landing(
            landing_id=f"{vintage}-{sha256[:12]}",
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
            sha256=sha256,
            size_bytes=size,
            valid_from=valid_from or vintage,
        )
        (folder / name).with_suffix(".about.json").write_text(json.dumps(asdict(landing), indent=1) + "\n")
        os.replace(unfinished, folder / name)
    finally:
        unfinished.unlink(missing_ok=True)
    return landing


def landed(root: Path, source: str) -> list[Landing]:
    """Every complete landing of a source, oldest vintage first, then by the name it came with."""
    landings = []
    for about in sorted((root / source).rglob("*.about.json")):
        try:
            landing = Landing(**json.loads(about.read_text()))
            landing = landing if landing.valid_from else replace(landing, valid_from=landing.vintage)
        except ValueError:  # a run died while it wrote this, so before the file itself was named
            continue
        if (root / landing.path).exists():  # the sidecar is written first: without its file it is half a landing
            landings.append(landing)
    return sorted(landings, key=lambda landing: (landing.vintage, landing.original_name, landing.path))


def log_request(root: Path, source: str, entry: RequestLogEntry) -> None:
    """Append to the source's log of requests, on disk before this returns: no request is made twice."""
    (root / source).mkdir(parents=True, exist_ok=True)
    with (root / source / REQUEST_LOG).open("a") as log:
        log.write(json.dumps(asdict(entry)) + "\n")
        log.flush()
        os.fsync(log.fileno())


def last_requests(root: Path, source: str) -> dict[str, RequestLogEntry]:
    """The last response to each request, by partition. A landing counts as one, also if a run died before the log."""
    entries = [RequestLogEntry(one.partition, one.edition, one.sha256, one.fetched_at) for one in landed(root, source)]
    log = root / source / REQUEST_LOG
    for line in log.read_text().splitlines() if log.exists() else []:
        with suppress(ValueError):  # a run died while it wrote its last line
            entries.append(RequestLogEntry(**json.loads(line)))
    return {entry.partition: entry for entry in sorted(entries, key=lambda entry: entry.requested_at)}


def sha256_of(path: Path) -> str:
    """The checksum of a file's bytes, as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def remove_unfinished(root: Path) -> None:
    """Remove what a run that was stopped had not copied whole."""
    for left in root.rglob(UNFINISHED):
        left.unlink(missing_ok=True)


def clear(root: Path) -> None:
    """Remove everything that landed. For simulated data only, which can be made again."""
    shutil.rmtree(root, ignore_errors=True)


def _copy(original: Path, target: Path, *, compress: bool) -> tuple[str, int]:
    """Copy, hash and, for gzip, check the end in one pass. The file must be the same before and after."""
    before = original.stat()
    digest, size = hashlib.sha256(), 0
    end: StreamEnd | None = None
    with original.open("rb") as source, target.open("wb") as raw:
        # with a checksum of its content, which every reader of zstd verifies, DuckDB too
        compressor = zstandard.ZstdCompressor(level=3, threads=-1, write_checksum=True)
        sink = compressor.stream_writer(raw, closefd=False) if compress else raw
        while chunk := source.read(CHUNK_BYTES):
            if size == 0 and chunk.startswith((GZIP_MAGIC, ZSTD_MAGIC)):
                end = StreamEnd(chunk)
            digest.update(chunk)
            size += len(chunk)
            if end:
                end.feed(chunk)
            sink.write(chunk)
        if sink is not raw:
            sink.close()
        raw.flush()
        os.fsync(raw.fileno())
    after = original.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size != after.st_size:
        raise RejectedFile(
            "The file changed while it was read.", "Wait until the download is complete and run again.", passing=True
        )
    if end:
        end.finish()
    return digest.hexdigest(), size


def _safe(partition: str) -> str:
    return re.sub(r"[^A-Za-z0-9._=,-]+", "_", partition)[:120].lstrip(".") or "_"
