"""Own flows: any table of trade that a user has brought into one tidy layout, such as a national office's.

One row of `raw.own_flows` is one figure: what one release of one table (`source`) reports of a reporter's flow with a
partner, on one partner basis, of one product in one period. The layout is ours, so its notations are brought to one:
countries to ISO's three letters, months to 2022-03, a total has no revision of the HS; all else stays as written.

Read here: CSV, Excel and Parquet with the columns of COLUMNS, in any order; `make template` writes an empty file and
an example. Every column is checked, and the first row that breaks a rule rejects its file. Files of one release are
parts of it when they are loaded in one run, or name other partners; a later release replaces the periods that it holds
(staging).

Not here: publishers' own layouts (they are sources of their own), the conversion of currencies, and which of two bases
is compared with the mirror (dbt, int_own_flows_placed).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd
import pyarrow
import pyarrow.parquet
import pycountry

from dagster_project import warehouse
from dagster_project.files.archives import PARQUET_MAGIC
from dagster_project.files.formats import Head
from dagster_project.files.landing import Landing, Recognised
from dagster_project.files.rejection import RejectedFile, printable
from dagster_project.files.workbooks import Row, read_sheets, workbook_layout
from dagster_project.ingest.delimited import columns_of, delimiter_of, first_record, read_csv_sql
from dagster_project.settings import SEEDS_DIR
from dagster_project.warehouse import Continuity, Rows, Rule, Table, identifier, is_number, literal, number, text

NAME = "own_flows"

COLUMNS = (
    "reporter partner flow basis freq period product revision value currency unit quantity source released_on"
).split()
OPTIONAL_CELLS = {"revision", "unit", "quantity"}  # the columns are there, and a cell may be empty
# A header with all of the first, and one of the second, is of this layout and no other.
COMMON, OURS = {"reporter", "partner", "flow", "product", "value"}, {"basis", "released_on"}

BASES = {"import": ("origin", "consignment"), "export": ("destination", "consignment")}
# The year from which a revision of the HS was in force (World Customs Organization).
REVISIONS = {f"HS{year}": year for year in (1992, 1996, 2002, 2007, 2012, 2017, 2022)} | {"HS1992": 1988}
# Units of quantity as UN Comtrade abbreviates them, so that both sides of a flow are in the same.
UNITS = ("kg", "u", "2u", "12u", "1000u", "u(jeu/pack)", "l", "m", "m²", "m³", "carat", "1000 kWh")
EXAMPLE_SOURCE = "Example with invented figures"
MOST_WORKBOOK_BYTES = 1 << 30  # unpacked: a table by six digits has a hundred thousand rows
HEADER_WITHIN = 5  # rows of a sheet
WORLD = "0"


def _areas() -> dict[str, str]:
    """Every code of a country or area → ISO's three letters, or where it is no country UN Comtrade's number."""
    areas: dict[str, str] = {"W00": WORLD, "WLD": WORLD}
    with (SEEDS_DIR / "country_codes.csv").open(newline="", encoding="utf-8") as seed:
        areas |= {r["code"]: r["iso3"] or r["code"] for r in csv.DictReader(seed) if r["publisher"] == "comtrade"}
    with (SEEDS_DIR / "countries.csv").open(newline="", encoding="utf-8") as seed:
        for row in csv.DictReader(seed):
            areas |= {row["iso3"]: row["iso3"], str(int(row["m49"])): row["iso3"]}
            if country := pycountry.countries.get(alpha_3=row["iso3"]):
                areas[country.alpha_2] = row["iso3"]
    return areas


AREAS = _areas()
COUNTRIES = sorted({area for area in AREAS.values() if area.isalpha()})
CURRENCIES = sorted(currency.alpha_3 for currency in pycountry.currencies)


def _one_of(values: Iterable[str]) -> str:
    return f"({', '.join(literal(value) for value in values)})"


def _map(pairs: Mapping[str, str]) -> str:
    """A constant map in SQL."""
    return f"map {{{', '.join(f'{literal(key)}: {literal(value)}' for key, value in pairs.items())}}}"


# The day after the period's last.
PERIOD_END = (
    "try_cast(\"period\" || case \"freq\" when 'A' then '-01-01' else '-01' end as date) "
    "+ case \"freq\" when 'A' then interval 1 year else interval 1 month end"
)
KEY = ("source", "released_on", "reporter", "flow", "basis", "freq", "period", "partner", "product", "revision")

FLOWS = Table(
    name="own_flows",
    period="period",
    columns=tuple(COLUMNS),
    key=KEY,
    compared=(number("value"), text("currency"), text("unit"), number("quantity")),
    # A corrected file replaces the one before it; one of other partners is another part of the same release.
    scope=("source", "released_on", "reporter", "flow", "basis", "freq", "period"),
    selected="partner",
    continuity=Continuity(
        of=("source", "released_on", "reporter", "flow", "basis", "freq", "period"),
        groups=(("product",),),
        most_lost=0.2,
        may_grow=True,
    ),
    rules=(
        Rule(
            "complete",
            " or ".join(f"{identifier(c)} is null" for c in COLUMNS if c not in OPTIONAL_CELLS),
            "A cell is empty that may not be (reporter {reporter}, partner {partner}, flow {flow}, basis {basis}, "
            "freq {freq}, period {period}, product {product}, value {value}, currency {currency}, source {source}, "
            "released_on {released_on}).",
            "Fill it; only revision of a TOTAL, unit and quantity may be empty. What is not reported has no row.",
        ),
        Rule(
            "of_a_country",
            f'"reporter" not in {_one_of(COUNTRIES)}',
            "The reporter {reporter} is no country.",
            "Write its ISO 3166 code (ARM or AM) or its M49 number (51).",
        ),
        Rule(
            "with_a_partner",
            f'"partner" not in {_one_of(sorted({*AREAS.values()}))}',
            "The partner {partner} is not known.",
            "Write a country's ISO 3166 code (DEU or DE) or M49 number (276), W00 for the world, and for areas that "
            "are no country UN Comtrade's number, such as 899 for areas not specified.",
        ),
        Rule(
            "directed",
            f'"flow" not in {_one_of(BASES)}',
            "The flow {flow} is neither import nor export.",
            "Write import or export; re-exports are part of exports.",
        ),
        Rule(
            "based",
            " and ".join(f'not ("flow" = \'{flow}\' and "basis" in {_one_of(b)})' for flow, b in BASES.items()),
            "The basis {basis} is not one of an {flow}.",
            "Imports are by origin or consignment, exports by destination or consignment.",
        ),
        Rule(
            "dated",
            "\"freq\" not in ('A', 'M') or not regexp_full_match(\"period\", case \"freq\" when 'A' "
            "then '(19|20)[0-9]{2}' else '(19|20)[0-9]{2}-(0[1-9]|1[0-2])' end)",
            "The period {period} does not fit the frequency {freq}.",
            "Write A with a year (2022), or M with a month (2022-03); quarters are not read: give their months.",
        ),
        Rule(
            "released",
            "not regexp_full_match(\"released_on\", '[0-9]{4}-[0-9]{2}-[0-9]{2}') "
            'or try_cast("released_on" as date) is null or try_cast("released_on" as date) > today()',
            "The day of release {released_on} is no date, or lies in the future.",
            "Write the day on which the publisher released the table, as 2023-02-15.",
        ),
        Rule(
            "over",
            f'try_cast("released_on" as date) < {PERIOD_END}',
            "The period {period} was not over when the table was released ({released_on}).",
            "A year that holds some months only is no year: give its months (freq M), or the whole year's release.",
        ),
        Rule(
            "coded",
            "\"product\" <> 'TOTAL' and not (regexp_full_match(\"product\", '([0-9]{2}){1,3}') "
            "and left(\"product\", 2) not in ('00', '77'))",
            "The product {product} is no HS code of two, four or six digits.",
            "A spreadsheet program drops leading zeros: keep codes as text. Add longer national codes up to six "
            "digits; all goods together are TOTAL.",
        ),
        Rule(
            "in_a_revision",
            f"\"product\" <> 'TOTAL' and coalesce(\"revision\", '') not in {_one_of(REVISIONS)}",
            "The product {product} is in no known revision of the HS ({revision}).",
            f"Write one of {', '.join(sorted(REVISIONS))}.",
        ),
        Rule(
            "in_force",
            f'{_map({name: str(year) for name, year in REVISIONS.items()})}["revision"] > left("period", 4)',
            "The revision {revision} was not in force in {period}.",
            "Write the revision that the table is in: that of its period, or an earlier one.",
        ),
        Rule(
            "numeric",
            f'not {is_number("value")} or "quantity" is not null and not {is_number("quantity")}',
            "A value or quantity is not a number (value {value}, quantity {quantity}).",
            "Write digits and a decimal point alone, 1234.5: no separators, units, dashes or remarks.",
        ),
        Rule(
            "nonnegative",
            'try_cast("value" as double) < 0 or try_cast("quantity" as double) < 0',
            "A value or quantity is negative (value {value}, quantity {quantity}).",
            "Values and quantities of trade cannot be below zero: correct it, or ask its publisher.",
        ),
        Rule(
            "in_a_currency",
            f'"currency" not in {_one_of(CURRENCIES)}',
            "The currency {currency} is not known.",
            "Write its ISO 4217 code (USD), and values in whole units of it: thousands are multiplied by 1000.",
        ),
        Rule(
            "measured",
            f'"quantity" is not null and coalesce("unit", \'\') not in {_one_of(UNITS)}',
            "The quantity {quantity} is in no known unit ({unit}).",
            f"Write one of {', '.join(UNITS)}.",
        ),
        Rule(
            "real",
            f'"source" = {literal(EXAMPLE_SOURCE)}',
            "This is the example, whose figures are invented.",
            "Write your own table in its place, with the name of its publisher as source.",
        ),
    ),
)
TABLES = (FLOWS,)


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is in the layout, by its header. Raises RejectedFile for one that lacks a column, or has one
    that is none of the layout's."""
    if head.text.startswith(PARQUET_MAGIC):
        return _recognise_parquet(head)
    if head.form is None:
        table = _sheet(read_sheets(head, most_bytes=MOST_WORKBOOK_BYTES, first_rows=HEADER_WITHIN + 1))
        if table is None:
            return None
        header, _, rows = table
        _check(header)
        if not rows:
            raise RejectedFile("The sheet has a header and no rows.", "Fill it, or leave the file out.")
        return Recognised("flows", workbook_layout(head), _partition(dict(zip(header, rows[0], strict=True))))
    header = _names(columns_of(head.first_line))
    if not _is_ours(header):
        return None
    _check(header)
    return Recognised("flows", "csv", _partition(first_record(head)))


