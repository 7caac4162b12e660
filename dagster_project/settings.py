"""Every path and environment variable, typed, with its default.

Here belongs: reading the environment and the file .env beneath it, and names of places derived from them. Not here:
creating those places, or any rule about data. Nothing is read at import; call `Settings.from_environment()` late.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from dagster_project import PAGE, __version__
from dagster_project.files.rejection import printable

PROJECT_DIR = Path(__file__).resolve().parents[1]
DBT_DIR = PROJECT_DIR / "dbt"
SEEDS_DIR = PROJECT_DIR / "seeds"
SPARK_DIR = PROJECT_DIR / "dagster_project" / "spark"

DATA_SETS = ("sample", "files", "live")
ENGINES = ("duckdb", "spark")


# What each source requests: the whole address, path and query included. A setting of the same name replaces it, and
# then exactly that is requested. Where a source requests several things, {…} stands where their addresses differ.
ADDRESSES = {
    "COMTRADE_URL": "https://comtradeapi.un.org/{path}",
    "EUROSTAT_URL": "https://ec.europa.eu/eurostat/api/dissemination/files",
    "ECB_URL": "https://data-api.ecb.europa.eu/service/data/EXR/{series}?format=csvdata",
    "UNSD_URL": "https://unstats.un.org/unsd/classifications/Econ/tables/{file}",
    "OFAC_URL": "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/{list}.XML",
    # The token is the Commission's own for everybody; it opens nothing else.
    "EU_SANCTIONS_URL": "https://webgate.ec.europa.eu/fsd/fsf/public/files/xmlFullSanctionsList_1_1/content"
    "?token=dG9rZW4tMjAxNw",
    # A version of Regulation (EU) No 833/2014: EUR-Lex has an address for each, and none for the newest.
    "EU_REGULATION_URL": "https://eur-lex.europa.eu/legal-content/EN/TXT/HTML/?uri=CELEX:02014R0833-20260724",
    "UK_SANCTIONS_URL": "https://sanctionslist.fcdo.gov.uk/docs/UK-Sanctions-List.xml",
    "UN_SANCTIONS_URL": "https://scsanctions.un.org/resources/xml/en/consolidated.xml",
    "US_SCREENING_URL": "https://data.trade.gov/downloadable_consolidated_screening_list/v1/consolidated.csv",
    "OPENSANCTIONS_URL": "https://data.opensanctions.org/datasets/latest/sanctions/targets.simple.csv",
}
# Some filters refuse whatever does not look like a browser; who reads it sees what asks, and where to complain.
USER_AGENT = f"Mozilla/5.0 (compatible; GhostTrade/{__version__}; +{PAGE})"


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
    # A name of ADDRESSES → the whole address; it may hold a password.
    addresses: Mapping[str, str] = field(repr=False)
    comtrade_api_key: str = field(repr=False)  # empty: the public preview
    alert_webhook_url: str = field(repr=False)  # empty: failures are not sent anywhere
    pg_dsn: str = field(default="", repr=False)  # empty: the marts are published as files only
    use_opensanctions: bool = False  # its licence is non-commercial
    since: int | None = None  # the year from which tables of flows are computed anew, in a large world
    accept: frozenset[str] = frozenset()  # sources whose editions are taken in this run, whatever speaks against them
    large_world_rows: int = 5_000_000  # a world with more rows of flows in raw is computed year by year
    user_agent: str = USER_AGENT  # what every request to a service says it comes from
    pg_reader_password: str = field(default="", repr=False)  # empty: the reader's password is left as it is
    engine: str = "duckdb"  # what computes intermediate models and marts: duckdb | spark
    warehouse_uri: str = ""  # where Spark keeps its tables; empty: a folder of the data directory
    spark_conf_dir: Path = SPARK_DIR  # the folder of Spark's own settings, spark-defaults.conf
    java_home: str = ""  # Spark's Java; empty: the one on PATH
    python_model_rows: int = 20_000_000  # more of them no Python model reads in Spark's driver
    sample_variant: str = "mixed"  # how the simulated countries publish (sample/publication.py)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """The settings of a mapping, by default of the process's environment and beneath it of the file .env.

        Raises SettingsError for one that cannot work.
        """
        if environment is None:
            load_env_file()
        env = os.environ if environment is None else environment

        def read(name: str, default: str) -> str:
            return env.get(name, "").strip() or default

        data = read("DATA", "sample")
        if data not in DATA_SETS:
            raise SettingsError(f"DATA={data} is unknown. Choose one of: {', '.join(DATA_SETS)}.")
        engine = read("ENGINE", "duckdb")
        if engine not in ENGINES:
            raise SettingsError(f"ENGINE={engine} is unknown. Choose one of: {', '.join(ENGINES)}.")
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
        python_model_rows = read("PYTHON_MODEL_ROWS", "20000000")
        if not python_model_rows.isdecimal():
            raise SettingsError(f"PYTHON_MODEL_ROWS={python_model_rows} is no number of rows.")
        opensanctions = read("USE_OPENSANCTIONS", "no").lower()
        if opensanctions not in ("yes", "no"):
            raise SettingsError(f"USE_OPENSANCTIONS={opensanctions} is unknown. Choose yes or no.")
        return cls(
            data=data,
            data_dir=_folder("DATA_DIR", read("DATA_DIR", "data")),
            inbox=_folder("INBOX", inbox) if inbox and data != "sample" else None,
            sample_seed=seed,
            sample_scale=scale,
            memory_limit=read("DUCKDB_MEMORY_LIMIT", "2GB"),
            threads=threads,
            as_of=day,
            addresses={name: _service_address(name, read(name, default)) for name, default in ADDRESSES.items()},
            comtrade_api_key=read("COMTRADE_API_KEY", ""),
            alert_webhook_url=read("ALERT_WEBHOOK_URL", ""),
            pg_dsn=_postgres_address(read("PG_DSN", "")),
            use_opensanctions=opensanctions == "yes",
            since=int(since) if since else None,
            accept=_sources(read("ACCEPT", "")),
            engine=engine,
            warehouse_uri=read("WAREHOUSE_URI", "").rstrip("/"),
            spark_conf_dir=_folder("SPARK_CONF_DIR", read("SPARK_CONF_DIR", str(SPARK_DIR))),
            java_home=read("JAVA_HOME", ""),
            python_model_rows=int(python_model_rows),
            sample_variant=read("SAMPLE_VARIANT", "mixed"),
            large_world_rows=int(large_world_rows),
            user_agent=_header("USER_AGENT", read("USER_AGENT", USER_AGENT)),
            pg_reader_password=_header("PG_READER_PASSWORD", read("PG_READER_PASSWORD", "")),
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
    def temporary_dir(self) -> Path:
        """Where a run unpacks: beside landing/, so that room is needed on one disk only."""
        return self.data_dir / ".tmp"

    @property
    def log_path(self) -> Path:
        return self.data_dir / "run.log"


def load_env_file() -> None:
    """Add to the process's environment what the file .env sets; what is set there already stays. ENV_FILE names
    another file, or none where it is empty.

    Raises SettingsError for a file that cannot be read, with the line and without its content.
    """
    from dotenv.parser import parse_stream

    given = os.environ.get("ENV_FILE")
    if given is not None and not given.strip():
        return
    path = _absolute((given or ".env").strip())
    if given is None and not path.exists():
        return
    try:
        with path.open(encoding="utf-8-sig") as file:
            bindings = list(parse_stream(file))
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text: save it as UTF-8.") from None
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read ({error.strerror}): allow it, or let ENV_FILE name another."
        ) from None
    values: dict[str, str] = {}
    for one in bindings:
        blank = re.match(r"\s*", one.original.string)
        line = one.original.line + len(re.findall(r"\r\n|\n|\r", blank.group() if blank else ""))
        if one.key is None and not one.error:
            continue  # a comment, or nothing
        if one.error or one.key is None or one.value is None or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", one.key):
            raise SettingsError(
                f"{path}, line {line}: this is not NAME=value. Write a setting a line, and a value that holds quotes, "
                "spaces or # in 'single quotes'."
            )
        if not one.value.isprintable():
            raise SettingsError(
                f"{path}, line {line}: the value holds a line break or another control character. Probably a quote "
                "is not closed, or a backslash in \"double quotes\" is read as one: use 'single quotes'."
            )
        values[one.key] = one.value  # of two lines the later counts
    for name, value in values.items():
        os.environ.setdefault(name, value)


def _service_address(name: str, given: str) -> str:
    """A service's whole address as given. No part of it is repeated in an error, for one may be a password."""
    default = ADDRESSES[name]
    url = _split(given)
    if url is None or url.scheme not in ("http", "https") or not url.hostname:
        raise SettingsError(
            f"{name} is no address of the web. Write it whole, as {default} is, with each of @ : / # ? % in a user's "
            "name or password percent-encoded (@ is %40)."
        )
    if default.startswith(given.rstrip("/") + "/"):
        return default  # the service's host or folder, which is what earlier versions wanted to know
    if url.path in ("", "/") and not url.query:  # a host alone: the service's own path below it
        return f"{url.scheme}://{url.netloc}/" + default.partition("://")[2].partition("/")[2]
    if name == "COMTRADE_URL" and "{path}" not in given:
        return given.rstrip("/") + "/{path}"  # all of its API lies below one address
    if lacking := [part for part in re.findall(r"{\w+}", default) if part not in given]:
        raise SettingsError(
            f"{name} is one address, and several things are fetched there. Write {' and '.join(lacking)} where their "
            f"addresses differ, as in {default}."
        )
    return given


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
    url = _split(dsn)
    if dsn and not (url and url.scheme in ("postgresql", "postgres") and len(url.path) > 1 and url.port != 0):
        raise SettingsError(
            "PG_DSN is no address of a database. Write it as postgresql://user:password@host:5432/database, with "
            "each of @ : / # ? % in the password percent-encoded (@ is %40)."
        )
    return dsn


