"""What may be set: the environment, the file .env beneath it, addresses of services, folders.

Not here: what a service answers (ingest/test_network.py), or the address of PostgreSQL (publish/test_postgres.py).
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from services import Services, status

from dagster_project.definitions import SOURCES
from dagster_project.ingest import http_client, intake
from dagster_project.settings import ADDRESSES, PROJECT_DIR, USER_AGENT, Settings, SettingsError, load_env_file

SECRET = "s3cret"


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of settings, which is read into an environment without any."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    monkeypatch.setattr(os, "environ", kept | {"ENV_FILE": str(tmp_path / ".env")})
    return tmp_path / ".env"


# ---------------------------------------------------------------- .env


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b"COMTRADE_API_KEY=pa$word#1", "pa$word#1"),
        (b"COMTRADE_API_KEY='pa$word #1 \"x\"'", 'pa$word #1 "x"'),
        (b'COMTRADE_API_KEY="pa${word} #1"', "pa${word} #1"),
        (b"COMTRADE_API_KEY=it's", "it's"),
        (b"  export COMTRADE_API_KEY = pa word  # a comment\r", "pa word"),
        (b"\xef\xbb\xbfCOMTRADE_API_KEY=one\r\nDATA_DIR=x\r\n", "one"),
        ("COMTRADE_API_KEY=ключ".encode(), "ключ"),
        (b"# COMTRADE_API_KEY=no\n\nCOMTRADE_API_KEY=one\nCOMTRADE_API_KEY=two\n", "two"),
    ],
)
def test_a_value_is_kept_as_it_is_written(env_file: Path, line: bytes, value: str) -> None:
    env_file.write_bytes(line)
    assert Settings.from_environment().comtrade_api_key == value


def test_the_environment_wins_over_the_file_also_where_it_is_empty(env_file: Path) -> None:
    env_file.write_text("SINCE=2024\nSAMPLE_SCALE=0.5\nDUCKDB_THREADS=3\n")
    os.environ |= {"SINCE": "", "SAMPLE_SCALE": "0.25"}
    settings = Settings.from_environment()
    assert (settings.since, settings.sample_scale, settings.threads) == (None, 0.25, 3)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (f"DATA=sample\n\n{SECRET}\n".encode(), 3),
        (f"DATA=sample\r\n\r\nKEY='{SECRET}\r\nDATA_DIR=x\r\n".encode(), 3),
        (f"KEY='{SECRET}' and more".encode(), 1),
        (f"KEY := {SECRET}\n".encode(), 1),
        (f"MY KEY={SECRET}\n".encode(), 1),
        (f"9KEY={SECRET}\n".encode(), 1),
        (f"KEY=\"{SECRET}\nDATA=\"\n".encode(), 1),
        (f"KEY=\"{SECRET}\\n\"\n".encode(), 1),
    ],
)  # fmt: skip
def test_a_line_that_is_no_setting_is_named_by_its_number_and_never_repeated(
    env_file: Path, content: bytes, line: int
) -> None:
    env_file.write_bytes(content)
    with pytest.raises(SettingsError, match=f"line {line}: ") as refused:
        load_env_file()
    assert SECRET not in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize("content", ["KEY=ü".encode("latin-1"), "KEY=s3cret".encode("utf-16")])
def test_a_file_that_is_not_utf_8_is_a_sentence(env_file: Path, content: bytes) -> None:
    env_file.write_bytes(content)
    with pytest.raises(SettingsError, match="save it as UTF-8"):
        load_env_file()


def test_a_file_that_is_named_and_missing_is_a_sentence(env_file: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_env_file()


def test_the_example_shows_every_default(env_file: Path) -> None:
    shown = re.sub(r"^# ([A-Z_]+_URL=|USER_AGENT=)", r"\1", (PROJECT_DIR / ".env.example").read_text(), flags=re.M)
    env_file.write_text(shown)
    load_env_file()
    assert {name: os.environ[name] for name in ADDRESSES} == ADDRESSES
    assert os.environ["USER_AGENT"] == USER_AGENT


# ---------------------------------------------------------------- addresses


def address(name: str, given: str) -> str:
    return Settings.from_environment({name: given}).addresses[name]


@pytest.mark.parametrize("name", ADDRESSES)
def test_an_address_is_taken_whole_with_its_query(name: str) -> None:
    places = "".join(re.findall(r"{\w+}", ADDRESSES[name]))
    for given in (f"https://mirror.example/media/65/x{places}.xml?id=1&x=a%2Fb", f"http://127.0.0.1:8/{places}/"):
        assert address(name, given) == given


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_host_alone_or_the_services_own_folder_is_still_understood(name: str) -> None:
    origin, path = re.match(r"(https://[^/]+)(/.*)", ADDRESSES[name]).groups()
    for given in (origin, origin + "/", (origin + path).rpartition("/")[0]):
        assert address(name, given) == ADDRESSES[name]
    assert address(name, "https://me:pass@mirror.example") == "https://me:pass@mirror.example" + path


@pytest.mark.parametrize("name", ["ECB_URL", "UNSD_URL", "OFAC_URL"])
def test_one_address_for_several_things_is_refused_with_what_to_write(name: str) -> None:
    with pytest.raises(SettingsError, match=rf"{name} .* Write {{\w+}} where"):
        address(name, "https://mirror.example/one.xml")


@pytest.mark.parametrize(
    "given",
    [
        "mirror.example/list.xml",
        "ftp://mirror.example/list.xml",
        "https://me:s3cret@word@mirror.example/list.xml",
        "https://me:s3#cret@mirror.example/list.xml",
        "https://me:12/s3cret@mirror.example/list.xml",
        "https://me:12?s3cret@mirror.example/list.xml",
        "https://me:s3cret@mirror.example:port/list.xml",
        "https://[s3cret",
        "https:///s3cret",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_repeated(given: str) -> None:
    with pytest.raises(SettingsError, match="UK_SANCTIONS_URL is no address") as refused:
        address("UK_SANCTIONS_URL", given)
    assert "s3" not in str(refused.value)
    assert "s3cret" not in repr(Settings.from_environment({"UK_SANCTIONS_URL": "https://me:s3cret@m.example/x"}))


@pytest.mark.parametrize("code", [403, 404, 410])
def test_a_list_that_has_moved_is_a_sentence_with_its_setting_and_the_way_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    uk = next(source for source in SOURCES if source.name == "uk")
    with Services() as services:
        services.handle("/media/65/UK_Sanctions_List.xml", lambda _: status(code)(None))
        given = f"{services.url}/media/65/UK_Sanctions_List.xml?version=2"
        settings = Settings.from_environment(
            {"DATA": "live", "DATA_DIR": str(tmp_path / "data"), "UK_SANCTIONS_URL": given}
        )
        monkeypatch.setattr(intake.warehouse, "note_fetch_session", lambda *_, **__: None)
        _, failure = intake.fetch(settings, uk, print, client=http_client.Client(sleep=lambda _: None))
        [request] = services.requests
    assert (request.path, request.sent) == ("/media/65/UK_Sanctions_List.xml", "version=2")
    assert f"({code})" in failure and "set UK_SANCTIONS_URL to the whole new address" in failure
    assert "give its folder as INBOX" in failure and "version=2" not in failure


# ---------------------------------------------------------------- folders


@pytest.mark.parametrize(
    ("given", "shown"), [("a\nb", r"a\nb"), ("a\x1b[2Jb", r"a\x1b[2Jb"), ("a*b", "a*b"), ("a[b]", "a[b]")]
)
def test_a_folder_that_no_terminal_or_database_could_take_is_refused(given: str, shown: str) -> None:
    with pytest.raises(SettingsError, match="DATA_DIR=") as refused:
        Settings.from_environment({"DATA_DIR": given})
    assert shown in str(refused.value) and str(refused.value).isprintable()


def test_a_link_to_such_a_folder_is_refused_as_well(tmp_path: Path) -> None:
    (tmp_path / "a[1]").mkdir()
    (tmp_path / "plain").symlink_to("a[1]")
    with pytest.raises(SettingsError, match=r"plain is .*a\[1\], which holds one of"):
        Settings.from_environment({"DATA_DIR": str(tmp_path / "plain")})
