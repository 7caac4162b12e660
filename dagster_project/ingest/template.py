"""`make template TO=<folder>`: an empty table in the layout of own flows, and an example of what stands in it.

The example's figures are invented, and it is rejected while its source says so. Not here: the layout and its rules
(sources/own_flows.py).
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from dagster_project.ingest.sources.own_flows import COLUMNS, EXAMPLE_SOURCE
from dagster_project.settings import PROJECT_DIR

EMPTY, EXAMPLE = "own_flows.csv", "own_flows_example.csv"
ROWS = (  # partner, basis, freq, period, product, revision, value, unit, quantity: imports of Armenia
    ("GEO", "origin", "A", "2022", "TOTAL", "", 145_000_000, "", ""),
    ("GEO", "consignment", "A", "2022", "TOTAL", "", 723_000_000, "", ""),
    ("JPN", "origin", "A", "2022", "TOTAL", "", 640_000_000, "", ""),
    ("JPN", "consignment", "A", "2022", "TOTAL", "", 62_000_000, "", ""),
    ("W00", "origin", "A", "2022", "TOTAL", "", 785_000_000, "", ""),
    ("W00", "consignment", "A", "2022", "TOTAL", "", 785_000_000, "", ""),
    ("JPN", "origin", "M", "2022-03", "870323", "HS2022", 5_200_000, "u", 260),
    ("DEU", "origin", "M", "2022-03", "010121", "HS2022", 48_000.5, "kg", 1200),
)


def write(folder: Path) -> list[Path]:
    """Write both files into a folder and return their paths. Raises FileExistsError where one of them is there."""
    rows = [
        ["ARM", partner, "import", basis, freq, period, product, revision, value, "USD", unit, quantity, EXAMPLE_SOURCE,
         "2023-02-20"]
        for partner, basis, freq, period, product, revision, value, unit, quantity in ROWS
    ]  # fmt: skip
    paths = [folder / EMPTY, folder / EXAMPLE]
    for path in paths:
        if path.exists():
            raise FileExistsError(path)
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in zip(paths, ([], rows), strict=True):
        with path.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream, lineterminator="\n").writerows([COLUMNS, *content])
    return paths


def main(arguments: list[str]) -> int:
    """The command line: a folder, by default the project's own. Returns the exit status."""
    try:
        empty, example = write(PROJECT_DIR / (arguments[0] if arguments and arguments[0] else "."))
    except FileExistsError as error:
        print(
            f"{error} is there already, and is not overwritten: remove it, or give another TO=<folder>.",
            file=sys.stderr,
        )
        return 2
    print(
        f"{empty}\n{example}\n\n"
        "What each column means: docs/sources.md, 'Own flows'. Load it: make run DATA=files INBOX=<its folder>"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
