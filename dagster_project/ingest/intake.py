"""From the inbox and the services to landing/, and from landing/ to raw, the same way for every source.

Here belongs: taking a source's files, fetching from its service, loading what has landed, and rejecting what cannot
be used, with the reason. Not here: how a request is made (fetch.py), or what a file holds (sources/).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dagster_project import warehouse
from dagster_project.files import landing
from dagster_project.files.formats import read_head
from dagster_project.files.landing import Landing, Recognised
from dagster_project.files.rejection import RejectedFile, rejecting
from dagster_project.ingest import http_client
from dagster_project.ingest.fetch import FetchSession
from dagster_project.ingest.inbox import InboxFile, code_version, inbox_files
from dagster_project.ingest.source import Source
from dagster_project.settings import Settings

Rejections = list[tuple[InboxFile, RejectedFile]]


def land(settings: Settings, source: Source) -> tuple[list[Landing], Rejections]:
    """Take a source's new files into landing/. Returns what landed and what was rejected.

    Files of one call share one vintage, unless the publisher's own edition dates order them, or of one edition how
    much their layouts hold: the last is in force. Bytes that landed before, ever, are not taken again, unless what
    landed was damaged on disk.
    """
    rejected = _damaged_landings(settings, source)
    earlier = landing.landed(settings.landing_dir, source.name)
    decided_sha256 = warehouse.known_sha256(settings, source.name, code_version())
    known_sha256 = decided_sha256 | {one.sha256 for one in earlier}
    newest_edition: dict[str, tuple[str, int]] = {}  # by partition, with the rank of its layout
    newest_valid_from: dict[str, str] = {}
    never_loaded = warehouse.never_loaded(settings, source.name)
    for one in earlier:
        if one.landing_id in never_loaded:
            continue  # it makes no later edition older
        edition = (landing.believed(one.edition), source.rank(one.layout))
        newest_edition[one.partition] = max(edition, newest_edition.get(one.partition, ("", 0)))
        newest_valid_from[one.partition] = max(one.valid_from, newest_valid_from.get(one.partition, ""))
    taken: list[Landing] = []
    with tempfile.TemporaryDirectory() as folder:
        made = source.make(Path(folder), settings) if source.make else ()
        files = inbox_files(settings) + [InboxFile.at(path) for path in made]
        recognised_files, not_recognised = _recognise(settings, source, files, known_sha256)
        rejected += not_recognised
        editions = sorted({(recognised.edition, source.rank(recognised.layout)) for _, recognised in recognised_files})
        now = landing.next_moment(earlier)
        for file, recognised in sorted(
            recognised_files, key=lambda pair: (pair[1].edition, source.rank(pair[1].layout), pair[0].name)
        ):
            partition, edition = recognised.partition, (recognised.edition, source.rank(recognised.layout))
            fetched_at = now + timedelta(microseconds=editions.index(edition))
            try:
                with rejecting("landed"):
                    sha256 = landing.sha256_of(file.path)
                    if sha256 in known_sha256:
                        continue
                    newest = newest_edition.get(partition, ("", 0))
                    if recognised.edition and edition < newest:
                        raise _older_edition(recognised.edition, newest[0])
                    one = landing.take(
                        settings.landing_dir,
                        source.name,
                        recognised,
                        file.path,
                        fetched_at=fetched_at,
                        valid_from=landing.validity_start(
                            recognised.edition, fetched_at, newest_valid_from.get(partition, "")
                        ),
                        display_name=file.name,
                        fetched_from=file.uri,
                    )
                taken.append(one)
                known_sha256.add(sha256)
            except RejectedFile as reason:
                rejected.append((file, reason))
    return taken, rejected


def _damaged_landings(settings: Settings, source: Source) -> Rejections:
    """What landed and cannot be trusted any more: it is set apart, and counts as never landed."""
    root = settings.landing_dir
    return [
        (InboxFile(root / reason.file, f"landing/{reason.file}", (root / reason.file).as_uri()), reason)
        for reason in landing.set_damaged_apart(root, source.name)
    ]


def _recognise(
    settings: Settings, source: Source, files: Sequence[InboxFile], known_sha256: set[str]
) -> tuple[list[tuple[InboxFile, Recognised]], Rejections]:
    """The source's own among these files, and those of them that are rejected; known bytes are rejected only once."""
    recognised_files: list[tuple[InboxFile, Recognised]] = []
    rejected: Rejections = []
    for file in files:
        if file.rejection:
            continue  # it belongs to no source yet: inbox.unrecognised_files reports it
        try:
            with rejecting("opened"):
                head = read_head(file.path, file.name.rpartition("/")[2])
        except RejectedFile:
            continue  # as above
        try:
            with rejecting("recognised"):
                recognised = source.recognise(head)
        except RejectedFile as reason:
            # of what nobody foresaw nothing shows whose file it is: inbox.unrecognised_files reports it
            if not reason.is_unforeseen and landing.sha256_of(file.path) not in known_sha256:
                rejected.append((file, reason))
        else:
            if recognised and (licence := source.withheld(settings)):
                rejected.append((file, licence))
            elif recognised:
                recognised_files.append((file, recognised))
    return recognised_files, rejected


