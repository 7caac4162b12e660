"""From the inbox and the services to landing/, and from landing/ to raw, the same way for every source.

Here belongs: taking a source's files, fetching from its service, loading what has landed, and rejecting what cannot
be used, with the reason. Not here: how a request is made (fetch.py), or what a file holds (sources/).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dagster_project import warehouse
from dagster_project.files import landing
from dagster_project.files.formats import read_head
from dagster_project.files.landing import Landing, Recognised
from dagster_project.files.rejection import RejectedFile
from dagster_project.ingest import http_client
from dagster_project.ingest.fetch import FetchSession
from dagster_project.ingest.inbox import display_name, files_in
from dagster_project.ingest.source import Source
from dagster_project.settings import Settings


def land(settings: Settings, source: Source) -> tuple[list[Landing], list[tuple[Path, RejectedFile]]]:
    """Take a source's new files into landing/. Returns what landed and what was rejected.

    Files of one call share one vintage, unless the publisher's own edition dates order them. Bytes that
    landed before, ever, are not taken again.
    """
    earlier = landing.landed(settings.landing_dir, source.name)
    known_sha256 = warehouse.known_sha256(settings, source.name) | {one.sha256 for one in earlier}
    newest_edition: dict[str, str] = {}  # by partition
    newest_valid_from: dict[str, str] = {}
    never_loaded = warehouse.never_loaded(settings, source.name)
    for one in earlier:
        if one.landing_id in never_loaded or warehouse.is_future(one.edition):
            continue  # it makes no later edition older
        newest_edition[one.partition] = max(one.edition, newest_edition.get(one.partition, ""))
        newest_valid_from[one.partition] = max(one.valid_from, newest_valid_from.get(one.partition, ""))
    taken: list[Landing] = []
    with tempfile.TemporaryDirectory() as folder:
        files = source.make(Path(folder)) if source.make else files_in(settings.inbox_dir)
        recognised_files, rejected = _recognise(settings, source, files, known_sha256)
        editions = sorted({recognised.edition for _, recognised in recognised_files})
        now = datetime.now(UTC)
        for path, recognised in sorted(recognised_files, key=lambda pair: (pair[1].edition, pair[0])):
            sha256, partition, edition = landing.sha256_of(path), recognised.partition, recognised.edition
            if sha256 in known_sha256:
                continue
            if edition and edition < newest_edition.get(partition, ""):
                rejected.append((path, _older_edition(edition, newest_edition[partition])))
                continue
            fetched_at = now + timedelta(microseconds=editions.index(edition))
            try:
                one = landing.take(
                    settings.landing_dir,
                    source.name,
                    recognised,
                    path,
                    fetched_at=fetched_at,
                    valid_from=landing.validity_start(edition, fetched_at, newest_valid_from.get(partition, "")),
                    display_name=display_name(settings, path),
                )
                taken.append(one)
                known_sha256.add(sha256)
            except RejectedFile as reason:
                rejected.append((path, reason))
    return taken, rejected


def _recognise(
    settings: Settings, source: Source, files: Sequence[Path], known_sha256: set[str]
) -> tuple[list[tuple[Path, Recognised]], list[tuple[Path, RejectedFile]]]:
    """The source's own among these files, and those of them that are rejected; known bytes are rejected only once."""
    recognised_files: list[tuple[Path, Recognised]] = []
    rejected: list[tuple[Path, RejectedFile]] = []
    for path in files:
        try:
            head = read_head(path)
        except (RejectedFile, OSError):
            continue  # it belongs to no source yet: inbox.unrecognised_files reports it
        try:
            recognised = source.recognise(head)
        except RejectedFile as reason:
            if landing.sha256_of(path) not in known_sha256:
                rejected.append((path, reason))
        else:
            if recognised and (licence := source.withheld(settings)):
                rejected.append((path, licence))
            elif recognised:
                recognised_files.append((path, recognised))
    return recognised_files, rejected


def _older_edition(edition: str, newest: str) -> RejectedFile:
    """A file that arrives later may not overwrite what is newer by its publisher's own date."""
    return RejectedFile(
        f"This is the edition of {edition}, and the one of {newest} is already loaded.",
        "To have both, load them into a new DATA_DIR in one run.",
    )


def fetch(
    settings: Settings,
    source: Source,
    report: Callable[[str], None],
    *,
    month: str = "",
    client: http_client.Client | None = None,
) -> tuple[list[Landing], str | None]:
    """Fetch from a source's service what is newer than what has landed. Returns what landed, and why it stopped.

    A service that is down, refuses or answers with something else stops only its own source, and its earlier data
    stay; each session is noted, so that the age of the last response is known. `month` (202303) requests one month
    again.
    """
    if source.fetch is None:
        raise ValueError(f"The source {source.name} has no service.")
    started_at, failure = datetime.now(UTC), None
    with (
        client or http_client.Client() as opened,
        FetchSession(settings, source.name, source.recognise, opened, report, month=month) as session,
    ):
        try:
            source.fetch(session)
        except (http_client.NetworkError, RejectedFile) as error:
            failure = str(error)
    warehouse.note_fetch_session(
        settings,
        source.name,
        started_at=started_at.replace(tzinfo=None),
        ended_at=datetime.now(UTC).replace(tzinfo=None),
        sentence=failure,
        responses=session.responses,
        landings=len(session.landed),
    )
    return session.landed, failure


def load_landed(settings: Settings, source: Source) -> list[tuple[Landing, warehouse.Loaded | RejectedFile]]:
    """Load what has landed and is neither loaded nor rejected, oldest first; a rejected file stops no other."""
    decided = warehouse.decided(settings, source.name)
    waiting = [one for one in landing.landed(settings.landing_dir, source.name) if one.landing_id not in decided]
    outcomes: list[tuple[Landing, warehouse.Loaded | RejectedFile]] = []
    with warehouse.loading(settings) if waiting else nullcontext():
        for one in waiting:
            path = settings.landing_dir / one.path
            try:
                rows = source.read(path, one, read_head(path))
                outcomes.append((one, warehouse.load(settings, one, source.tables, rows)))
            except RejectedFile as reason:
                is_held_back = isinstance(reason, warehouse.HeldBack)
                rejection = reason if is_held_back else reason.at(one.original_name)
                status = "held_back" if is_held_back else "rejected"
                warehouse.reject(settings, one, str(rejection), status)
                outcomes.append((one, rejection))
    return outcomes


def note_rejection(settings: Settings, source_name: str, path: Path, reason: RejectedFile) -> bool:
    """Note a file that never landed in raw.landings. Returns False when it was noted before.

    A passing reason is noted with the file's address, not with its bytes: they may land at the next run.
    """
    now = datetime.now(UTC)
    size = path.stat().st_size if path.exists() else 0
    sha256 = f"unread {path.as_uri()}" if reason.passing else landing.sha256_of(path)
    if sha256 in warehouse.known_sha256(settings, source_name):
        return False
    vintage, name = landing.vintage_of(now), display_name(settings, path)
    stub = Landing(
        landing_id=f"{vintage}-{sha256[:12].partition(' ')[0]}",
        source=source_name,
        entity="",
        layout="",
        partition="",
        edition="",
        vintage=vintage,
        path="",
        original_name=name,
        fetched_from=path.as_uri(),
        fetched_at=now.isoformat(),
        sha256=sha256,
        size_bytes=size,
    )
    warehouse.reject(settings, stub, str(reason.at(name)))
    return True
