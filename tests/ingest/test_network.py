"""The door to the network: whole answers, each fault a sentence, and no secret in any of them."""

from __future__ import annotations

import base64
import gzip
import io
import json
import logging
import traceback
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import py7zr
import pytest
from services import (
    Fault,
    Reply,
    Request,
    Services,
    cut_off,
    empty_page,
    login_page,
    redirect,
    slow,
    status,
    trusted,
)

from dagster_project import PAGE
from dagster_project.ingest import http_client
from dagster_project.ingest.http_client import (
    Client,
    Denied,
    ErrorContent,
    NetworkError,
    QuotaSpent,
    Response,
    TooLarge,
    Unexpected,
    Unreachable,
    reachable,
)
from dagster_project.settings import USER_AGENT, Settings, SettingsError

KEY = {"X-Key": "s3cret-0123456789"}
DATA = b'{"data": [1, 2, 3], "count": 3}'


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Services() as services:
        services.serve("/data", DATA, "application/json", ETag='"one"', Last_Modified="Thu, 05 Jun 2025 02:23:36 GMT")
        yield services


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(slept: list[float]) -> Iterator[Client]:
    with Client(timeouts=httpx.Timeout(0.3), sleep=slept.append) as client:
        yield client


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "answer"


def error_of(client: Client, url: str, to: Path, kind: type[NetworkError], **how) -> str:
    """The sentence of a question that fails; no secret is in it, nor in what led to it, and nothing is left."""
    with pytest.raises(kind) as raised:
        client.get(url, **({"to": to, "expect": ("json",), "secrets": KEY} | how))
    message = "".join(traceback.format_exception(raised.value))
    assert all(secret not in message for secret in (*KEY.values(), "hidden-in-the-query", "pass-word"))
    assert not to.exists()
    sentence = str(raised.value)
    assert sentence.endswith(".") and url.split("/")[2].rpartition("@")[2] in sentence
    return sentence


def test_an_answer_is_on_disk_with_what_its_headers_say(services: Services, client: Client, to: Path) -> None:
    answer = client.get(
        services.url + "/data", params={"period": "202301,202302"}, secrets=KEY, to=to, expect=("json",)
    )
    assert answer == Response(
        path=to,
        url=services.url + "/data?period=202301,202302",
        status=200,
        etag='"one"',
        last_modified=datetime(2025, 6, 5, 2, 23, 36, tzinfo=UTC),
        content_type="application/json",
        size_bytes=len(DATA),
    )
    assert to.read_bytes() == DATA
    request = services.requests[0]
    assert request.headers["x-key"] == KEY["X-Key"] and request.headers["user-agent"] == USER_AGENT


def test_who_has_the_newest_copy_is_not_sent_it_again(services: Services, client: Client, to: Path) -> None:
    answer = client.get(services.url + "/data", to=to, expect=("json",), etag='"one"')
    assert answer.is_unchanged and not to.exists()
    assert not client.get(services.url + "/data", to=to, expect=("json",), etag='"older"').is_unchanged


@pytest.mark.parametrize(
    "fault",
    [
        status(500),
        status(503, Retry_After="3"),
        status(429, "Rate limit is exceeded. Try again in 2 seconds."),
        slow(0.6),
        cut_off(10),
        cut_off(10, chunked=True),
        cut_off(0),
        empty_page,
    ],
    ids=["error", "busy", "too-often", "slow", "cut-off", "cut-off-chunks", "closed", "empty"],
)
def test_what_passes_is_tried_again(services: Services, client: Client, to: Path, fault: Fault) -> None:
    services.fault("/data", fault, fault)
    assert client.get(services.url + "/data", to=to, expect=("json",)).size_bytes == len(DATA)
    assert services.times_requested("/data") == 3


@pytest.mark.parametrize(
    ("fault", "kind", "expected"),
    [
        (status(500), Unreachable, "answers with an error (500)"),
        (slow(0.6), Unreachable, "no answer in time"),
        (cut_off(10), Unreachable, "cut off"),
        (empty_page, Unexpected, "answers with nothing"),
        (status(429), QuotaSpent, "limits the rate of requests"),
    ],
)
def test_what_does_not_pass_is_reported_after_a_few_tries(
    services: Services,
    client: Client,
    slept: list[float],
    to: Path,
    fault: Fault,
    kind: type[NetworkError],
    expected: str,
) -> None:
    services.fault("/data", *[fault] * 10)
    assert expected in error_of(client, services.url + "/data", to, kind)
    assert services.times_requested("/data") == http_client.TRIES


