"""The static site: pages that open from disk, made from the published file alone.

Here belongs which page there is and what it shows. Not here: the queries (questions.py), how a figure is drawn
(charts.py), how a page is laid out (templates/), or any figure that is not in a published table.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from time import monotonic
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dagster_project import warehouse
from dagster_project.publish.site import TEMPLATES, charts, lookup, questions, world
from dagster_project.settings import Settings

Row = dict[str, Any]

SIGNAL = "A screening signal, no finding about any person or firm."
BLOCS = {"COALITION": "the coalition", "EU27": "the EU27"}
PRODUCT_GROUPS = {
    "TOTAL": "all goods",
    "CHPL": "priority goods",
    "CHPL_T1": "priority goods, tier 1",
    "CHPL_T2": "priority goods, tier 2",
    "CHPL_T3A": "priority goods, tier 3.A",
    "CHPL_T3B": "priority goods, tier 3.B",
    "CHPL_T4A": "priority goods, tier 4.A",
    "CHPL_T4B": "priority goods, tier 4.B",
    "EU_833_2014": "goods the EU may not sell to Russia",
    "ARTICLE_WASHERS": "the article's washing machines",
    "ARTICLE_CHIPS": "the article's chips",
}
CLASSES = {
    "investigate": ("investigate", "unusual for months (or years) in a row, and well documented"),
    "verify_data": ("verify the data", "unusual, and something speaks against it: one month alone, little documented"),
    "no_signal": ("no signal", "well documented, and not unusual"),
    "not_enough_data": ("not enough data", "nothing can be said: one side did not report, or too little is documented"),
}
REASONS = {
    "no_admissible_mirror": "no twelve months that both sides published",
    "too_few_components": "too little is known",
    "too_little_documented": "too little is documented",
    "one_month": "one month holds most of it",
    "few_high_months": "no two months are far above the level before the war",
    "one_year": "one year alone",
    "unit_error": "weights in its reports are a hundred times off",
    "importer_not_published": "the importer has not published them",
    "not_comparable": "no months in which a gap may be stated",
    "code_is_new": "no code for it before the war, and no bridge to an older one",
    "no_baseline": "no level before the war to compare with",
    "zero_baseline": "nothing, or next to nothing, was traded before the war",
    "small_rise": "the rise is small",
    "exporter_not_published": "the exporters have not published it",
    "rolling_12": "12 months",
}
STATUSES = {
    "reproduced": "reproduced",
    "near": "near",
    "contradicted": "contradicted",
    "data_missing": "data missing",
    "answered": "answered",
    "sourced": "by its source",
    "not_measurable": "not measurable",
    "simulated": "simulated",
}
KINDS = {
    "figure": "a figure, computed",
    "law": "a fact of law",
    "list": "asked of the loaded lists",
    "scenario": "a scenario",
    "not_measurable": "not measurable by trade",
}
CSV_NAMES = {"reports": "books", "basis_differences": "wedges"}  # files keep the names they were first published under
PROVENANCE = ("dataset", "is_simulated", "data_as_of", "lists_as_of", "code_version", "parameters_hash")


@dataclass(frozen=True)
class Check:
    """A check of the pipeline and its last results, the newest first: (when, whether it passed)."""

    layer: str
    asset: str
    name: str
    is_blocking: bool
    results: tuple[tuple[datetime, bool], ...]
    message: str = ""


@dataclass(frozen=True)
class Built:
    """What was written. Sizes are bytes, of pages without their CSV files."""

    pages: int
    files: int
    size_bytes: int
    largest_page: str
    largest_page_bytes: int
    seconds: float
    picture: bytes  # PNG, for Dagster's page of the site; empty where there is nothing to draw

    @property
    def summary(self) -> str:
        """A few lines for the catalog."""
        return (
            f"{self.pages} pages, {self.size_bytes / 1e6:.1f} MB; the largest is {self.largest_page} with "
            f"{self.largest_page_bytes / 1e6:.2f} MB. They need no server: open `site/index.html`."
        )


@dataclass(frozen=True)
class QueryResult:
    """A query as it ran, its rows, and the file beside the page that holds them."""

    sql: str
    columns: tuple[str, ...] = ()
    rows: Sequence[Row] = ()
    file: str = ""

    def of(self, **wanted: object) -> list[Row]:
        return [row for row in self.rows if all(row[name] == value for name, value in wanted.items())]


@dataclass
class Site:
    """A folder being filled, and the open file it is filled from."""

    con: object
    folder: Path
    about: Row
    environment: Environment
    pages: dict[str, int] = field(default_factory=dict)  # name → bytes

    def query(self, sql: str) -> QueryResult:
        cursor = self.con.execute(sql)
        columns = tuple(column[0] for column in cursor.description)
        return QueryResult(sql.strip(), columns, [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()])

    def family(self, queries: Mapping[str, str], key: str) -> dict[str, dict[str, QueryResult]]:
        """Each query once for all pages: name → the page's key → its own rows, with the SQL that selects them."""
        results: dict[str, dict[str, QueryResult]] = {}
        for name, sql in queries.items():
            whole = self.query(sql)
            mine: dict[str, list[Row]] = {}
            for row in whole.rows:
                mine.setdefault(str(row[key]), []).append(row)
            results[name] = _Pages(whole, key, mine)
        return results

    def keep(self, page: str, results: Mapping[str, QueryResult]) -> dict[str, QueryResult]:
        """The same results, each with its CSV beside the page; one without rows has none."""
        kept = {}
        for name, result in results.items():
            file = f"data/{page}-{CSV_NAMES.get(name, name)}.csv" if result.rows else ""
            if file:
                with (self.folder / file).open("w", encoding="utf-8", newline="") as handle:
                    write_csv(handle, result.columns, result.rows, {name: self.about[name] for name in PROVENANCE})
            kept[name] = QueryResult(result.sql, result.columns, result.rows, file)
        return kept

    def write(self, page: str, template: str, **context: object) -> None:
        html = self.environment.get_template(template).render(page=page, **context)
        path = self.folder / f"{page}.html"
        path.write_text(html, encoding="utf-8")
        self.pages[path.name] = path.stat().st_size


