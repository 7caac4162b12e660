"""Japan Customs: exports and imports by commodity and country, a year a row and a month a column, in thousand yen.

One row of `raw.japan_customs_flows` is one line of a file "Commodity by Country" (e-Stat, 00350300): the flow (1
export, 2 import) of a year with one country in one commodity of nine digits, of which the first six are the HS's.
Exports are FOB by final destination, imports CIF by country of origin; each month's value is in thousand yen, rounded
down. Columns have the publisher's names in small letters with underscores. A file holds a section of the HS with all
its countries, and the year up to the month of its release: the months after that are zeros there. `months` is the last
month in which the file has any value; no file says it otherwise.

Rejected: the table without countries, the one by customs house (both are sums of others or parts of them), a file whose
months do not add up to its year. Not here: what is a sum over nine digits, which months count, yen in dollars (dbt).

Source of the layout: Japan Customs, About Trade Statistics of Japan and Code Lists; the header and single lines as
public programs that read the files have them. Not verified on a whole file. The site gives every edition of a file
another address and announces none, so it is not fetched.
"""

from __future__ import annotations

import re
from pathlib import Path

from dagster_project import warehouse
from dagster_project.files.formats import Head
from dagster_project.files.landing import Landing, Recognised
from dagster_project.files.rejection import RejectedFile
from dagster_project.ingest.delimited import columns_of, first_record, read_csv_sql
from dagster_project.warehouse import Continuity, Rows, Rule, Table, identifier, is_number, number, text

NAME = "japan_customs"

MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
PLACES = ("exp_or_imp", "year", "hs", "country", "unit1", "unit2")
FIGURES = tuple(f"{figure}_{span}" for span in ("year", *MONTHS) for figure in ("quantity1", "quantity2", "value"))
VALUES = tuple(f"value_{month}" for month in MONTHS)
COLUMNS = (*PLACES, *FIGURES, "months")
KEY = ("exp_or_imp", "year", "hs", "country")
OWN = "Use Japan Customs' own file (e-Stat, Commodity by Country), unedited."

SUM_OF_MONTHS = " + ".join(f'coalesce(try_cast("{column}" as double), 0)' for column in VALUES)

