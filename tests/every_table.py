"""An inbox whose build leaves no published table empty: the simulated trade, a book of an office's own in euro, by
origin and by consignment, beside it, and two lists that name the same companies. Not here: any expectation.
"""

import csv
import shutil
from itertools import product
from pathlib import Path

from downloads import ofac_xml, un_xml

from dagster_project.ingest.sources import own_flows

# enough for a list to be taken as whole
NAMES = [
    " ".join(parts)
    for parts in product(*[("Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Grove", "Heron")] * 3)
]
LISTED = 405
BY_ORIGIN = {"DEU": 400_000, "JPN": 545_000}
BY_CONSIGNMENT = {"DEU": 900_000, "JPN": 45_000}


def write(inbox: Path, simulated: Path) -> None:
    """Fill a folder, with trade from the inbox of a simulated world."""
    inbox.mkdir()
    for file in simulated.glob("SIMULATED_*"):
        if "comtrade" in file.name or "Relational" in file.name:
            shutil.copyfile(file, inbox / file.name)
    with (inbox / "own.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([own_flows.COLUMNS, *_own_rows()])
    (inbox / "sdn.xml").write_bytes(ofac_xml([_ofac_entry(i, name) for i, name in enumerate(NAMES[:LISTED])]))
    (inbox / "consolidated.xml").write_bytes(un_xml((), [_un_entry(i, name) for i, name in enumerate(NAMES)]))


def _own_rows() -> list[list]:
    return [
        [
            "ARM",
            partner,
            "import",
            basis,
            "A",
            "2022",
            good,
            revision,
            value,
            "EUR",
            "",
            "",
            "SIMULATED, a book",
            "2023-02-20",
        ]
        for good, revision in (("TOTAL", ""), ("854231", "HS2022"))
        for basis, partners in (("origin", BY_ORIGIN), ("consignment", BY_CONSIGNMENT))
        for partner, value in {"W00": sum(partners.values()), **partners}.items()
    ]


def _ofac_entry(number: int, name: str) -> str:
    return (
        f"<sdnEntry><uid>{number}</uid><lastName>{name}</lastName><sdnType>Entity</sdnType><programList><program>"
        f"RUSSIA-EO14024</program></programList><addressList><address><uid>{number}</uid><country>Kazakhstan</country>"
        "</address></addressList></sdnEntry>"
    )


def _un_entry(number: int, name: str) -> str:
    committee = ("Taliban", "Yemen")[number % 2]
    return (
        f"<ENTITY><DATAID>{number}</DATAID><FIRST_NAME>{name}</FIRST_NAME><UN_LIST_TYPE>{committee}</UN_LIST_TYPE>"
        f"<REFERENCE_NUMBER>{committee[:2].upper()}e.{number:03}</REFERENCE_NUMBER><LISTED_ON>2022-02-28</LISTED_ON>"
        "<ENTITY_ADDRESS><COUNTRY>Kazakhstan</COUNTRY></ENTITY_ADDRESS></ENTITY>"
    )