def test_pauses_grow_and_are_not_all_alike(services: Services, client: Client, slept: list[float], to: Path) -> None:
    services.fault("/data", *[status(500)] * 10)
    error_of(client, services.url + "/data", to, Unreachable)
    assert len(slept) == http_client.TRIES - 1
    assert all(2**n <= pause <= 2**n + 1 for n, pause in enumerate(slept))
    assert len({pause % 1 for pause in slept}) > 1


@pytest.mark.parametrize(
    ("header", "expected"),
    [(lambda: "7", 7.0), (lambda: format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True), 55.0)],
    ids=["seconds", "date"],
)
def test_a_service_that_names_a_moment_is_requested_then(
    services: Services, client: Client, slept: list[float], to: Path, header: Callable[[], str], expected: float
) -> None:
    services.fault("/data", status(429, Retry_After=header()))
    client.get(services.url + "/data", to=to, expect=("json",))
    assert expected - 10 <= slept[0] <= expected + 10


def test_a_wait_of_hours_is_a_quota_that_is_spent(services: Services, client: Client, to: Path) -> None:
    services.fault("/data", status(429, Retry_After="7200"))
    with pytest.raises(QuotaSpent) as raised:
        client.get(services.url + "/data", to=to, expect=("json",))
    assert timedelta(hours=1.9) < raised.value.until - datetime.now(UTC) < timedelta(hours=2.1)
    assert f"{raised.value.until:%Y-%m-%d %H:%M} UTC" in str(raised.value)
    assert services.times_requested("/data") == 1


def test_comtrades_quota_is_kept_apart_from_a_wrong_key(services: Services, client: Client, to: Path) -> None:
    services.fault("/data", status(403, "Out of call volume quota. Quota will be replenished in 07:01:20."))
    with pytest.raises(QuotaSpent) as raised:
        client.get(services.url + "/data", secrets=KEY, to=to, expect=("json",))
    assert timedelta(hours=7) < raised.value.until - datetime.now(UTC) < timedelta(hours=7.1)


@pytest.mark.parametrize("code", [401, 403])
def test_a_wrong_key_is_not_tried_again(services: Services, client: Client, to: Path, code: int) -> None:
    services.fault("/data", status(code, f"Access denied for {KEY['X-Key']}"))
    sentence = error_of(client, services.url + "/data", to, Denied)
    assert f"({code})" in sentence and "key" in sentence and services.times_requested("/data") == 1


def test_a_key_that_is_no_key_is_not_sent(services: Services, client: Client, to: Path) -> None:
    for key in ("line\nbreak", "ключ"):
        with pytest.raises(Denied) as raised:
            client.get(services.url + "/data", secrets={"X-Key": key}, to=to, expect=("json",))
        assert key not in "".join(traceback.format_exception(raised.value))
    assert services.requests == []


def test_a_key_is_not_sent_in_clear(client: Client, to: Path) -> None:
    sentence = error_of(client, "http://mirror.example/data", to, Unreachable)
    assert "https" in sentence


def test_a_web_page_is_no_data_whatever_its_header_says(services: Services, client: Client, to: Path) -> None:
    services.fault("/data", login_page, lambda _: Reply(b"\n<html>Maintenance</html>", "application/json"))
    for _ in range(2):
        assert "web page where JSON" in error_of(client, services.url + "/data", to, Unexpected)
    assert services.times_requested("/data") == 2


def test_what_is_gone_is_reported_with_its_path(services: Services, client: Client, to: Path) -> None:
    assert "/elsewhere (404)" in error_of(client, services.url + "/elsewhere", to, Unexpected)


def seven_zip_of(text: bytes) -> bytes:
    packed = io.BytesIO()
    with py7zr.SevenZipFile(packed, "w") as archive:
        archive.writestr(text, "data.dat")
    return packed.getvalue()


