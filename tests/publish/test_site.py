"""The site from small published files: an empty one, and one with names that try to be more than names.

What the sample's site holds is asked of the finished run in test_refresh.py.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb
import pytest
import small_marts
from browser import browser, looks
from hypothesis import given
from hypothesis import strategies as st
from pages import broken_links, pages_of, sql_of_pages
from small_marts import ABOUT, Rows

from dagster_project.publish.site import charts, render, world
from dagster_project.settings import Settings

NASTY = """O'Brien "Land" <script>alert('x')</script>"""
ARABIC = "شركة التجارة"
FORMULA = '=HYPERLINK("http://example.org","gain")'


def build_of(settings: Settings) -> Path:
    return settings.builds_dir / "one"


def build(settings: Settings, rows: Rows) -> None:
    """The folder of a build whose marts have these rows, without its pages."""
    build_of(settings).mkdir(parents=True)
    (build_of(settings) / "docs.html").write_text("<!doctype html><title>dictionary</title>")
    with duckdb.connect(str(build_of(settings) / "ghost_trade.duckdb")) as con:
        small_marts.make(con, rows)


def write(settings: Settings, checks: Sequence[render.Check] = (), parameters: Mapping | None = None) -> render.Built:
    """Write the pages of that build; what changed is told against the pages it had."""
    return render.write(settings, build_of(settings), build_of(settings), checks, parameters)


def country(iso3: str, name: str, role: str) -> dict[str, object]:
    return {"iso3": iso3, "m49": "000", "name": name, "role": role, "is_eaeu": False, "imports_valued_fob": False}


def month_of_trade(number: int, exported: float, imported: float | None) -> dict[str, object]:
    return {
        "exporter": "COALITION", "exporter_kind": "bloc", "importer_iso3": "KAZ", "importer_role": "transit",
        "goods": "854231", "goods_kind": "product", "period": date(2023, number, 1), "export_value_usd": exported,
        "import_fob_usd": imported, "compared_export_usd": None if imported is None else exported,
        "compared_import_fob_usd": imported, "compared_import_fob_low_usd": imported and imported * 0.95,
        "compared_import_fob_high_usd": imported and imported * 1.05,
    }  # fmt: skip


def some_trade() -> dict[str, list[dict[str, object]]]:
    """Two transit countries, one of them without a row of trade; a few months of chips, the last not reported yet."""
    months = [month_of_trade(n, 1e6 * n, 4e5 * n if n < 12 else None) for n in range(1, 13)]
    return {
        "about": [ABOUT],
        "countries": [
            country("KAZ", NASTY, "transit"), country("NIC", "Nicaragua", "transit"),
            country("DEU", "Germany", "coalition"), country("RUS", "Russian Federation", "target"),
        ],
        "controlled_goods": [{
            "list_id": "CHPL", "product_code": "854231", "hs_revision": "HS2022", "tier": "1", "listed_code": "854231",
            "name": "</script><b>chips</b>", "mapping": "exact", "valid_from": date(2023, 5, 19), "source": FORMULA,
        }],
        "corridor_flows": [*months, *(m | {"goods": "CHPL", "goods_kind": "basket"} for m in months)],
        "designations": [{
            "list_id": "OFAC_SDN", "source_id": "1", "country_iso3": "KAZ", "country_role": "transit", "program": "P",
            "program_label": "A program", "name": name, "kind": "entity", "listed_on": date(2023, 6, 1),
            "is_listed": True,
        } for name in (ARABIC, FORMULA, "</td><img src=x onerror=alert(1)>")],
        "events": [{
            "event_id": "e", "event_date": date(2023, 5, 19), "actor": "USA", "scope": "control list",
            "title": "A <list> & more", "source": "somebody",
        }],
        "claims": [{
            "claim_id": "c", "claim_order": 1, "quote": 'He said "<i>much</i>"', "source": "Nikkei Asia", "unit": "usd",
            "definition": "d", "status": "data_missing", "reason": "not_loaded", "query": "select null",
            "kind": "figure", "measure": "sum", "article_statement": 1, "verdict": "Not known: no exports",
        }],
    }  # fmt: skip


@pytest.fixture
def empty(settings: Settings) -> Settings:
    build(settings, {})
    return settings


@pytest.fixture
def small(settings: Settings) -> Settings:
    build(settings, some_trade())
    return settings


def folder_of(settings: Settings) -> Path:
    return build_of(settings) / "site"


# --- what a page says -----------------------------------------------------------------------------------------------


