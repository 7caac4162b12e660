"""Bad files, as they come: each is met with one clear sentence, and stops nothing else.

Here belongs what a person sees of a file that cannot be used: which file, which row where there is one, what
was expected, what to do. Not here: the layouts themselves (tests/ingest) or the landing folder (test_landing).

The bad files lie in one inbox together with good ones, after an earlier run has loaded something.
"""

import gzip
import os
import threading
from dataclasses import dataclass
from datetime import date

import pytest
from downloads import (
    API_COLUMNS,
    COMTRADE,
    FLOWS,
    bulk_of,
    csv_of,
    flow,
    json_of,
    loaded,
    prepare,
    reasons,
    refresh,
    write_parquet,
    zip_of,
)

from dagster_project import warehouse
from dagster_project.files.rejection import RejectedFile
from dagster_project.ingest import inbox, intake
from dagster_project.settings import Settings, SettingsError

GOOD = [flow(partnerCode=code) for code in ("4", "8", "12")]
NEXT_YEAR = date.today().year + 1

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE sdnList [
 <!ENTITY lol "lol">
 <!ENTITY lol1 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
 <!ENTITY lol2 "&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;">
 <!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;">
 <!ENTITY lol4 "&lol3;&lol3;&lol3;&lol3;&lol3;&lol3;&lol3;&lol3;&lol3;&lol3;">
]>
<sdnList xmlns="http://tempuri.org/sdnList.xsd"><sdnEntry><uid>1</uid><lastName>&lol4;</lastName></sdnEntry></sdnList>
"""


@dataclass(frozen=True)
class Bad:
    content: bytes
    says: tuple[str, ...]  # what the one sentence must hold
    row: int | None = None  # as a person who opens the CSV counts: the header is row 1


def with_one(row: int, **columns: str) -> bytes:
    """A good CSV of a hundred rows but for one; the header is row 1."""
    rows = [flow(partnerCode=str(1000 + n)) for n in range(100)]
    rows[row - 2] |= columns
    return csv_of(rows)


def line_cut(content: bytes, row: int, keep: int) -> bytes:
    """A CSV of which one row keeps only its first characters."""
    lines = content.splitlines(keepends=True)
    lines[row - 1] = lines[row - 1][:keep] + b"\n"
    return b"".join(lines)


HUNDRED = with_one(2)
CONTENT = csv_of(GOOD)
# the bit that says so is set in both headers, which is all that a reader needs to see
LOCKED_ZIP = zip_of({"a.csv": CONTENT}).replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01")
LOCKED_ZIP = LOCKED_ZIP.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")
BAD = {
    "gzip that breaks off.csv.gz": Bad(
        gzip.compress(csv_of([flow(partnerCode=str(n), qty=str(n * n)) for n in range(5000)]))[:-2000],
        ("The compressed data ends in the middle", "Download it again"),
    ),
    "gzip that is none.csv.gz": Bad(
        b"\x1f\x8b" + HUNDRED, ("The compressed data is damaged", "Download the file again")
    ),
    "web page.csv": Bad(
        b"\n<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>503</body></html>\n",
        ("web page (HTML), not data", "fetch the file again and look at it"),
    ),
    "no value column.csv": Bad(
        csv_of(GOOD, [c for c in API_COLUMNS if c not in ("primaryValue", "customsCode")]),
        (
            "Columns of a Comtrade download are missing: customsCode, primaryValue.",
            "Download it with all columns",
        ),
    ),
    "column twice.csv": Bad(
        csv_of(GOOD, [*API_COLUMNS, "primaryValue"]), ("The header names a column twice: primaryValue.",)
    ),
    "only a header.csv": Bad(csv_of([]), ("The file has a header and no rows.", "Widen the query")),
    "only a header, no line end.csv": Bad(csv_of([]).strip(), ("The file has a header and no rows.",)),
    "cyrillic.csv": Bad(
        with_one(42, partnerDesc="Россия").decode().encode("cp1251"),
        ("The text is not UTF-8, and", "(byte 0xD0)", "save the file as UTF-8"),
        row=42,
    ),
    "utf-8 but for a byte.csv": Bad(
        with_one(42, partnerDesc="Türkiye").replace(b"Germany", b"Tn\x81rkiye", 1),
        ("The text is not UTF-8, and", "its names are in doubt"),
        row=2,
    ),
    "zero byte.csv": Bad(with_one(42, partnerDesc="Ger\0many"), ("The text holds a zero byte",), row=42),
    "header twice.csv": Bad(
        HUNDRED + HUNDRED, ("The header comes again in the middle of the file", "Load each of them by itself."), row=102
    ),
    "decimal commas.csv": Bad(
        csv_of([flow(primaryValue="1234,5")], delimiter=";"),
        ("A value is not a number (primaryValue 1234,5,",),
        row=2,
    ),
    "first line of a spreadsheet.csv": Bad(
        b"sep=;\r\n" + csv_of([*GOOD, flow(partnerCode="16", primaryValue="1.234,5")], delimiter=";", newline="\r\n"),
        ("A value is not a number (primaryValue 1.234,5,",),
        row=6,
    ),
    "locked.zip": Bad(LOCKED_ZIP, ("The archive is locked by a password.", "Unpack it, and load what is in it.")),
    "deflate64.zip": Bad(
        zip_of({"a.csv": CONTENT}).replace(b"\x08\x00", b"\x09\x00"),
        ("packed in a way that is not read (Deflate64", "Unpack it, and load what is in it."),
    ),
    "archive.rar": Bad(b"Rar!\x1a\x07\x01\x00" + bytes(99), ("This is a RAR archive, which is not read.",)),
    "empty.zip": Bad(zip_of({}), ("The archive holds no file.",)),
    "underscores.csv": Bad(with_one(8, primaryValue="1_000"), ("A value is not a number (primaryValue 1_000,",), row=8),
    "beyond all trade.csv": Bad(with_one(8, qty="1e300"), ("A value is not a number (", "qty 1e300"), row=8),
    "year zero.csv": Bad(with_one(3, period="000001"), ("The period 000001 does not fit the frequency M.",), row=3),
    "negative value.csv": Bad(
        with_one(17, primaryValue="-100.5", cifvalue="-100.5"),
        ("A value is negative (primaryValue -100.5, cifvalue -100.5,", "cannot be below zero"),
        row=17,
    ),
    "future month.csv": Bad(
        with_one(5, period=f"{NEXT_YEAR}01"), (f"The period {NEXT_YEAR}01 lies in the future.",), row=5
    ),
    "future year.csv": Bad(
        with_one(101, freqCode="A", period=str(NEXT_YEAR)),
        (f"The period {NEXT_YEAR} lies in the future.",),
        row=101,
    ),
    "month thirteen.csv": Bad(
        with_one(3, period="202213"),
        ("The period 202213 does not fit the frequency M.", "a month 202203"),
        row=3,
    ),
    "year as a month.csv": Bad(with_one(3, period="2022"), ("The period 2022 does not fit the frequency M.",), row=3),
    "no period.csv": Bad(with_one(3, period=""), ("A code that places the row is empty", "period empty"), row=3),
    "duplicate keys.csv": Bad(
        with_one(60, partnerCode="1010"),  # as in row 12
        ("The key is there twice (", "partnerCode=1010", "remove the repeated rows"),
        row=60,
    ),
    "0 bytes.csv": Bad(b"", ("The file has 0 bytes.", "Download it again.")),
    "entity bomb.xml": Bad(BOMB, ("The XML defines entities", "Download the list from its publisher.")),
    "leading zeros lost.csv": Bad(
        with_one(77, cmdCode="10121"),
        ("The product code 10121 is not an HS code of 2, 4 or 6 digits.", "cut the leading zero"),
        row=77,
    ),
    "codes as decimals.csv": Bad(
        with_one(9, motCode="0.0"), ("A code is written as a decimal number", "motCode 0.0"), row=9
    ),
    "exactly 500 rows.csv": Bad(
        csv_of([flow(partnerCode=str(n)) for n in range(500)]),
        ("It holds exactly 500 rows, the most one response may hold", "Split the query"),
    ),
    "exactly 500 records.json": Bad(
        json_of([flow(partnerCode=str(n)) for n in range(500)]), ("It holds exactly 500 rows",)
    ),
    "too few columns.csv": Bad(
        line_cut(HUNDRED, 33, 40),
        ("The row has 9 columns where this file has 47.", "cut off or was edited"),
        row=33,
    ),
    "too many columns.csv": Bad(
        HUNDRED.replace(b",1050,", b",1050,,,,"), ("The row has 48 columns where this file has 47.",), row=52
    ),
    "cut in the middle of a line.csv": Bad(
        HUNDRED[: HUNDRED.rindex(b",854231,")],
        ("The row has 20 columns where this file has 47.", "cut off or was edited"),
        row=101,
    ),
    "cut in the middle of a quoted text.csv": Bad(
        HUNDRED[: HUNDRED.rindex(b"controllers")],
        ("A quoted text does not end where it should.", "cut off or was edited"),
        row=101,
    ),
    "cut web download.csv": Bad(csv_of(GOOD, one_comma_more=True)[:-60], ("columns where this file has 48.",), row=4),
    "not a number.csv": Bad(
        with_one(88, primaryValue="1,5 m"),
        ("A value is not a number (primaryValue 1,5 m,", "unedited"),
        row=88,
    ),
    "NaN.csv": Bad(with_one(88, primaryValue="nan"), ("A value is not a number (primaryValue nan,",), row=88),
    "infinity.csv": Bad(with_one(88, qty="1e999"), ("A value is not a number (", "qty 1e999"), row=88),
    "no value.csv": Bad(with_one(88, primaryValue=""), ("A value is not a number (primaryValue empty,",), row=88),
    "cut answer.json": Bad(json_of(GOOD)[:3000], ("It cannot be read: Malformed JSON", "Download the file again.")),
    "answer with an error.json": Bad(json_of([], error="Rate limit"), ("Comtrade answered with an error: Rate limit",)),
    "answer with a status.json": Bad(
        b'{"statusCode": 429, "message": "Rate limit is exceeded."}', ("No known layout begins like this",)
    ),
    "cut.parquet": Bad(b"", ("It cannot be read",)),  # made in the fixture
    "picture.csv": Bad(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", ("This binary format is not known.",)),
    "another publisher.csv": Bad(
        b"TIME_PERIOD;GEO;OBS_VALUE\n2022;KZ;5\n",
        ("No known layout begins like this: 'TIME_PERIOD;GEO;OBS_VALUE'.",),
    ),
    "contradiction b.csv": Bad(
        csv_of([flow(partnerCode="999", primaryValue="2")]),
        ("It contradicts contradiction a.csv", "partnerCode=999", "new DATA_DIR in two runs"),
    ),
}
STRAIGHT = {
    "a good one.csv": csv_of(GOOD),
    "reordered.csv": csv_of([flow(partnerCode="16")], sorted(API_COLUMNS)),
    "byte-order mark.csv": b"\xef\xbb\xbf" + csv_of([flow(partnerCode="20")]),
    "contradiction a.csv": csv_of([flow(partnerCode="999", primaryValue="1")]),
    "zz last.csv": bulk_of([flow(partnerCode="24")]),
}
OPEN = (
    "select partnerCode, primaryValue from raw.comtrade_flows where _valid_to is null order by length(partnerCode), 1"
)


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory) -> Settings:
    """One file loaded by an earlier run; then an inbox full of bad files and five good ones, read twice."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "inbox").mkdir()
    settings = Settings.from_environment(
        {
            "DATA": "files",
            "INBOX": str(folder / "inbox"),
            "DATA_DIR": str(folder / "data"),
            "DUCKDB_THREADS": "2",
        }
    )
    (settings.inbox / "earlier.csv").write_bytes(csv_of([flow(partnerCode="31"), flow(partnerCode="32")]))
    refresh(settings)
    for name, content in STRAIGHT.items():
        (settings.inbox / name).write_bytes(content)
    for name, bad in BAD.items():
        (settings.inbox / name).write_bytes(bad.content)
    write_parquet(settings.inbox / "cut.parquet", GOOD)
    with (settings.inbox / "cut.parquet").open("r+b") as stream:
        stream.truncate(2_000)
    refresh(settings)
    refresh(settings)
    return settings


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_met_with_one_clear_sentence(refreshed, name):
    bad = BAD[name]
    (reason,) = reasons(refreshed, name)
    assert reason.startswith(name + (f", row {bad.row}: " if bad.row else ": "))
    for part in bad.says:
        assert part in reason
    assert reason.endswith(".") and len(reason) < 500
    for never in ("Traceback", "Error:", "Exception", "\n", "Possible", str(refreshed.data_dir.parent)):
        assert never not in reason


