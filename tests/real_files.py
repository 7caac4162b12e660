"""The inbox of the one build with real files, which are not part of the project. Not here: any expectation."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

FOLDERS = (
    "comtrade",
    "eurostat/ui_exports_to_kazakhstan",
    "eurostat/ui_exports_to_kyrgyzstan",
    "national",
    "sanctions/full_xml",
    "reference/concordance/unsd",
)
# Annual averages of the ECB's daily rates, as the known figures were computed with.
DOLLARS_A_EURO = {2019: 1.1195, 2020: 1.1422, 2021: 1.1827, 2022: 1.0530, 2023: 1.0813, 2024: 1.0824}


def _rates() -> str:
    """A history in the ECB's layout, the newest day first, whose rates are constant over each year.

    It ends today, or the package's would be newer and take precedence.
    """
    days = [date(2024, 12, 31) - timedelta(n) for n in range(6 * 366 - 4)]
    lines = [f"{day},{DOLLARS_A_EURO[day.year]},150.1,N/A," for day in days if day.weekday() < 5]
    lines.insert(0, f"{date.today()},1.1,150.1,N/A,")
    return "\n".join(["Date,USD,JPY,CYP,", *lines]) + "\n"


def copy_into(inbox: Path, shared: Path) -> None:
    """Copy the real files into an inbox, with rates of exchange beside them."""
    for name in FOLDERS:
        shutil.copytree(shared / name, inbox / name)
    shutil.copy(shared / "lists/EU_sanctions_HS6_chupilkin.csv", inbox)
    (inbox / "eurofxref-hist.csv").write_text(_rates())