def test_a_file_without_a_row_has_its_pages_and_they_say_what_is_missing(empty) -> None:
    built = write(empty)
    pages = pages_of(folder_of(empty))
    assert built.pages == len(pages) == 7 and not broken_links(folder_of(empty))
    assert "No corridor can be ranked" in pages["index.html"].text
    assert "This build holds no alert" in pages["index.html"].text
    assert "No controlled good is loaded" in pages["goods.html"].text
    assert "not in this build" in pages["article.html"].text
    assert "Dagster's own record, and this site was made without it" in pages["quality.html"].text


def test_a_country_without_data_has_no_page_and_no_part_of_a_page_is_empty(small) -> None:
    write(small)
    assert not (folder_of(small) / "country-NIC.html").exists()
    assert "Nicaragua (no compared flows)" in " ".join(pages_of(folder_of(small))["index.html"].text.split())
    country_page = (folder_of(small) / "country-KAZ.html").read_text(encoding="utf-8")
    assert re.findall(r'data-tab="([^"]+)"', country_page) == ["Listed parties", "Events"]


def test_the_main_chart_of_a_country_names_three_events_and_the_band_is_there(settings) -> None:
    days = {"war": date(2023, 2, 24), "control list": date(2023, 5, 19), "statistics": date(2023, 6, 1),
            "transit": date(2023, 9, 1)}  # fmt: skip
    build(settings, some_trade() | {"events": [
        {"event_id": scope, "event_date": day, "actor": "EU", "scope": scope, "title": scope, "source": "s"}
        for scope, day in days.items()
    ]})  # fmt: skip
    write(settings)
    [main] = [
        json.loads(s)
        for s in pages_of(folder_of(settings))["country-KAZ.html"].scripts
        if '"height"' in s and '"label"' in s
    ]
    assert [e["label"] for e in main["datasets"]["events"]] == [
        "War, Feb 2023", "Control list, May 2023", "Transit, Sep 2023"
    ]  # fmt: skip
    first = main["datasets"]["rows"][0]
    assert first["import_low"] < first["imports"] < first["import_high"]


def test_everything_named_can_be_looked_for_and_leads_to_its_page(small) -> None:
    write(small)
    text = pages_of(folder_of(small))["search.html"].text
    assert NASTY in text and "HS 854231" in text and ARABIC in text
    assert 'href="country-KAZ.html#designations"' in (folder_of(small) / "search.html").read_text(encoding="utf-8")


def test_a_transit_country_is_on_the_map_with_an_arc_of_what_is_above_its_baseline() -> None:
    row = {"exporter": "COALITION", "importer_iso3": "KAZ", "value_usd": 5e6, "baseline_usd": 1e6, "growth_ratio": 5.0}
    onward = row | {"exporter": "KAZ", "importer_iso3": "RUS", "value_usd": 1e6}
    svg = str(world.draw([row], [onward], {"KAZ": NASTY, "RUS": "Russia"}, {"KAZ": "country-KAZ.html"}))
    assert svg.count('class="arc') == 1 and "USD 4.0 million above the baseline" in svg
    assert 'class="land fivefold"' in svg and 'href="country-KAZ.html"' in svg and "<script>" not in svg


def test_names_with_quotes_markup_and_right_to_left_script_stay_names(small) -> None:
    write(small)
    folder = folder_of(small)
    for name, page in pages_of(folder).items():
        text = (folder / name).read_text(encoding="utf-8").replace(charts.script(), "")
        assert "<script>alert" not in text and "<img" not in text and "<b>chips" not in text, name
        assert "<i>much" not in text and "A <list>" not in text, name
        assert all(json.loads(script) for script in page.scripts), name
    country_page = (folder / "country-KAZ.html").read_text(encoding="utf-8")
    assert NASTY in pages_of(folder)["country-KAZ.html"].text
    assert f"<bdi>{ARABIC}</bdi>" in country_page


def test_every_link_resolves_and_every_id_is_there_once(small) -> None:
    write(small)
    assert not broken_links(folder_of(small))


def test_every_page_says_what_it_is_and_how_old(small) -> None:
    write(small)
    for name, page in pages_of(folder_of(small)).items():
        assert render.SIGNAL in page.text and "lists as of 2024-06-02" in page.text, name
        assert "Trade until Apr\u00a02024 (edition of 2024-06-01, loaded on 2024-06-03)" in page.text, name
        assert "SIMULATED" not in page.text, name


def test_simulated_trade_is_marked_across_every_page_and_in_every_csv(settings) -> None:
    build(settings, some_trade() | {"about": [ABOUT | {"is_simulated": True, "notice": "SIMULATED trade."}]})
    write(settings)
    for path in folder_of(settings).glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert 'class="stamp"' in text and "SIMULATED trade." in text and "(SIMULATED)</title>" in text, path.name
    for path in (folder_of(settings) / "data").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            assert all(row["build_is_simulated"] == "True" for row in csv.DictReader(file)), path.name