class _Pages(dict):
    """A family's results by key; a key without rows has an empty result, with its SQL."""

    def __init__(self, whole: QueryResult, key: str, rows: Mapping[str, list[Row]]) -> None:
        super().__init__()
        self.whole, self.key, self.mine = whole, key, rows

    def __missing__(self, wanted: str) -> QueryResult:
        sql = f"select * from (\n{self.whole.sql}\n)\nwhere {self.key} = {warehouse.literal(wanted)}"
        return QueryResult(sql, self.whole.columns, self.mine.get(wanted, []))


def write(
    settings: Settings,
    folder: Path,
    earlier: Path,
    checks: Sequence[Check] = (),
    parameters: Mapping[str, object] | None = None,
) -> Built:
    """Write site/ beside ghost_trade.duckdb in a build's folder. Returns what was written.

    `earlier` is the folder of the build before; the first page lists what changed since. `checks` are results that no
    table holds; without them the page has a sentence in their place.
    """
    started = monotonic()
    target, state = folder / "site", _state_of(earlier / "site")
    shutil.rmtree(target, ignore_errors=True)  # of a try that failed
    (target / "data").mkdir(parents=True)
    with warehouse.connect_file(settings, folder / settings.published_path.name) as con:
        con.execute("use marts")
        site = _begin(con, target)
        _write_pages(site, state, checks, parameters or {})
        picture = charts.gaps_picture(site.query(questions.GAPS).rows, bool(site.about["is_simulated"]))
    largest = max(site.pages, key=site.pages.__getitem__)
    return Built(
        pages=len(site.pages),
        files=sum(path.is_file() for path in target.rglob("*")),
        size_bytes=sum(site.pages.values()),
        largest_page=largest,
        largest_page_bytes=site.pages[largest],
        seconds=monotonic() - started,
        picture=picture,
    )


# --- cells --------------------------------------------------------------------------------------------------------


def write_csv(handle, columns: Sequence[str], rows: Iterable[Row], facts: Mapping[str, object]) -> None:
    """Rows as CSV, each with the facts of its build: a figure travels with its date and the word simulated."""
    writer = csv.writer(handle)
    behind = [harmless(value) for value in facts.values()]
    writer.writerow([*columns, *(f"build_{name}" for name in facts)])
    writer.writerows([[harmless(row[column]) for column in columns] + behind for row in rows])


def harmless(value: object) -> object:
    """A cell that no spreadsheet runs: text that begins like a formula gets an apostrophe, unless it is a number."""
    if not isinstance(value, str) or not value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


NOTHING = Markup('<span class="none" title="no figure">–</span>')


def _number(value: float | None, decimals: int = 1) -> str | Markup:
    if value is None:
        return NOTHING
    shown = f"{abs(value):,.{decimals}f}"
    return f"−{shown}" if value < 0 and float(shown.replace(",", "")) else shown


def millions(value: float | None) -> str | Markup:
    """USD as millions, with as many decimals as are meaningful."""
    if value is None:
        return NOTHING
    if not value:
        return "0"
    value = value / 1e6
    return _number(value, 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2)


def percent(value: float | None) -> str | Markup:
    return NOTHING if value is None else f"{_number(100 * value, 0)} %"


def times(value: float | None) -> str | Markup:
    return NOTHING if value is None else f"×{_number(value, 1 if value < 100 else 0)}"


def month(value: date | None) -> str | Markup:
    return NOTHING if value is None else f"{value:%b}\u00a0{value:%Y}"


def day(value: date | None) -> str | Markup:
    return NOTHING if value is None else f"{value:%Y-%m-%d}"


def words(value: str | None) -> str | Markup:
    """A code of the tables as words."""
    return NOTHING if value is None else REASONS.get(value, value.replace("_", " "))


