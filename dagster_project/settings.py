"""Every path and environment variable, typed, with its default.

Here belongs: reading the environment, and names of places derived from it. Not here: creating those
places, or any rule about data. Nothing is read at import; call `Settings.from_environment()` late.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

PROJECT_DIR = Path(__file__).resolve().parents[1]
DBT_DIR = PROJECT_DIR / "dbt"
SEEDS_DIR = PROJECT_DIR / "seeds"

DATA_SETS = ("sample", "files", "live")


# Where each service answers. A test, a mirror or a proxy gives another address by the same name.
ADDRESSES = {
    "COMTRADE_URL": "https://comtradeapi.un.org",
    "EUROSTAT_URL": "https://ec.europa.eu/eurostat/api/dissemination",
    "ECB_URL": "https://data-api.ecb.europa.eu",
    "UNSD_URL": "https://unstats.un.org",
    "OFAC_URL": "https://sanctionslistservice.ofac.treas.gov",
    "EU_SANCTIONS_URL": "https://webgate.ec.europa.eu",
    "UK_SANCTIONS_URL": "https://sanctionslist.fcdo.gov.uk",
    "UN_SANCTIONS_URL": "https://scsanctions.un.org",
    "US_SCREENING_URL": "https://data.trade.gov",
    "OPENSANCTIONS_URL": "https://data.opensanctions.org",
}


class SettingsError(ValueError):
    """A setting that cannot work; the message is the sentence for the person who set it."""


@dataclass(frozen=True)
class Settings:
    """One run's settings. Paths are absolute; sizes are in the units their names carry."""

    data: str  # sample | files | live
    data_dir: Path  # landing/, warehouse.duckdb, unpublished.duckdb, builds/ live here; never in git
    inbox: Path | None  # the folder of downloads: needed by "files"; "live" takes from it what has no service
    sample_seed: int
    sample_scale: float
    memory_limit: str  # DuckDB's own notation, such as "2GB"
    threads: int
    as_of: date | None  # build the marts from what was known at the end of that day, UTC
    addresses: Mapping[str, str]  # a name of ADDRESSES → where that service answers, without a slash at the end
    comtrade_api_key: str = field(repr=False)  # empty: the public preview
    alert_webhook_url: str = field(repr=False)  # empty: failures are not sent anywhere
    pg_dsn: str = field(default="", repr=False)  # empty: the marts are published as files only
    use_opensanctions: bool = False  # its licence is non-commercial
    since: int | None = None  # the year from which tables of flows are computed anew, in a large world
    accept: frozenset[str] = frozenset()  # sources whose editions are taken in this run, whatever speaks against them
    large_world_rows: int = 5_000_000  # a world with more rows of flows in raw is computed year by year

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        env = os.environ if environment is None else environment

        def read(name: str, default: str) -> str:
            return env.get(name, "").strip() or default

        data = read("DATA", "sample")
        if data not in DATA_SETS:
            raise SettingsError(f"DATA={data} is unknown. Choose one of: {', '.join(DATA_SETS)}.")
        inbox = env.get("INBOX", "").strip()
        if data == "files" and not inbox:
            raise SettingsError("DATA=files needs INBOX=<folder with the downloads>.")
        try:
            seed, scale = int(read("SAMPLE_SEED", "20230615")), float(read("SAMPLE_SCALE", "1"))
            threads = int(read("DUCKDB_THREADS", str(min(os.cpu_count() or 2, 8))))
        except ValueError as error:
            raise SettingsError(f"SAMPLE_SEED, SAMPLE_SCALE and DUCKDB_THREADS are numbers: {error}.") from None
        as_of = read("AS_OF", "")
        try:
            day = date.fromisoformat(as_of) if as_of else None
        except ValueError:
            raise SettingsError(f"AS_OF={as_of} is no day. Write it as 2023-06-30.") from None
        since = read("SINCE", "")
        if since and not (len(since) == 4 and since.isdecimal()):
            raise SettingsError(f"SINCE={since} is no year. Write it as 2024.")
        if since and day:
            raise SettingsError("AS_OF shows all years as of a past day, SINCE some as of today: give one of them.")
        large_world_rows = read("LARGE_WORLD_ROWS", "5000000")
        if not large_world_rows.isdecimal():
            raise SettingsError(f"LARGE_WORLD_ROWS={large_world_rows} is no number of rows.")
        opensanctions = read("USE_OPENSANCTIONS", "no").lower()
        if opensanctions not in ("yes", "no"):
            raise SettingsError(f"USE_OPENSANCTIONS={opensanctions} is unknown. Choose yes or no.")
        return cls(
            data=data,
            data_dir=_absolute(read("DATA_DIR", "data")),
            inbox=_absolute(inbox) if inbox and data != "sample" else None,
            sample_seed=seed,
            sample_scale=scale,
            memory_limit=read("DUCKDB_MEMORY_LIMIT", "2GB"),
            threads=threads,
            as_of=day,
            addresses={name: read(name, default).rstrip("/") for name, default in ADDRESSES.items()},
            comtrade_api_key=read("COMTRADE_API_KEY", ""),
            alert_webhook_url=read("ALERT_WEBHOOK_URL", ""),
            pg_dsn=_postgres_address(read("PG_DSN", "")),
            use_opensanctions=opensanctions == "yes",
            since=int(since) if since else None,
            accept=_sources(read("ACCEPT", "")),
            large_world_rows=int(large_world_rows),
        )

    @property
    def landing_dir(self) -> Path:
        return self.data_dir / "landing"

    @property
    def warehouse_path(self) -> Path:
        return self.data_dir / "warehouse.duckdb"

    @property
    def unpublished_path(self) -> Path:
        """The marts as they are being built: the warehouse's second file, which is copied where it is published."""
        return self.data_dir / "unpublished.duckdb"

    @property
    def builds_dir(self) -> Path:
        """The last builds, each a folder of its own (publish/builds.py)."""
        return self.data_dir / "builds"

    @property
    def published_dir(self) -> Path:
        """The link to the newest build. Builds as of a past day have one of their own: they never take the place of
        today's."""
        return self.data_dir / (f"as-of-{self.as_of}" if self.as_of else "published")

    @property
    def published_path(self) -> Path:
        return self.published_dir / "ghost_trade.duckdb"

    @property
    def simulated_dir(self) -> Path:
        """The simulated world: inbox/ is loaded, truth/ is what really happened."""
        return self.data_dir / "simulated"

    @property
    def inbox_dir(self) -> Path | None:
        """The folder whose files are loaded in this run; none when data come from services alone."""
        return self.simulated_dir / "inbox" if self.data == "sample" else self.inbox

    @property
    def dagster_home(self) -> Path:
        return self.data_dir / "dagster"

    @property
    def dbt_target(self) -> Path:
        """What dbt compiled and ran last; one folder, or each run would leave its own."""
        return self.data_dir / "dbt"

    @property
    def log_path(self) -> Path:
        return self.data_dir / "run.log"


