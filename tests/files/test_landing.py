"""The landing folder: bytes as fetched, written once, whole or not at all, and a folder that explains itself.

Here belongs what holds for any file of any source. Not here: what a file means (tests/ingest).
"""

import gzip
import json
import os
import random
import re
import threading
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
import zstandard
from downloads import COMTRADE, csv_of, flow, json_of, loaded, prepare, reasons, refresh, seven, write_parquet, zip_of

from dagster_project import warehouse
from dagster_project.files import compression, formats, landing
from dagster_project.files.landing import Recognised
from dagster_project.files.rejection import RejectedFile
from dagster_project.ingest import intake

MOMENT = datetime(2024, 5, 7, 8, 9, 10, 123456, tzinfo=UTC)
FLOWS_2022 = Recognised("flows", "csv", "period-2022")
CONTENT = csv_of([flow()])
RANDOM_TEXT = os.urandom(300_000).hex().encode()


def take(tmp_path: Path, content: bytes = CONTENT, name: str = "download.csv", recognised: Recognised = FLOWS_2022):
    (tmp_path / name).write_bytes(content)
    return landing.take(tmp_path / "landing", "comtrade", recognised, tmp_path / name, fetched_at=MOMENT)


def bytes_of(root: Path, one: landing.Landing) -> bytes:
    with compression.open_decompressed(root / one.path, formats.read_head(root / one.path).compression) as stream:
        return stream.read()


