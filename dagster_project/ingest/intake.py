"""From the inbox to landing/ and from landing/ to raw, the same way for every source.

Here belongs: which files of an inbox are whose, taking them, loading what has landed, and rejecting what cannot be
used, with the reason. Not here: what goes over the network (fetch.py), or what a file holds (sources/).
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dagster_project import warehouse
from dagster_project.files import formats, landing
from dagster_project.files.formats import RejectedFile
from dagster_project.files.landing import Landing, Recognised
from dagster_project.ingest.source import Source
from dagster_project.settings import Settings


def files_in(inbox: Path | None) -> list[Path]:
    """Every file of an inbox, by name; hidden files and folders are not looked at."""
    if inbox is None:
        return []
    return sorted(
        path
        for path in inbox.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(inbox).parts)
    )


def name_of(settings: Settings, path: Path) -> str:
    """What a person calls a file: its path in the inbox, for two folders may hold an add.csv each."""
    inbox = settings.inbox_dir
    return str(path.relative_to(inbox)) if inbox and path.is_relative_to(inbox) else path.name


def unclaimed(inbox: Path | None, sources: Sequence[Source]) -> Iterator[tuple[Path, RejectedFile]]:
    """Files that no source recognises, each with the sentence that says what it looks like."""
    for path in files_in(inbox):
        try:
            head = formats.look(path)
        except (RejectedFile, OSError) as error:
            yield path, error if isinstance(error, RejectedFile) else _closed(error)
            continue
        try:
            if not any(source.recognise(head) for source in sources if not source.make):
                yield path, formats.describe_unknown(head)
        except RejectedFile:
            continue  # a source knows it, and says itself what is wrong with it


def land(settings: Settings, source: Source) -> tuple[list[Landing], list[tuple[Path, RejectedFile]]]:
    """Take a source's new files into landing/. Returns what landed and what was refused.

    Files of one call share one vintage, unless the publisher's own edition dates order them. Bytes that
    landed before, ever, are not taken again.
    """
    known = warehouse.known_sha256(settings, source.name)
    before = landing.landed(settings.landing_dir, source.name)
    known |= {one.sha256 for one in before}
    newest, said = {}, {}  # by partition: the newest edition, and since when it has been said
    for one in before:
        newest[one.partition] = max(one.edition, newest.get(one.partition, ""))
        said[one.partition] = max(one.valid_from, said.get(one.partition, ""))
    taken, refused = [], []
    with tempfile.TemporaryDirectory() as folder:
        files = source.make(Path(folder)) if source.make else files_in(settings.inbox_dir)
        found: list[tuple[Path, Recognised]] = []
        for path in files:
            try:
                head = formats.look(path)
            except (RejectedFile, OSError):
                continue  # nobody's yet: told once, by `unclaimed`
            try:
                recognised = source.recognise(head)
            except RejectedFile as reason:
                if landing.sha256_of(path) not in known:
                    refused.append((path, reason))
            else:
                if recognised and (reason := source.withheld(settings)):
                    refused.append((path, reason))
                elif recognised:
                    found.append((path, recognised))
        editions = sorted({recognised.edition for _, recognised in found})
        now = datetime.now(UTC)
        for path, recognised in sorted(found, key=lambda pair: (pair[1].edition, pair[0])):
            sha256 = landing.sha256_of(path)
            if sha256 in known:
                continue
            if recognised.edition and recognised.edition < newest.get(recognised.partition, ""):
                refused.append((path, _older(recognised.edition, newest[recognised.partition])))
                continue
            fetched_at = now + timedelta(microseconds=editions.index(recognised.edition))
            partition = recognised.partition
            valid_from = landing.said_from(recognised.edition, fetched_at, said.get(partition, ""))
            try:
                one = landing.take(
                    settings.landing_dir,
                    source.name,
                    recognised,
                    path,
                    fetched_at=fetched_at,
                    valid_from=valid_from,
                    called=name_of(settings, path),
                )
                taken.append(one)
                known.add(sha256)
            except RejectedFile as reason:
                refused.append((path, reason))
    return taken, refused


def _older(edition: str, newest: str) -> RejectedFile:
    """What came later in time may not overwrite what is newer by its publisher's own date."""
    return RejectedFile(
        f"This is the edition of {edition}, and the one of {newest} is already loaded.",
        "To have both, load them into a new DATA_DIR in one run.",
    )


def load_landed(settings: Settings, source: Source) -> list[tuple[Landing, warehouse.Loaded | RejectedFile]]:
    """Load what has landed and was not decided on yet, oldest first; a refused file stops no other."""
    decided = warehouse.decided(settings, source.name)
    waiting = [one for one in landing.landed(settings.landing_dir, source.name) if one.landing_id not in decided]
    outcomes: list[tuple[Landing, warehouse.Loaded | RejectedFile]] = []
    with warehouse.loading(settings) if waiting else nullcontext():
        for one in waiting:
            path = settings.landing_dir / one.path
            try:
                rows = source.read(path, one, formats.look(path))
                outcomes.append((one, warehouse.load(settings, one, source.tables, rows)))
            except RejectedFile as reason:
                told = reason.at(one.original_name)
                warehouse.set_aside(settings, one, str(told))
                outcomes.append((one, told))
    return outcomes


def remember_refused(settings: Settings, source_name: str, path: Path, reason: RejectedFile) -> bool:
    """Note a file that never landed in raw.landings. Returns False when it was told before.

    A passing reason is noted with the file's address, not with its bytes: they may land at the next run.
    """
    now = datetime.now(UTC)
    size = path.stat().st_size if path.exists() else 0
    sha256 = f"unread {path.as_uri()}" if reason.passing else landing.sha256_of(path)
    if sha256 in warehouse.known_sha256(settings, source_name):
        return False
    stub = Landing(
        landing_id=f"{now:%Y%m%dT%H%M%S.%fZ}-{sha256[:12].partition(' ')[0]}",
        source=source_name,
        entity="",
        layout="",
        partition="",
        edition="",
        vintage=f"{now:%Y%m%dT%H%M%S.%fZ}",
        path="",
        original_name=name_of(settings, path),
        fetched_from=path.as_uri(),
        fetched_at=now.isoformat(),
        sha256=sha256,
        size_bytes=size,
    )
    warehouse.set_aside(settings, stub, str(reason.at(name_of(settings, path))))
    return True


def _closed(error: OSError) -> RejectedFile:
    return RejectedFile(
        f"It cannot be opened ({error.strerror}).", "Allow reading it, or take it out of the folder.", passing=True
    )