def short(name: str, most: int = 58) -> str:
    """A good's long official name, cut at a word."""
    return name if len(name) <= most else name[:most].rsplit(" ", 1)[0].rstrip(" ;,") + " …"


def file_name(text: str) -> str:
    """A name that is safe in a path and in an address; two texts never share one."""
    safe = re.sub(r"[^A-Za-z0-9_]", "-", text)
    return safe if safe == text else f"{safe}-{text.encode().hex()[:16]}"


# --- the pages ----------------------------------------------------------------------------------------------------


def _begin(con, folder: Path) -> Site:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    site = Site(con, folder, {}, environment)
    about = site.query(questions.ABOUT).rows
    site.about = about[0] if about else dict.fromkeys(
        (*PROVENANCE, "notice", "built_at", "run_id", "files_loaded", "as_of", "data_until", "data_loaded_at")
    )  # fmt: skip
    environment.filters |= {
        "millions": millions, "percent": percent, "times": times, "month": month, "day": day, "words": words,
        "number": _number,
    }  # fmt: skip
    environment.globals |= {
        "about": site.about,
        "signal": SIGNAL,
        "blocs": BLOCS,
        "product_groups": PRODUCT_GROUPS,
        "classes": CLASSES,
        "statuses": charts.STATUSES,
        "claim_statuses": STATUSES,
        "claim_kinds": KINDS,
        "script": charts.script,
        "changes": charts.CHANGE_LABELS,
        "baseline": questions.BASELINE,
    }
    return site


def _write_pages(site: Site, earlier: dict, checks: Sequence[Check], parameters: Mapping[str, object]) -> None:
    countries = site.query(questions.COUNTRIES)
    events = site.query(questions.EVENTS)
    names = {row["iso3"]: row["name"] for row in site.query(questions.NAMES).rows}
    transit = [str(row["iso3"]) for row in countries.rows]
    goods = site.family(questions.GOODS, "goods")
    named = goods["named"].whole
    families = site.family(questions.COUNTRY, "transit_iso3")
    with_data = [r for r in countries.rows if any(families[kind][str(r["iso3"])].rows for kind in ("reports", "years"))]
    links = {str(row["iso3"]): f"country-{file_name(str(row['iso3']))}.html" for row in with_data}
    good_links = {
        str(
            row["goods"]
        ): f"{'basket' if row['goods_kind'] == 'basket' else 'good'}-{file_name(str(row['goods']))}.html"
        for row in named.rows
    }
    site.environment.globals |= {
        "names": names, "links": links, "good_links": good_links, "countries": countries.rows,
        "good_names": {
            str(row["goods"]): short(row["name"] or PRODUCT_GROUPS.get(str(row["goods"]), str(row["goods"])))
            for row in named.rows
        },
    }  # fmt: skip
    claims = site.query(questions.CLAIMS)
    home = {name: site.query(sql) for name, sql in questions.HOME.items()}
    small_reports = _by(goods["reports"].whole.rows, "transit_iso3", "goods")
    for row in with_data:
        _write_country(site, row, families, events.rows, transit, small_reports)
    for row in named.rows:
        _write_good(site, row, goods)
    _write_goods(site, named, goods)
    _write_home(site, home, claims, countries, earlier)
    _write_article(site, claims)
    _write_lookup(site, claims, families["designations"].whole, goods["reports"].whole)
    answers = site.keep("method", {name: site.query(sql) for name, sql in questions.METHOD.items()})
    site.write(
        "method", "method.html.j2", title="Method", answers=answers, parameters=parameters, events=events.rows,
        studies=_studies(answers["studies"].rows),
    )  # fmt: skip
    _write_quality(site, checks, home["sources"])