def test_every_other_file_is_loaded_and_nothing_of_a_bad_one(refreshed):
    assert loaded(refreshed) == {"earlier.csv", *STRAIGHT}
    partners = [("4", "8", "12", "16", "20", "24", "31", "32")]
    assert warehouse.ask(refreshed, OPEN) == [*((p, "100.0") for p in partners[0]), ("999", "1")]


def test_what_was_loaded_before_stays_untouched(refreshed):
    assert warehouse.ask(
        refreshed,
        "select count(*) from raw.comtrade_flows where partnerCode in ('31', '32') and _valid_to is null "
        "and _landing_id = (select landing_id from raw.landings where original_name = 'earlier.csv')",
    ) == [(2,)]


def test_a_file_of_a_bad_inbox_is_reported_once_and_by_one_source(refreshed):
    output = warehouse.ask(
        refreshed, "select original_name, count(*) from raw.landings where status = 'rejected' group by all"
    )
    assert dict(output) == dict.fromkeys(BAD, 1)


def test_a_row_is_counted_as_a_person_counts_even_in_a_large_file(settings):
    """Large enough (40 MB) that DuckDB reads it in several pieces at once."""
    rows = [flow(partnerCode=str(n), cmdDesc="x" * 2_500) for n in range(15_000)]
    rows[14_000 - 2]["primaryValue"] = "-1"
    content = csv_of(rows)
    (settings.inbox / "negative.csv").write_bytes(content)
    (settings.inbox / "short.csv").write_bytes(line_cut(content, 14_000, 40))
    refresh(settings)
    assert reasons(settings, "negative.csv")[0].startswith("negative.csv, row 14,000: A value is negative")
    assert reasons(settings, "short.csv")[0].startswith("short.csv, row 14,000: The row has")


