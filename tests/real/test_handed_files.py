"""Small files of the kinds that real downloads come in, handed over with what is right. Skipped where they are absent.

Here belongs the way from the inbox to raw. Not here: what a mart makes of them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from downloads import COMTRADE, OFAC, loaded, reasons, refresh

from dagster_project import warehouse
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import eurostat, uk_sanctions, us_screening
from dagster_project.settings import PROJECT_DIR

CASES = PROJECT_DIR.parent / "shared" / "cases"
SOURCES = (COMTRADE, OFAC, *(Source.of(module) for module in (eurostat, uk_sanctions, us_screening)))

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not CASES.is_dir(), reason=f"the handed files are not here: {CASES} does not exist"),
]


def load(settings, *folders: str, only: str = "*") -> None:
    for folder in folders:
        for path in (CASES / folder).glob(only):
            if path.name != "README":
                shutil.copy(path, settings.inbox / path.name)
    refresh(settings, SOURCES)


def files_of(folder: str) -> set[str]:
    return {path.name for path in (CASES / folder).iterdir() if path.name != "README"}


def test_comtrades_web_download_loads_with_its_accents(settings):
    load(settings, "01-comtrade-web-latin1")
    assert reasons(settings) == [] and loaded(settings) == files_of("01-comtrade-web-latin1")
    names = warehouse.ask(settings, "select distinct partnerDesc from raw.comtrade_flows order by 1")
    assert {"Türkiye", "Côte d’Ivoire"} <= {name for (name,) in names}
    assert warehouse.ask(settings, "select name from raw.csl_entries") == [("Société Exemple",)]


def test_an_answer_with_a_byte_order_mark_loads(settings):
    load(settings, "34-json-bom")
    assert reasons(settings) == [] and loaded(settings) == files_of("34-json-bom")


def test_zips_of_any_list_or_download_load(settings):
    load(settings, "36-zips")
    assert reasons(settings) == []
    assert {Path(name).parts[0] for name in loaded(settings)} == files_of("36-zips")


def test_the_zipped_list_of_ofac_loads_as_the_xml_does(settings):
    load(settings, "21-ofac-formats", only="SDN_XML.ZIP")
    assert loaded(settings) == {"SDN_XML.ZIP"}
    assert warehouse.ask(settings, "select count(*) from raw.ofac_entries")[0][0] > 0
