"""Downloads as they come: in any encoding, saved by a spreadsheet, packed by an operating system; and landings that
changed on disk.

Here belongs what holds for any source. Not here: the bytes of a text (tests/files/test_text.py), or bad files
(test_bad_input).
"""

import gzip
import io
import json
import os
import subprocess
import tarfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import openpyxl
import py7zr
import pytest
import zstandard
from downloads import (
    API_COLUMNS,
    COMTRADE,
    OFAC,
    by_hand,
    comext_month,
    csl_csv,
    csv_of,
    flow,
    json_of,
    loaded,
    ofac_xml,
    prepare,
    reasons,
    refresh,
    seven,
    uk_xml,
    workbook,
    write_parquet,
    zip_of,
)

from dagster_project import warehouse
from dagster_project.files import compression, landing
from dagster_project.files.rejection import MachineFailure, RejectedFile, rejecting
from dagster_project.ingest import inbox, intake
from dagster_project.ingest.source import Source
from dagster_project.ingest.sources import eurostat, uk_sanctions, us_screening

SOURCES = (COMTRADE, OFAC, *(Source.of(module) for module in (eurostat, uk_sanctions, us_screening)))
NAMES = "select distinct partnerDesc from raw.comtrade_flows where _valid_to is null order by 1"
ROWS = [
    flow(partnerCode=code, partnerDesc=name)
    for code, name in (("792", "Türkiye"), ("384", "Côte d'Ivoire"), ("531", "Curaçao"))
]
ACCENTED = [("Curaçao",), ("Côte d'Ivoire",), ("Türkiye",)]
WEB = csv_of(ROWS, newline="\r\n", one_comma_more=True).decode()


UK_ENTRY = (
    "<Designation><UniqueID>RUS0001</UniqueID><Names><Name><Name6>Société</Name6><NameType>Primary name</NameType>"
    "</Name></Names><RegimeName>The Russia (Sanctions) (EU Exit) Regulations 2019</RegimeName>"
    "<IndividualEntityShip>Entity</IndividualEntityShip></Designation>"
)


def sdn(name: str) -> str:
    return (
        f"<sdnEntry><uid>36</uid><lastName>{name}</lastName><programList><program>RUSSIA-EO14024</program></programList>"
        "</sdnEntry>"
    )


def put(settings, name: str, content: bytes) -> None:
    (settings.inbox / name).write_bytes(content)


