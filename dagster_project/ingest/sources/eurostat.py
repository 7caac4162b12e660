"""Eurostat Comext: what the members of the European Union declare they imported and exported, in euro.

One row of `raw.eurostat_flows` is one member's figure for one flow with one partner in one month, one
product of the Combined Nomenclature and one statistical procedure (1 normal, 2 inward processing, 3 outward
processing, 9 not from customs declarations: parts that add up, never a total among them). The product
TOTAL stands beside the products. Source: the monthly bulk files full_v2_YYYYMM (7z or the .dat inside).
A file holds five million rows; what is kept are the partners whose role in seeds/countries.csv is transit
or target, under every code Eurostat has for them. A partner who gets a role later is in the months loaded
from then on; for the earlier ones, load the landed files into a new DATA_DIR.

One row of `raw.eurostat_downloads` is a line of a download from the web site, with its labels as they are,
and behind them what three generations of labels have in common: it is the key, so that one line under two
labels is one line. A download is the edition of the day in the name that the site gives it. Totals over products and
procedures; blocs stand among the members here (int_ models
keep them apart).

Rejected: the annual files, whose figures are sums of the months, and the bulk layout before v2.

Source of layouts and codes: Eurostat, Comext metadata (REPORTERS, PARTNERS_ISO, FLOW, TRADE_TYPE,
STATISTICAL_PROCEDURES) beside the files, and the files themselves.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from dagster_project import warehouse
from dagster_project.files.formats import Head
from dagster_project.files.landing import Landing, Recognised
from dagster_project.files.rejection import RejectedFile
from dagster_project.ingest.delimited import columns_of, delimiter_of, first_record, read_csv_sql
from dagster_project.ingest.fetch import FetchSession
from dagster_project.ingest.source import UNMAPPED_TOLERATED, Finding, Gate
from dagster_project.settings import SEEDS_DIR, Settings
from dagster_project.warehouse import Continuity, Rows, Rule, Table, is_number, literal, number

NAME = "eurostat"
HAS_MONTHS = True
RELEASES = "0 7 18 * *"  # a month is published about the middle of the second month after it

FOLDER = "comext/COMEXT_DATA/PRODUCTS"
MONTHS, REVISED_MONTHS = 36, 6  # how far back to fetch, and how far back to look for revisions

COLUMNS = (
    "REPORTER PARTNER TRADE_TYPE PRODUCT_NC PRODUCT_SITC PRODUCT_CPA21 PRODUCT_CPA22 PRODUCT_BEC PRODUCT_BEC5 "
    "PRODUCT_SECTION FLOW STAT_PROCEDURE SUPPL_UNIT PERIOD VALUE_EUR VALUE_NAC QUANTITY_KG QUANTITY_SUPPL_UNIT"
).split()
VALUES = ("VALUE_EUR", "VALUE_NAC", "QUANTITY_KG", "QUANTITY_SUPPL_UNIT")
LABELS = "REPORTER PARTNER PRODUCT FLOW STAT_PROCEDURE PERIOD VALUE_IN_EUR".split()
CELL = "reporter_label partner_label product_code flow_code month".split()
# Members whose currency is the euro, and since when it is that of all of them.
IN_EURO = "AT BE CY DE EE ES FI FR GR IE IT LT LU LV MT NL PT SI SK".split()
IN_EURO_SINCE = "201501"
LEGACY_COLUMNS = {"DECLARANT", "PRODUCT_NC", "VALUE_IN_EUROS"}

# A landing holds a member's trade with a partner whole when its products add up to its total.
TOTAL = "\"PRODUCT_NC\" = 'TOTAL'"
PRODUCTS_ADD_UP = (
    f'abs(sum(try_cast("VALUE_EUR" as double)) filter (where not {TOTAL}) '
    f'/ sum(try_cast("VALUE_EUR" as double)) filter (where {TOTAL}) - 1) <= 0.005'
)
FLOWS = Table(
    name="eurostat_flows",
    period="PERIOD",
    columns=tuple(COLUMNS),
    # Hidden products of several other classifications may share one code of the Combined Nomenclature.
    key=tuple(c for c in COLUMNS if c not in VALUES),
    compared=tuple(number(c) for c in VALUES),
    scope=("PERIOD", "REPORTER", "PARTNER"),
    whole=(("PERIOD", "REPORTER", "PARTNER", "FLOW"), PRODUCTS_ADD_UP),
    continuity=Continuity(of=("PERIOD", "REPORTER", "FLOW"), most_lost=0.2, may_grow=True),
    rules=(
        Rule(
            "placed",
            " or ".join(f'"{c}" is null' for c in ("REPORTER", "PARTNER", "PRODUCT_NC", "STAT_PROCEDURE", "VALUE_EUR")),
            "A code or value is empty (reporter {REPORTER}, partner {PARTNER}, product {PRODUCT_NC}, "
            "procedure {STAT_PROCEDURE}, value {VALUE_EUR}).",
            "Use the publisher's own download, unedited.",
        ),
        Rule(
            "directed",
            "coalesce(\"FLOW\" not in ('1', '2'), true)",
            "The flow {FLOW} is neither 1 (import) nor 2 (export).",
            "Use the publisher's own download, unedited.",
        ),
        Rule(
            "partial",
            # 4 and T were the totals of older releases: among the parts they would count everything twice
            "\"STAT_PROCEDURE\" not in ('1', '2', '3', '5', '6', '7', '9')",
            "The statistical procedure {STAT_PROCEDURE} is not one of the parts that add up.",
            "Use the monthly bulk file, unedited.",
        ),
        Rule(
            "coded",
            "not regexp_full_match(\"PRODUCT_NC\", 'TOTAL|[0-9A-Z]{8,9}')",
            "The product {PRODUCT_NC} is not a code of the Combined Nomenclature.",
            "A spreadsheet has probably cut the leading zero: use the download before it was opened there.",
        ),
        Rule(
            "monthly",
            "not coalesce(regexp_full_match(\"PERIOD\", '(19|20)[0-9]{2}(0[1-9]|1[0-2])'), false)",
            "The period {PERIOD} is not a month.",
            "Use the monthly bulk file, unedited.",
        ),
        Rule(
            "past",
            "\"PERIOD\" > strftime(today(), '%Y%m')",
            "The period {PERIOD} lies in the future.",
            "Use the monthly bulk file, unedited.",
        ),
        Rule(
            "numeric",
            " or ".join(f'("{c}" is not null and not {is_number(c)})' for c in VALUES),
            "A value is not a number (euro {VALUE_EUR}, kg {QUANTITY_KG}, units {QUANTITY_SUPPL_UNIT}).",
            "Use the publisher's own download, unedited.",
        ),
        Rule(
            "nonnegative",
            " or ".join(f'try_cast("{c}" as double) < 0' for c in VALUES),
            "A value is negative (euro {VALUE_EUR}, kg {QUANTITY_KG}, units {QUANTITY_SUPPL_UNIT}).",
            "Trade values cannot be below zero: download it again, or report it to the publisher.",
        ),
        Rule(
            "valued",
            # a thousandth and a euro, as Comtrade's rows are compared
            f'"REPORTER" in ({", ".join(map(literal, IN_EURO))}) and "PERIOD" >= {literal(IN_EURO_SINCE)} '
            'and try_cast("VALUE_NAC" as double) > 0 and abs(try_cast("VALUE_EUR" as double) '
            '- try_cast("VALUE_NAC" as double)) > greatest(1, 0.001 * try_cast("VALUE_NAC" as double))',
            "The value in euro ({VALUE_EUR}) is not the one in the currency of the reporter {REPORTER} ({VALUE_NAC}), "
            "which is the euro.",
            "One of them was edited or is an error: download it again, or report it to the publisher.",
        ),
    ),
)
DOWNLOADS = Table(
    name="eurostat_downloads",
    period="month",
    columns=(*LABELS, *CELL),
    key=tuple(CELL),
    compared=(number("VALUE_IN_EUR"),),
    scope=("month", "partner_label", "flow_code", "product_code"),
    selected="reporter_label",
    continuity=Continuity(of=("month", "partner_label", "flow_code"), most_lost=0.2, may_grow=True),
    rules=(
        Rule(
            "placed",
            " or ".join(f'"{c}" is null' for c in CELL),
            "A label cannot be read (product {PRODUCT}, flow {FLOW}, period {PERIOD}).",
            "Download months, with the code before each product and flow (labels: code and text).",
        ),
        Rule(
            "total",
            "not regexp_full_match(\"STAT_PROCEDURE\", 'T(-.*)?|Total', 'i')",
            "The row is for the statistical procedure {STAT_PROCEDURE}, which is a part of the trade.",
            "Download it again for the statistical procedure Total only.",
        ),
        Rule(
            "numeric",
            f'not {is_number("VALUE_IN_EUR")} or try_cast("VALUE_IN_EUR" as double) < 0',
            "The value {VALUE_IN_EUR} is not a number, or is negative.",
            "Use the publisher's own download, unedited.",
        ),
    ),
)
TABLES = (FLOWS, DOWNLOADS)


def _mapped(table: Table, reporter: str, partner: str, value: str) -> Gate:
    """All but a tolerated share of value is under codes and names of ISO's own, or of a row in the seed."""

    def gate(settings: Settings, earlier: Mapping[str, Finding]) -> Finding:
        import pycountry  # reads its databases at first use

        iso_names = {
            name
            for country in pycountry.countries
            for name in (country.alpha_2, country.name, getattr(country, "common_name", country.name))
        }
        rows = warehouse.ask(
            settings,
            f"""with areas as (
                select {reporter} as code, try_cast({value} as double) as value_eur from raw.{table.name}
                where _valid_to is null
                union all
                select {partner}, try_cast({value} as double) from raw.{table.name} where _valid_to is null
            )
            select code, sum(value_eur), code in (
                select code from read_csv('{SEEDS_DIR}/country_codes.csv', header = true, all_varchar = true)
                where publisher = 'eurostat')
            from areas group by code order by code""",
        )
        unknown = [(code, value_eur) for code, value_eur, is_seeded in rows if not is_seeded and code not in iso_names]
        total = sum(value_eur for _, value_eur, _ in rows)
        share = sum(value_eur for _, value_eur in unknown) / total if total else 0.0
        return Finding(
            not unknown,
            "Every country code is known."
            if not unknown
            else "Country codes without a row in seeds/country_codes.csv: "
            f"{', '.join(code for code, _ in unknown)} ({share:.2%} of value).",
            {"unmapped_share": share},
            blocks=share > UNMAPPED_TOLERATED,
        )

    return gate