def _recognise_parquet(head: Head) -> Recognised | None:
    with head.path.open("rb") as stream:
        try:
            file = pyarrow.parquet.ParquetFile(stream)
            header = _names(file.schema_arrow.names)
            if not _is_ours(header):
                return None
            _check(header)
            first = next(file.iter_batches(batch_size=1), None)
            rows = first.to_pylist() if first is not None else []
        except (pyarrow.ArrowException, OSError) as error:
            reason = " ".join(str(error).split())[:120].rstrip(".")
            raise RejectedFile(f"It cannot be read: {reason}.", "Write the file again.") from None
    if not rows:
        raise RejectedFile("The file has columns and no rows.", "Fill it, or leave the file out.")
    return Recognised("flows", "parquet", _partition(dict(zip(header, rows[0].values(), strict=True))))


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The rows of a landed file, every column as text and each code in one notation. Raises RejectedFile for a workbook
    that cannot be read again."""
    frame, first_row = None, 2
    if landing.layout == "csv":
        # a spreadsheet program leaves columns without a name behind the table
        names = [name or f"unnamed {place}" for place, name in enumerate(columns_of(head.first_line))]
        relation = read_csv_sql(path, names, delimiter=delimiter_of(head.first_line))
    elif landing.layout == "parquet":
        with path.open("rb") as stream:
            names = pyarrow.parquet.ParquetFile(stream).schema_arrow.names
        relation, first_row = f"read_parquet({literal(path)})", 1
    else:
        table = _sheet(read_sheets(head, most_bytes=MOST_WORKBOOK_BYTES))
        if table is None:
            raise RejectedFile("The workbook is damaged or too large.", "Save the sheet as CSV.")
        names, number_of_header, rows = table
        relation, first_row = "frame", number_of_header + 1
        frame = pd.DataFrame(rows, columns=names, dtype="object")
    unnamed = [name for name in names if name.strip().lower() not in COLUMNS]
    if unnamed:
        filled = " or ".join(f"{identifier(name)} is not null" for name in unnamed)
        if warehouse.scan(f"select count(*) from {relation} where {filled}")[0][0]:
            raise RejectedFile("Cells stand beside the table, under no header.", "Keep the table alone in its file.")
        names = names[: -len(unnamed)]
    # a gap in a column of numbers is NaN where a data frame was saved as Parquet
    gap = "nan" if landing.layout == "parquet" else ""
    as_text = ", ".join(
        f"nullif(nullif(trim(cast({identifier(name)} as varchar)), ''), {literal(gap)}) as {identifier(known)}"
        for name, known in zip(names, _names(names), strict=True)
    )
    written = f"select {', '.join(map(_notation, COLUMNS))} from (select {as_text} from {relation})"
    is_blank = " and ".join(f"{identifier(column)} is null" for column in COLUMNS)
    return {FLOWS.name: Rows(written, first_row=first_row, kept=f"not ({is_blank})", frame=frame)}


def _notation(column: str) -> str:
    """SQL for a column in the one notation of the raw table; what is none of its notations stays as written."""
    cell = identifier(column)
    if column in ("reporter", "partner"):
        code = f"upper({cell})"
        cell = f"coalesce({_map(AREAS)}[coalesce(nullif(ltrim({code}, '0'), ''), {literal(WORLD)})], {cell})"
        return f'case when "{column}" is not null then {cell} end as "{column}"'
    if column in ("flow", "basis"):
        cell = f"lower({cell})"
    elif column in ("freq", "product", "currency"):
        cell = f"upper({cell})"
    elif column == "revision":  # a total is the same in all
        cell = f"case when upper(\"product\") <> 'TOTAL' then upper({cell}) end"
    elif column == "period":  # spreadsheet programs turn 2022-03 into a day
        cell = (
            "case upper(\"freq\") when 'M' "
            f"then regexp_replace({cell}, '^([0-9]{{4}})-?([0-9]{{2}})(-01( 00:00:00)?)?$', '\\1-\\2') "
            f"else regexp_replace({cell}, '-01-01( 00:00:00)?$', '') end"
        )
    elif column == "released_on":
        cell = f"regexp_replace({cell}, ' 00:00:00$', '')"
    return f'{cell} as "{column}"'


def _names(header: Iterable[str | None]) -> list[str]:
    return [(name or "").strip().lower() for name in header]


def _is_ours(names: list[str]) -> bool:
    return set(names) >= COMMON and not OURS.isdisjoint(names)


def _check(header: Iterable[str | None]) -> None:
    """Raise RejectedFile where the header is not the layout's, with the columns that are not."""
    names = _names(header)
    while names and not names[-1]:
        names.pop()
    for what, columns in (
        ("lacks", [c for c in COLUMNS if c not in names]),
        ("names twice", sorted({c for c in names if names.count(c) > 1})),
        ("has, and the layout has not,", [c or "a column without a name" for c in names if c not in COLUMNS]),
    ):
        if columns:
            raise RejectedFile(
                f"The header {what}: {', '.join(map(printable, columns))}.",
                f"The columns are {', '.join(COLUMNS)}, in any order; make template writes an empty file.",
            )