def zip_of(text: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("data.csv", text)
    return packed.getvalue()


TEXT = b"".join(b"%d,row\n" % n for n in range(500))
WHOLE = {
    "json": b"\xef\xbb\xbf [1, 2]\n",
    "xml": b'<?xml version="1.0"?><list><entry/></list>\n',
    "csv": TEXT,
    "zip": zip_of(TEXT),
    "xlsx": zip_of(TEXT),
    "7z": seven_zip_of(TEXT),
    "gzip": gzip.compress(TEXT[:100]) + gzip.compress(TEXT) + b"\0" * 10,
}


@pytest.mark.parametrize("kind", WHOLE)
def test_each_kind_is_known_by_its_bytes(services: Services, client: Client, to: Path, kind: str) -> None:
    services.serve("/file", WHOLE[kind], "application/octet-stream")
    assert client.get(services.url + "/file", to=to, expect=(kind,)).path.read_bytes() == WHOLE[kind]
    others = tuple(k for k in WHOLE if WHOLE[k] != WHOLE[kind] and not (kind == "json" and k == "csv"))
    assert "something else" in error_of(client, services.url + "/file", to, Unexpected, expect=others)


@pytest.mark.parametrize("kind", [kind for kind in WHOLE if kind != "csv"])
def test_half_a_file_that_came_as_a_whole_answer_is_tried_again(
    services: Services, client: Client, to: Path, kind: str
) -> None:
    services.serve("/file", WHOLE[kind])
    half = WHOLE[kind][: len(WHOLE[kind]) // 2]
    services.fault("/file", lambda reply: Reply(half))
    client.get(services.url + "/file", to=to, expect=(kind,))
    assert services.times_requested("/file") == 2


def test_a_packed_answer_that_ends_in_the_middle_is_tried_again(services: Services, client: Client, to: Path) -> None:
    packed = gzip.compress(DATA)
    services.serve("/packed", packed, "application/json", Content_Encoding="gzip")
    services.fault("/packed", lambda reply: Reply(packed[:-12], headers={"Content-Encoding": "gzip"}))
    assert client.get(services.url + "/packed", to=to, expect=("json",)).path.read_bytes() == DATA
    assert services.times_requested("/packed") == 2


def test_an_answer_that_is_too_large_is_not_taken(services: Services, client: Client, to: Path) -> None:
    assert "more than 10 bytes" in error_of(client, services.url + "/data", to, TooLarge, max_bytes=10)
    bomb = gzip.compress(b" " * 5_000_000)
    services.serve("/bomb", bomb, "application/json", Content_Encoding="gzip")
    error_of(client, services.url + "/bomb", to, TooLarge, max_bytes=1_000_000)
    assert services.times_requested("/data") == services.times_requested("/bomb") == 1


def test_a_redirect_within_the_service_is_followed(services: Services, client: Client, to: Path) -> None:
    services.fault("/old", redirect("/data", 301))
    services.handle("/old", lambda request: Reply(status=404))
    assert client.get(services.url + "/old", to=to, expect=("json",), secrets=KEY).status == 200
    assert services.requests[-1].headers["x-key"] == KEY["X-Key"]


def test_a_redirect_to_itself_ends(services: Services, client: Client, to: Path) -> None:
    services.handle("/circle", lambda request: redirect("/circle")(Reply()))
    assert "from one address to the next" in error_of(client, services.url + "/circle", to, Unexpected)
    assert services.times_requested("/circle") == http_client.REDIRECTS + 1


def test_a_redirect_that_leaves_https_is_not_followed(services: Services, client: Client, to: Path) -> None:
    services.fault("/data", redirect("http://elsewhere.example/data"))
    assert "without https" in error_of(client, services.url + "/data", to, Unexpected)


def test_no_other_host_is_sent_a_key(
    services: Services, to: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, authority = trusted(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with Services(certificate=certificate) as other, Client() as client:
        other.serve("/data", DATA)
        services.fault("/data", redirect(other.url + "/data"))
        client.get(services.url + "/data", to=to, expect=("json",), secrets=KEY, etag='"two"')
        assert services.requests[0].headers["x-key"] == KEY["X-Key"]
        assert not {"x-key", "if-none-match"} & set(other.requests[0].headers)


def test_a_strangers_certificate_is_not_trusted_and_not_tried_again(
    client: Client, slept: list[float], to: Path, tmp_path: Path
) -> None:
    certificate, _ = trusted(tmp_path)
    with Services(certificate=certificate) as untrusted:
        untrusted.serve("/data", DATA)
        assert "certificate" in error_of(client, untrusted.url + "/data", to, Unreachable)
        assert untrusted.requests == [] and slept == []
        assert "certificate" in reachable(untrusted.url)


def test_a_host_that_is_not_there_is_reported(client: Client, slept: list[float], to: Path) -> None:
    with Services() as gone:
        url = gone.url
    assert "no connection" in error_of(client, url + "/data", to, Unreachable)
    assert len(slept) == http_client.TRIES - 1


@pytest.mark.parametrize("url", ["ftp://files.example/x", "https://", "https://[half/x", "nonsense"])
def test_an_address_that_is_none_is_reported(client: Client, to: Path, url: str) -> None:
    with pytest.raises(NetworkError):
        client.get(url, to=to, expect=("json",))


SECRET_ADDRESS = "/data?subscription-key=hidden-in-the-query&hidden-word&period=2023"
REPEATS = "me:p%40ss-word, p@ss-word, hidden-in-the-query and hidden-word are wrong"


def secret_address(services: Services) -> str:
    return services.url.replace("//", "//me:p%40ss-word@") + SECRET_ADDRESS


def test_secrets_in_an_address_are_not_written_down(services: Services, client: Client, to: Path) -> None:
    answer = client.get(secret_address(services), params={"format": "csv"}, to=to, expect=("json",))
    assert answer.url == services.url + "/data?…&format=csv"
    request = services.requests[-1]
    assert request.sent == SECRET_ADDRESS.partition("?")[2] + "&format=csv"  # exactly as given
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"me:p@ss-word").decode()


@pytest.mark.parametrize(
    "fault",
    [
        status(400, REPEATS),
        status(401, REPEATS),
        status(404, REPEATS),
        status(503, REPEATS),
        lambda _: Reply(json.dumps({"statusCode": 403, "message": REPEATS}).encode()),
        lambda _: Reply(json.dumps({"error": REPEATS, "data": []}).encode()),
        lambda _: Reply(f"<Error><Message>{REPEATS}</Message></Error>".encode()),
        login_page,
        cut_off(10),
    ],
    ids=["400", "401", "404", "503", "status inside", "error inside", "XML inside", "login", "cut off"],
)
def test_no_message_repeats_a_secret_of_an_address(services: Services, client: Client, to: Path, fault: Fault) -> None:
    services.fault("/data", *[fault] * http_client.TRIES)
    with pytest.raises(NetworkError) as raised:
        client.get(secret_address(services), to=to, expect=("json",))
    printed = "".join(traceback.format_exception(raised.value))
    assert not any(secret in printed for secret in ("p%40ss", "p@ss", "hidden-in-the-query", "hidden-word"))


def test_a_password_in_an_address_is_not_sent_in_clear(client: Client, to: Path) -> None:
    with pytest.raises(Unreachable, match="not https") as raised:
        client.get("http://me:pass-word@mirror.example/data", to=to, expect=("json",))
    assert "pass-word" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "socks9://me:pass-word@127.0.0.1:9"),
        ("ALL_PROXY", "http://me:pass-word@127.0.0.1:nine"),
        ("SSL_CERT_FILE", "/no/such/pass-word.pem"),
    ],
)
def test_a_proxy_or_certificate_that_cannot_be_used_is_one_sentence_without_a_password(
    client: Client, to: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Unreachable, match=name) as raised:
        client.get("https://mirror.example/data", to=to, expect=("json",))
    assert "pass-word" not in "".join(traceback.format_exception(raised.value))
    assert name in reachable("https://mirror.example/data")


