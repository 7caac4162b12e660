"""The folder that a run reads: its files, their names, and whether the run can begin with them.

Archives are opened here: to everything behind this module a file in an archive is a file like any other. Not here:
what is taken from it (intake.py).
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from dagster_project import __version__, extent, warehouse
from dagster_project.files import landing
from dagster_project.files.archives import Member, expand
from dagster_project.files.formats import read_head, unrecognised
from dagster_project.files.rejection import RejectedFile, printable, rejecting
from dagster_project.ingest import http_client, other_formats
from dagster_project.ingest.source import Source
from dagster_project.sample.world import write_world
from dagster_project.settings import PROJECT_DIR, Settings, SettingsError
from dagster_project.spark import environment as spark_environment

UNPACKED_FOLDER = ".inbox-"
# What this process has unpacked, by path, size and time of the archive: every source looks at the same files.
_unpacked: dict[tuple[Path, Path, int, int], list[Member]] = {}


@dataclass(frozen=True)
class InboxFile:
    """A file of the inbox, or in an archive of it. `path`: where its bytes lie; `name`: for a person, its path in the
    inbox; `uri`: the address that is noted; `rejection`: why it could not be unpacked."""

    path: Path
    name: str
    uri: str
    rejection: RejectedFile | None = None

    @classmethod
    def at(cls, path: Path) -> InboxFile:
        """A file that lies in no inbox, such as one that a source made."""
        return cls(path, printable(path.name), path.as_uri())


def files_in(inbox: Path | None) -> list[Path]:
    """Every file of an inbox, by name; hidden files and folders are ignored."""
    if inbox is None:
        return []
    return sorted(
        path
        for path in inbox.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(inbox).parts)
    )


def inbox_files(settings: Settings) -> list[InboxFile]:
    """Every file of the inbox, by name, and in place of an archive the files in it."""
    inbox, files = settings.inbox_dir, []
    for path in files_in(inbox):
        name = printable(str(path.relative_to(inbox) if inbox else path))
        for member in _members(settings, path):
            inside = member.name.removeprefix(path.name)
            uri = path.as_uri() + (f"#{quote(inside.lstrip('/'))}" if inside else "")
            files.append(InboxFile(member.path, name + printable(inside), uri, member.rejection))
    return files


def unrecognised_files(settings: Settings, sources: Sequence[Source]) -> Iterator[tuple[InboxFile, RejectedFile]]:
    """Files that no source recognises, each with the sentence that says what it looks like, or what went wrong."""
    for file in inbox_files(settings):
        if file.rejection:
            yield file, file.rejection
            continue
        try:
            with rejecting("opened"):
                head = read_head(file.path, file.name.rpartition("/")[2])
        except RejectedFile as reason:
            yield file, reason
            continue
        failure = None
        for source in sources:
            try:
                with rejecting("recognised"):
                    if source.recognise(head):
                        break
            except RejectedFile as reason:
                if not reason.is_unforeseen:
                    break  # it belongs to a source, which rejects it itself
                failure = reason
        else:
            yield file, failure or other_formats.rejection(head) or unrecognised(head)


def _members(settings: Settings, path: Path) -> list[Member]:
    """A file, or the files in an archive, unpacked once in the life of this process."""
    try:
        with rejecting("opened"):
            stat = path.stat()
    except RejectedFile as reason:
        return [Member(path, path.name, reason)]
    key = (settings.data_dir, path, stat.st_size, stat.st_mtime_ns)
    if not all(member.path.exists() for member in _unpacked.get(key, ())):
        del _unpacked[key]  # someone has cleared the data directory
    if key not in _unpacked:
        folder = _unpacked_folder(settings.data_dir) / str(len(_unpacked))
        _unpacked[key] = list(expand(path, path.name, folder))
    return _unpacked[key]


@cache
def _unpacked_folder(data_dir: Path) -> Path:
    """Where this process unpacks archives; it goes with the process, and a later one removes what a dead one left."""
    for left in data_dir.glob(f"{UNPACKED_FOLDER}*"):
        if not Path(f"/proc/{left.name.removeprefix(UNPACKED_FOLDER)}").exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = data_dir / f"{UNPACKED_FOLDER}{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def check(settings: Settings) -> None:
    """Raise a SettingsError, with the sentence for a person, when this run cannot begin; change nothing."""
    if settings.inbox:
        if not settings.inbox.is_dir():
            raise SettingsError(f"INBOX={settings.inbox} is not a folder. Give the folder with your downloads.")
        if not files_in(settings.inbox):
            raise SettingsError(f"INBOX={settings.inbox} holds no files.")
    earlier = warehouse.data_set_of(settings)
    if earlier is not None and earlier not in ("sample", settings.data):
        raise SettingsError(warehouse.mixed_sentence(settings, earlier))
    if settings.as_of and earlier is None:
        raise SettingsError(f"AS_OF looks back, and {settings.data_dir} holds nothing yet. Run once without it.")
    extent.check(settings, code_version())
    if settings.engine == "spark":
        spark_environment.check(settings)
    if settings.data == "live" and not settings.as_of:
        _check_services(settings)


def _check_services(settings: Settings) -> None:
    """A service that is down stops only itself; when none can be reached there is nothing to do."""
    urls = sorted(
        {url for name, url in settings.addresses.items() if name != "OPENSANCTIONS_URL" or settings.use_opensanctions}
    )
    with ThreadPoolExecutor(len(urls)) as pool:  # a line that drops everything takes its time-out once
        failures = list(pool.map(lambda url: http_client.reachable(url, settings.user_agent), urls))
    if all(failures):
        hosts = ", ".join(sorted({http_client.host_of(url) for url in urls}))
        raise SettingsError(f"None of the services can be reached ({hosts}): nothing was changed.")


def remove_simulated_data(settings: Settings) -> bool:
    """Remove the simulated world's data where real data, or another world, moves in. Returns whether it did.

    It can be made again at any time, so it gives way; other data sets never do. Writes the world for DATA=sample.
    """
    moves_in = settings.data != "sample" or write_world(
        settings.simulated_dir,
        seed=settings.sample_seed,
        scale=settings.sample_scale,
        variant=settings.sample_variant,
    )
    if not moves_in or warehouse.data_set_of(settings) != "sample":
        return False
    landing.clear(settings.landing_dir)
    warehouse.clear(settings)
    return True


@cache
def code_version() -> str:
    """The release, and the commit where there is one."""
    try:
        commit = subprocess.run(
            ["git", "-C", str(PROJECT_DIR), "rev-parse", "--short=12", "HEAD"],
            capture_output=True, text=True, check=True, timeout=10,
        ).stdout.strip()  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return __version__
    return f"{__version__}+{commit}"