GATES = {
    FLOWS.name: {"mapped": _mapped(FLOWS, "REPORTER", "PARTNER", "VALUE_EUR")},
    DOWNLOADS.name: {"mapped": _mapped(DOWNLOADS, "reporter_label", "partner_label", "VALUE_IN_EUR")},
}


def recognise(head: Head) -> Recognised | None:
    """Say whether a file is Comext's, by its header. Raises RejectedFile for one that is, and cannot be used."""
    header = columns_of(head.first_line)
    if set(header) >= LEGACY_COLUMNS:
        raise RejectedFile(
            "This is Comext's bulk layout before v2; Eurostat has revised the figures since.",
            "Download full_v2_YYYYMM.7z instead.",
        )
    if header not in (COLUMNS, LABELS):
        return None
    first = first_record(head)
    if header == COLUMNS:
        if first["PERIOD"][4:] > "12":
            raise RejectedFile(
                f"This is an annual file (period {first['PERIOD']}); a year here is the sum of its months.",
                "Download the monthly files, full_v2_YYYYMM.7z.",
            )
        return Recognised("flows", "csv", f"month-{first['PERIOD']}")
    downloaded = re.search(r"Relational_View_(\d{4}-\d\d-\d\d)T", head.path.name)  # as the site names the file
    edition = downloaded.group(1) if downloaded else ""
    return Recognised("downloads", "csv", f"{first['FLOW']}-{first['PARTNER']}-{first['PERIOD']}", edition)


