"""What of its reports each country publishes: years or months, which codes, in which revision of the HS.

Belongs here: the practices of publishing, and the variants of a world in which all publish alike. Does not belong here:
what is in a report (reports.py) and how a file looks (comtrade.py).
"""

from typing import NamedTuple

import pandas as pd

from dagster_project.sample.world_data import (
    CONTROLLED,
    COUNTRIES,
    HS2017_ANCESTOR,
    MONTHS,
    WASHING_MACHINES,
    month_index,
)

FIRST_HS2022_MONTH = month_index("2022-01")
# Countries that went on in the revision before after the others had left it, until this month.
LATE_HS2022_MONTH = {"TJK": month_index("2023-01"), "ZAF": month_index("2023-01"), "MNG": MONTHS}
# Countries that had not come to HS2017 when the others left it. No table of this world bridges the two.
HS2012_REPORTERS = ("MNG",)

YEAR_TO_DATE = ("AZE",)  # publish the months of a year that is not over as that year
ZEROS_WRITTEN = ("MYS",)  # publish a 0 for a year in which a usual export did not happen

LISTED = {*CONTROLLED, *WASHING_MACHINES} | {HS2017_ANCESTOR[code] for code in CONTROLLED if code in HS2017_ANCESTOR}


class Publication(NamedTuple):
    """Who publishes months only, who years only, and of whom only the listed codes are there with their chapters (if
    `has_chapters`) and totals. All others publish everything, by months and years."""

    months_only: tuple[str, ...] = ()
    years_only: tuple[str, ...] = ()
    selected_codes: tuple[str, ...] = ()
    has_chapters: bool = True


EVERYBODY = tuple(COUNTRIES.index)
# The world as it is, and others in which the same trade is published differently (bench.detection).
VARIANTS = {
    "mixed": Publication(months_only=("GEO", "ISR", "NOR"), years_only=("TJK",), selected_codes=("UZB",)),
    "monthly": Publication(months_only=EVERYBODY),
    "annual": Publication(years_only=EVERYBODY),
    "chapters": Publication(selected_codes=EVERYBODY),
    "codes": Publication(selected_codes=EVERYBODY, has_chapters=False),
}


def published(cells: pd.DataFrame, freq: str, publication: Publication) -> pd.DataFrame:
    """The cells (reporter, code, …; all levels) of frequency 'A' or 'M' that are published."""
    unpublished = publication.months_only if freq == "A" else publication.years_only
    level = cells.code.str.len().mask(cells.code == "TOTAL", 0)
    is_there = cells.code.isin(LISTED) | (level == 0) | ((level == 2) & publication.has_chapters)
    return cells[~cells.reporter.isin(unpublished) & (is_there | ~cells.reporter.isin(publication.selected_codes))]


def classification(reporter: str, month: int) -> str:
    """Comtrade's name of the revision in which a country reports a month: H4 (HS2012), H5 (HS2017) or H6 (HS2022)."""
    if reporter in HS2012_REPORTERS:
        return "H4"
    return "H5" if month < LATE_HS2022_MONTH.get(reporter, FIRST_HS2022_MONTH) else "H6"


def practices(countries: pd.Series, publication: Publication) -> pd.DataFrame:
    """Columns of truth/reporters.csv: what each of the countries (iso3) publishes."""
    published = pd.Series("months and years", index=countries.index)
    published = published.mask(countries.isin(publication.months_only), "months only")
    published = published.mask(countries.isin(publication.years_only), "years only")
    codes = pd.Series("all", index=countries.index)
    selected = "listed, chapters, total" if publication.has_chapters else "listed, total"
    return pd.DataFrame({
        "publishes": published,
        "codes": codes.mask(countries.isin(publication.selected_codes), selected),
        "newest_hs": [classification(country, MONTHS - 1) for country in countries],
        "is_year_to_date": countries.isin(YEAR_TO_DATE),
    })  # fmt: skip