def test_a_month_that_nobody_reported_is_a_hole_and_not_a_zero(small) -> None:
    write(small)
    page = pages_of(folder_of(small))["country-KAZ.html"]
    [books] = [json.loads(s) for s in page.scripts if '"import_low"' in s and '"gap_low"' in s][:1]
    last = books["datasets"]["rows"][-1]
    assert last["exports"] == 12 and last["imports"] is None and last["gap"] is None


def test_a_country_that_publishes_by_year_is_ranked_and_told_by_its_year(settings) -> None:
    """Two years are compared and no month: 10 m can have been re-exported in 2022, and 30 m in 2023."""
    corridor = {"exporter_bloc": "COALITION", "transit_iso3": "KAZ", "goods": "TOTAL", "goods_kind": "basket"}
    scores = {"anomaly": 60, "evidence": 70, "severity": 0.4, "export_value_usd": 2e8, "ghost_low_90_usd": 1e7}
    flag = {"class": "investigate", "placebo_far": 0, "placebo_windows": 6, "ghost_high_90_usd": 2e7}
    month = month_of_trade(12, 9e6, None) | {"goods": "TOTAL", "goods_kind": "basket"}
    years = [date(2022, 1, 1), date(2023, 1, 1)]
    build(settings, some_trade() | {
        "corridor_flows": [month],
        "corridor_risk": [
            *({**corridor, **scores, **flag, "window_kind": "year", "period": year} for year in years),
            {**corridor, **scores, "window_kind": "rolling_12", "period": date(2023, 12, 1), "class": "not_enough_data",
             "reason": "no_admissible_mirror"},
        ],
        "transit_chains": [
            {**corridor, "target_iso3": "RUS", "freq": "A", "period": year, "in_excess_usd": 5e7, "out_excess_usd": usd,
             "chain_upper_usd": usd, "chain_lower_usd": 0}
            for year, usd in zip(years, (1e7, 3e7), strict=True)
        ],
    })  # fmt: skip
    write(settings)
    pages = {name: " ".join(page.text.split()) for name, page in pages_of(folder_of(settings)).items()}
    assert "Corridors of all goods to investigate1" in pages["index.html"]
    assert "investigate 60 70 0.40 – 10.0 to 20.0 – 2023" in pages["index.html"]
    assert "severity 0.40; the year 2023. The same rule put 0 % of 6 quiet years there" in pages["country-KAZ.html"]
    assert "between 0 and USD 30.0 million in 2023" in pages["country-KAZ.html"]


def test_two_months_are_not_drawn_as_twelve_and_a_year_stands_in(settings) -> None:
    flow = {"exporter": "COALITION", "exporter_kind": "bloc", "goods": "TOTAL", "baseline_id": "b19_21"}
    turkey = [country("TUR", "Türkiye", "transit")]
    months = [flow | {"freq": "M", "period": date(2023, n, 1), "value_usd": 1e6, "baseline_usd": 5e5} for n in (1, 2)]
    year = flow | {"freq": "A", "period": date(2022, 1, 1), "value_usd": 4e7, "baseline_usd": 2e7}
    given_rows = some_trade()
    build(settings, given_rows | {
        "countries": given_rows["countries"] + turkey,
        "excess_trade": [
            *(row | {"importer_iso3": iso3} for row in months for iso3 in ("KAZ", "TUR")),
            year | {"importer_iso3": "TUR"},
        ],
    })  # fmt: skip
    write(settings)
    with (folder_of(settings) / "data" / "index-map.csv").open(encoding="utf-8") as handle:
        rows = [(r["importer_iso3"], r["window_kind"], r["last_month"], r["value_usd"]) for r in csv.DictReader(handle)]
    assert rows == [("TUR", "year", "2022-12-01", "40000000.0")]


def statement(number: int, kind: str, **columns: object) -> dict[str, object]:
    return {
        "claim_id": f"{kind}_{number}", "claim_order": number, "article_statement": number, "kind": kind,
        "quote": f"Statement {number}", "verdict": f"Verdict {number}", "source": "Nikkei Asia", "definition": "d",
        "measure": "none", "query": "select null",
    } | columns  # fmt: skip