FLOWS = Table(
    name="japan_customs_flows",
    period="year",
    columns=COLUMNS,
    key=KEY,
    compared=(text("unit1"), text("unit2"), text("months"), *(number(column) for column in FIGURES)),
    scope=("exp_or_imp", "year", "hs"),
    selected="country",
    continuity=Continuity(of=("exp_or_imp", "year"), most_lost=0.2, may_grow=True),
    rules=(
        Rule(
            "complete",
            " or ".join(f'"{column}" is null' for column in (*KEY, "value_year")),
            "A cell is empty that may not be (flow {exp_or_imp}, year {year}, HS {hs}, country {country}, value of the "
            "year {value_year}).",
            OWN,
        ),
        Rule(
            "directed",
            "\"exp_or_imp\" not in ('1', '2')",
            "The flow {exp_or_imp} is neither 1 (export) nor 2 (import).",
            OWN,
        ),
        Rule(
            "annual",
            "not regexp_full_match(\"year\", '(19|20)[0-9]{2}') or \"year\" > strftime(today(), '%Y')",
            "The year {year} is none, or lies in the future.",
            OWN,
        ),
        Rule(
            "past",
            "\"year\" || lpad(coalesce(\"months\", '0'), 2, '0') > strftime(today(), '%Y%m')",
            "The file has values of month {months} of {year}, which is not over.",
            OWN,
        ),
        Rule(
            "coded",
            "not regexp_full_match(\"hs\", '[0-9]{9}') or left(\"hs\", 2) = '77'",
            "The commodity {hs} is no code of nine digits.",
            "A spreadsheet program drops leading zeros: use the file before it was opened there.",
        ),
        Rule(
            "with_a_partner",
            "not regexp_full_match(\"country\", '[1-9][0-9]{2}')",
            "The country {country} is no code of three digits.",
            OWN,
        ),
        Rule(
            "numeric",
            " or ".join(f'"{column}" is not null and not {is_number(column)}' for column in FIGURES),
            "A figure is not a number (flow {exp_or_imp}, HS {hs}, country {country}, value of the year {value_year}).",
            OWN,
        ),
        Rule(
            "nonnegative",
            " or ".join(f'try_cast("{column}" as double) < 0' for column in FIGURES),
            "A figure is negative (flow {exp_or_imp}, HS {hs}, country {country}).",
            "Trade cannot be below zero: download it again, or report it to Japan Customs.",
        ),
        Rule(
            "measured",
            " or ".join(
                f'"unit{n}" is null and try_cast("quantity{n}_{span}" as double) > 0'
                for n in (1, 2)
                for span in ("year", *MONTHS)
            ),
            "A quantity has no unit (flow {exp_or_imp}, HS {hs}, country {country}): cells have shifted.",
            OWN,
        ),
        Rule(
            "added_up",
            # each month is rounded down to a thousand yen
            f'abs({SUM_OF_MONTHS} - try_cast("value_year" as double)) > 12',
            "The months do not add up to the year {value_year} (flow {exp_or_imp}, HS {hs}, country {country}).",
            "A figure was edited, or cells have shifted: download it again.",
        ),
    ),
)
TABLES = (FLOWS,)


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is of Japan Customs, by its header. Raises RejectedFile for one that cannot be used."""
    header = _names(head)
    if header[:2] != ["exp_or_imp", "year"]:
        return None
    if "country" not in header:
        raise RejectedFile("This is the table by commodity, without countries.", "Download Commodity by Country.")
    if "custom" in header:
        raise RejectedFile("This is the table by customs house.", "Download Commodity by Country, without customs.")
    expected = [*PLACES, *FIGURES]
    if header != expected[: len(header)] or len(header) < len(PLACES) + 6 or (len(header) - len(PLACES)) % 3:
        odd = next((name for name, known in zip(header, expected, strict=False) if name != known), header[-1])
        raise RejectedFile(f"The header is not the layout's, from the column {odd!r} on.", OWN)
    first = {name: cell.strip() for name, cell in zip(header, first_record(head).values(), strict=False)}
    partition = f"{first['exp_or_imp']}-{first['year']}-{first['hs'].strip(chr(39))[:2]}"
    return Recognised("flows", "csv", re.sub(r"[^\w-]", "", partition))


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The lines of a landed file as SQL over it. Raises RejectedFile where it holds two years or both flows."""
    header = _names(head)
    lines = read_csv_sql(path, header)
    cells = ", ".join(
        f"nullif(trim({_unquoted(name)}), '') as {identifier(name)}"
        if name in header
        else f"null as {identifier(name)}"
        for name in (*PLACES, *FIGURES)
    )
    files = warehouse.scan(f"select distinct trim(exp_or_imp), trim(year) from {lines} order by all")
    if len(files) > 1:
        raise RejectedFile(
            "The file holds more than one flow or year.",
            "Keep the publisher's files apart: the months that one of them lacks would be taken for zeros.",
        )
    last = ", ".join(
        f"case when max(try_cast({column} as double)) over () > 0 then {place} else 0 end"
        for place, column in enumerate(VALUES, start=1)
    )
    return {
        FLOWS.name: Rows(
            f"select *, cast(greatest({last}) as varchar) as months from (select {cells} from {lines})", first_row=2
        )
    }


def _names(head: Head) -> list[str]:
    """The columns of a header: "Exp or Imp" is exp_or_imp, "Value-Jan" is value_jan."""
    return [re.sub(r"[ -]+", "_", name.lower()) for name in columns_of(head.first_line)]


def _unquoted(name: str) -> str:
    """Codes stand between single quotes, so that a spreadsheet program leaves them as they are."""
    cell = identifier(name)
    return f"trim(trim({cell}), '''')" if name in ("hs", "country") else cell
