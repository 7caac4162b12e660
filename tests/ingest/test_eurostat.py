"""Comext: bulk months and web downloads known by their header, filtered, unpacked, revised and refused.

Here belongs what reaches raw, and what is fetched. Not here: how months become years (dbt's unit tests), and
what the real downloads come to (test_shared_files.py).
"""

import csv
import io
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from downloads import by_hand, insert, prepare, reasons, refresh, seven
from downloads import comext_flow as flow
from downloads import comext_listing as listing
from downloads import comext_month as bulk

from dagster_project import warehouse
from dagster_project.files import landing
from dagster_project.files.rejection import RejectedFile
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import eurostat

EUROSTAT = Source.of(eurostat)

EU27 = "European Union - 27 countries (AT, BE, BG)"


def download(*values: tuple[str, str], labels: str = "plain", month: str = "Feb. 2024", **columns: str) -> bytes:
    """A download from the site in one of its generations of labels: (reporter, value in euro) …"""
    product, direction, procedure = (
        ("Total", "EXPORT", "Total") if labels == "bare" else ("TOTAL-Total", "2-EXPORT", "T-Total")
    )
    period = f"{datetime.strptime(month, '%b. %Y'):%Y%m}-{month}" if labels == "coded" else month
    usual = {
        "PARTNER": "Kazakhstan",
        "PRODUCT": product,
        "FLOW": direction,
        "STAT_PROCEDURE": procedure,
        "PERIOD": period,
    }
    text = io.StringIO()
    quoting = csv.QUOTE_MINIMAL if labels == "plain" else csv.QUOTE_NONNUMERIC
    writer = csv.DictWriter(text, eurostat.LABELS, lineterminator="\r\n", quoting=quoting)
    text.write(",".join(eurostat.LABELS) + "\r\n")
    writer.writerows({"REPORTER": reporter, "VALUE_IN_EUR": int(value)} | usual | columns for reporter, value in values)
    return text.getvalue().encode()


def put(settings, content: bytes, name: str = "download") -> Path:
    (settings.inbox / name).write_bytes(content)
    return settings.inbox / name


def flows(settings, columns: str = "REPORTER, PARTNER, PRODUCT_NC, VALUE_EUR") -> list[tuple]:
    """What is true now, in order."""
    return warehouse.ask(settings, f"select {columns} from raw.eurostat_flows where _valid_to is null order by all")


def cells(settings) -> list[tuple]:
    columns = "reporter_label, partner_label, product_code, flow_code, month, VALUE_IN_EUR"
    return warehouse.ask(settings, f"select {columns} from raw.eurostat_downloads where _valid_to is null order by all")


# ---------------------------------------------------------------- bulk


@pytest.mark.parametrize("packed", [bytes, seven], ids=["dat", "7z"])
def test_a_month_is_read_packed_or_not(settings, packed):
    put(settings, packed(bulk(flow(), flow(PRODUCT_NC="TOTAL", SUPPL_UNIT="NO_SU"))))
    refresh(settings, [EUROSTAT])
    assert reasons(settings) == []
    assert flows(settings) == [("LT", "KZ", "85423190", "100"), ("LT", "KZ", "TOTAL", "100")]


def test_an_archive_lands_as_it_was_published(settings):
    published = seven(bulk())
    put(settings, published, "full_v2_202402.7z")
    refresh(settings, [EUROSTAT])
    [landed] = landing.landed(settings.landing_dir, "eurostat")
    assert landed.path.startswith("eurostat/flows/month-202402/") and landed.path.endswith(".csv.7z")
    assert (settings.landing_dir / landed.path).read_bytes() == published


def test_only_partners_with_a_role_are_kept_and_serbia_has_a_code_of_its_own(settings):
    put(settings, seven(bulk(*(flow(PARTNER=p) for p in ("KZ", "US", "RU", "XS", "RS", "DE", "QR", "CN")))))
    refresh(settings, [EUROSTAT])
    assert [partner for _, partner, *_ in flows(settings)] == ["CN", "KZ", "RS", "RU", "XS"]


def test_a_month_without_such_partners_is_loaded_and_leaves_no_row(settings, shared):
    put(settings, (shared / "eurostat" / "full_v2_sample_AT_AD_202402.dat").read_bytes())
    refresh(settings, [EUROSTAT])
    assert reasons(settings) == [] and flows(settings) == []
    assert warehouse.ask(settings, "select status, rows_read from raw.landings") == [("loaded", 0)]


