"""A build is a folder, and to publish it is to switch one link.

    DATA_DIR/builds/<time>-<run>/   ghost_trade.duckdb, parquet/, docs.html, site/, manifest.json
    DATA_DIR/published              → the newest build
    DATA_DIR/as-of-<day>            → the newest build of what was known that day

While it is made a build is `builds/.unfinished-<run>`: the assets of a run find it there by the run's id, in whatever
process they are. The last of them gives it its name, and then the manifest that makes it whole. So who follows a link
finds files that belong together, and a death at any moment leaves the link as it was.

Here belongs where a build lies and how long. Not here: what is written into it (marts_file.py, dictionary.py, site/).
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from dagster_project import warehouse
from dagster_project.publish import manifest, marts_file
from dagster_project.settings import Settings

KEPT = 3  # builds that stay, for who looks back or opened one by its own path
UNFINISHED = ".unfinished-"
NAMED = re.compile(r"\d{8}T\d{12}-\w{8}")  # what _name gives
AS_OF_LINKS = "as-of-*"
DISK_FULL = "The disk is full"  # how our own sentence on it begins
# In the words of the system, of DuckDB and of SQLite.
NO_SPACE = re.compile(r"No space left|quota exceeded|disk is full", re.I)


class BuildMissing(RuntimeError):
    """There is no build where one is needed; the message is the sentence for a person."""


class DiskFull(RuntimeError):
    """A build does not fit on the disk; the message is the sentence for a person."""


# ---------------------------------------------------------------- what there is


def finished(settings: Settings, as_of: date | None = None) -> list[Path]:
    """The folders of today's whole builds, or of those as of a day, oldest first."""
    day = as_of.isoformat() if as_of else None
    return [folder for folder in _folders(settings) if manifest.read(folder).get("as_of", "") == day]


def _folders(settings: Settings) -> list[Path]:
    return sorted(path.parent for path in settings.builds_dir.glob(f"[!.]*/{manifest.NAME}"))


def _as_of_links(settings: Settings) -> list[Path]:
    return [path for path in settings.data_dir.glob(AS_OF_LINKS) if path.is_symlink()]


def published_file(settings: Settings) -> Path:
    """The DuckDB file that readers open. Raises BuildMissing with what to do where there is none."""
    link = settings.published_dir
    if settings.published_path.exists():
        return settings.published_path
    if not link.is_symlink():
        raise BuildMissing(f"{settings.published_path} is not there yet: make run.")
    left = finished(settings, settings.as_of)
    newest = f" The newest that is left is {left[-1]}." if left else ""
    raise BuildMissing(
        f"{link} leads to {link.readlink()}, and that build is gone.{newest} To repair the link: make run."
    )


# ---------------------------------------------------------------- while a build is made


def begin(settings: Settings, run_id: str) -> Path:
    """Make the empty folder of a run's build, and remove what runs that died have left. Returns it."""
    repair(settings)
    remove_unfinished(settings)
    folder = _unfinished(settings, run_id)
    folder.mkdir(parents=True)
    return folder


def remove_unfinished(settings: Settings) -> None:
    """Remove the folders of builds that were not finished."""
    named = [folder for folder in settings.builds_dir.glob("*/") if NAMED.fullmatch(folder.name)]
    without_manifest = [folder for folder in named if not (folder / manifest.NAME).exists()]
    for folder in [*settings.builds_dir.glob(f"{UNFINISHED}*"), *without_manifest]:
        shutil.rmtree(folder)


def _unfinished(settings: Settings, run_id: str) -> Path:
    return settings.builds_dir / f"{UNFINISHED}{run_id}"


def _has_marts(folder: Path) -> bool:
    return (folder / "docs.html").exists()  # the last that is written with them


def resume(settings: Settings, run_id: str, *, wrote_marts: bool) -> Path:
    """The folder of a run's build, in which the marts are, to go on in.

    A run of the pages alone gets a copy of what is published. One that wrote marts would publish old ones as new where
    they are gone: raises BuildMissing.
    """
    folder = _unfinished(settings, run_id)
    if _has_marts(folder):
        return folder
    if wrote_marts:
        raise BuildMissing(
            "The marts that this run wrote are gone: another run began since, or the disk was full. "
            "Run published/ghost_trade again, and what follows it."
        )
    source = published_file(settings).resolve().parent
    folder = begin(settings, run_id)
    made_anew = shutil.ignore_patterns("site", manifest.NAME, AS_OF_LINKS)
    with writing(settings, folder):
        shutil.copytree(source, folder, ignore=made_anew, dirs_exist_ok=True)
    return folder


def of_run(settings: Settings, run_id: str) -> Path:
    """The folder of a run's build, finished or not; the published one where the run makes none. Raises BuildMissing."""
    if _has_marts(_unfinished(settings, run_id)):
        return _unfinished(settings, run_id)
    own = [folder for folder in finished(settings, settings.as_of) if folder.name.endswith(f"-{run_id[:8]}")]
    return own[-1] if own else published_file(settings).resolve().parent


