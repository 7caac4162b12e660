"""The folder that a run reads: its files, their names, and whether the run can begin with them.

Not here: what is taken from it (intake.py).
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dagster_project import __version__, extent, warehouse
from dagster_project.files import landing
from dagster_project.files.formats import read_head, unrecognised
from dagster_project.files.rejection import RejectedFile
from dagster_project.ingest import http_client, other_formats
from dagster_project.ingest.source import Source
from dagster_project.sample.world import write_world
from dagster_project.settings import PROJECT_DIR, Settings, SettingsError


def files_in(inbox: Path | None) -> list[Path]:
    """Every file of an inbox, by name; hidden files and folders are ignored."""
    if inbox is None:
        return []
    return sorted(
        path
        for path in inbox.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(inbox).parts)
    )


def display_name(settings: Settings, path: Path) -> str:
    """A file's name for a person: its path in the inbox, for two folders may hold an add.csv each."""
    inbox = settings.inbox_dir
    return str(path.relative_to(inbox)) if inbox and path.is_relative_to(inbox) else path.name


def unrecognised_files(inbox: Path | None, sources: Sequence[Source]) -> Iterator[tuple[Path, RejectedFile]]:
    """Files that no source recognises, each with the sentence that says what it looks like."""
    for path in files_in(inbox):
        try:
            head = read_head(path)
        except RejectedFile as error:
            yield path, error
            continue
        except OSError as error:
            yield (
                path,
                RejectedFile(
                    f"It cannot be opened ({error.strerror}).",
                    "Allow reading it, or take it out of the folder.",
                    passing=True,
                ),
            )
            continue
        try:
            if not any(source.recognise(head) for source in sources):
                yield path, other_formats.rejection(head) or unrecognised(head)
        except RejectedFile:
            continue  # it belongs to a source, which rejects it itself


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
    if settings.data == "live" and not settings.as_of:
        _check_services(settings)


def _check_services(settings: Settings) -> None:
    """A service that is down stops only itself; when none can be reached there is nothing to do."""
    urls = sorted(
        {url for name, url in settings.addresses.items() if name != "OPENSANCTIONS_URL" or settings.use_opensanctions}
    )
    with ThreadPoolExecutor(len(urls)) as pool:  # a line that drops everything takes its time-out once
        failures = list(pool.map(http_client.reachable, urls))
    if all(failures):
        hosts = ", ".join(url.partition("://")[2] for url in urls)
        raise SettingsError(f"None of the services can be reached ({hosts}): nothing was changed.")


def remove_simulated_data(settings: Settings) -> bool:
    """Remove the simulated world's data where real data, or another world, moves in. Returns whether it did.

    It can be made again at any time, so it gives way; other data sets never do. Writes the world for DATA=sample.
    """
    moves_in = settings.data != "sample" or write_world(
        settings.simulated_dir, seed=settings.sample_seed, scale=settings.sample_scale
    )
    if not moves_in or warehouse.data_set_of(settings) != "sample":
        return False
    landing.clear(settings.landing_dir)
    warehouse.clear(settings)
    return True


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