def _studies(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Every event study: its row of all months after the event, and its chart by half-year where there is one."""
    studies = []
    for rows_of_study in _by(rows, "study_id").values():
        [after] = [row for row in rows_of_study if row["part"] == "after"]
        path = [row for row in rows_of_study if row["part"] == "half_year"]
        studies.append({**after, "chart": charts.figure("study", path) if path else None})
    return studies


def _by(rows: Iterable[Row], *keys: str) -> dict[tuple, list[Row]]:
    groups: dict[tuple, list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return groups


def _in_millions(row: Row, **fields: str) -> Row:
    """A chart's row: its own short names, in millions."""
    return {"period": row["period"]} | {
        short: None if row[name] is None else row[name] / 1e6 for short, name in fields.items()
    }


def _span(*several: Sequence[Row]) -> tuple[date, date] | None:
    periods = [row["period"] for rows in several for row in rows]
    return (min(periods), max(periods)) if periods else None


def _numbered(events: Sequence[Row]) -> list[Row]:
    """The events of an axis in the order of days, one number a month."""
    months = groupby(events, key=lambda e: e["event_date"].replace(day=1))
    return [
        {"period": first, "number": str(n), "events": list(of_month)} for n, (first, of_month) in enumerate(months, 1)
    ]


def _chosen_events(events: Sequence[Row], iso3: str) -> list[Row]:
    """Three events of an axis: the war, the first control list, and the country's own act or a transit ban."""
    wanted = [
        _first(events, scope="war"),
        _first(events, scope="control list"),
        _first(events, actor=iso3) or _first(events, scope="transit"),
    ]
    return sorted((event for event in wanted if event), key=lambda event: event["event_date"])


def _named_events(chosen: Sequence[Row], span: tuple[date, date]) -> list[Row]:
    """The chosen events as the main chart names them: scope and month, each on a line of its own."""
    middle = span[0] + (span[1] - span[0]) / 2
    return [
        {
            "period": event["event_date"].replace(day=1),
            "label": f"{str(event['scope']).capitalize()}, {event['event_date']:%b %Y}",
            "side": "left" if event["event_date"] < middle else "right",  # of its rule, away from the edge
            "height": 8 + 16 * place,
        }
        for place, event in enumerate(chosen)
    ]


def _panel(
    site: Site, name: str, answers: Mapping[str, QueryResult], bloc: str, basket: str, events, span
) -> dict | None:
    """Everything of one bloc and one product group that a country's page draws; None where nothing is reported."""
    reports = answers["reports"].of(bloc=bloc, basket=basket)
    if not reports:
        return None
    rows = [
        _in_millions(r, exports="export_value_usd", imports="import_fob_usd", gap="gap_usd", gap_low="gap_low_usd",
                     gap_high="gap_high_usd")
        for r in reports
    ]  # fmt: skip
    for row in rows:  # where all of a month may be compared, the interval of the gap is that of the imports
        whole = None not in (row["imports"], row["gap"]) and abs(row["exports"] - row["imports"] - row["gap"]) < 1e-6
        row["import_low"] = row["exports"] - row["gap_high"] if whole else None
        row["import_high"] = row["exports"] - row["gap_low"] if whole else None
    marks = [{"period": e["period"], "number": e["number"]} for e in events]

    def figure(kind: str, data: Sequence[Row]) -> str:
        return charts.figure(kind, data, marks, span)

    panel: dict = {
        "bloc": bloc,
        "basket": basket,
        "id": f"{bloc}-{basket}".lower(),
        "rows": rows,
        "reports": figure("reports", rows),
        "reports_summary": _reports_summary(reports),
        "gap": figure("gap", rows) if any(r["gap"] is not None for r in rows) else None,
        "ghost": None, "ghost_summary": "", "chain": None, "chain_summary": "", "cap": None, "cap_summary": "",
        "cap_demand": "", "union": None, "union_summary": "",
    }  # fmt: skip
    ghost = answers["ghost"].of(bloc=bloc, basket=basket)
    if any(r["ghost_low_90_usd"] is not None for r in ghost):
        data = [
            _in_millions(
                r, low="ghost_low_90_usd", high="ghost_high_90_usd", did="ghost_did_usd", rate="ghost_rate_usd",
                added="added_export_usd",
            )
            for r in ghost
        ]  # fmt: skip
        known = [r for r in ghost if r["ghost_low_90_usd"] is not None]
        top = max(known, key=lambda r: r["ghost_high_90_usd"])
        panel["ghost"] = figure("ghost", data)
        newest, widest = [
            f"between USD {millions(r['ghost_low_90_usd'])} and {millions(r['ghost_high_90_usd'])} million in the "
            f"twelve months to {month(r['period'])}"
            for r in (known[-1], top)
        ]
        panel["ghost_summary"] = (
            f"Twelve-month estimate of excess unmirrored exports, nine in ten: {newest}; at its widest {widest}."
        )
    chains = answers["chain"].of(bloc=bloc, basket=basket)
    chain = _chain_by_period(chains)
    if any(r["chain"] is not None for r in chain):
        is_yearly = chains[0]["freq"] == "A"  # a route has months or years
        known = [r for r in chain if r["chain"] is not None][-1 if is_yearly else -12 :]
        panel["chain"] = figure(
            "chain", [_in_millions(r, arrived="arrived", onward="onward", chain="chain") for r in chain]
        )
        panel["chain_upper"] = sum(r["chain"] for r in known)
        first, last = known[0]["period"], known[-1]["period"]
        panel["chain_span"] = f"in {last.year}" if is_yearly else f"from {month(first)} to {month(last)}"
        panel["chain_unit"] = "a year" if is_yearly else "a month"
        panel["chain_summary"] = (
            f"Possible re-exports to Russia and Belarus: between 0 and USD {millions(panel['chain_upper'])} million "
            f"{panel['chain_span']}."
        )
    caps = answers["caps"].of(bloc=bloc, basket=basket)
    if any(r["cap_usd"] is not None for r in caps):
        panel["cap"] = figure("cap", _cap_rows(caps))
        known = [r for r in caps if r["value_usd"] is not None and r["cap_usd"] is not None]
        if known:
            last = known[-1]
            panel["cap_last"] = last
            panel["cap_summary"] = (
                f"In {month(last['period'])} exports of USD {millions(last['value_usd'])} million against a cap of "
                f"{millions(last['cap_usd'])} million; {last['months_in_breach'] or 0} months above it by more than a "
                f"quarter, USD {millions(last['cumulated_breach_usd'])} million above it in all."
            )
            panel["cap_demand"] = _demand_sentence(last["demand_index"], last["demand_year"])
    union = [r for r in answers["union"].of(bloc=bloc, basket=basket) if r["reason"] is None]
    if union and any(r["cap_usd"] is not None for r in union):
        last = union[-1]
        panel["union"] = figure("cap", _cap_rows(union))
        panel["union_summary"] = (
            f"In {month(last['period'])} exports of USD {millions(last['value_usd'])} million to {last['members']} "
            f"members against a cap of {millions(last['cap_usd'])} million: "
            f"{_place(last)}. By their own caps the members other than Russia and Belarus are USD "
            f"{millions(last['transit_breach_usd'])} million above."
        )
    return panel


def _demand_sentence(index: float | None, year: int | None) -> str:
    if index is None or year is None:
        return "Domestic demand is not known: the cap is the pre-war level alone."
    side = "below" if index < 1 else "above"
    return f"Domestic demand is {_number(100 * abs(index - 1))} % {side} that of 2019 to 2021, as published for {year}."


def _place(row: Row) -> str:
    """Where a month stands against its cap, as words."""
    above = row["breach_usd"]
    return f"USD {millions(above or row['headroom_usd'])} million {'above it' if above else 'under it'}"


def _reports_summary(rows: Sequence[Row]) -> str:
    """A chart of both reports as a sentence."""
    top = max(rows, key=lambda r: r["export_value_usd"] or 0)
    summary = (
        f"Both reports from {month(rows[0]['period'])} to {month(rows[-1]['period'])}: exports were largest in "
        f"{month(top['period'])} with USD {millions(top['export_value_usd'])} million."
    )
    known = [r for r in rows if r["gap_usd"] is not None]
    if not known:
        return summary + " The importer's reports cannot be compared in any month."
    widest = max(known, key=lambda r: r["gap_usd"])
    return summary + (
        f" The gap was widest in {month(widest['period'])} with USD {millions(widest['gap_usd'])} million "
        f"({millions(widest['gap_low_usd'])} to {millions(widest['gap_high_usd'])}). The last month with both reports "
        f"is {month(known[-1]['period'])}."
    )


def _cap_rows(rows: Sequence[Row]) -> list[Row]:
    """Months beside their cap, as their chart wants them: in millions, with the upper edge of what is above it."""
    data = [
        _in_millions(r, value="value_usd", cap="cap_usd", breach="breach_usd", headroom="headroom_usd") for r in rows
    ]
    for row in data:
        row["above"] = None if row["cap"] is None or row["value"] is None else max(row["value"], row["cap"])
    return data


def _chain_by_period(rows: Sequence[Row]) -> list[Row]:
    """Both destinations together, as in corridor_risk; a period that one side did not publish stays empty."""

    def total(of_period: list[Row], name: str) -> float | None:
        values = [r[name] for r in of_period if r[name] is not None]
        return sum(values) if values else None

    return [
        {"period": period, 
         "arrived": max((r["in_excess_usd"] for r in of_period if r["in_excess_usd"] is not None), default=None),
         "onward": total(of_period, "out_excess_usd"), "chain": total(of_period, "chain_upper_usd")}
        for (period,), of_period in sorted(_by(rows, "period").items())
    ]  # fmt: skip


def _write_country(site: Site, country: Row, families, events, transit: list[str], small_reports) -> None:
    iso3 = str(country["iso3"])
    page = f"country-{file_name(iso3)}"
    answers = site.keep(page, {name: by_country[iso3] for name, by_country in families.items()})
    span = _span(answers["reports"].rows)
    others = set(transit) - {iso3}
    seen = [e for e in events if span and span[0] <= e["event_date"] <= span[1] and e["actor"] not in others]
    chosen = _chosen_events(seen, iso3)
    marks = _numbered([e for e in seen if e in chosen or e["actor"] == iso3])
    order = [(bloc, basket) for bloc in BLOCS for basket in ("CHPL", "TOTAL")]
    panels = [p for pair in order if (p := _panel(site, country["name"], answers, *pair, marks, span))]
    lists = {r["period"]: r for r in _listings(answers["designations"].rows)}
    dated = [r for r in lists.values() if span and span[0] <= r["period"] <= span[1]]
    coverage = answers["coverage"].rows
    freq = "M" if any(r["freq"] == "M" for r in coverage) else "A"
    statuses = [
        {
            "period": f"{r['period']:%Y-%m}" if freq == "M" else f"{r['period']:%Y}",
            "status": charts.STATUSES[r["coverage_status"]][0],
            "partners": r["partners"],
            "rank": list(charts.STATUSES).index(r["coverage_status"]),
        }
        for r in coverage
        if r["freq"] == freq and r["coverage_status"] in charts.STATUSES
    ]
    years = answers["years"].of(bloc="COALITION") or answers["years"].rows
    yearly = [
        {"year": int(r["year"]), "series": series, "value": r[name] / 1e6}
        for r in years
        for series, name in (
            ("Recorded as exported", "export_value_usd"), ("Recorded as imported (at FOB)", "import_value_fob_usd"))
        if r[name] is not None
    ]  # fmt: skip
    goods = [r for r in answers["goods"].rows if r["bloc"] == "COALITION"] or answers["goods"].rows
    spark = {
        str(r["goods"]): charts.small(
            small_reports[(iso3, r["goods"])],
            {"export_value_usd": "exports", "import_fob_usd": "imports"},
            f"both reports of {r['goods']} by month",
            span=span,
        )
        for r in goods
        if (iso3, r["goods"]) in small_reports
    }
    last = answers["ghost_baselines"].rows
    site.write(
        page,
        "country.html.j2",
        title=country["name"],
        country=country,
        answers=answers,
        panels=panels,
        main_chart=charts.figure("main", panels[0]["rows"], _named_events(chosen, span), span) if panels else None,
        marks=marks,
        span=span,
        goods=goods,
        spark=spark,
        ghost=_first(last, basket="CHPL", window_kind="rolling_12")
        or _first(last, basket="TOTAL", window_kind="rolling_12")
        or _first(last, window_kind="year"),
        listed=[r for r in goods if r["goods_kind"] == "product" and r["class"] != "not_enough_data"],
        signal_row=_first(goods, goods="CHPL") or _first(goods, goods="TOTAL"),
        designation_chart=charts.figure("designations", dated, (), span) if dated else None,
        coverage_chart=charts.figure("coverage", statuses) if statuses else None,
        coverage_statuses=[s for s in charts.STATUSES if any(r["status"] == charts.STATUSES[s][0] for r in statuses)],
        coverage_freq=freq,
        years=years,
        years_chart=charts.figure("years", yearly) if yearly else None,
    )


def _first(rows: Iterable[Row], **wanted: object) -> Row | None:
    return next((row for row in rows if all(row[k] == v for k, v in wanted.items())), None)


def _listings(rows: Sequence[Row]) -> list[Row]:
    """How many parties were listed, or first seen, in each month."""
    parties: dict[date, set] = {}
    for row in rows:
        if row["dated"]:
            parties.setdefault(row["dated"].replace(day=1), set()).add((row["list_id"], row["name"]))
    return [{"period": period, "parties": len(listed)} for period, listed in sorted(parties.items())]


def _write_good(site: Site, good: Row, families) -> None:
    code = str(good["goods"])
    page = site.environment.globals["good_links"][code].removesuffix(".html")
    answers = site.keep(page, {name: by_good[code] for name, by_good in families.items() if name != "named"})
    span = _span(answers["reports"].rows, answers["onward"].rows)
    reports = _by(answers["reports"].rows, "transit_iso3")
    onward = _by(answers["onward"].rows, "transit_iso3", "target_iso3")
    corridors = []
    for (iso3,), rows in reports.items():
        total = sum(r["export_value_usd"] or 0 for r in rows)
        destinations = {end: exports for (start, end), exports in onward.items() if start == iso3}
        corridors.append({
            "iso3": iso3,
            "total": total,
            "chart": charts.small(rows, {"export_value_usd": "exports", "import_fob_usd": "imports"},
                                  f"both reports of {iso3} by month", 340, 90, span),
            "summary": _reports_summary(rows),
            "onward": {end: charts.small(exports, {"export_value_usd": "destination"},
                                         f"exports of {iso3} to {end} by month", 340, 60, span)
                       for end, exports in destinations.items()},
            "onward_last": {end: sum(r["export_value_usd"] or 0 for r in exports[-12:])
                            for end, exports in destinations.items()},
        })  # fmt: skip
    corridors.sort(key=lambda c: -c["total"])
    site.write(page, "good.html.j2", title=good["name"] or PRODUCT_GROUPS.get(code, code), good=good, answers=answers,
               corridors=corridors, span=span)  # fmt: skip


def _write_goods(site: Site, named: QueryResult, goods) -> None:
    reports = goods["reports"]
    span = _span(reports.whole.rows)
    rows = []
    for good in named.rows:
        code = str(good["goods"])
        months = [
            {"period": period, "value": sum(r["export_value_usd"] or 0 for r in of_month)}
            for (period,), of_month in sorted(_by(reports[code].rows, "period").items())
        ]
        risk = goods["risk"][code].of(bloc="COALITION")
        rows.append(good | {
            "corridors": len({r["transit_iso3"] for r in reports[code].rows}),
            "last": sum(r["value"] for r in months[-12:]) if months else None,
            "top": risk[0] if risk and risk[0]["class"] != "not_enough_data" else None,
            "spark": charts.small(months, {"value": "exports"}, f"exports of {code} to transit countries",
                                  span=span),
        })  # fmt: skip
    answers = site.keep("goods", {"named": named, "risk": goods["risk"].whole})
    site.write("goods", "goods.html.j2", title="Goods", goods=rows, answers=answers)


# --- home, and what is new ----------------------------------------------------------------------------------------


def _state_of(folder: Path) -> dict:
    """The state that the site of a folder recorded; empty where there is none, or an unreadable one."""
    try:
        return json.loads((folder / "data" / "build.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _state(about: Row, home: Mapping[str, QueryResult], claims: QueryResult) -> dict:
    return {
        "run_id": about["run_id"],
        "dataset": about["dataset"],
        "built_at": f"{about['built_at']:%Y-%m-%d %H:%M}" if about["built_at"] else None,
        "classes": {f"{r['bloc']}|{r['transit_iso3']}|{r['basket']}": r["class"] for r in home["ranking"].rows},
        "alerts": {
            f"{r['bloc']}|{r['transit_iso3']}|{r['goods']}|{r['kind']}|{r['entered_on']}": str(r["left_on"] or "")
            for r in home["alerts"].rows
        },
        "until": {
            f"{r['transit_iso3']}|{r['basket']}": [str(r["exports_until"] or ""), str(r["imports_until"] or "")]
            for r in home["until"].rows
        },
        "claims": {r["claim_id"]: r["status"] for r in claims.rows},
        "sources": {r["source_name"]: str(r["data_as_of"] or r["last_landed_at"] or "") for r in home["sources"].rows},
    }


def news(now: dict, before: dict, names: Mapping[str, str]) -> list[str]:
    """What changed from one build to the next, as sentences; each kind counted first, then listed."""

    def named(key: str) -> str:
        bloc, iso3, goods = key.split("|")[:3]
        return f"{BLOCS.get(bloc, bloc)} to {names.get(iso3, iso3)}, {PRODUCT_GROUPS.get(goods, goods)}"

    def several(changed: list[str], one: str, many: str) -> list[str]:
        if not changed:
            return []
        more = f"; and {len(changed) - 8} more" if len(changed) > 8 else ""
        return [f"{len(changed)} {one if len(changed) == 1 else many}: {'; '.join(changed[:8])}{more}."]

    def new(kind: str) -> dict:
        return {k: v for k, v in now[kind].items() if before.get(kind, {}).get(k, "") != v}

    def class_of(value: str | None) -> str:
        return (value or "no class").replace("_", " ")

    classes = [
        f"{named(k)} ({class_of(before['classes'].get(k))} → {class_of(v)})"
        for k, v in new("classes").items()
        if before["classes"].get(k) != v
    ]
    began = [k for k in now["alerts"] if k not in before["alerts"]]
    ended = [k for k, v in now["alerts"].items() if v and k in before["alerts"] and not before["alerts"][k]]
    gone = [k for k in before["alerts"] if k not in now["alerts"]]
    sentences = several(classes, "corridor changed its class", "corridors changed their class")
    sentences += several([named(k) for k in began], "alert is new", "alerts are new")
    sentences += several([named(k) for k in ended], "alert ended", "alerts ended")
    sentences += several([named(k) for k in gone], "alert is gone after a revision", "alerts are gone after a revision")
    months = [f"{names.get(k.split('|')[0], k)} ({PRODUCT_GROUPS.get(k.split('|')[1], '')})" for k in new("until")]
    sentences += several(months, "series has newer months", "series have newer months")
    sentences += several([f"{k} is {v.replace('_', ' ')}" for k, v in new("claims").items()],
                         "claim has another status", "claims have another status")  # fmt: skip
    sentences += several(
        [k for k, v in new("sources").items() if v], "source has newer figures", "sources have newer figures"
    )
    return sentences


def _write_home(
    site: Site, home: Mapping[str, QueryResult], claims: QueryResult, countries: QueryResult, earlier: dict
) -> None:
    names = site.environment.globals["names"]
    state = _state(site.about, home, claims)
    before = earlier
    if before.get("run_id") == state["run_id"]:  # the same build written again: compared with what was before it
        before = before.get("before", {})
    known = before.get("dataset") == state["dataset"] and "classes" in before
    changed = news(state, before, names) if known else None
    state["before"] = {k: v for k, v in before.items() if k != "before"}
    (site.folder / "data" / "build.json").write_text(json.dumps(state), encoding="utf-8")
    answers = site.keep("index", home)
    maps = []
    for basket in ("CHPL", "TOTAL"):
        rows = answers["map"].of(basket=basket)
        inward = [r for r in rows if r["exporter"] == "COALITION" and r["value_usd"]]
        onward = [r for r in rows if r["exporter"] != "COALITION" and r["value_usd"]]
        shown = inward[:12]
        through = {r["importer_iso3"] for r in shown}
        onward = [r for r in onward if r["exporter"] in through]
        if inward:
            maps.append({
                "basket": basket,
                "world": world.draw(inward, onward, names, site.environment.globals["links"]),
                "svg": charts.corridor_map(shown, onward, names, site.environment.globals["links"], "Coalition"),
                "left_out": len(inward) - len(shown),
                "rows": shown + onward,
                "months": (min(r["first_month"] for r in inward), max(r["last_month"] for r in inward)),
            })  # fmt: skip
    status = _by(claims.rows, "status")
    ranking = answers["ranking"].rows
    ranked = {r["basket"] for r in ranking}
    # trade by country, as national offices publish it, holds all goods alone
    signal_basket = "TOTAL" if ranked == {"TOTAL"} else "CHPL"
    investigated = [
        r for r in ranking if r["class"] == "investigate" and r["bloc"] == "COALITION" and r["basket"] == signal_basket
    ]
    site.write(
        "index",
        "home.html.j2",
        title="Ghost Trade",
        ranked=len({r["transit_iso3"] for r in ranking if r["basket"] == signal_basket}),
        widest=max(
            (r for r in investigated if r["ghost_high_90_usd"] is not None),
            key=lambda r: r["ghost_high_90_usd"],
            default=None,
        ),
        above_usd=sum(
            max(r["value_usd"] - r["baseline_usd"], 0)
            for r in answers["map"].of(basket=signal_basket, exporter="COALITION")
            if r["baseline_usd"] is not None
        ),
        answers=answers,
        news=changed,
        before=before,
        maps=maps,
        signal_basket=signal_basket,
        investigated=investigated,
        open_alerts=[r for r in answers["alerts"].rows if r["kind"] == "alert" and r["left_on"] is None],
        claim_counts={s: len(status.get((s,), [])) for s in STATUSES},
        recent=[r for r in answers["alerts"].rows if r["kind"] == "alert"][:10],
        until={(r["transit_iso3"], r["basket"]): r for r in answers["until"].rows},
    )


def _write_article(site: Site, claims: QueryResult) -> None:
    answers = site.keep(
        "article", {name: site.query(sql) for name, sql in questions.ARTICLE.items()} | {"claims": claims}
    )
    rows = answers["claims"].rows
    pictures = {
        claim: charts.figure("cap", _cap_rows(months), (), _span(months))
        for (claim,), months in _by(answers["scenarios"].rows, "claim_id").items()
        if any(month["cap_usd"] is not None for month in months)
    }
    site.write(
        "article",
        "article.html.j2",
        title="The article",
        claims=answers["claims"],
        article=[r for r in rows if r["article_statement"] is not None],
        others=[r for r in rows if r["article_statement"] is None],
        quotes={r["claim_id"]: r["quote"] for r in rows},
        pictures=pictures,
        parties=_by(answers["parties"].rows, "claim_id"),
        answers=answers,
        counts={s: count for s in STATUSES if (count := sum(r["status"] == s for r in rows))},
        kinds={k: sum(r["kind"] == k for r in rows) for k in KINDS},
    )


def _write_lookup(site: Site, claims: QueryResult, designations: QueryResult, reports: QueryResult) -> None:
    known = site.environment.globals
    named = (known["links"], known["names"], known["good_links"], known["good_names"])
    site.write("search", "search.html.j2", title="Search",
               rows=lookup.entries(*named, claims.rows, designations.rows))  # fmt: skip
    group = "CHPL" if any(r["goods"] == "CHPL" for r in reports.rows) else "TOTAL"
    series = lookup.series(reports.rows, *named, group)
    site.write("compare", "compare.html.j2", title="Compare", rows=series, group=group,
               series=charts.compared({one["id"]: one["rows"] for one in series}))  # fmt: skip


def _write_quality(site: Site, checks: Sequence[Check], sources: QueryResult) -> None:
    answers = site.keep(
        "quality", {name: site.query(sql) for name, sql in questions.QUALITY.items()} | {"sources": sources}
    )
    file = ""
    if checks:
        file = "data/quality-checks.csv"
        columns = ("layer", "asset", "check", "is_blocking", "checked_at", "passed", "said")
        rows = [
            dict(zip(columns, (c.layer, c.asset, c.name, c.is_blocking, when, passed, c.message), strict=True))
            for c in checks
            for when, passed in c.results
        ]
        with (site.folder / file).open("w", encoding="utf-8", newline="") as handle:
            write_csv(handle, columns, rows, {name: site.about[name] for name in PROVENANCE})
    layers = {layer: list(of_layer) for layer, of_layer in groupby(checks, key=lambda c: c.layer)}
    failed = [c for c in checks if c.results and not c.results[0][1]]
    site.write("quality", "quality.html.j2", title="Data quality", answers=answers, layers=layers, failed=failed,
               checks=checks, file=file)  # fmt: skip