@contextmanager
def writing(settings: Settings, folder: Path) -> Iterator[None]:
    """While files are written into a build's folder. A full disk is not left fuller: the folder is removed, and
    DiskFull raised."""
    try:
        yield
    except (OSError, warehouse.QueryError) as error:
        if not is_disk_full(error):
            raise
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        shutil.rmtree(folder, ignore_errors=True)
        free = shutil.disk_usage(settings.data_dir).free
        raise DiskFull(
            f"{DISK_FULL}: {size / 1e6:,.0f} MB of the build were written, and {free / 1e6:,.0f} MB are free. "
            f"What was published stays. Make room (older builds lie in {settings.builds_dir}), then run again."
        ) from None  # the innermost error is the one that people read


def is_disk_full(error: BaseException | None) -> bool:
    """Whether an error, or one that it came of, is that of a full disk."""
    while error is not None:
        if NO_SPACE.search(str(error)):
            return True
        error = error.__cause__ or error.__context__
    return False


def disk_full(settings: Settings) -> str:
    """What a person reads when the disk was full before there was a build."""
    free = shutil.disk_usage(settings.data_dir).free
    return (
        f"{DISK_FULL} ({free / 1e6:,.0f} MB are free at {settings.data_dir}). What was published stays, and what "
        "has landed is not fetched again. Make room, then run again."
    )


def finish(settings: Settings, folder: Path, run_id: str) -> Path:
    """Make a folder that holds all its files the build that readers find, and remove those it makes too old. Returns
    its path."""
    build = folder.rename(settings.builds_dir / _name(datetime.now(UTC), run_id))
    with writing(settings, build):
        marts_file.point_views(settings, build)  # a view can only be made over files that are in their place
        manifest.write(settings, build)
        if not settings.as_of:
            _add_as_of_links(settings, build)
    _switch(settings.published_dir, build)
    if settings.as_of and _today(settings).exists():
        _add_as_of_links(settings, _today(settings).resolve())
    _remove_old(settings)
    return build


def _name(moment: datetime, run_id: str) -> str:
    """A build's folder: in the order of names they are in that of time."""
    return f"{moment:%Y%m%dT%H%M%S%f}-{run_id[:8]}"


def _switch(link: Path, build: Path) -> None:
    """Let a link lead to a build, in one rename: who follows it finds the one before or this one."""
    new = link.with_name(f".{link.name}.new")
    new.unlink(missing_ok=True)  # left by a death in the midst
    new.symlink_to(os.path.relpath(build, link.parent), target_is_directory=True)
    new.replace(link)


def _today(settings: Settings) -> Path:
    return settings.data_dir / "published"


def _add_as_of_links(settings: Settings, folder: Path) -> None:
    """Let published/as-of-<day>/ lead to the build as of that day."""
    for link in _as_of_links(settings):
        _switch(folder / link.name, link)


def _remove_old(settings: Settings) -> None:
    """Keep the last builds and those a link leads to."""
    kept = {*finished(settings)[-KEPT:], *(link.resolve() for link in (_today(settings), *_as_of_links(settings)))}
    for folder in _folders(settings):
        if folder not in kept:
            left = folder.with_name(f"{UNFINISHED}{folder.name}")
            folder.rename(left)  # a death in the midst leaves none that looks whole
            shutil.rmtree(left, ignore_errors=True)


# ---------------------------------------------------------------- repairs


def repair(settings: Settings) -> str:
    """Let links that lead nowhere lead to the newest build that is left, and take over what an earlier version
    published. Returns what was done as a sentence, empty where nothing was."""
    published = _today(settings)
    if published.is_dir() and not published.is_symlink():
        return _take_over(settings)
    for link in _as_of_links(settings):
        if not link.exists():
            link.unlink()
    left = finished(settings)
    if published.exists() or not left:
        return ""
    _add_as_of_links(settings, left[-1])
    _switch(published, left[-1])
    return f"{published} led to no build; it leads to {left[-1]}, the newest that is left."


def _take_over(settings: Settings) -> str:
    """Make builds of a folder `published` that earlier versions wrote into, and of those in it as of a day."""
    published = _today(settings)
    settings.builds_dir.mkdir(exist_ok=True)
    for folder in published.glob(AS_OF_LINKS):
        if not folder.is_symlink() and _describe(settings, folder):
            build = _described(settings, folder)
            _switch(settings.data_dir / folder.name, build)  # first: a death in the midst is repaired by the next run
            folder.rename(build)
    is_build = _describe(settings, published)
    build = _described(settings, published) if is_build else settings.builds_dir / "unreadable"
    published.rename(build)
    if is_build:
        _add_as_of_links(settings, build)
        _switch(published, build)
    return f"What an earlier version published lies in {build} now."


def _describe(settings: Settings, folder: Path) -> bool:
    """Write the manifest of a folder that has none. False where no published file is in it that can be read."""
    if not (folder / settings.published_path.name).exists():
        return False
    try:
        manifest.write(settings, folder)
    except warehouse.QueryError:
        return False
    return True


def _described(settings: Settings, folder: Path) -> Path:
    """Where a folder belongs by its manifest."""
    facts = manifest.read(folder)
    return settings.builds_dir / _name(datetime.fromisoformat(facts["built_at"]), facts["run_id"])