def test_a_row_is_counted_in_a_table_that_holds_rows_already(settings):
    (settings.inbox / "a.csv").write_bytes(HUNDRED)
    refresh(settings)
    (settings.inbox / "b.csv").write_bytes(with_one(17, primaryValue="-1"))
    refresh(settings)
    assert reasons(settings)[0].startswith("b.csv, row 17:")
    assert warehouse.ask(settings, "select count(*) from raw.comtrade_flows") == [(100,)]


def test_records_of_an_answer_are_counted_from_one(settings):
    (settings.inbox / "answer.json").write_bytes(json_of([*GOOD, flow(primaryValue="-1")]))
    refresh(settings)
    assert reasons(settings)[0].startswith("answer.json, row 4: A value is negative")


def test_a_bad_row_in_parquet_is_named(settings):
    write_parquet(
        settings.inbox / "flows.parquet",
        [*GOOD, flow(cmdCode="010121")],
        "cast(try_cast(cmdCode as integer) as integer) as cmdCode",
    )
    refresh(settings)
    assert reasons(settings)[0].startswith("flows.parquet, row 4: The product code 10121 is not an HS code")


def test_a_download_that_is_still_running_is_reported_and_loaded_when_it_is_complete(settings):
    path, done = settings.inbox / "running.csv", threading.Event()
    rows = [flow(partnerCode=str(n)) for n in range(10_000)]
    content = csv_of(rows)
    path.write_bytes(content[:-2])

    def download():
        with path.open("r+b") as stream:
            while not done.is_set():
                os.utime(stream.fileno())
                done.wait(0.0005)

    (settings.inbox / "good.csv").write_bytes(csv_of([flow(period="202204")]))
    writer = threading.Thread(target=download)
    writer.start()
    try:
        refresh(settings)
    finally:
        done.set()
        writer.join()
    assert loaded(settings) == {"good.csv"}
    (reason,) = reasons(settings)
    assert reason == (
        "running.csv: The file changed while it was read. Wait until the download is complete and run again."
    )
    path.write_bytes(content)
    refresh(settings)
    assert loaded(settings) == {"good.csv", "running.csv"}