def _older_edition(edition: str, newest: str) -> RejectedFile:
    """A file that arrives later may not overwrite what is newer by its publisher's own date, or holds more of it."""
    if edition == newest:
        return RejectedFile(
            f"This is the edition of {edition}, which is already loaded from a file that holds more.",
            "Nothing is missing: take it out of the folder.",
        )
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
        client or http_client.Client(user_agent=settings.user_agent) as opened,
        FetchSession(settings, source.name, source.recognise, opened, report, month=month) as session,
    ):
        try:
            with rejecting("used: its service answered with something else"):
                try:
                    source.fetch(session)
                except http_client.NetworkError as error:  # no fault of what came
                    failure = str(error)
        except RejectedFile as error:
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
    """Load what has landed and is neither loaded nor rejected by this code, oldest first; a rejected file stops no
    other, and is tried again by other code."""
    decided = warehouse.decided(settings, source.name, code_version())
    waiting = [one for one in landing.landed(settings.landing_dir, source.name) if one.landing_id not in decided]
    outcomes: list[tuple[Landing, warehouse.Loaded | RejectedFile]] = []
    while waiting:
        with warehouse.loading(settings):
            for one in waiting:
                outcome = load(settings, source, one)
                outcomes.append((one, outcome))
                if isinstance(outcome, RejectedFile) and outcome.is_unforeseen:
                    break  # it may have left DuckDB unable to answer: the warehouse is opened anew
        done = {one.landing_id for one, _ in outcomes}
        waiting = [one for one in waiting if one.landing_id not in done]
    with warehouse.loading(settings):
        for one, outcome in outcomes:
            if isinstance(outcome, warehouse.HeldBack):
                warehouse.reject(settings, one, str(outcome), code_version(), "held_back")
            elif isinstance(outcome, RejectedFile):
                warehouse.reject(settings, one, str(outcome), "" if outcome.passing else code_version())
    return outcomes


def load(settings: Settings, source: Source, one: Landing) -> warehouse.Loaded | RejectedFile:
    """Load one landing, or return why it is not loaded; that is not noted yet. Raises MachineFailure."""
    lines_above = 0
    try:
        with rejecting("loaded"), landing.opened(settings.landing_dir, one) as (path, head):
            lines_above = head.form.lines_above if head.form else 0
            with warehouse.rejecting_unreadable():
                return warehouse.load(settings, one, source.tables, source.read(path, one, head))
    except RejectedFile as reason:
        return reason.at(one.original_name, lines_above=lines_above)


def note_rejection(settings: Settings, source_name: str, file: InboxFile, reason: RejectedFile) -> bool:
    """Note a file that never landed in raw.landings. Returns False when this code has noted it before.

    A passing reason is noted with the file's address, not with its bytes: they may land at the next run. So is that of
    a file whose bytes cannot be unpacked.
    """
    now = datetime.now(UTC)
    size, sha256 = 0, f"unread {file.uri}" + (f" {reason.rule}" if file.rejection else "")
    if not (reason.passing or file.rejection):
        with suppress(OSError):
            size, sha256 = file.path.stat().st_size, landing.sha256_of(file.path)
    if sha256 in warehouse.known_sha256(settings, source_name, code_version()):
        return False
    vintage = landing.vintage_of(now)
    stub = Landing(
        landing_id=f"{vintage}-{sha256[:12].partition(' ')[0]}",
        source=source_name,
        entity="",
        layout="",
        partition="",
        edition="",
        vintage=vintage,
        path="",
        original_name=file.name,
        fetched_from=file.uri,
        fetched_at=now.isoformat(),
        sha256=sha256,
        size_bytes=size,
    )
    warehouse.reject(settings, stub, str(reason.at(file.name)), code_version())
    return True
