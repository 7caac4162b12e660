"""Reported cells in the layout of UN Comtrade's API v1 "final data": 47 columns, a header, gzip.

Belongs here: how a row looks. Does not belong here: what its figures are (reports.py). Lines are joined from a few
hundred prepared pieces rather than written by a CSV writer: 500,000 rows of 47 columns take two seconds.
"""

import gzip
from pathlib import Path

import pandas as pd

from dagster_project.sample.publication import classification
from dagster_project.sample.reports import (
    IMPORTS_VALUED_BOTH,
    IMPORTS_VALUED_FOB,
    REVISED_MONTHS,
    REVISED_YEAR,
    WORLD,
    Reports,
)
from dagster_project.sample.world_data import (
    AREAS,
    COMTRADE_ISO,
    COUNTRIES,
    YEARS,
    counted_in_items,
    month_index,
    product_name,
)

HEADER = (
    "typeCode,freqCode,refPeriodId,refYear,refMonth,period,reporterCode,reporterISO,reporterDesc,flowCode,"
    "flowDesc,partnerCode,partnerISO,partnerDesc,partner2Code,partner2ISO,partner2Desc,classificationCode,"
    "classificationSearchCode,isOriginalClassification,cmdCode,cmdDesc,aggrLevel,isLeaf,customsCode,customsDesc,"
    "mosCode,motCode,motDesc,qtyUnitCode,qtyUnitAbbr,qty,isQtyEstimated,altQtyUnitCode,altQtyUnitAbbr,altQty,"
    "isAltQtyEstimated,netWgt,isNetWgtEstimated,grossWgt,isGrossWgtEstimated,cifvalue,fobvalue,primaryValue,"
    "legacyEstimationFlag,isReported,isAggregate"
)

FLOW_NAMES = {"X": "Export", "M": "Import", "RX": "Re-export", "RM": "Re-import"}


def write_comtrade(inbox: Path, reports: Reports) -> None:
    """One file of annual and one of monthly figures for every year, named by their release as bulk files are:
    months in the March after, the year in June. One year, and the months of the next, came twice, for some of their
    figures were revised. What nobody publishes has no file."""
    annual = {year: reports.annual[reports.annual.period == year] for year in YEARS}
    monthly = {year: reports.monthly[reports.monthly.period // 100 == year] for year in YEARS}
    months_twice = REVISED_MONTHS[0] // 100
    _write(inbox, f"annual_{REVISED_YEAR}[{REVISED_YEAR + 2}-03-15]", annual[REVISED_YEAR])
    _write(inbox, f"monthly_{months_twice}[{months_twice + 1}-09-15]", monthly[months_twice])
    annual[REVISED_YEAR], monthly[months_twice] = reports.first_annual, reports.first_monthly
    for year in YEARS:
        _write(inbox, f"monthly_{year}[{year + 1}-03-15]", monthly[year])
        _write(inbox, f"annual_{year}[{year + 1}-06-15]", annual[year])


def _write(inbox: Path, name: str, cells: pd.DataFrame) -> None:
    if cells.empty:
        return
    path = inbox / f"SIMULATED_comtrade_{name}.csv.gz"
    text = "\n".join([HEADER, *_lines(cells), ""])
    # No name and no time in the gzip header: the same cells give the same bytes.
    with path.open("wb") as raw, gzip.GzipFile("", "wb", compresslevel=3, fileobj=raw, mtime=0) as packed:
        packed.write(text.encode())


def _lines(cells: pd.DataFrame) -> list[str]:
    period = {p: _period(p) for p in cells.period.unique()}
    country = {
        iso3: f"{code},{COMTRADE_ISO[iso3]},{_quoted(name)}"
        for iso3, code, name in zip(COUNTRIES.index, COUNTRIES.code, COUNTRIES.name, strict=True)
    }
    country |= {area: f"{code},{iso},{_quoted(name)}" for area, (code, iso, name) in AREAS.items()}
    country[WORLD] = f"0,{WORLD},World"
    flow = {code: f"{code},{name}" for code, name in FLOW_NAMES.items()}
    revision = {
        (p, r): f"0,{WORLD},World,{_classification(r, p)},HS,True" for p in period for r in cells.reporter.unique()
    }
    code = {c: f"{_commodity(c)},C00,TOTAL CPC,0,0,TOTAL MOT" for c in cells.code.unique()}
    tail = {c: "0,True,False" if len(c) == 6 else "0,False,True" for c in code}
    return [
        f"{period[p]},{country[r]},{flow[f]},{country[k]},{revision[p, r]},{code[c]},"
        f"{_quantity(c, kg, items)},-1,N/A,0.0,False,{0 if c == 'TOTAL' else kg}.0,False,0.0,False,"
        f"{_values(r, f, cents, fob)},{tail[c]}"
        for p, r, f, k, c, kg, items, cents, fob in zip(
            *(cells[name].tolist() for name in
              ("period", "reporter", "flow", "partner", "code", "kg", "items", "cents", "fob_cents")),
            strict=True,
        )
    ]  # fmt: skip


def _period(period: int) -> str:
    """typeCode … period; Comtrade writes month 52 for a whole year."""
    if period < 10_000:
        return f"C,A,{period}0101,{period},52,{period}"
    year, month = divmod(period, 100)
    return f"C,M,{period}01,{year},{month},{period}"


def _classification(reporter: str, period: int) -> str:
    """Of a year its first month counts."""
    first_month = f"{period}01" if period < 10_000 else str(period)
    return classification(reporter, month_index(f"{first_month[:4]}-{first_month[4:]}"))


def _commodity(code: str) -> str:
    """cmdCode … isLeaf."""
    level = 0 if code == "TOTAL" else len(code)
    return f"{code},{_quoted(product_name(code))},{level},{level == 6}"


def _quantity(code: str, kg: int, items: int) -> str:
    """qtyUnitCode … isQtyEstimated. A heading has a quantity only if all its goods are counted alike."""
    in_items = counted_in_items(code)
    if in_items is None:
        return "-1,N/A,0.0,False"
    return f"5,u,{items}.0,False" if in_items else f"8,kg,{kg}.0,False"


def _values(reporter: str, flow: str, cents: int, fob_cents: int) -> str:
    """cifvalue, fobvalue, primaryValue in USD; what a country does not publish is 0.0, as in the source."""
    is_import = flow in ("M", "RM")
    primary = _usd(cents)
    if not is_import or reporter in IMPORTS_VALUED_FOB:
        return f"0.0,{primary},{primary}"
    return f"{primary},{_usd(fob_cents) if reporter in IMPORTS_VALUED_BOTH else '0.0'},{primary}"


def _usd(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text
