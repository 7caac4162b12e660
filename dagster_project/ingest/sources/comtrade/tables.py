"""Comtrade's raw tables: their columns, their keys, and the rules no row may break.

A row says much twice, and a rule compares what it says: a value as CIF or FOB and as the primary value, a country by
number and by letters, a period whole and in parts. Not here: codes that the publisher's lists do not have; rows with
them are loaded, counted and not used (dbt, int_comtrade_rows_excluded).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping

from dagster_project.settings import SEEDS_DIR
from dagster_project.warehouse import Continuity, Rule, Table, flag, is_number, literal, number, text

COLUMNS = (
    "datasetCode typeCode freqCode refPeriodId refYear refMonth period reporterCode reporterISO reporterDesc "
    "flowCode flowDesc partnerCode partnerISO partnerDesc partner2Code partner2ISO partner2Desc "
    "classificationCode classificationSearchCode isOriginalClassification cmdCode cmdDesc aggrLevel isLeaf "
    "customsCode customsDesc mosCode motCode motDesc qtyUnitCode qtyUnitAbbr qty isQtyEstimated altQtyUnitCode "
    "altQtyUnitAbbr altQty isAltQtyEstimated netWgt isNetWgtEstimated grossWgt isGrossWgtEstimated cifvalue "
    "fobvalue primaryValue legacyEstimationFlag isReported isAggregate"
).split()

# Without these a row cannot be placed, nor kept apart from its own breakdowns. The others are labels and extras.
REQUIRED = (
    "typeCode freqCode period reporterCode flowCode partnerCode partner2Code classificationCode cmdCode "
    "customsCode motCode cifvalue fobvalue primaryValue"
).split()

# The layouts that Comtrade delivered before 2022: the API's and the web site's.
LEGACY_COLUMNS = ({"pfCode", "rtCode", "TradeValue"}, {"Classification", "Trade Flow Code", "Trade Value (US$)"})

# The most rows one response may hold (preview, web, API, bulk preview). Exactly that many means: cut off.
ROW_LIMITS = (500, 100_000, 250_000, 2_500_000)

VALUES = ("cifvalue", "fobvalue", "primaryValue", "qty", "netWgt")
CODES = ("period", "reporterCode", "partnerCode", "partner2Code", "mosCode", "motCode")  # whole numbers
FLAGS = ("isOriginalClassification", "isQtyEstimated", "isNetWgtEstimated", "isReported", "isAggregate")

KEY = tuple(
    (
        "typeCode freqCode period reporterCode flowCode partnerCode partner2Code classificationCode cmdCode "
        "customsCode mosCode motCode"
    ).split()
)

# A cell's partners are all there when they add up to its row for the world (METHODS check 03: within 0.5 %).
WORLD = "\"partnerCode\" = '0'"
PARTNERS_ADD_UP = (
    f'abs(sum(try_cast("primaryValue" as double)) filter (where not {WORLD}) '
    f'/ sum(try_cast("primaryValue" as double)) filter (where {WORLD}) - 1) <= 0.005'
)


def _countries() -> dict[str, str]:
    """Comtrade's codes of countries, and of the world → the letters they stand for (ISO 3166-1 alpha-3)."""
    with (SEEDS_DIR / "countries.csv").open(newline="", encoding="utf-8") as seed:
        letters = {str(int(row["m49"])): row["iso3"] for row in csv.DictReader(seed)}
    with (SEEDS_DIR / "country_codes.csv").open(newline="", encoding="utf-8") as seed:
        # a code that is no country, or is none any more, has letters of its own
        letters |= {row["code"]: row["iso3"] for row in csv.DictReader(seed) if row["publisher"] == "comtrade"}
    return {code: iso3 for code, iso3 in letters.items() if iso3} | {"0": "W00"}


def _map(pairs: Mapping[str, str]) -> str:
    """A constant map in SQL, which is looked up as fast as a column is read."""
    return f"map {{{', '.join(f'{literal(key)}: {literal(value)}' for key, value in pairs.items())}}}"