def _partition(first: Mapping[str, object]) -> str:
    """What the file is of, by its first row: its landings follow each other."""
    cells = {name.strip().lower(): str(cell or "") for name, cell in first.items()}
    return re.sub(r"\W+", "-", f"{cells['reporter']}-{cells['flow']}-{cells['source']}".lower()).strip("-")[:80]


def _sheet(sheets: dict[str, list[Row]]) -> tuple[list[str], int, list[Row]] | None:
    """Of a workbook's sheets the one in this layout: its header, the number of that row, the rows below. Raises
    RejectedFile where two are."""
    tables = [
        (name, number, rows)
        for name, rows in sheets.items()
        for number, row in enumerate(rows[:HEADER_WITHIN], start=1)
        if _is_ours(_names(row))
    ]
    if len(tables) > 1:
        raise RejectedFile(
            f"Two headers of this layout are in the workbook (sheets {tables[0][0]!r} and {tables[1][0]!r}).",
            "Keep one table a file.",
        )
    if not tables:
        return None
    [(_, number, rows)] = tables
    width = max(i for i, cell in enumerate(rows[number - 1], start=1) if cell)
    if any(cell for row in rows[number:] for cell in row[width:]):
        raise RejectedFile("Cells stand beside the table, under no header.", "Keep the table alone on its sheet.")
    return [cell or "" for cell in rows[number - 1][:width]], number, [row[:width] for row in rows[number:]]