def everything_in(root: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with its bytes and the time it was written."""
    return {str(p.relative_to(root)): (p.read_bytes(), p.stat().st_mtime_ns) for p in root.rglob("*") if p.is_file()}


def test_a_path_names_source_entity_partition_and_vintage(tmp_path):
    one = take(tmp_path)
    digits = sha256(CONTENT).hexdigest()[:12]
    assert one.path == f"comtrade/flows/period-2022/20240507T080910.123456Z-{digits}.csv.zst"
    assert (tmp_path / "landing" / one.path).is_file()


@pytest.mark.parametrize("partition", ["../../etc", "a/b", "Côte d'Ivoire", "x" * 300, ".."])
def test_a_partition_never_leaves_its_folder(tmp_path, partition):
    one = take(tmp_path, recognised=Recognised("flows", "csv", partition))
    path = (tmp_path / "landing" / one.path).resolve()
    assert path.is_relative_to(tmp_path / "landing" / "comtrade" / "flows")
    assert re.fullmatch(r"comtrade/flows/[A-Za-z0-9._=,-]+/[A-Za-z0-9.-]+", one.path)
    assert landing.landed(tmp_path / "landing", "comtrade") == [one]


def test_the_file_beside_it_says_everything_about_it(tmp_path):
    one = take(tmp_path)
    (about,) = (tmp_path / "landing").rglob("*.about.json")
    noted = json.loads(about.read_text())
    assert len(noted.pop("about_sha256")) == 64
    assert noted.pop("form") == {"encoding": "utf-8", "mark_bytes": 0, "line_ends": "", "lines_above": 0}
    assert noted.pop("stored_sha256") == sha256((tmp_path / "landing" / one.path).read_bytes()).hexdigest()
    assert noted == {
        "landing_id": one.landing_id,
        "source": "comtrade",
        "entity": "flows",
        "layout": "csv",
        "partition": "period-2022",
        "edition": "",
        "vintage": "20240507T080910.123456Z",
        "path": one.path,
        "original_name": "download.csv",
        "fetched_from": (tmp_path / "download.csv").as_uri(),
        "fetched_at": "2024-05-07T08:09:10.123456+00:00",
        "sha256": sha256(CONTENT).hexdigest(),
        "size_bytes": len(CONTENT),
        "valid_from": "20240507T080910.123456Z",
    }
    assert about.parent == (tmp_path / "landing" / one.path).parent


@pytest.mark.parametrize(
    "content, suffix",
    [
        (CONTENT, ".csv.zst"),
        (gzip.compress(CONTENT), ".csv.gz"),
        (zstandard.compress(CONTENT), ".csv.zst"),
        (gzip.compress(CONTENT[:99]) + gzip.compress(CONTENT[99:]), ".csv.gz"),
        (gzip.compress(CONTENT) + b"\0" * 512, ".csv.gz"),
        (zstandard.compress(CONTENT[:99]) + zstandard.compress(CONTENT[99:]), ".csv.zst"),
    ],
    ids=["plain", "gzip", "zstd", "gzip of two members", "gzip with a padded end", "zstd of two frames"],
)
def test_bytes_are_kept_and_hashed_as_they_were_fetched(tmp_path, content, suffix):
    one = take(tmp_path, content, name="any name")
    assert one.path.endswith(suffix)
    assert (one.sha256, one.size_bytes) == (sha256(content).hexdigest(), len(content))
    assert bytes_of(tmp_path / "landing", one) == CONTENT
    if content is not CONTENT:  # what came compressed is not compressed again
        assert (tmp_path / "landing" / one.path).read_bytes() == content
    assert (tmp_path / "any name").read_bytes() == content


def test_parquet_is_not_compressed_again(tmp_path):
    write_parquet(tmp_path / "x", [flow()])
    content = (tmp_path / "x").read_bytes()
    one = take(tmp_path, content, recognised=Recognised("flows", "parquet", "period-2022"))
    assert one.path.endswith(".parquet")
    assert (tmp_path / "landing" / one.path).read_bytes() == content


@pytest.mark.parametrize("whole", [gzip.compress(RANDOM_TEXT), zstandard.compress(RANDOM_TEXT)])
@pytest.mark.parametrize("kept", [0.5, 0.99])
def test_compressed_data_that_breaks_off_is_rejected_and_leaves_nothing(tmp_path, whole, kept):
    with pytest.raises(RejectedFile, match="ends in the middle"):
        take(tmp_path, whole[: int(len(whole) * kept)])
    assert everything_in(tmp_path / "landing") == {}


@pytest.mark.parametrize(
    "whole",
    [
        gzip.compress(RANDOM_TEXT),
        zstandard.ZstdCompressor(write_checksum=True).compress(RANDOM_TEXT),
    ],
)
def test_compressed_data_that_is_damaged_is_rejected_and_leaves_nothing(tmp_path, whole):
    damaged = bytearray(whole)
    damaged[150_000] ^= 0xFF
    with pytest.raises(RejectedFile, match="damaged"):
        take(tmp_path, bytes(damaged))
    assert everything_in(tmp_path / "landing") == {}


@pytest.mark.parametrize("start", [compression.GZIP_MAGIC, compression.ZSTD_MAGIC])
def test_what_only_begins_like_compressed_data_is_rejected(tmp_path, start):
    (tmp_path / "download").write_bytes(start + b"not compressed at all" * 9)
    with pytest.raises(RejectedFile, match="damaged"):
        formats.read_head(tmp_path / "download")


def test_what_hardly_compresses_is_looked_at_when_it_has_landed(tmp_path):
    """One block of zstd may be larger than a head, and nothing of it can be read before it is whole."""
    content = b"PAR1" + random.Random(7).randbytes(formats.HEAD_BYTES + 4096)
    one = take(tmp_path, content)
    assert formats.read_head(tmp_path / "landing" / one.path).text == content[: formats.HEAD_BYTES]


def test_a_file_that_grows_while_it_is_read_is_rejected_and_leaves_nothing(tmp_path):
    path, done = tmp_path / "growing.csv", threading.Event()
    row = CONTENT.partition(b"\n")[2]
    path.write_bytes(CONTENT + row * 10_000)

    def download():
        with path.open("ab") as stream:
            while not done.is_set():
                stream.write(row)
                stream.flush()

    writer = threading.Thread(target=download)
    writer.start()
    try:
        with pytest.raises(RejectedFile, match="changed while it was read") as rejected:
            landing.take(tmp_path / "landing", "comtrade", FLOWS_2022, path, fetched_at=MOMENT)
    finally:
        done.set()
        writer.join()
    assert rejected.value.passing
    assert everything_in(tmp_path / "landing") == {}


@pytest.mark.parametrize("change", ["appended", "overwritten", "cut"])
def test_a_file_that_changes_between_two_reads_is_rejected(tmp_path, monkeypatch, change):
    """The change comes at the one moment that a race rarely hits: when the last byte was just read."""
    path = tmp_path / "download.csv"
    path.write_bytes(CONTENT)
    opened = Path.open

    def meddled(self, *arguments, **options):
        stream = opened(self, *arguments, **options)
        if self == path and arguments == ("rb",):
            read = stream.read

            def read_then_change(*size):
                chunk = read(*size)
                if not chunk:
                    with opened(path, "r+b") as other:
                        if change == "cut":
                            other.truncate(10)
                        else:
                            other.seek(0, os.SEEK_END if change == "appended" else os.SEEK_SET)
                            other.write(b"9")
                return chunk

            return Meddled(stream, read_then_change)
        return stream

    class Meddled:
        def __init__(self, stream, read):
            self.stream, self.read = stream, read

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.stream.close()

    monkeypatch.setattr(Path, "open", meddled)
    with pytest.raises(RejectedFile, match="changed while it was read"):
        landing.take(tmp_path / "landing", "comtrade", FLOWS_2022, path, fetched_at=MOMENT)
    assert everything_in(tmp_path / "landing") == {}


def test_landings_are_never_edited(settings):
    (settings.inbox / "a.csv").write_bytes(CONTENT)
    refresh(settings, [COMTRADE])
    before = everything_in(settings.landing_dir)
    assert len(before) == 2
    (settings.inbox / "a.csv").write_bytes(csv_of([flow(primaryValue="5")]))  # the same name, another edition
    (settings.inbox / "b.csv").write_bytes(csv_of([flow(primaryValue="-5")]))  # refused only after it landed
    refresh(settings, [COMTRADE])
    refresh(settings, [COMTRADE])
    after = everything_in(settings.landing_dir)
    assert len(after) == 6
    assert {path: after[path] for path in before} == before


def test_the_same_bytes_are_taken_once_whatever_their_name(settings):
    (settings.inbox / "a.csv").write_bytes(CONTENT)
    (settings.inbox / "b.csv").write_bytes(CONTENT)
    prepare(settings)
    assert len(intake.land(settings, COMTRADE)[0]) == 1
    assert intake.land(settings, COMTRADE) == ([], [])  # landed, and not loaded yet
    intake.load_landed(settings, COMTRADE)
    (settings.inbox / "a.csv").rename(settings.inbox / "c.txt")
    assert intake.land(settings, COMTRADE) == ([], [])


def test_files_of_one_run_share_a_vintage(settings):
    (settings.inbox / "a.csv").write_bytes(CONTENT)
    (settings.inbox / "deeper" / "still").mkdir(parents=True)
    (settings.inbox / "deeper" / "still" / "b.csv").write_bytes(csv_of([flow(period="202204")]))
    prepare(settings)
    taken, _ = intake.land(settings, COMTRADE)
    assert len({one.vintage for one in taken}) == 1
    assert {one.partition for one in taken} == {"period-202203", "period-202204"}


def test_hidden_files_and_folders_are_not_looked_at(settings):
    for name in (".hidden.csv", ".folder/a.csv", "deeper/.b.csv"):
        (settings.inbox / name).parent.mkdir(exist_ok=True)
        (settings.inbox / name).write_bytes(CONTENT)
    refresh(settings)
    assert loaded(settings) == set() and reasons(settings) == []


def test_half_a_landing_is_ignored_and_made_good(settings):
    (settings.inbox / "a.csv").write_bytes(CONTENT)
    prepare(settings)
    ((one,), _) = intake.land(settings, COMTRADE)
    path = settings.landing_dir / one.path
    about = path.with_suffix(".about.json")
    (path.parent / ".unfinished").write_bytes(b"what a dead run left")
    (path.parent / "20200101T000000.000000Z-0123456789ab.csv.zst").write_bytes(b"nothing says what this is")
    (path.parent / "20200101T000000.000000Z-ba9876543210.csv.about.json").write_text(about.read_text()[:40])
    path.unlink()  # a run died between the two files
    assert landing.landed(settings.landing_dir, "comtrade") == []
    refresh(settings, [COMTRADE])
    assert loaded(settings) == {"a.csv"}
    assert warehouse.ask(settings, "select count(*) from raw.comtrade_flows") == [(1,)]
    assert not (path.parent / ".unfinished").exists()


def test_what_landed_and_was_not_loaded_is_loaded_by_the_next_run(settings):
    (settings.inbox / "a.csv").write_bytes(CONTENT)
    prepare(settings)
    intake.land(settings, COMTRADE)
    (settings.inbox / "a.csv").unlink()
    refresh(settings, [COMTRADE])
    assert loaded(settings) == {"a.csv"}


@pytest.mark.parametrize("place", [0.3, 0.5, 0.7, 0.9])
def test_a_landed_file_that_was_damaged_on_disk_is_rejected_and_stops_no_other(settings, place):
    values = random.Random(7)
    rows = [flow(period="202203", cmdCode=f"{code:06}", primaryValue=str(values.random())) for code in range(1, 5_000)]
    (settings.inbox / "large.csv").write_bytes(csv_of(rows))
    prepare(settings)
    [one], _ = intake.land(settings, COMTRADE)
    path = settings.landing_dir / one.path
    content = bytearray(path.read_bytes())
    content[int(len(content) * place)] ^= 0x10
    path.write_bytes(content)
    (settings.inbox / "small.csv").write_bytes(csv_of([flow(period="202301")]))
    refresh(settings)
    assert loaded(settings) == {"small.csv"}
    [reason] = reasons(settings)
    assert reason.startswith("large.csv: The bytes on disk are damaged:") and "restore landing/ from a copy" in reason
    refresh(settings)  # what was set apart counts as never landed: it is taken from the inbox again
    assert loaded(settings) == {"small.csv", "large.csv"}


@pytest.mark.parametrize("kind", ["text", "gzip", "zstd", "7z", "zip"])
def test_every_bit_that_flips_on_disk_is_found_when_the_file_is_read(tmp_path, kind):
    packed = {
        "text": CONTENT, "gzip": gzip.compress(CONTENT), "zstd": zstandard.compress(CONTENT), "7z": seven(CONTENT),
        "zip": zip_of({"download.csv": CONTENT}),
    }[kind]  # fmt: skip
    one, root, chance = take(tmp_path, packed), tmp_path / "landing", random.Random(20230615)
    path = root / one.path
    stored, about = path.read_bytes(), path.with_suffix(".about.json").read_bytes()
    for bit in chance.sample(range(len(stored) * 8), 60):
        flipped = bytearray(stored)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        with pytest.raises(RejectedFile, match="do not match the checksum"), landing.opened(root, one):
            pass
        path.with_suffix(".about.json").write_bytes(about)  # the damaged file was set apart
    path.write_bytes(stored)
    with landing.opened(root, one):
        pass


def test_a_stream_that_does_not_match_its_checksum_is_rejected(tmp_path):
    one = take(tmp_path, RANDOM_TEXT)
    path = tmp_path / "landing" / one.path
    content = bytearray(path.read_bytes())
    content[150_000] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(RejectedFile, match="The compressed data is damaged"):
        bytes_of(tmp_path / "landing", one)


def test_a_very_long_name_is_no_obstacle(settings):
    name = "x" * 250 + ".csv"
    (settings.inbox / name).write_bytes(CONTENT)
    refresh(settings, [COMTRADE])
    assert loaded(settings) == {name}


def test_a_head_is_looked_at_decompressed(tmp_path):
    for content, kind in (
        (CONTENT, "none"),
        (gzip.compress(CONTENT), "gzip"),
        (zstandard.compress(CONTENT), "zstd"),
    ):
        (tmp_path / "x").write_bytes(content)
        head = formats.read_head(tmp_path / "x")
        assert (head.text, head.compression, head.size_bytes) == (CONTENT, kind, len(content))


def test_a_head_stays_small_whatever_a_file_unpacks_to(tmp_path):
    """A few kilobytes may unpack to gigabytes; a look at the beginning does not."""
    for bomb in (gzip.compress(bytes(1 << 26)), zstandard.compress(bytes(1 << 26))):
        (tmp_path / "bomb").write_bytes(bomb)
        assert len(formats.read_head(tmp_path / "bomb").text) == formats.HEAD_BYTES


def test_the_oldest_vintage_comes_first(tmp_path):
    for number, day in enumerate((3, 1, 2)):
        (tmp_path / "x.json").write_bytes(json_of([flow(qty=str(number))]))
        landing.take(
            tmp_path / "landing",
            "comtrade",
            Recognised("flows", "json", f"part-{number}"),
            tmp_path / "x.json",
            fetched_at=datetime(2024, 1, day, tzinfo=UTC),
        )
    assert [one.vintage[:8] for one in landing.landed(tmp_path / "landing", "comtrade")] == [
        "20240101", "20240102", "20240103"
    ]  # fmt: skip
    assert landing.landed(tmp_path / "landing", "ofac") == []
