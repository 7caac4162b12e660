"""UN Comtrade: imports and exports as their reporters declare them.

One row of `raw.comtrade_flows` is one reporter's figure for one flow with one partner in one product and period,
under one breakdown (customs procedure, mode of transport, second partner). Values are USD.

Recognised by their columns: API v1 final data (47 columns, with or without an index column; CSV or
Parquet), bulk files (34 columns), API responses (JSON) and the web download (one comma too many in each
row). The layouts from before 2022 are rejected: they lack the breakdown columns that keep a total apart
from its parts, and Comtrade has restated the data since. `raw.comtrade_reporters` and
`raw.comtrade_partners` have one row per area that Comtrade's own reference files name.

    tables.py    the raw tables and the rules of their rows
    files.py     recognising and reading files
    checks.py    gates that no other source has
    service.py   queries to the service

Source of layouts and codes: UN Comtrade, "Trade data items" and "Reference data" of the API v1.
"""

from dagster_project.ingest.sources.comtrade.checks import GATES
from dagster_project.ingest.sources.comtrade.files import read, recognise
from dagster_project.ingest.sources.comtrade.service import fetch, newest_release
from dagster_project.ingest.sources.comtrade.tables import TABLES

__all__ = ["GATES", "HAS_MONTHS", "NAME", "TABLES", "fetch", "newest_release", "read", "recognise"]

NAME = "comtrade"
HAS_MONTHS = True