def test_a_file_that_settled_right_after_it_was_rejected_is_loaded_by_the_next_run(settings):
    """The bytes that were there when it was noted are the complete file's: they are not to be remembered."""
    path = settings.inbox / "settled.csv"
    path.write_bytes(csv_of(GOOD))
    prepare(settings)
    reason = RejectedFile("The file changed while it was read.", "Run again.", passing=True)
    file = inbox.InboxFile.at(path)
    assert intake.note_rejection(settings, COMTRADE.name, file, reason)
    assert not intake.note_rejection(settings, COMTRADE.name, file, reason)  # noted once
    refresh(settings)
    assert loaded(settings) == {"settled.csv"}


def test_a_file_that_may_not_be_read_is_reported_and_loaded_when_it_may(settings):
    for name in ("a.csv", "b.csv"):
        (settings.inbox / name).write_bytes(csv_of([flow(partnerDesc=name)]))
        (settings.inbox / name).chmod(0)
        if os.access(settings.inbox / name, os.R_OK):
            pytest.skip("this user may read everything (root)")
    (settings.inbox / "good.csv").write_bytes(csv_of([flow(period="202204")]))
    refresh(settings)
    refresh(settings)
    assert loaded(settings) == {"good.csv"}
    assert sorted(reasons(settings)) == [
        f"{name}: It cannot be opened (Permission denied). Allow reading it, or take it out of the folder."
        for name in ("a.csv", "b.csv")
    ]
    (settings.inbox / "a.csv").chmod(0o600)
    refresh(settings)
    assert loaded(settings) == {"a.csv", "good.csv"}


