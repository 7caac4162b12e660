"""The first asset: what this run has to read, and the note that a build begins.

For the sample it writes the simulated world; for files it looks who recognises what, and sets aside, with
the reason, what nobody does. Not here: taking or loading files (landing.py, raw/).
"""

import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import dagster as dg

from dagster_project import __version__, extent, warehouse
from dagster_project.files import landing
from dagster_project.ingest import http_client
from dagster_project.ingest.intake import files_in, name_of, remember_refused, unclaimed
from dagster_project.ingest.source import POOL, Source
from dagster_project.sample.world import write_world
from dagster_project.settings import PROJECT_DIR, Settings, SettingsError


def check(settings: Settings) -> None:
    """Raise the sentence for a person when this run cannot begin; change nothing."""
    if settings.inbox:
        if not settings.inbox.is_dir():
            raise SettingsError(f"INBOX={settings.inbox} is not a folder. Give the folder with your downloads.")
        if not files_in(settings.inbox):
            raise SettingsError(f"INBOX={settings.inbox} holds no files.")
    earlier = warehouse.data_set_of(settings)
    if earlier not in (None, "sample", settings.data):
        raise SettingsError(warehouse.mixed_sentence(settings, earlier))
    if settings.as_of and earlier is None:
        raise SettingsError(f"AS_OF looks back, and {settings.data_dir} holds nothing yet. Run once without it.")
    extent.check(settings, code_version())
    if settings.data == "live" and not settings.as_of:
        _reach(settings)


def _reach(settings: Settings) -> None:
    """A service that is down stops only itself; when none can be reached there is nothing to do."""
    asked = {
        url for name, url in settings.addresses.items() if name != "OPENSANCTIONS_URL" or settings.use_opensanctions
    }
    with ThreadPoolExecutor(len(asked)) as pool:  # a line that drops everything takes its time-out once
        reasons = dict(zip(sorted(asked), pool.map(http_client.reachable, sorted(asked)), strict=True))
    if all(reasons.values()):
        hosts = ", ".join(url.partition("://")[2] for url in reasons)
        raise SettingsError(f"None of the services can be reached ({hosts}): nothing was changed.")


def make_way(settings: Settings) -> bool:
    """The simulated world can be made again at any time, so it leaves when real data, or another one, moves in."""
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


def asset(sources: Sequence[Source]) -> dg.AssetsDefinition:
    """The asset `landing/inbox`."""

    @dg.asset(
        key=["landing", "inbox"],
        group_name="landing",
        description="The folder this run reads: the simulated world's, or INBOX. Unknown files are set aside.",
        pool=POOL,
    )
    def inbox(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        settings = Settings.from_environment()
        check(settings)
        if make_way(settings):
            context.log.info("The simulated data made way.")
        warehouse.prepare(
            settings,
            [table for source in sources for table in source.tables],
            run_id=context.run_id,
            code_version=code_version(),
            started_at=datetime.now(UTC).replace(tzinfo=None),
        )
        strangers = list(unclaimed(settings.inbox_dir, sources))
        for path, reason in strangers:
            if remember_refused(settings, "unknown", path, reason):
                context.log.info(f"set aside: {reason.at(name_of(settings, path))}")  # the summary names them together
        files = files_in(settings.inbox_dir)
        return dg.MaterializeResult(
            metadata={
                "data_set": settings.data,
                "folder": str(settings.inbox_dir or "none: the services are asked"),
                "files": len(files),
                "files_unknown": len(strangers),
                "is_simulated": settings.data == "sample",
            }
        )

    return inbox
