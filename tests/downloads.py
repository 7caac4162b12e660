"""Downloads as tests write them, and what a run does with a folder of them. Not here: any expectation."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas as pd

from dagster_project import raw, warehouse
from dagster_project.raw import comtrade, ofac
from dagster_project.settings import Settings
from dagster_project.warehouse import Table

COMTRADE, OFAC = raw.Source.of(comtrade), raw.Source.of(ofac)
SOURCES = (COMTRADE, OFAC)
FLOWS = comtrade.FLOWS

# The columns of Comtrade's bulk files, in their order.
BULK_COLUMNS = (  # noqa: SIM905
    "datasetCode typeCode freqCode refPeriodId refYear refMonth period reporterCode flowCode partnerCode "
    "partner2Code classificationSearchCode classificationCode isOriginalClassification cmdCode customsCode "
    "mosCode motCode qtyUnitCode qty isQtyEstimated altQtyUnitCode altQty isAltQtyEstimated netWgt "
    "isNetWgtEstimated grossWgt isGrossWgtEstimated cifvalue fobvalue primaryValue legacyEstimationFlag "
    "isReported isAggregate"
).split()
# The columns of an API answer and of the web download.
API_COLUMNS = [column for column in comtrade.COLUMNS if column != "datasetCode"]

USUAL = {
    "typeCode": "C", "freqCode": "M", "refPeriodId": "20220301", "refYear": "2022", "refMonth": "3",
    "period": "202203", "reporterCode": "398", "reporterISO": "KAZ", "reporterDesc": "Kazakhstan",
    "flowCode": "M", "flowDesc": "Import", "partnerCode": "276", "partnerISO": "DEU",
    "partnerDesc": "Germany", "partner2Code": "0", "partner2ISO": "W00", "partner2Desc": "World",
    "classificationCode": "H6", "classificationSearchCode": "HS", "isOriginalClassification": "True",
    "cmdCode": "854231", "cmdDesc": 'Circuits; "processors", controllers', "aggrLevel": "6",
    "isLeaf": "True", "customsCode": "C00", "customsDesc": "TOTAL CPC", "mosCode": "0", "motCode": "0",
    "motDesc": "TOTAL MOT", "qtyUnitCode": "5", "qtyUnitAbbr": "u", "qty": "10.0",
    "isQtyEstimated": "False", "altQtyUnitCode": "-1", "altQtyUnitAbbr": "N/A",
    "isAltQtyEstimated": "False", "netWgt": "2.5", "isNetWgtEstimated": "False",
    "isGrossWgtEstimated": "False", "cifvalue": "100.0", "primaryValue": "100.0",
    "legacyEstimationFlag": "0", "isReported": "True", "isAggregate": "False",
}  # fmt: skip


def flow(**columns: str) -> dict[str, str]:
    """One Comtrade row as text; what is not given is usual, what the layouts may lack is empty."""
    return dict.fromkeys(comtrade.COLUMNS, "") | USUAL | columns


def csv_of(
    rows: Sequence[dict[str, str]],
    columns: Sequence[str] = API_COLUMNS,
    *,
    index: bool = False,
    delimiter: str = ",",
    newline: str = "\n",
    quoting: int = csv.QUOTE_MINIMAL,
    one_comma_more: bool = False,
) -> bytes:
    """A CSV download; with one comma more in each row than in the header, as the web site writes it."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_MINIMAL)
    writer.writerow([*([""] if index else []), *columns])
    writer = csv.writer(text, delimiter=delimiter, lineterminator="", quoting=quoting)
    for number, row in enumerate(rows):
        writer.writerow([*([number] if index else []), *(row[column] for column in columns)])
        text.write(("," if one_comma_more else "") + newline)
    return text.getvalue().encode()