def test_the_real_layout_with_its_hidden_product_is_read(settings, shared):
    real = (shared / "eurostat" / "full_v2_sample_AT_AD_202402.dat").read_bytes()
    put(settings, real.replace(b"AT,AD,", b"AT,KZ,"))
    refresh(settings, [EUROSTAT])
    rows = flows(settings, "PRODUCT_NC, VALUE_EUR, QUANTITY_KG")
    assert len(rows) == 13 and ("39XXXXXX", "89", "0") in rows and ("38089490", "2700", "136") in rows


def test_the_parts_of_one_product_stand_side_by_side(settings):
    rows = [flow(STAT_PROCEDURE=p, TRADE_TYPE=t) for p in "1239" for t in "EI"]
    hidden = [flow(PRODUCT_NC="39XXXXXX", PRODUCT_SITC=s) for s in ("582XX", "583XX")]
    put(settings, bulk(*rows, *hidden))
    refresh(settings, [EUROSTAT])
    assert reasons(settings) == [] and len(flows(settings)) == 10


def test_a_revised_month_closes_what_changed_and_what_is_gone(settings):
    put(settings, seven(bulk(flow(), flow(PRODUCT_NC="85423290"), flow(PRODUCT_NC="85423390"))), "a")
    refresh(settings, [EUROSTAT])
    put(settings, seven(bulk(flow(VALUE_EUR="120"), flow(PRODUCT_NC="85423290"))), "b")
    refresh(settings, [EUROSTAT])
    assert flows(settings) == [("LT", "KZ", "85423190", "120"), ("LT", "KZ", "85423290", "100")]
    assert warehouse.ask(settings, "select count(*) from raw.eurostat_flows where _valid_to is not null") == [(2,)]


def test_a_selection_closes_no_other_member_and_no_other_partner(settings):
    put(settings, seven(bulk(flow(), flow(REPORTER="DE"), flow(PARTNER="KG"))), "a")
    refresh(settings, [EUROSTAT])
    put(settings, bulk(flow(VALUE_EUR="120")), "b")
    refresh(settings, [EUROSTAT])
    assert flows(settings, "REPORTER, PARTNER, VALUE_EUR") == [
        ("DE", "KZ", "100"),
        ("LT", "KG", "100"),
        ("LT", "KZ", "120"),
    ]


def test_a_month_with_a_late_member_closes_what_the_others_no_longer_say(settings):
    """The set of members differs, so the two are not the same question; the totals tell that it is whole."""
    total = flow(PRODUCT_NC="TOTAL", SUPPL_UNIT="NO_SU")
    put(settings, seven(bulk(flow(), flow(PRODUCT_NC="85423290"), total | {"VALUE_EUR": "200"})), "a")
    refresh(settings, [EUROSTAT])
    put(settings, seven(bulk(flow(), total, flow(REPORTER="DE"))), "b")
    refresh(settings, [EUROSTAT])
    assert [row[:3] for row in flows(settings)] == [
        ("DE", "KZ", "85423190"),
        ("LT", "KZ", "85423190"),
        ("LT", "KZ", "TOTAL"),
    ]


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("FLOW", "3", "The flow 3 is neither 1"),
        ("STAT_PROCEDURE", "4", "The statistical procedure 4 is not one of the parts"),
        ("STAT_PROCEDURE", "T", "The statistical procedure T is not one of the parts"),
        ("PRODUCT_NC", "1012100", "is not a code of the Combined Nomenclature"),
        ("PERIOD", "2024-02", "is not a month"),
        ("VALUE_EUR", "1,5", "A value is not a number"),
        ("VALUE_EUR", "nan", "A value is not a number"),
        ("QUANTITY_KG", "-1", "A value is negative"),
        ("VALUE_EUR", "", "A code or value is empty"),
    ],
)
def test_a_broken_row_rejects_the_month_and_is_named_by_its_line(settings, column, value, expected):
    """Rows of partners that are not kept are counted: the line is the one a person finds."""
    put(
        settings,
        seven(bulk(flow(), flow(PARTNER="US"), flow(REPORTER="DE") | {column: value})),
    )
    refresh(settings, [EUROSTAT])
    [reason] = reasons(settings)
    assert expected in reason and reason.startswith("download, row 4: ")
    assert flows(settings) == []


def test_an_annual_file_is_rejected(settings):
    put(settings, seven(bulk(flow(PERIOD="202452"))))
    refresh(settings, [EUROSTAT])
    assert "annual file (period 202452)" in reasons(settings)[0]