def test_each_kind_of_statement_has_its_verdict_and_a_way_to_check_it(settings) -> None:
    capped = {
        "exporter_bloc": "EU27", "goods": "TOTAL", "baseline_id": "b19_21", "value_usd": 3e6, "cap_usd": 2e6,
        "breach_usd": 1e6, "headroom_usd": 0.0,
    }  # fmt: skip
    build(settings, {"about": [ABOUT], "claims": [
        statement(1, "law", status="sourced", source_url="https://example.org/act", checked_on=date(2026, 11, 30)),
        statement(2, "not_measurable", status="not_measurable", nearest_claims="figure_3"),
        statement(3, "figure", status="near", measure="sum", query="select 7", unit="usd", computed_value=7.0),
        statement(4, "list", status="answered", measure="listed_parties", unit="entries", computed_value=1.0),
        statement(5, "scenario", status="reproduced", measure="above_cap", unit="percent", computed_value=50.0,
                  exporter="EU27", importer="KAZ", products="TOTAL"),
        statement(6, "scenario", status="reproduced", measure="union_above_cap", unit="percent", exporter="EU27",
                  products="TOTAL", computed_value=50.0),
    ], "claim_parties": [
        {"claim_id": "list_4", "list_id": "OFAC_SDN", "source_id": "1", "name": ARABIC, "is_listed": True},
    ], "policy_caps": [capped | {"transit_iso3": "KAZ", "period": date(2022, n, 1)} for n in (1, 2)],
       "union_scenarios": [capped | {"union_id": "EAEU", "period": date(2022, n, 1)} for n in (1, 2)],
    })  # fmt: skip
    write(settings)
    page = pages_of(folder_of(settings))["article.html"]
    html = (folder_of(settings) / "article.html").read_text(encoding="utf-8")
    assert all(f"Verdict {n}" in page.text for n in range(1, 7))
    assert 'href="https://example.org/act"' in html and "2026-11-30" in page.text
    assert '<a href="#figure_3"><bdi>Statement 3</bdi></a>' in html and "USD 7" in page.text
    assert ARABIC in page.text and "select 7" in page.text and page.text.count("select null") == 3
    assert {"chart-claim-scenario_5", "chart-claim-scenario_6"} <= set(page.ids)
    home = " ".join(pages_of(folder_of(settings))["index.html"].text.split())
    assert "2 of 3" in home  # of what is computed; a law is no figure


@pytest.mark.parametrize(
    ("index", "year", "sentence"),
    [
        (1.052, 2022, "Domestic demand is 5.2 % above that of 2019 to 2021, as published for 2022."),
        (0.9, 2020, "Domestic demand is 10.0 % below that of 2019 to 2021, as published for 2020."),
        (1.0, None, "Domestic demand is not known: the cap is the pre-war level alone."),
    ],
)
def test_a_cap_says_whose_demand_is_in_it_and_a_member_of_the_union_has_the_union(
    settings, index, year, sentence
) -> None:
    given_rows = some_trade()
    capped = {
        "exporter_bloc": "COALITION", "goods": "CHPL", "baseline_id": "b19_21", "period": date(2023, 1, 1),
        "value_usd": 3e6, "cap_usd": 2e6, "breach_usd": 1e6, "headroom_usd": 0.0,
    }  # fmt: skip
    kazakhstan, *others = given_rows["countries"]
    build(settings, given_rows | {
        "countries": [kazakhstan | {"is_eaeu": True}, *others],
        "policy_caps": [capped | {"transit_iso3": "KAZ", "demand_index": index, "demand_year": year}],
        "union_scenarios": [capped | {"union_id": "EAEU", "members": 5, "transit_breach_usd": 2.5e6}],
    })  # fmt: skip
    write(settings)
    pages = pages_of(folder_of(settings))
    text = " ".join(pages["country-KAZ.html"].text.split())
    assert sentence in text and "to 5 members against a cap of 2.00 million: USD 1.00 million above it" in text
    assert "The union counted as one" not in pages["index.html"].text


def test_no_page_claims_guilt(small) -> None:
    write(small)
    for name, page in pages_of(folder_of(small)).items():
        assert not re.search(r"\b(proof|smuggl\w*|guilty|evasion confirmed|criminal\w*)\b", page.text, re.I), name


def test_checks_stand_with_their_last_result_and_history(small) -> None:
    when = render.datetime(2024, 6, 3, 4, 5)
    checks = [
        render.Check("raw", "comtrade_flows", "unique", True, ((when, True), (when, False))),
        render.Check("raw", "comtrade_flows", "fresh", False, ((when, False),), "Last heard <long> ago."),
        render.Check("marts", "claims", "never_ran", False, ()),
    ]
    write(small, checks, {"cif_default": 0})
    text = " ".join(pages_of(folder_of(small))["quality.html"].text.split())
    assert "✓✗" in text and "never ran" in text and "fresh (a warning). Last heard <long> ago." in text
    assert "cif_default" in pages_of(folder_of(small))["method.html"].text