def read(path: Path, landing: Landing, head: Head) -> dict[str, Rows]:
    """The rows of a landed file as SQL over it."""
    delimiter = delimiter_of(head.first_line)
    if landing.entity == "downloads":
        # the site repeats a line now and then
        return {
            DOWNLOADS.name: Rows(
                f"select distinct *, {_cell()} from {read_csv_sql(path, LABELS, delimiter=delimiter)}", first_row=None
            )
        }
    wanted = ", ".join(map(literal, partners()))
    month = landing.partition.removeprefix("month-")
    rows = Rows(
        f"select * from {read_csv_sql(path, COLUMNS, delimiter=delimiter)}",
        first_row=2,
        kept=f'("PARTNER" in ({wanted}) or "PARTNER" is null)',
        rules=(
            Rule(
                "of its month",
                f'"PERIOD" <> {literal(month)}',
                f"The period {{PERIOD}} stands in a file of the month {month}.",
                "One of them was edited, or two files were put together: use the monthly bulk file, unedited.",
            ),
        ),
    )
    return {FLOWS.name: rows}


def partners() -> list[str]:
    """The codes Eurostat has for the countries whose role is transit or target."""
    import pycountry  # reads its databases at first use

    with (SEEDS_DIR / "countries.csv").open(encoding="utf-8") as file:
        wanted = {row["iso3"] for row in csv.DictReader(file) if row["role"] in ("transit", "target")}
    with (SEEDS_DIR / "country_codes.csv").open(encoding="utf-8") as file:
        own = {row["code"] for row in csv.DictReader(file) if row["publisher"] == NAME and row["iso3"] in wanted}
    iso2 = {country.alpha_2 for country in pycountry.countries if country.alpha_3 in wanted}
    return sorted(iso2 | {code for code in own if len(code) == 2})