def test_the_user_agent_is_a_setting_that_names_the_project_and_passes_for_a_browser(
    services: Services, to: Path
) -> None:
    assert USER_AGENT.startswith("Mozilla/5.0 (compatible; GhostTrade/") and PAGE in USER_AGENT
    given = Settings.from_environment({"USER_AGENT": "Customs of Ruritania (+https://customs.example)"}).user_agent
    with Client(user_agent=given) as client:
        client.get(services.url + "/data", to=to, expect=("json",))
    assert services.requests[-1].headers["user-agent"] == given
    with pytest.raises(SettingsError, match="USER_AGENT"):
        Settings.from_environment({"USER_AGENT": "two\nlines"})


# ---------------------------------------------------------------- an error that comes as success


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (b'{"statusCode": 401, "message": "Access denied."}', Denied, "refuses (401): “Access denied.”"),
        (b'{"statusCode": "404", "message": "Resource not found"}', Unexpected, "(404)"),
        (b'{"error": {"code": 403, "message": "No."}}', Denied, "refuses (403): “No.”"),
        (b'{"error": [{"status": 400, "label": "Bad filter"}]}', Unexpected, "(400): “Bad filter”"),
        (b'{"elapsedTime": "1 s", "count": 0, "data": [], "error": "SQL time-out"}', ErrorContent, "“SQL time-out”"),
        (b'{"count": 1, "data": [' + b'{"a": 1},' * 200_000 + b'{}], "error": "half"}', ErrorContent, "“half”"),
        (b'{"errors": ["one", "two"]}', ErrorContent, "“one”"),
        (b'{"message": "Forbidden"}', ErrorContent, "“Forbidden”"),
        (b'{"success": false, "result": []}', ErrorContent, "an error"),
        (b"{}", ErrorContent, "an error"),
        (b'\xef\xbb\xbf{"Message": "An error has occurred."}', ErrorContent, "“An error has occurred.”"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', ErrorContent, "“AccessDenied”"),
        (b"<s:Envelope><s:Body><s:Fault><faultstring>No</faultstring></s:Fault></s:Body></s:Envelope>", ErrorContent,
         "“No”"),
        (b'<?xml version="1.0"?>\n<!-- portal --><!DOCTYPE html><html><body/></html>', Unexpected, "web page"),
        ("<html>Anmeldung</html>".encode("utf-16"), Unexpected, "web page"),
        (b" \r\n ", Unexpected, "nothing"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("expect", ["json", "xml", "csv", "7z"])
def test_an_error_with_the_status_of_success_is_no_answer(
    services: Services, client: Client, to: Path, body: bytes, kind: type[NetworkError], expected: str, expect: str
) -> None:
    services.serve("/file", body)
    with pytest.raises(kind) as raised:
        client.get(services.url + "/file", to=to, expect=(expect,))
    assert expected in str(raised.value) and "\n" not in str(raised.value)
    assert not to.exists()


def test_an_error_inside_that_passes_is_tried_again(services: Services, client: Client, to: Path) -> None:
    services.fault("/data", lambda _: Reply(b'{"statusCode": 429, "message": "Try again in 2 seconds."}'))
    assert client.get(services.url + "/data", to=to, expect=("json",)).size_bytes == len(DATA)


@pytest.mark.parametrize(
    "body",
    [
        b'{"elapsedTime": "1 s", "count": 0, "data": [], "error": ""}',
        b'{"elapsedTime": "1 s", "count": 0, "data": [], "error": null}',
        b'{"more": false, "results": [{"id": 4, "error": "a column"}]}',
        b'{"data": [' + b'{"text": "error"},' * 100_000 + b'{}], "error": ""}',
    ],
)
def test_an_answer_that_says_there_was_no_error_is_one(
    services: Services, client: Client, to: Path, body: bytes
) -> None:
    services.serve("/file", body)
    assert client.get(services.url + "/file", to=to, expect=("json",)).size_bytes == len(body)


def test_nothing_of_a_question_is_logged(
    services: Services, client: Client, to: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    services.handle("/hook", lambda request: Reply(status=200))
    client.get(services.url + "/data?subscription-key=hidden-in-the-query", secrets=KEY, to=to, expect=("json",))
    client.post_json(services.url + "/hook/hidden-in-the-path", {"text": "A run failed."})
    assert not [r for r in caplog.records if r.name.startswith(("httpx", "httpcore"))]


def test_one_host_is_requested_with_pauses_and_with_longer_ones_when_it_limits_the_rate(
    services: Services, to: Path, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client, "_is_loopback", lambda host: False)
    monkeypatch.setattr(http_client, "_is_safe", lambda url: True)
    with Client(pause=1.0, sleep=slept.append, clock=lambda: 0.0) as client:
        client.get(services.url + "/data", to=to, expect=("json",))
        assert slept == []
        client.get(services.url + "/data", to=to, expect=("json",))
        assert slept == [1.0]
        services.fault("/data", status(429, Retry_After="5"))
        client.get(services.url + "/data", to=to, expect=("json",))
        assert slept[1:] == [1.0, 5.0, 2.0]


def test_a_webhook_hears_the_sentence(services: Services, client: Client) -> None:
    posted: list[Request] = []
    services.handle("/hook", lambda request: posted.append(request) or Reply(status=204))
    services.fault("/hook", status(502))
    client.post_json(services.url + "/hook/hidden", {"text": "A run failed."})
    assert [request.body for request in posted] == [b'{"text":"A run failed."}'] * 2


def test_a_webhooks_address_is_in_no_message(services: Services, client: Client) -> None:
    services.handle("/hook", lambda request: Reply(status=404))
    with Services() as gone:
        unreachable = gone.url
    for url in (services.url + "/hook/hidden", unreachable + "/hook/hidden", "https://[hidden"):
        with pytest.raises(NetworkError) as raised:
            client.post_json(url, {"text": "A run failed."})
        message = "".join(traceback.format_exception(raised.value))
        assert "hidden" not in message.replace('"hidden"', "") and "127.0.0.1" not in str(raised.value)


def test_the_preflight_says_who_answers_and_why_not(services: Services) -> None:
    assert reachable(services.url) is None  # 404 at its root: but it answers
    services.fault("/", status(503))
    assert "error (503)" in reachable(services.url)
    with Services() as gone:
        unreachable = gone.url
    assert "no connection" in reachable(unreachable)


def test_importing_the_door_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpx, "Client", lambda **_: pytest.fail("opened"))
    with Client():
        pass