def bulk_of(rows: Sequence[dict[str, str]], delimiter: str = ",") -> bytes:
    """A bulk file: fewer columns, booleans as 0 and 1."""
    as_digits = {"True": "1", "False": "0"}
    rows = [{column: as_digits.get(value, value) for column, value in row.items()} for row in rows]
    return csv_of(rows, BULK_COLUMNS, delimiter=delimiter)


def json_of(rows: Sequence[dict[str, str]], *, count: int | None = None, error: str = "") -> bytes:
    """An API answer: some codes and all values are numbers there, and flags are booleans."""
    return json.dumps(
        {
            "elapsedTime": "0.21 secs",
            "count": len(rows) if count is None else count,
            "data": [{column: _as_json(column, row[column]) for column in API_COLUMNS} for row in rows],
            "error": error,
        },
        indent=4,
    ).encode()


def _as_json(column: str, value: str):
    if value == "":
        return None
    if column in ("reporterCode", "partnerCode", "partner2Code", "motCode", "refYear"):
        return int(value)
    if column in comtrade.VALUES:
        return float(value)
    return {"True": True, "False": False}.get(value, value)


def write_parquet(
    path: Path, rows: Sequence[dict[str, str]], casts: str = "", columns: Sequence[str] = API_COLUMNS
) -> None:
    """A Parquet file of text columns, but for those in `casts`: `cast(period as integer) as period, …`."""
    frame = pd.DataFrame([{c: row[c] or None for c in columns} for row in rows], columns=list(columns), dtype="object")
    with duckdb.connect() as con:
        con.register("frame", frame)
        con.execute(
            "create table flows as select " + ", ".join(f'"{c}"::varchar as "{c}"' for c in columns) + " from frame"
        )
        target = str(path).replace("'", "''")
        con.execute(
            f"copy (select * {f'replace ({casts})' if casts else ''} from flows) to '{target}' (format parquet)"
        )


def prepare(settings: Settings, sources: Sequence[raw.Source] = SOURCES) -> None:
    """Note a build, as the first asset does."""
    warehouse.prepare(
        settings,
        [table for source in sources for table in source.tables],
        run_id="run",
        code_version="test",
        started_at=datetime.now(UTC).replace(tzinfo=None),
    )


def refresh(settings: Settings, sources: Sequence[raw.Source] = SOURCES) -> None:
    """What the assets do up to raw: look who knows what, land, load, and remember what was set aside."""
    prepare(settings, sources)
    for path, reason in raw.unclaimed(settings.inbox_dir, sources):
        raw.remember_refused(settings, "unknown", path, reason)
    for source in sources:
        for path, reason in raw.land(settings, source)[1]:
            raw.remember_refused(settings, source.name, path, reason)
        raw.load_landed(settings, source)


def reasons(settings: Settings, file: str | None = None) -> list[str]:
    """The sentences of what was set aside, oldest first."""
    which = f"and original_name = '{file}'" if file else ""
    return [
        reason
        for (reason,) in warehouse.ask(
            settings,
            f"select reason from raw.landings where status = 'set_aside' {which} order by fetched_at",
        )
    ]


def loaded(settings: Settings) -> set[str]:
    """The names of the files that were loaded."""
    return {n for (n,) in warehouse.ask(settings, "select original_name from raw.landings where status = 'loaded'")}


def by_hand(settings: Settings, sql: str) -> None:
    """Change the warehouse as no load would."""
    with duckdb.connect(str(settings.warehouse_path)) as con:
        con.execute(sql)


def insert(settings: Settings, table: Table, *rows: dict[str, str]) -> None:
    """Put rows into a raw table past every rule of a load."""
    with duckdb.connect(str(settings.warehouse_path)) as con:
        for row in rows:
            names = ", ".join(f'"{name}"' for name in row)
            marks = ", ".join("?" * len(row))
            con.execute(
                f"insert into raw.{table.name} ({names}, _vintage, _valid_from, _landing_id) "
                f"values ({marks}, 'v', now()::timestamp, 'by hand')",
                [value or None for value in row.values()],
            )