def test_the_layout_before_v2_is_rejected(settings):
    put(settings, b"DECLARANT,DECLARANT_ISO,PARTNER,PRODUCT_NC,STAT_REGIME,VALUE_IN_EUROS\n001,FR,0003,01,1,5\n")
    refresh(settings, [EUROSTAT])
    assert "before v2" in reasons(settings)[0]


# ---------------------------------------------------------------- archives


def test_a_damaged_archive_is_rejected_and_nothing_of_it_is_kept(settings):
    whole = bytearray(
        seven(bulk(*(flow(PRODUCT_NC=f"{n:08}", QUANTITY_KG=str(n * 7919 % 99991)) for n in range(40_000))))
    )
    for at in range(len(whole) // 2, len(whole) // 2 + 64):
        whole[at] ^= 0xFF
    put(settings, bytes(whole))
    refresh(settings, [EUROSTAT])
    assert "cannot be unpacked" in reasons(settings)[0] and flows(settings) == []


def test_an_archive_that_is_cut_off_is_rejected(settings):
    put(settings, seven(bulk())[:-20])
    refresh(settings, [EUROSTAT])
    assert "cannot be unpacked" in reasons(settings)[0]


def test_an_archive_of_several_files_gives_the_one_that_is_known(settings):
    put(settings, seven(bulk(), **{"readme.txt": b"see"}))
    refresh(settings, [EUROSTAT])
    assert reasons(settings)[0].startswith("download/readme.txt: No known layout begins like this: 'see'.")
    assert flows(settings)


def test_what_was_unpacked_is_gone_after_the_load(settings, monkeypatch, tmp_path):
    (tmp_path / "unpacked").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "unpacked"))
    put(settings, seven(bulk()), "good")
    put(settings, seven(bulk(flow(FLOW="3"))), "bad")
    refresh(settings, [EUROSTAT])
    assert len(flows(settings)) == 1 and len(reasons(settings)) == 1
    assert list((tmp_path / "unpacked").iterdir()) == []


# ---------------------------------------------------------------- downloads


@pytest.mark.parametrize("labels", ["plain", "coded", "bare"])
def test_three_generations_of_labels_say_the_same(settings, labels):
    long = "Spain (incl. Canary Islands 'XB' from 1997)"
    put(settings, download(("Lithuania", "912"), (long, "5"), (EU27, "917"), labels=labels))
    refresh(settings, [EUROSTAT])
    assert reasons(settings) == []
    assert cells(settings) == [
        ("European Union - 27 countries", "Kazakhstan", "TOTAL", "2", "202402", "917"),
        ("Lithuania", "Kazakhstan", "TOTAL", "2", "202402", "912"),
        ("Spain", "Kazakhstan", "TOTAL", "2", "202402", "5"),
    ]


def test_a_line_under_two_labels_is_one_line_and_no_contradiction(settings):
    put(settings, download(("Lithuania", "912")), "a")
    put(settings, download(("Lithuania", "912"), labels="coded"), "b")
    refresh(settings, [EUROSTAT])
    assert reasons(settings) == [] and len(cells(settings)) == 1
    assert warehouse.ask(settings, "select PERIOD from raw.eurostat_downloads") == [("Feb. 2024",)]


def test_a_line_that_stands_there_twice_is_one_line(settings):
    put(settings, download(("Lithuania", "912"), ("Malta", "1"), ("Lithuania", "912")))
    refresh(settings, [EUROSTAT])
    assert reasons(settings) == [] and len(cells(settings)) == 2


def test_two_values_for_one_line_are_rejected_in_one_file_and_in_two(settings):
    put(settings, download(("Lithuania", "912"), ("Lithuania", "913")), "a")
    put(settings, download(("Malta", "1")), "b")
    put(settings, download(("Malta", "2"), labels="bare"), "c")
    refresh(settings, [EUROSTAT])
    twice, contradicts = sorted(reasons(settings))
    assert "The key is there twice (reporter_label=Lithuania" in twice and ", row" not in twice
    assert "contradicts b" in contradicts
    assert [(row[0], row[-1]) for row in cells(settings)] == [("Malta", "1")]


