"""The United States' Consolidated Screening List: parties that Commerce, State and the Treasury list.

One row of `raw.csl_entries` is a row of the list: a party of the list that it names in `source` (the Entity
List, the Unverified List, …), with its addresses, other names and numbers packed into cells ("a; b; c").
Read here: the CSV with 28 columns and the one with 29 (`_id` stands before the others), and the Denied Persons
List by itself, as the Bureau of Industry and Security publishes it (tab-separated), whose columns get
the names of the screening list. `publication` says from which of the two a row comes.

`_id` is no key: the older layout has none, and outside the Treasury's lists it is a hash of the row's content.
So a row is known by its list, its number (the Treasury's lists have one), its name, its start date and its
addresses; `part` numbers the rows that share all of these.

Not here: that the Treasury's rows repeat what OFAC publishes itself (staging marks them), and the list as JSON.

Source of the layouts: trade.gov, "Consolidated Screening List"; bis.gov, "Denied Persons List"; files of both.
"""

from __future__ import annotations

from pathlib import Path

from dagster_project import warehouse
from dagster_project.files.formats import Head
from dagster_project.files.landing import Landing, Recognised
from dagster_project.files.rejection import RejectedFile
from dagster_project.ingest.delimited import columns_of, delimiter_of, read_csv_sql
from dagster_project.ingest.fetch import FetchSession
from dagster_project.warehouse import Continuity, Rows, Rule, Table, identifiers, text

NAME = "csl"

COLUMNS = (
    "source entity_number type programs name title addresses federal_register_notice start_date end_date "
    "standard_order license_requirement license_policy call_sign vessel_type gross_tonnage "
    "gross_registered_tonnage vessel_flag vessel_owner remarks source_list_url alt_names citizenships "
    "dates_of_birth nationalities places_of_birth source_information_url ids"
).split()
DENIED_COLUMNS = (
    "Name Street_Address City State Country Postal_Code Effective_Date Expiration_Date Standard_Order Last_Update "
    "Action FR_Citation"
).split()
DENIED_SOURCE = "Denied Persons List (DPL) - Bureau of Industry and Security"
# The columns of the screening list, from those of the Denied Persons List.
DENIED = {
    "source": f"'{DENIED_SOURCE}'",
    "name": '"Name"',
    # it ends with a comma where no country stands, or a state would be taken for one (PA is Panama, too)
    "addresses": 'concat_ws(\', \', "Street_Address", "City", "State", "Postal_Code", coalesce("Country", \'\'))',
    "federal_register_notice": '"FR_Citation"',
    "start_date": '"Effective_Date"',
    "end_date": '"Expiration_Date"',
    "standard_order": '"Standard_Order"',
    "remarks": '"Action"',
}
CONSOLIDATED, DENIED_PERSONS = "consolidated", "denied_persons"

KEY = ("publication", "source", "entity_number", "name", "start_date", "addresses", "part")

ENTRIES = Table(
    name="csl_entries",
    columns=("publication", "_id", *COLUMNS, "part"),
    key=KEY,
    compared=tuple(text(c) for c in COLUMNS if c not in KEY),
    rules=(
        Rule(
            "named",
            '"source" is null or "name" is null',
            "An entry names no list or no party (source {source}, name {name}).",
            "Use the Consolidated Screening List as trade.gov publishes it, unedited.",
        ),
        Rule(
            "dated",
            " or ".join(
                f"regexp_full_match(\"{c}\", '{written}') and try_strptime(\"{c}\", '{pattern}') is null"
                for c in ("start_date", "end_date")
                for written, pattern in (("[0-9]+-[0-9]+-[0-9]+", "%Y-%m-%d"), ("[0-9]+/[0-9]+/[0-9]+", "%m/%d/%Y"))
            ),
            "A day of {name} is no date (start {start_date}, end {end_date}).",
            "Use the list as trade.gov or the Bureau of Industry and Security publishes it, unedited.",
        ),
    ),
    continuity=Continuity(of=("publication",), groups=(("source",),), is_of_parties=True),
)
TABLES = (ENTRIES,)


def fetch(session: FetchSession) -> None:
    """Fetch the list as it is now."""
    session.fetch("US_SCREENING_URL", partition=CONSOLIDATED, expect=("csv",))


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is the screening list or the Denied Persons List, by its columns."""
    header = columns_of(head.first_line)
    if header == DENIED_COLUMNS:
        return Recognised("entries", "csv", DENIED_PERSONS)
    if not {"entity_number", "federal_register_notice", "source_list_url"} <= set(header):
        return None
    if [name for name in header if name != "_id"] != COLUMNS:
        missing = [column for column in COLUMNS if column not in header]
        raise RejectedFile(
            "The columns are not those of the Consolidated Screening List"
            + (f": {', '.join(missing)} missing." if missing else ", or in another order."),
            "Download it from trade.gov as CSV, and leave it unedited.",
        )
    return Recognised("entries", "csv", CONSOLIDATED)


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The rows of a landed file as SQL over it, every column as text."""
    header = columns_of(head.first_line)
    cells = ", ".join(f"""nullif(trim("{name}"), '') as "{name}\"""" for name in header)
    lines = (
        f"select row_number() over () as _line, {cells} "
        f"from {read_csv_sql(path, header, delimiter=delimiter_of(head.first_line))}"
    )
    if not warehouse.scan(f"select count(*) from ({lines})")[0][0]:
        raise RejectedFile("The list has a header and no rows.", "The download probably failed: fetch the list again.")
    as_published = {c: f'"{c}"' for c in header} if header != DENIED_COLUMNS else DENIED
    columns = ", ".join(f'{as_published.get(c, "null")} as "{c}"' for c in ("_id", *COLUMNS))
    same_key = identifiers(c for c in KEY if c not in ("publication", "part"))
    return {
        ENTRIES.name: Rows(
            f"select '{landing.partition}' as publication, * exclude (_line), "
            f"cast(row_number() over (partition by {same_key} order by {identifiers(COLUMNS)}) as varchar) as part "
            f"from (select _line, {columns} from ({lines})) order by _line",
            first_row=2,
        )
    }