# --- what can be taken away ------------------------------------------------------------------------------------------


@given(st.text(max_size=30))
def test_no_cell_runs_as_a_formula_unless_it_is_a_number(text: str) -> None:
    cell = render.harmless(text)
    try:
        float(text)
    except ValueError:
        assert not str(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
        assert str(cell).removeprefix("'") == text.removeprefix("'")
    else:
        assert cell == text


def test_a_csv_holds_the_rows_of_its_figure_and_no_formula(small) -> None:
    write(small)
    with (folder_of(small) / "data" / "country-KAZ-designations.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["name"] for row in rows} == {ARABIC, f"'{FORMULA}", "</td><img src=x onerror=alert(1)>"}
    assert rows[0]["build_data_as_of"].startswith("2024-06-01")


def test_the_sql_on_a_page_gives_the_rows_of_its_csv(small) -> None:
    write(small)
    assert sql_of_pages(build_of(small) / "ghost_trade.duckdb", folder_of(small), "country-KAZ") >= 2


@given(st.text())
def test_a_charts_data_cannot_end_its_script(text: str) -> None:
    spec = charts.figure("reports", [{"period": date(2023, 1, 1), "name": text + "</script><!--"}])
    assert "<" not in spec and json.loads(spec)["datasets"]["rows"][0]["name"] == text + "</script><!--"


# --- what is new -----------------------------------------------------------------------------------------------------


def test_the_next_build_tells_what_is_new_and_the_same_build_again_tells_it_again(small) -> None:
    write(small)
    assert "This is the first site built here" in pages_of(folder_of(small))["index.html"].text
    with duckdb.connect(str(build_of(small) / "ghost_trade.duckdb")) as con:
        con.execute("update marts.about set run_id = 'second'")
        con.execute("update marts.claims set status = 'near'")
        con.execute(
            "insert into marts.alerts (exporter_bloc, transit_iso3, goods, goods_kind, kind, rule, entered_on) "
            "values ('COALITION', 'KAZ', 'CHPL', 'basket', 'alert', 'z', '2023-05-01')"
        )
    for _ in range(2):
        write(small)
        text = pages_of(folder_of(small))["index.html"].text
        assert "1 alert is new: the coalition to O'Brien" in text and "1 claim has another status: c is near" in text


# --- in a browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    with browser() as opened:
        yield opened


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nasty_names_and_missing_data_are_quiet_and_open_to_all_in_a_browser(small, chromium, scheme) -> None:
    checks = [render.Check("raw", "flows", "unique", True, ((render.datetime(2024, 6, 3), False),), "One <row>.")]
    write(small, checks, {"cif_default": 0})
    folder = folder_of(small)
    pages = sorted(path.name for path in folder.glob("*.html"))
    for name, look in looks(chromium, folder, pages, width=390, scheme=scheme).items():
        assert not (look.console or look.left_the_disk or look.serious or look.undrawn), (name, look)
        assert look.too_wide <= 0, name


@pytest.mark.slow
def test_tabs_filters_downloads_search_and_comparison_work_in_a_browser_and_all_is_read_without_scripts(
    small, chromium
) -> None:
    write(small)
    folder = folder_of(small).as_uri()
    page = chromium.new_page()
    page.goto(f"{folder}/country-KAZ.html")
    page.get_by_role("tab", name="Listed parties").click()
    assert page.locator("#designations").is_visible()
    for kind, opening in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as download:
            page.locator(".take").first.get_by_role("button", name=kind, exact=True).click()
        content = Path(download.value.path()).read_bytes()
        assert content.startswith(opening) and b"var(--" not in content
    page.goto(f"{folder}/country-KAZ.html?figure=chart-main")
    assert page.locator("#chart-main svg").count() == 1 and page.locator("nav").is_hidden()
    page.goto(f"{folder}/search.html?q=854231")
    assert page.get_by_role("status").inner_text().startswith("1 of ")
    page.goto(f"{folder}/compare.html?a=KAZ&b=854231")
    assert [one.input_value() for one in page.locator(".compared select").all()] == ["KAZ", "854231"]
    page.wait_for_selector(".plot svg path")
    page.close()
    quiet = chromium.new_context(java_script_enabled=False).new_page()
    quiet.goto(f"{folder}/country-KAZ.html")
    assert quiet.locator("#designations").is_visible()
    quiet.goto(f"{folder}/search.html")
    assert ARABIC in quiet.inner_text("main")
    quiet.context.close()