def test_a_link_that_leads_nowhere_stops_nothing(settings):
    (settings.inbox / "link.csv").symlink_to(settings.inbox / "gone.csv")
    (settings.inbox / "good.csv").write_bytes(csv_of(GOOD))
    refresh(settings)
    assert loaded(settings) == {"good.csv"}


def test_bad_bytes_under_two_names_are_reported_once(settings):
    (settings.inbox / "a.csv").write_bytes(csv_of([]))
    (settings.inbox / "b.csv").write_bytes(csv_of([]))
    refresh(settings)
    assert len(reasons(settings)) == 1


def test_a_corrected_file_under_the_same_name_is_loaded(settings):
    (settings.inbox / "a.csv").write_bytes(with_one(17, primaryValue="-1"))
    refresh(settings)
    assert loaded(settings) == set()
    (settings.inbox / "a.csv").write_bytes(HUNDRED)
    refresh(settings)
    assert loaded(settings) == {"a.csv"}
    assert warehouse.current_rows(settings, [FLOWS]) == {"comtrade_flows": 100}


@pytest.mark.parametrize("kind", ["missing", "a file", "empty", "only hidden files"])
def test_a_folder_that_cannot_be_read_is_reported_before_anything_begins(tmp_path, ghost_trade, kind):
    folder = tmp_path / "downloads"
    if kind == "a file":
        folder.write_bytes(HUNDRED)
    elif kind != "missing":
        folder.mkdir()
    if kind == "only hidden files":
        (folder / ".DS_Store").write_bytes(b"x")
    environment = {"DATA": "files", "INBOX": str(folder), "DATA_DIR": str(tmp_path / "data")}
    with pytest.raises(SettingsError, match=r"is not a folder|holds no files") as rejected:
        inbox.check(Settings.from_environment(environment))
    if kind == "missing":  # as a person meets it
        answer = ghost_trade("run", **environment)
        assert answer.returncode == 2
        assert answer.stdout == ""
        assert answer.stderr == f"{rejected.value}\n"
        assert str(folder) in answer.stderr
    assert not (tmp_path / "data").exists()