def fetch(session: FetchSession) -> None:
    """The months of the last three years that have not landed, and recent ones that Eurostat has revised."""
    listing = session.get(
        "EUROSTAT_URL",
        params={"format": "csv", "dir": FOLDER, "hierarchy": "false", "sizeFormat": "NONE", "dateFormat": "ISO"},
        expect=("csv",),
    )
    months = sorted(published(listing.path.read_text("utf-8", "replace")).items(), reverse=True)
    wanted = []
    for age, (month, modified) in enumerate(months):
        last = session.last_request(f"month-{month}")
        is_new = last is None or modified is None or modified > datetime.fromisoformat(last.requested_at)
        if (
            month == session.month
            or not session.month
            and (last is None and age < MONTHS or is_new and age < REVISED_MONTHS)
        ):
            wanted.append((month, modified))
    for done, (month, modified) in enumerate(wanted):
        session.progress(done, len(wanted), "months of Comext")
        session.fetch(
            "EUROSTAT_URL",
            params={"file": f"{FOLDER}/full_v2_{month}.7z"},
            partition=f"month-{month}",
            edition=modified.isoformat() if modified else "",
            expect=("7z",),
        )
    session.progress(len(wanted), len(wanted), "months of Comext")


def published(listing: str) -> dict[str, datetime | None]:
    """Months of which the listing names a bulk file, and when the file was last changed, where that is listed."""
    months: dict[str, datetime | None] = {}
    for line in listing.splitlines():
        # 52 stands where the month does in the annual files
        if month := re.search(r"\bfull_v2_(\d{4}(?:0[1-9]|1[0-2]))\.7z", line):
            stamp = re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:?\d\d)?", line)
            moment = datetime.fromisoformat(stamp.group()) if stamp else None
            months[month.group(1)] = moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    if not months:
        raise RejectedFile("Eurostat's list of Comext files names no month.", "Look at the address in EUROSTAT_URL.")
    return months


def _cell() -> str:
    """What the generations of labels have in common: names without their history, codes without their texts."""
    name = "trim(regexp_replace(\"{}\", ' \\(.*$', ''))"
    month = "try_strptime(replace(regexp_replace(\"PERIOD\", '^[0-9]{6}-', ''), '.', ''), '%b %Y')"
    return ", ".join(
        (
            f"{name.format('REPORTER')} as reporter_label",
            f"{name.format('PARTNER')} as partner_label",
            "nullif(regexp_extract(upper(\"PRODUCT\"), '^(TOTAL|[0-9]{2}|[0-9]{4}|[0-9]{6})(-|$)', 1), '') "
            "as product_code",
            "case upper(regexp_replace(\"FLOW\", '^[12]-', '')) when 'IMPORT' then '1' when 'EXPORT' then '2' end "
            "as flow_code",
            f"strftime({month}, '%Y%m') as month",
        )
    )