def tar_of(members: dict[str, bytes], mode: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def month(number: int) -> bytes:
    return csv_of([flow(period=f"2022{number:02}", partnerDesc="Türkiye")])


SHEET = workbook(Data=[API_COLUMNS, *([row[column] or None for column in API_COLUMNS] for row in ROWS)])


@pytest.mark.parametrize(
    "content",
    [
        *(WEB.encode(one) for one in ("latin-1", "cp1252", "utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32")),
        WEB.replace("\r\n", "\r").encode("latin-1"),
        WEB.replace("\r\n", "\n", 2).encode(),
        b"\xef\xbb\xbf" + json_of(ROWS),
        json_of(ROWS).decode().encode("utf-16"),
        b"sep=;\r\n" + csv_of(ROWS, delimiter=";", newline="\r\n").decode().encode("cp1252"),
        csv_of(ROWS).replace(b"typeCode,freqCode", b"TYPECODE,FreqCode"),
        csv_of(ROWS).replace(b"typeCode", b'"\xef\xbb\xbftypeCode"'),
        SHEET,
    ],
)
def test_a_table_of_comtrade_is_read_however_it_was_saved(settings, content):
    put(settings, "download", content)
    refresh(settings)
    assert loaded(settings) == {"download"} and reasons(settings) == []
    assert warehouse.ask(settings, NAMES) == ACCENTED


@pytest.mark.parametrize("size", [90_000, 2_000_000])
def test_an_accent_far_below_the_beginning_is_read_as_well(settings, size):
    rows = [flow(partnerCode=str(code), cmdDesc="x" * 990) for code in range(1_000, 1_000 + size // 1_000)]
    put(settings, "download.csv", csv_of([*rows, flow(partnerDesc="Türkiye")]).decode().encode("latin-1"))
    refresh(settings)
    assert ("Türkiye",) in warehouse.ask(settings, NAMES)


OF_A_MAC = {"Trade.csv": month(1), "__MACOSX/._Trade.csv": b"\0\5\x16\7", ".DS_Store": b"x", "of/": b""}
NESTED = {"b.zip": zip_of({"1.csv": month(1)}), "2.csv.gz": gzip.compress(month(2))}
HOSTILE = {"../../1.csv": month(1), "/2\x1b[31m.csv": month(2)}


@pytest.mark.parametrize(
    "name, packed, files",
    [
        ("a.zip", zip_of({"Trade.csv": WEB.encode("latin-1")}), {"a.zip"}),
        ("a.zip", zip_of(OF_A_MAC), {"a.zip"}),
        ("a.zip", zip_of({"1.csv": month(1), "2.csv": month(2)}), {"a.zip/1.csv", "a.zip/2.csv"}),
        ("a.zip", zip_of(NESTED), {"a.zip/b.zip", "a.zip/2.csv.gz"}),
        ("a.zip", zip_of({"book.xlsx": SHEET}), {"a.zip/book.xlsx"}),
        ("a.zip", zip_of(HOSTILE), {"a.zip/../../1.csv", "a.zip//2\\x1b[31m.csv"}),
        ("a.gz", gzip.compress(WEB.encode("latin-1")), {"a.gz"}),
        ("book.xlsx.gz", gzip.compress(SHEET), {"book.xlsx.gz/book.xlsx"}),
        ("a.zst", zstandard.compress(WEB.encode("utf-16")), {"a.zst"}),
        ("a.7z", seven(WEB.encode("latin-1")), {"a.7z"}),
        ("a.7z", seven(month(1), **{"2.csv": month(2)}), {"a.7z/full_202402.dat", "a.7z/2.csv"}),
        ("a.tar", tar_of({"1.csv": month(1), "2.csv": month(2)}, "w"), {"a.tar/1.csv", "a.tar/2.csv"}),
        ("a.tar.gz", tar_of({"1.csv": month(1)}, "w:gz"), {"a.tar.gz/a.tar/1.csv"}),
    ],
)
def test_a_file_in_an_archive_is_a_file(settings, name, packed, files):
    put(settings, name, packed)
    for _ in range(2):  # the second run finds nothing new
        refresh(settings)
        assert loaded(settings) == files and reasons(settings) == []
    assert ("Türkiye",) in warehouse.ask(settings, NAMES)
    assert not (settings.inbox.parent / "1.csv").exists()


def test_every_source_reads_from_an_archive(settings):
    put(settings, "lists.zip", zip_of({
        "SDN.XML": ofac_xml([sdn("Société")]),
        "csl.csv": csl_csv({"source": "EL", "name": "Société", "addresses": "Almaty"}).decode().encode("cp1252"),
        "uk.xml": uk_xml(UK_ENTRY).decode().encode("utf-16"),
        "full_v2_202402.dat": comext_month(),
    }))  # fmt: skip
    refresh(settings, SOURCES)
    assert reasons(settings) == [] and len(loaded(settings)) == 4
    assert warehouse.ask(settings, "select lastName from raw.ofac_entries union select name from raw.csl_entries") == [
        ("Société",)
    ]


@pytest.mark.parametrize(
    "declared, encoding", [("ISO-8859-1", "latin-1"), ("windows-1251", "cp1251"), ("utf-16", "utf-16")]
)
def test_a_list_is_read_in_the_encoding_it_declares(settings, declared, encoding):
    name = "Société" if encoding != "cp1251" else "Россия"
    text = ofac_xml([sdn(name)]).decode()
    put(settings, "SDN.XML", text.replace('version="1.0"', f'version="1.0" encoding="{declared}"').encode(encoding))
    refresh(settings)
    assert warehouse.ask(settings, "select lastName from raw.ofac_entries") == [(name,)]


def test_a_bad_member_of_an_archive_stops_no_other(settings):
    packed = bytearray(zip_of({"1.csv": month(1), "2.csv": month(2)}, compression=0))
    packed[packed.index(b"202202")] ^= 1
    put(settings, "a.zip", bytes(packed))
    refresh(settings)
    refresh(settings)
    assert loaded(settings) == {"a.zip/1.csv"}
    assert [reason[:46] for reason in reasons(settings)] == ["a.zip/2.csv: The archive cannot be unpacked (B"]


def test_an_archive_with_a_password_is_named_as_such(settings):
    with py7zr.SevenZipFile(settings.inbox / "a.7z", "w", password="secret") as archive:
        archive.writef(io.BytesIO(month(1)), "1.csv")
    refresh(settings)
    assert reasons(settings) == ["a.7z: The archive is locked by a password. Unpack it, and load what is in it."]


DEEP = zip_of({"x.zip": zip_of({"x.zip": zip_of({"x.zip": zip_of({"1.csv": month(1), "2": b""})})})})


@pytest.mark.parametrize(
    "content, part",
    [
        (zip_of({"1.csv": month(1), "2.csv": month(2) + bytes(70 << 20)}), "1,000 times its size"),
        (gzip.compress(month(1) + b"0" * (70 << 20)), "1,000 times its size"),
        (zip_of({f"{n}.csv": b"x" for n in range(1_001)}), "holds 1,001 files"),
        (DEEP, "more than 3 deep"),
    ],
    ids=["zip", "gzip", "count", "depth"],
)
def test_unpacking_has_limits(settings, content, part):
    put(settings, "bomb", content)
    refresh(settings)
    assert loaded(settings) == set() and part in reasons(settings)[0]


@pytest.mark.parametrize(
    "content",
    [
        zip_of({"1.csv": month(1)}),
        zip_of({"1.csv": month(1), "2.csv": month(2)}),
        seven(month(1)),
        gzip.compress(month(1)),
    ],
    ids=["zip of one", "zip of two", "7z", "gzip"],
)
@pytest.mark.parametrize(
    ("limit", "value", "part"),
    [("MOST_UNPACKED_BYTES", 500, "unpacks to more than"), ("MOST_SECONDS", -1, "takes more than")],
)
def test_unpacking_takes_no_more_bytes_than_announced_ones_may_be_and_no_more_time(
    settings, monkeypatch, content, limit, value, part
):
    monkeypatch.setattr(compression, limit, value)
    put(settings, "large", content)
    refresh(settings)
    assert loaded(settings) == set() and all(part in reason for reason in reasons(settings)) and reasons(settings)


def test_a_name_in_other_bytes_is_shown_escaped(settings):
    def named(name: bytes) -> Path:
        return settings.inbox / os.fsdecode(name)

    named(b"T\xfcrk\n.csv").write_bytes(month(1))
    named(b"T\xfcrk.csv.zip").write_bytes(zip_of({"1": month(2), "2": month(3)}))
    write_parquet(settings.inbox / "x", [flow(period="202204")])
    (settings.inbox / "x").rename(named(b"[2024-01-01] T\xfcrk.parquet"))
    refresh(settings)
    assert reasons(settings) == []
    assert loaded(settings) == {
        "T\\xfcrk\\n.csv", "T\\xfcrk.csv.zip/1", "T\\xfcrk.csv.zip/2", "[2024-01-01] T\\xfcrk.parquet"
    }  # fmt: skip


def test_a_stray_cell_far_away_is_no_obstacle(settings):
    book = openpyxl.load_workbook(io.BytesIO(SHEET))
    book.active["XFD20000"] = "x"
    book.save(settings.inbox / "book.xlsx")
    refresh(settings)
    assert warehouse.ask(settings, NAMES) == ACCENTED


def test_a_code_that_a_spreadsheet_made_a_number_is_rejected_with_its_row(settings):
    row = {**ROWS[0], "cmdCode": "010121"}
    cells = [int(row[column]) if column == "cmdCode" else row[column] for column in API_COLUMNS]
    put(settings, "book.xlsx", workbook(Data=[API_COLUMNS, cells]))
    refresh(settings)
    assert reasons(settings)[0].startswith("book.xlsx, row 2: The product code 10121 is not an HS code")


# ---------------------------------------------------------------- what was rejected, and what changed on disk


def test_a_file_on_which_duckdb_fails_is_rejected_and_the_next_one_loads(settings, monkeypatch):
    """After such an error a connection answers nothing any more: the warehouse is opened anew."""
    for n in (1, 2, 3):
        put(settings, f"{n}.csv", month(n))
    load = warehouse.load

    def failing(settings, one, *rest):
        if one.original_name == "1.csv":
            raise duckdb.FatalException("INTERNAL Error: Attempted to access index 9 within vector of size 3")
        return load(settings, one, *rest)

    opened = []
    loading = warehouse.loading
    monkeypatch.setattr(warehouse, "load", failing)
    monkeypatch.setattr(warehouse, "loading", lambda settings: opened.append(1) or loading(settings))
    refresh(settings, [COMTRADE])
    assert loaded(settings) == {"2.csv", "3.csv"} and len(opened) == 3  # the last: to note what was rejected
    [reason] = reasons(settings)
    assert reason.startswith("1.csv: DuckDB fails on it (INTERNAL Error: Attempted to access index 9")


def test_a_disk_that_is_full_while_files_load_blames_no_file_and_the_next_run_loads_them(settings, tmp_path):
    """Also where the warehouse lies in a folder whose name is that of a format."""
    disk = tmp_path / "csv"
    disk.mkdir()

    def mount(size: str, *options: str) -> int:
        how = ",".join((*options, f"size={size}"))
        return subprocess.run(["mount", "-t", "tmpfs", "-o", how, "tmpfs", str(disk)], capture_output=True).returncode

    if mount("2m"):
        pytest.skip("no small disk can be made here")
    small = replace(settings, data_dir=disk)
    try:
        rows = [flow(partnerCode=str(n), cmdDesc=os.urandom(300).hex()) for n in range(6_000)]
        prepare(small)
        put(small, "download.csv.gz", gzip.compress(csv_of(rows)))
        (disk / "landing").symlink_to(tmp_path / "landing")  # a disk of its own
        (tmp_path / "landing").mkdir()
        with pytest.raises(MachineFailure, match="No space left on device"):
            refresh(small)
        mount("80m", "remount")
        refresh(small)
        assert loaded(small) == {"download.csv.gz"} and reasons(small) == []
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], capture_output=True)


def test_other_code_tries_a_rejected_file_again(settings, monkeypatch):
    put(settings, "never landed.csv", csv_of([]))
    put(settings, "landed.csv", csv_of([flow(primaryValue="-1")]))
    refresh(settings)
    by_hand(settings, "update raw.landings set code_version = 'an older one', reason = 'of an older one'")
    refresh(settings)
    assert len(reasons(settings)) == 2 and "of an older one" not in reasons(settings)
    monkeypatch.setattr(intake, "load_landed", None)  # nothing is left to be tried by this code
    assert intake.land(settings, COMTRADE)[1] == []
    assert len(warehouse.decided(settings, "comtrade", inbox.code_version())) == 2


@pytest.mark.parametrize("kept", [380, 700, 720, 790, 1100])
def test_a_file_that_is_cut_stops_no_later_run_and_loads_when_it_is_whole(settings, kept):
    whole = csv_of(ROWS)
    put(settings, "download.csv", whole[:kept])
    refresh(settings)
    refresh(settings)
    assert loaded(settings) == set() and len(reasons(settings)) == 1
    put(settings, "download.csv", whole)
    refresh(settings)
    assert loaded(settings) == {"download.csv"} and warehouse.ask(settings, NAMES) == ACCENTED


@pytest.mark.parametrize("kind", ["csv", "gzip", "7z", "parquet", "xlsx"])
def test_a_bit_that_flips_on_disk_is_found_and_the_file_taken_again(settings, kind):
    if kind == "parquet":
        write_parquet(settings.inbox / "download", ROWS)
    else:
        content = csv_of(ROWS)
        packed = {"csv": content, "gzip": gzip.compress(content), "7z": seven(content), "xlsx": SHEET}[kind]
        put(settings, "download", packed)
    prepare(settings)
    [one], _ = intake.land(settings, COMTRADE)
    path = settings.landing_dir / one.path
    for bit in range(0, path.stat().st_size * 8, path.stat().st_size * 8 // 3):
        flipped = bytearray(path.read_bytes())
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        [(_, outcome)] = intake.load_landed(settings, COMTRADE)
        assert isinstance(outcome, RejectedFile) and "do not match the checksum they landed with" in str(outcome)
        [one], _ = intake.land(settings, COMTRADE)
        path = settings.landing_dir / one.path
    refresh(settings)
    assert warehouse.ask(settings, NAMES) == ACCENTED


@pytest.mark.parametrize("change", ["valid_from", "sha256", "partition", "cut", "file missing"])
def test_what_was_noted_of_a_landing_is_verified_as_well(settings, change):
    put(settings, "download.csv", csv_of(ROWS))
    prepare(settings)
    [one], _ = intake.land(settings, COMTRADE)
    about = (settings.landing_dir / one.path).with_suffix(".about.json")
    if change == "file missing":
        (settings.landing_dir / one.path).unlink()
    elif change == "cut":
        about.write_text(about.read_text()[:100])
    else:
        about.write_text(json.dumps(json.loads(about.read_text()) | {change: "20200101T000000.000000Z"}))
    [again], [(file, reason)] = intake.land(settings, COMTRADE)
    assert again.sha256 == one.sha256 and again.partition == one.partition
    assert file.name.startswith("landing/comtrade/flows/") and "was changed" in str(reason)
    refresh(settings)
    assert loaded(settings) == {"download.csv"}


def test_a_response_that_is_damaged_on_disk_is_requested_again(tmp_path):
    (tmp_path / "x").write_bytes(csv_of(ROWS))
    root = tmp_path / "landing"
    one = landing.take(root, "s", landing.Recognised("flows", "csv", "p"), tmp_path / "x", fetched_at=datetime.now(UTC))
    landing.log_request(root, "s", landing.RequestLogEntry("p", "", one.sha256, one.fetched_at, etag="e"))
    assert landing.last_requests(root, "s")["p"].etag == "e"
    (root / one.path).write_bytes(b"other")
    with pytest.raises(RejectedFile, match="do not match"), landing.opened(root, one):
        pass
    assert landing.last_requests(root, "s") == {}


def test_a_clock_that_ran_ahead_makes_no_later_edition_an_older_one(settings, monkeypatch):
    ahead = datetime.now(UTC) + timedelta(days=20_000)
    put(settings, "a.csv", csv_of([flow(primaryValue="1")]))
    prepare(settings)
    with monkeypatch.context() as clock:
        clock.setattr(landing, "next_moment", lambda earlier: ahead)
        intake.land(settings, COMTRADE)
    intake.load_landed(settings, COMTRADE)
    put(settings, "a.csv", csv_of([flow(primaryValue="2")]))
    refresh(settings)
    current = "select primaryValue from raw.comtrade_flows where _valid_to is null"
    assert warehouse.ask(settings, current) == [("2",)]


def test_an_edition_of_the_future_makes_no_later_one_older(settings):
    for published, name in (("05/07/2099", "A"), ("05/07/2024", "B")):
        put(settings, "SDN.XML", ofac_xml([sdn(name)],
                                          published=published))  # fmt: skip
        refresh(settings)
    assert warehouse.ask(settings, "select lastName from raw.ofac_entries where _valid_to is null") == [("B",)]


def test_a_full_disk_blames_no_file():
    with pytest.raises(MachineFailure, match="No space left on device"), rejecting("loaded"):
        raise OSError(28, "No space left on device")


def test_what_nobody_foresaw_names_its_class():
    with (
        pytest.raises(RejectedFile, match=r"It cannot be loaded \(KeyError 'PERIOD'\)") as rejected,
        rejecting("loaded"),
    ):
        {}["PERIOD"]
    assert rejected.value.is_unforeseen