def _split(address: str) -> SplitResult | None:
    """The parts of an address; None where it cannot be read, or may be taken for what it is not."""
    try:
        url = urlsplit(address)
        _ = url.port  # raises for what is no number
    except ValueError:
        return None
    # An @ that is not encoded splits a password: its end would be taken for the server's name, and printed.
    is_split = "@" in url.path or (url.netloc.count("@") != 1 and "@" in url.netloc + url.query)
    return None if is_split or url.fragment or not address.isprintable() else url


def _header(name: str, given: str) -> str:
    """A value that travels as it is: in a header, or as a password."""
    if not (given.isascii() and given.isprintable()):
        raise SettingsError(f"{name} holds characters that are no printable ASCII: write it without them.")
    return given


def _folder(name: str, given: str) -> Path:
    """A folder's path, absolute. Raises SettingsError for one that no terminal or log could show."""
    if not given.isprintable():
        raise SettingsError(f"{name}={printable(given)} holds a control character: rename the folder, or give another.")
    path = _absolute(given)
    if name == "DATA_DIR" and re.search(r"[*?\[#;]", str(path)):
        raise SettingsError(
            f"DATA_DIR={given} is {path}, which holds one of * ? [ # ;. DuckDB and dbt take them for part of a pattern "
            "or an address: give another folder."
        )
    return path


def _absolute(path: str) -> Path:
    """Relative paths are meant from the project's root, whatever directory a process was started in."""
    given = Path(path).expanduser()
    return (given if given.is_absolute() else PROJECT_DIR / given).resolve()
