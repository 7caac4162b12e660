"""A member's exports in euro, in the layout of a download from Eurostat's Comext: the world has no exchange rates.

Belongs here: the few rows that cannot be valued in dollars. Does not belong here: any country or pair that the
scenario or the honest trade of this world knows.
"""

import calendar
from pathlib import Path

NAME = "SIMULATED_Relational_View_2025-03-15T00_00_00.000Z.csv"  # the site names a download by its moment
HEADER = "REPORTER,PARTNER,PRODUCT,FLOW,STAT_PROCEDURE,PERIOD,VALUE_IN_EUR"
REPORTER, PARTNER, YEAR = "Malta", "Mongolia", 2023
LEAST_EUR, MORE_EUR = 40_000, 1_500  # in January, and more in every month after


def write_comext(path: Path) -> None:
    """Writes the twelve months of the year, all goods together."""
    lines = [
        f"{REPORTER},{PARTNER},TOTAL-Total,2-EXPORT,T-Total,{calendar.month_abbr[month]}. {YEAR},"
        f"{LEAST_EUR + MORE_EUR * (month - 1)}"
        for month in range(1, 13)
    ]
    path.write_text("\n".join([HEADER, *lines, ""]), encoding="utf-8")