def _sources(names: str) -> frozenset[str]:
    """Sources by their names in seeds/publishers.csv, with commas or spaces between."""
    accepted = frozenset(names.replace(",", " ").split())
    if accepted:
        with (SEEDS_DIR / "publishers.csv").open(newline="", encoding="utf-8") as seed:
            known = [row["source_name"] for row in csv.DictReader(seed)]
        if unknown := sorted(accepted - set(known)):
            raise SettingsError(f"ACCEPT={' '.join(unknown)} names no source. Choose among: {', '.join(known)}.")
    return accepted


def _postgres_address(dsn: str) -> str:
    """The address as given, if it can be read; no part of it is ever repeated, for one may be the password."""
    try:
        url = urlsplit(dsn)
        is_readable = url.scheme in ("postgresql", "postgres") and "@" not in (url.hostname or "") and url.port != 0
        # an @ that is not encoded splits a password: its end would be taken for the server's name
        is_readable = is_readable and url.netloc.count("@") <= 1 and not url.fragment and len(url.path) > 1
    except ValueError:
        is_readable = False
    if dsn and not is_readable:
        raise SettingsError(
            "PG_DSN is no address of a database. Write it as postgresql://user:password@host:5432/database, with "
            "each of @ : / # ? % in the password percent-encoded (@ is %40)."
        )
    return dsn


def _absolute(path: str) -> Path:
    """Relative paths are meant from the project's root, whatever directory a process was started in."""
    given = Path(path).expanduser()
    return (given if given.is_absolute() else PROJECT_DIR / given).resolve()