def test_a_later_download_is_a_revision(settings):
    put(settings, download(*((f"Member {n}", "5") for n in range(20)), ("Malta", "1")), "a")
    refresh(settings, [EUROSTAT])
    put(settings, download(*((f"Member {n}", "6") for n in range(20))), "b")
    refresh(settings, [EUROSTAT])
    assert len(cells(settings)) == 20 and {row[-1] for row in cells(settings)} == {"6"}


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"STAT_PROCEDURE": "1-NORMAL"}, "a part of the trade"),
        ({"PERIOD": "Jan.-Dec. 2024"}, "A label cannot be read"),
        ({"PRODUCT": "Electronic integrated circuits"}, "A label cannot be read"),
        ({"FLOW": "BALANCE"}, "A label cannot be read"),
        ({"VALUE_IN_EUR": ":"}, "is not a number"),
    ],
)
def test_a_download_that_cannot_be_placed_is_rejected(settings, columns, expected):
    put(settings, download(("Lithuania", "912"), **columns))
    refresh(settings, [EUROSTAT])
    assert expected in reasons(settings)[0] and cells(settings) == []


# ---------------------------------------------------------------- gates


def test_an_unknown_code_shuts_the_gate_and_a_known_one_does_not(settings):
    prepare(settings, [EUROSTAT])
    insert(settings, eurostat.FLOWS, flow(), flow(REPORTER="GR", PARTNER="XS"))
    gate = eurostat.GATES["eurostat_flows"]["mapped"]
    assert gate(settings, {}).passed
    insert(settings, eurostat.FLOWS, flow(REPORTER="ZZ"))
    assert not gate(settings, {}).passed and gate(settings, {}).blocks and "ZZ" in gate(settings, {}).sentence


def test_an_unknown_name_shuts_the_gate_and_blocs_and_members_do_not(settings):
    put(settings, download(("Lithuania", "5"), (EU27, "5"), ("Euro area (AT-01/1999)", "5"), ("Czechia", "5")))
    refresh(settings, [EUROSTAT])
    gate = eurostat.GATES["eurostat_downloads"]["mapped"]
    assert gate(settings, {}).passed
    by_hand(settings, "update raw.eurostat_downloads set reporter_label = 'EFTA' where reporter_label = 'Czechia'")
    assert not gate(settings, {}).passed and gate(settings, {}).blocks and "EFTA" in gate(settings, {}).sentence


# ---------------------------------------------------------------- fetching


class FetchSession:
    """The session that a source fetches with; it records the requests."""

    def __init__(self, tmp_path: Path, listing: str, landed: dict[str, datetime] | None = None):
        (tmp_path / "listing").write_text(listing)
        self.settings = SimpleNamespace(addresses={"EUROSTAT_URL": "https://eurostat.test"})
        self.month = ""
        self.listing, self.landed, self.requests = tmp_path / "listing", landed or {}, []
        self.month = ""

    def get(self, url, params, expect):
        assert url == "https://eurostat.test/files" and params["dir"] == "comext/COMEXT_DATA/PRODUCTS"
        return SimpleNamespace(path=self.listing)

    def last_request(self, partition):
        return SimpleNamespace(requested_at=self.landed[partition].isoformat()) if partition in self.landed else None

    def fetch(self, url, params, partition, edition, expect):
        self.requests.append((params["file"], partition))

    def progress(self, done, total, what): ...


def test_new_months_are_fetched_newest_first_and_years_are_not(tmp_path):
    session = FetchSession(tmp_path, listing("202352", "202312", "202402", "202401"))
    eurostat.fetch(session)
    assert session.requests == [
        (f"comext/COMEXT_DATA/PRODUCTS/full_v2_{m}.7z", f"month-{m}") for m in ("202402", "202401", "202312")
    ]


def test_no_month_older_than_three_years_is_fetched(tmp_path):
    months = [f"{year}{month:02}" for year in range(2019, 2024) for month in range(1, 13)]
    session = FetchSession(tmp_path, listing(*months))
    eurostat.fetch(session)
    assert [partition for _, partition in session.requests] == [f"month-{m}" for m in sorted(months, reverse=True)[:36]]


def test_a_recent_month_is_fetched_again_when_it_has_changed_since(tmp_path):
    months = [f"2023{month:02}" for month in range(1, 13)]
    changed = datetime(2024, 4, 16, 9, tzinfo=UTC)
    landed = {f"month-{m}": changed + timedelta(hours=1 if m == "202311" else -1) for m in months}
    session = FetchSession(tmp_path, listing(*months), landed)
    eurostat.fetch(session)
    assert [p for _, p in session.requests] == [f"month-2023{m}" for m in ("12", "10", "09", "08", "07")]


def test_a_list_without_months_is_reported_and_is_not_taken_for_nothing_new(tmp_path):
    with pytest.raises(RejectedFile, match="names no month"):
        eurostat.fetch(FetchSession(tmp_path, "<html>moved</html>"))