COUNTRIES = _map(_countries())
LETTERS = _map(dict.fromkeys(_countries().values(), "known"))  # those of areas that are no countries are not compared


def _other_country(column: str) -> str:
    """SQL that is true where a column's number and its letters are those of two countries. Bulk files have no letters:
    by CASE nothing is looked up there."""
    return (
        f'case when "{column}ISO" is null then false '
        f'else {COUNTRIES}["{column}Code"] <> "{column}ISO" and {LETTERS}["{column}ISO"] is not null end'
    )


# The primary value is the CIF or the FOB value, where one of them is given (0 is "not given"): within a thousandth, and
# a dollar, for some layouts round.
OTHER_VALUE = " and ".join(
    f'(coalesce(try_cast("{c}" as double), 0) = 0 or abs(try_cast("primaryValue" as double) '
    f'- try_cast("{c}" as double)) > greatest(1, 0.001 * try_cast("{c}" as double)))'
    for c in ("cifvalue", "fobvalue")
)
HAS_VALUE = 'greatest(coalesce(try_cast("cifvalue" as double), 0), coalesce(try_cast("fobvalue" as double), 0)) > 0'

FLOWS = Table(
    name="comtrade_flows",
    period="period",
    columns=tuple(COLUMNS),
    key=KEY,
    compared=(
        *(number(c) for c in (*VALUES, "altQty", "grossWgt")),
        *(text(c) for c in ("qtyUnitCode", "altQtyUnitCode")),
        *(flag(c) for c in FLAGS),
    ),
    # A download replaces an earlier one of the same query; a selection of partners is another query, and expires no
    # other partner. A cell that a download holds whole is replaced by any download.
    scope=("typeCode", "freqCode", "period", "reporterCode", "flowCode", "classificationCode", "cmdCode"),
    selected="partnerCode",
    whole=(tuple(c for c in KEY if c != "partnerCode"), PARTNERS_ADD_UP),
    row_limits=ROW_LIMITS,
    continuity=Continuity(
        of=("typeCode", "freqCode", "period", "reporterCode", "flowCode"), most_lost=0.2, may_grow=True
    ),
    rules=(
        Rule(
            "placed",
            " or ".join(f'"{c}" is null' for c in REQUIRED[:11]),
            "A code that places the row is empty (reporter {reporterCode}, partner {partnerCode}, "
            "flow {flowCode}, product {cmdCode}, period {period}).",
            "Use the publisher's own download, unedited.",
        ),
        Rule(
            "whole",
            # or 0.0 for "all modes of transport" would pass for a part, and be left out
            " or ".join(f"contains(\"{c}\", '.')" for c in CODES),
            "A code is written as a decimal number (period {period}, reporter {reporterCode}, "
            "partner {partnerCode}, second partner {partner2Code}, mosCode {mosCode}, motCode {motCode}).",
            "A program has probably turned codes into numbers: use the publisher's own download, unedited.",
        ),
        Rule(
            "numeric",
            '"primaryValue" is null or ' + " or ".join(f'("{c}" is not null and not {is_number(c)})' for c in VALUES),
            "A value is not a number (primaryValue {primaryValue}, cifvalue {cifvalue}, fobvalue {fobvalue}, "
            "qty {qty}, netWgt {netWgt}).",
            "Use the publisher's own download, unedited.",
        ),
        Rule(
            "nonnegative",
            # A minus stands before all digits in the order of texts, and so do the spaces before it: the few such
            # texts alone are read as numbers (by CASE: of an AND all is computed).
            " or ".join(f'case when "{c}" < \'.\' then try_cast("{c}" as double) < 0 else false end' for c in VALUES),
            "A value is negative (primaryValue {primaryValue}, cifvalue {cifvalue}, fobvalue {fobvalue}, "
            "qty {qty}, netWgt {netWgt}).",
            "Trade values cannot be below zero: download it again, or report it to the publisher.",
        ),
        Rule(
            "dated",
            # constant patterns: a pattern that depends on the row is compiled for each row
            "(\"freqCode\" = 'M' and not regexp_full_match(\"period\", '(19|20)[0-9]{2}(0[1-9]|1[0-2])')) "
            "or (\"freqCode\" <> 'M' and not regexp_full_match(\"period\", '(19|20)[0-9]{2,4}')) "
            'or ("freqCode" = \'A\' and length("period") <> 4)',
            "The period {period} does not fit the frequency {freqCode}.",
            "A year is written 2022 and a month 202203.",
        ),
        Rule(
            "past",
            '"period" > case length("period") '
            "when 4 then strftime(today(), '%Y') else strftime(today(), '%Y%m') end",
            "The period {period} lies in the future.",
            "Use the publisher's own download, unedited.",
        ),
        Rule(
            "valued",
            f"{HAS_VALUE} and {OTHER_VALUE}",
            "The primary value {primaryValue} is neither the CIF value ({cifvalue}) nor the FOB value ({fobvalue}).",
            "One of them was edited or is an error: download it again, or report it to the publisher.",
        ),
        Rule(
            "exported",
            # the primary value of an export is its FOB value; an import may have either
            "case when \"flowCode\" in ('X', 'RX', 'DX') then try_cast(\"cifvalue\" as double) > 0 "
            'and coalesce(try_cast("fobvalue" as double), 0) = 0 else false end',
            "The flow {flowCode} is an export, and has the CIF value of an import ({cifvalue}), and no FOB value.",
            "One of them was edited or is an error: download it again, or report it to the publisher.",
        ),
        Rule(
            "consistent",
            '"refYear" <> left("period", 4) '
            'or ("freqCode" = \'M\' and try_cast("refMonth" as integer) <> try_cast(substr("period", 5) as integer))',
            "The period {period} is not that of the year {refYear} and the month {refMonth}.",
            "One of them was edited: use the publisher's own download.",
        ),
        Rule(
            "located",
            " or ".join(map(_other_country, ("reporter", "partner", "partner2"))),
            "A country's number and its letters differ (reporter {reporterCode} {reporterISO}, partner {partnerCode} "
            "{partnerISO}, second partner {partner2Code} {partner2ISO}).",
            "One of them was edited: use the publisher's own download.",
        ),
        Rule(
            "final",
            'length("cmdCode") > 6 and "typeCode" = \'C\'',
            "These are tariff lines: the product code {cmdCode} is a country's own, beyond the six digits of the HS.",
            "Download the final data instead, of 2, 4 or 6 digits (comtradeplus.un.org, or the API's data/v1/get).",
        ),
        Rule(
            "coded",
            "regexp_full_match(\"classificationCode\", 'H[0-9S]') "
            "and not regexp_full_match(\"cmdCode\", 'TOTAL|AG[0-9]|([0-9A-Z]{2}){1,3}')",
            "The product code {cmdCode} is not an HS code of 2, 4 or 6 digits.",
            "A spreadsheet has probably cut the leading zero: use the download before it was opened there.",
        ),
    ),
    floors={
        "sample": (5_000, "the simulated world never reports fewer at any scale that is tested"),
        "files": (1, "a folder may hold a single flow"),
        "live": (1, "the first day of a long fetch may bring a single response"),
    },
)


def _areas(entity: str, own: str, note: str) -> Table:
    """The table of a reference file; the two files spell their columns differently."""
    described = ("text", f"{own}CodeIsoAlpha3", "isGroup", "entryEffectiveDate", "entryExpiredDate")
    return Table(
        name=f"comtrade_{entity}",
        columns=(
            *("id", "text", f"{own}Code", f"{own}Desc", note, f"{own}CodeIsoAlpha2", f"{own}CodeIsoAlpha3"),
            *("entryEffectiveDate", "isGroup", "entryExpiredDate"),
        ),
        key=("id",),
        compared=tuple(text(column) for column in described),
        rules=(
            Rule(
                "named",
                '"id" is null or "text" is null',
                "An area has no code or no name (id {id}).",
                "Use the publisher's own file, unedited.",
            ),
        ),
    )


REPORTERS, PARTNERS = _areas("reporters", "reporter", "reporterNote"), _areas("partners", "Partner", "partnerNote")

TABLES = (FLOWS, REPORTERS, PARTNERS)
