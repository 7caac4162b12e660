"""The only door to the network: a response that is whole, or one sentence on why there is none.

Here belongs everything that is the same for every service: time-outs, trying again, waiting when told to,
certificates, redirects, size limits, and checking the bytes that came: an error that comes with the status 200 is no
response. Not here: addresses, keys, and what a response means; that is its source's business.

A message names the service's host and the action. It never holds a header, a key, a password, a query or a webhook.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import logging
import re
import ssl
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import unquote, urlencode, urljoin, urlsplit

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from dagster_project.settings import USER_AGENT

TRIES = 5
FIRST_WAIT, LONGEST_WAIT = 1.0, 120.0  # seconds; a longer Retry-After means: not today
PAUSE, LONGEST_PAUSE = 1.0, 10.0  # seconds between two requests to one host; doubled at each 429
REDIRECTS = 5
MAX_BYTES = 4_000_000_000
RESPONSE_SECONDS = 3600.0  # for one whole response: a byte a minute never times out by itself
TIMEOUTS = httpx.Timeout(connect=10.0, read=120.0, write=30.0, pool=10.0)  # Comtrade takes a minute or so
CHUNK_BYTES = 1024 * 1024

PASSING_STATUS = {408, 425, 429, 500, 502, 503, 504}
SEVEN_ZIP, GZIP, ZIP = b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"PK"
PROLOG = rb"\A(?:\s|<\?xml[^>]*\?>|<!--.*?-->)*"
HTML = re.compile(PROLOG + rb"<(?:!doctype\s+html|html|head|body|script|meta|title)\b", re.I | re.S)
XML_ERROR = re.compile(  # by the name of the first element, or SOAP's in its envelope
    PROLOG
    + rb"<(?:[\w.-]+:)?(?:errors?|errorresponse|fault|exception|\w*exceptionreport|envelope\b.*?<(?:[\w.-]+:)?fault)\b",
    re.I | re.S,
)
XML_MESSAGE = re.compile(rb"<(?:[\w.-]+:)?(?:message|faultstring|text|\w*text|code)\b[^>]*>\s*([^<]+)", re.I)
# Where services put an error into JSON: names as they are written in small letters, without _ and -.
JSON_ERRORS = {"error", "errors", "fault", "exception"}
JSON_STATUS = {"statuscode", "status", "code"}
JSON_MESSAGES = {"message", "errormessage", "detail", "description", "title", "label", "text"}
# An object that holds nothing else is no data.
JSON_NO_DATA = (
    JSON_ERRORS | JSON_STATUS | JSON_MESSAGES | {"requestid", "activityid", "traceid", "timestamp", "path", "type"}
)
JSON_READ_WHOLE = 1_000_000  # bytes; in what is longer an error stands at the beginning or at the end
SHORTEST_SECRET = 3  # what is shorter stands in every text

T = TypeVar("T")


class NetworkError(Exception):
    """There is no response. The message is one sentence or two for the person who can act."""


class Unreachable(NetworkError):
    """The service cannot be reached, or fails; another day it may."""


class Denied(NetworkError):
    """The service refuses access: a key is wrong, missing or not enough."""


class QuotaSpent(NetworkError):
    """The service's quota is used up. `until` is when it ends, where the service gives it."""

    def __init__(self, message: str, until: datetime | None = None):
        self.until = until
        super().__init__(message)


class Unexpected(NetworkError):
    """A response came, and not what was requested."""


class ErrorContent(Unexpected):
    """A response came whose status is that of success, and whose content is an error."""


class TooLarge(NetworkError):
    """The response is larger than expected, so it was not taken."""


@dataclass(frozen=True)
class Response:
    """A whole response on disk; nothing is on disk when it is unchanged."""

    path: Path
    url: str  # as requested: of its query the parameters alone, for in a given address any part may be a key
    status: int
    etag: str
    last_modified: datetime | None
    content_type: str
    size_bytes: int

    @property
    def is_unchanged(self) -> bool:
        return self.status == 304


class _Retryable(Exception):
    """A failure that another try may cure; `final` is raised when it does not, `after` is how long to wait."""

    def __init__(self, final: NetworkError, after: float | None = None):
        self.final, self.after = final, after


class Client:
    """Requests to services, one at a time, in the name of `user_agent`. The connection opens at the first request."""

    def __init__(
        self,
        *,
        user_agent: str = USER_AGENT,
        timeouts: httpx.Timeout = TIMEOUTS,
        pause: float = PAUSE,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._user_agent = user_agent
        self._timeouts, self._pause, self._sleep, self._clock = timeouts, pause, sleep, clock
        self._http: httpx.Client | None = None
        self._pauses: dict[str, float] = {}
        self._last_request: dict[str, float] = {}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        if self._http is not None:
            self._http.close()
            self._http = None

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        to: Path,
        expect: Sequence[str],
        etag: str = "",
        max_bytes: int = MAX_BYTES,
        remedy: str = "",
    ) -> Response:
        """Request until there is a whole response, and put it into the file `to`.

        `secrets` are headers that reach this host alone; so do a name and password in the address. `expect` are the
        kinds that will do: json, xml, csv, html, zip, xlsx, 7z, gzip; none: anything but a web page. With `etag` the
        response may be that nothing changed. `remedy` ends the message where the address is the likely fault. Raises a
        NetworkError.
        """
        host, added = _host(url), urlencode(params or {}, safe=",")
        credentials, hidden = _credentials(url)
        parts = urlsplit(url)._replace(netloc=host, fragment="")
        request = _Request(
            url=parts._replace(query="&".join(filter(None, (parts.query, added)))).geturl(),
            recorded=_recorded(parts.geturl(), added),
            secrets={**credentials, **(secrets or {})},
            # the longest first: one may be a part of another
            hidden=sorted(
                {one for one in (*hidden, *(secrets or {}).values()) if len(one) >= SHORTEST_SECRET},
                key=len,
                reverse=True,
            ),
            to=to,
            expect=expect,
            etag=etag,
            max_bytes=max_bytes,
            remedy=remedy,
        )
        for value in request.secrets.values():
            if not (value.isascii() and value.isprintable()):
                raise Denied(f"The key for {request.host} holds characters that no key has: copy it again.")
        if request.secrets and not _is_safe(request.url):
            raise Unreachable(
                f"The address of {request.host} is not https, and a key is not sent in clear: give its https address."
            )
        try:
            return self._with_retries(lambda: self._get(request))
        except BaseException:
            to.unlink(missing_ok=True)  # half a response is none
            raise

    def post_json(self, url: str, body: object) -> None:
        """Post a message to a webhook. Its address is a secret, so no error names it. Raises a NetworkError."""

        def post() -> None:
            try:
                response = self._opened().post(url, json=body)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise _Retryable(Unreachable(f"The webhook cannot be reached ({_why(error)}).")) from None
            if response.status_code in PASSING_STATUS:
                raise _Retryable(Unreachable(f"The webhook answers with an error ({response.status_code})."))
            if response.status_code >= 300:
                raise Denied(f"The webhook refuses the message ({response.status_code}): look at its address.")

        self._with_retries(post)

    def _opened(self) -> httpx.Client:
        if self._http is None:
            for name in ("httpx", "httpcore"):  # they log addresses and headers
                logging.getLogger(name).setLevel(logging.CRITICAL)
            try:
                self._http = httpx.Client(
                    timeout=self._timeouts,
                    headers={"User-Agent": self._user_agent, "Accept-Encoding": "gzip"},
                    follow_redirects=False,
                )
            except OSError:
                raise Unreachable(
                    "The certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read, so nothing was "
                    "requested: correct it, or take it out of the environment."
                ) from None
            except (ValueError, ImportError, httpx.InvalidURL):  # its message may hold the proxy's password
                raise Unreachable(
                    "The proxy that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY names cannot be used, so nothing was "
                    "requested: write it as http://user:password@host:port, with each of @ : / # ? % in the password "
                    "percent-encoded, and NO_PROXY as names with commas between."
                ) from None
        return self._http

    def _with_retries(self, request: Callable[[], T]) -> T:
        """Try again with growing pauses, or after the wait that the service names."""
        growing = wait_exponential_jitter(initial=FIRST_WAIT, max=LONGEST_WAIT)

        def wait(state: RetryCallState) -> float:
            after = state.outcome.exception().after  # type: ignore[union-attr]
            return growing(state) if after is None else after

        try:
            return Retrying(
                retry=retry_if_exception_type(_Retryable),
                stop=stop_after_attempt(TRIES),
                wait=wait,
                sleep=self._sleep,
                reraise=True,
            )(request)
        except _Retryable as failure:
            raise failure.final from None

    def _get(self, request: _Request) -> Response:
        headers = request.secrets | ({"If-None-Match": request.etag} if request.etag else {})
        origin, target = _origin(request.url), request.url
        for _ in range(REDIRECTS + 1):
            host = _host(target)
            self._wait_for_a_turn(host)
            own = headers if _origin(target) == origin else {}
            try:
                with self._opened().stream("GET", target, headers=own) as response:
                    if response.has_redirect_location:
                        target = _redirected(target, response.headers["Location"])
                        continue
                    return self._take(response, host, request)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                _explain(error, host)
        raise Unexpected(f"{request.host} sends from one address to the next, more than {REDIRECTS} times.")

    def _take(self, response: httpx.Response, host: str, request: _Request) -> Response:
        size = 0
        if response.status_code == 200:
            size = self._write(response, host, request.to, request.max_bytes)
            if failure := _declared_error(request.to):
                status, message = failure
                if status:  # as the service meant it
                    self._raise_for_status(response, host, request, status, message)
                quoted = f": “{request.without_secrets(message)}”" if message else ""
                raise ErrorContent(
                    f"{host} answers with an error where {_either(request.expect)} was requested{quoted}. Run again "
                    "later, and look at the address if it stays."
                )
            _look(request, host, response.headers.get("Content-Type", ""))
        elif response.status_code != 304 or not request.etag:
            self._raise_for_status(response, host, request, response.status_code, _message(response))
        return Response(
            path=request.to,
            url=request.recorded,
            status=response.status_code,
            etag=response.headers.get("ETag", ""),
            last_modified=_date(response.headers.get("Last-Modified", "")),
            content_type=response.headers.get("Content-Type", ""),
            size_bytes=size,
        )

    def _write(self, response: httpx.Response, host: str, to: Path, max_bytes: int) -> int:
        """The body, decompressed by us: httpx takes the first half of a gzip stream for the whole."""
        announced = int(response.headers.get("Content-Length") or 0)
        too_large = TooLarge(f"{host} answers with more than {max_bytes:,} bytes. That is not what was requested.")
        if announced > max_bytes:
            raise too_large
        size, began = 0, self._clock()
        with to.open("wb") as file:
            for chunk in _decoded(response, host):
                size += len(chunk)
                if size > max_bytes:
                    raise too_large
                if self._clock() - began > RESPONSE_SECONDS:
                    raise _Retryable(Unreachable(f"{host} is too slow: {size:,} bytes in {RESPONSE_SECONDS:,.0f} s."))
                file.write(chunk)
        return size

    def _raise_for_status(
        self, response: httpx.Response, host: str, request: _Request, status: int, message: str
    ) -> NoReturn:
        """Raise the error for a status that is no response, with the service's own message."""
        message = request.without_secrets(message)
        after = _seconds_to_wait(response.headers.get("Retry-After", ""), message)
        quoted = f": “{message}”" if message else ""
        if status == 403 and "quota" in message.lower() or status == 429 and (after or 0) > LONGEST_WAIT:
            until = datetime.now(UTC) + timedelta(seconds=after) if after else None
            when = f"at {until:%Y-%m-%d %H:%M} UTC" if until else "later"
            raise QuotaSpent(f"The quota of {host} is used up. Run again {when}: that run continues from there.", until)
        if status in (401, 403):
            remedy = (
                "Look at the key and what it allows."
                if request.secrets
                else f"It may want a key, or block this network or this USER_AGENT. {request.remedy}".rstrip()
            )
            raise Denied(f"{host} refuses ({status}){quoted}. {remedy}")
        if status == 429:
            self._pauses[host] = min(2 * self._pauses.get(host, max(self._pause, 0.5)), LONGEST_PAUSE)
            message = f"{host} limits the rate of requests. Run again later: that run continues from there."
            raise _Retryable(QuotaSpent(message), after)
        if status in PASSING_STATUS:
            if after is not None:
                after = min(after, LONGEST_WAIT)
            raise _Retryable(Unreachable(f"{host} answers with an error ({status}). Run again later."), after)
        if status in (404, 410):
            raise Unexpected(
                f"{host} does not have {urlsplit(request.recorded).path} ({status}). {request.remedy}".rstrip()
            )
        raise Unexpected(f"{host} cannot answer the request ({status}){quoted}.")

    def _wait_for_a_turn(self, host: str) -> None:
        """One request a second is polite; our own machine answers as fast as it can."""
        pause = self._pauses.get(host, 0.0 if _is_loopback(host) else self._pause)
        if host in self._last_request and (left := self._last_request[host] + pause - self._clock()) > 0:
            self._sleep(left)
        self._last_request[host] = self._clock()


@dataclass(frozen=True)
class _Request:
    """One request as it is made, and what of it may be written down."""

    url: str  # without a name and password
    recorded: str  # without the query that the address came with
    secrets: dict[str, str]  # headers for this host alone
    hidden: Sequence[str]  # never in a message
    to: Path
    expect: Sequence[str]
    etag: str
    max_bytes: int
    remedy: str

    @property
    def host(self) -> str:
        return _host(self.url)

    def without_secrets(self, message: str) -> str:
        for secret in self.hidden:
            message = message.replace(secret, "…")
        return message


def _recorded(url: str, params: str) -> str:
    """An address as it may be written down: any part of the query it came with may be a key, no parameter is."""
    parts = urlsplit(url)
    return parts._replace(query="&".join(filter(None, ("…" if parts.query else "", params))), fragment="").geturl()


def _credentials(url: str) -> tuple[dict[str, str], list[str]]:
    """The header for a name and password in an address; and what of the address is never written down."""
    parts = urlsplit(url)
    given = parts.netloc.rpartition("@")[0]
    hidden = [parts.query, *(pair.rpartition("=")[2] for pair in parts.query.split("&"))]
    header = {}
    if given:
        user, _, password = given.partition(":")
        plain = f"{unquote(user)}:{unquote(password)}"
        header = {"Authorization": "Basic " + base64.b64encode(plain.encode()).decode()}
        hidden += [given, password, *header.values()]
    return header, [*hidden, *map(unquote, hidden)]


def host_of(url: str) -> str:
    """Host and port of an address, which may be written down. Raises Unexpected for what is no address."""
    return _host(url)


def reachable(url: str, user_agent: str = USER_AGENT) -> str | None:
    """One quick request whether the server of an address answers at all: None, or the reason why not."""
    try:
        host = _host(url)
    except Unexpected as unusable:
        return str(unusable)
    with Client(user_agent=user_agent, timeouts=httpx.Timeout(5.0)) as client:
        try:
            with client._opened().stream("GET", f"{urlsplit(url).scheme}://{host}/") as response:
                status = response.status_code
        except Unreachable as failure:
            return str(failure)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            try:
                _explain(error, host)
            except _Retryable as failure:
                return str(failure.final)
            except NetworkError as final:
                return str(final)
    return f"{host} answers with an error ({status})." if status >= 500 else None


def _explain(error: Exception, host: str) -> NoReturn:
    """What httpx says, as a sentence; whether another try may help."""
    if certificate := _certificate_fault(error):
        raise Unreachable(
            f"{host} shows a certificate that this machine does not trust ({certificate}), so nothing was requested. "
            "If your network inspects traffic, let SSL_CERT_FILE name its authority."
        ) from None
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        raise Unexpected(f"{host} cannot be reached: its address is not one of the web.") from None
    raise _Retryable(
        Unreachable(f"{host} cannot be reached ({_why(error)}). Run again later, or look at the network.")
    ) from None


def _why(error: Exception) -> str:
    reasons = {
        httpx.ConnectTimeout: "no connection in time",
        httpx.TimeoutException: "no answer in time",
        httpx.ProxyError: "the proxy refuses",
        httpx.ConnectError: "no connection",
        httpx.RemoteProtocolError: "the answer was cut off",
        httpx.NetworkError: "the connection broke",
    }
    return next((reason for kind, reason in reasons.items() if isinstance(error, kind)), "the connection failed")


def _certificate_fault(error: BaseException | None) -> str:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message.lower() or "not valid"
        error = error.__cause__ or error.__context__
    return ""


def _decoded(response: httpx.Response, host: str) -> Iterator[bytes]:
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding == "identity":
        yield from response.iter_raw(CHUNK_BYTES)
        return
    if encoding not in ("gzip", "x-gzip"):
        raise Unexpected(f"{host} packs its answer as {encoding[:20]!r}, which was not requested.")
    half = _Retryable(Unreachable(f"{host} cuts its answers off. Run again later."))
    unpacker = zlib.decompressobj(31)
    try:
        for packed in response.iter_raw(CHUNK_BYTES):
            while packed:
                yield unpacker.decompress(packed, CHUNK_BYTES)
                packed = unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error:
        raise half from None
    if not unpacker.eof:
        raise half


def _declared_error(path: Path) -> tuple[int, str] | None:
    """The status and the message of a content that is an error; None where it is none, 0 where it names no status."""
    start, end = _ends(path)
    text = _text(start)
    if text.startswith(b"{"):
        return _json_error(path, text, end)
    if XML_ERROR.match(text):
        message = XML_MESSAGE.search(text)
        return 0, _one_line(message.group(1).decode("utf-8", "replace")) if message else ""
    return None


def _json_error(path: Path, start: bytes, end: bytes) -> tuple[int, str] | None:
    if path.stat().st_size > JSON_READ_WHOLE:
        field = rb'"error(?:s|Message)?"\s*:\s*"((?:[^"\\]|\\.)+)"'
        match = re.search(field, start.partition(b"[")[0]) or re.search(field + rb"\s*[,}]", end[-4096:])
        return (0, _one_line(match.group(1).decode("utf-8", "replace"))) if match else None
    try:
        answer = {_plain(name): value for name, value in json.loads(path.read_bytes()).items()}
    except (ValueError, RecursionError):
        return None  # not whole, or broken: _look and the source tell
    faults = [answer[name] for name in JSON_ERRORS & answer.keys() if answer[name]]
    status = next(filter(None, (_error_status(one) for one in (answer, *faults))), 0)
    failed = answer.get("success") is False or answer.get("ok") is False
    if faults or status or failed or answer.keys() <= JSON_NO_DATA:
        return status, _one_line(_first_text(faults or answer))
    return None


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _error_status(value: Any) -> int:
    """The HTTP status of an error that an object names, or the first object of a list; 0 where there is none."""
    if isinstance(value, list):
        return _error_status(value[0]) if value else 0
    if not isinstance(value, dict):
        return 0
    named = (str(number) for name, number in value.items() if _plain(name) in JSON_STATUS)
    return next((int(number) for number in named if re.fullmatch(r"[45]\d\d", number)), 0)


def _first_text(value: Any) -> str:
    """The message of an error: the value itself, or what stands where messages do."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return next(filter(None, map(_first_text, value)), "")
    if not isinstance(value, dict):
        return ""
    named = [text for name, text in value.items() if _plain(name) in JSON_MESSAGES]
    nested = [one for one in value.values() if isinstance(one, dict | list)]
    return next(filter(None, map(_first_text, [*named, *nested])), "")


def _one_line(text: str) -> str:
    return "".join(one for one in " ".join(text.split()) if one.isprintable())[:200]


def _ends(path: Path) -> tuple[bytes, bytes]:
    """The first and the last bytes of a file; in a small one they overlap."""
    with path.open("rb") as file:
        start = file.read(65_536)
        file.seek(max(0, path.stat().st_size - 66_000))
        return start, file.read()


def _text(start: bytes) -> bytes:
    """The beginning of a text as UTF-8, without its mark and the space before it."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        start = start.decode("utf-16", "replace").encode()
    return start.removeprefix(b"\xef\xbb\xbf").lstrip()


def _look(request: _Request, host: str, content_type: str) -> None:
    """Raise unless the bytes are what was requested, and all of it; a Content-Type is no evidence."""
    path, expect = request.to, request.expect
    start, end = _ends(path)
    text = _text(start)
    if not text:
        raise _Retryable(Unexpected(f"{host} answers with nothing where {_either(expect)} was requested."))
    if HTML.match(text) and "html" not in expect:
        raise Unexpected(
            f"{host} answers with a web page where {_either(expect)} was requested: a login, a notice or a portal. "
            f"Look at the address in a browser. {request.remedy}".rstrip()
        )
    kind = next((k for k in expect if _is_kind(k, start, text, content_type)), None)
    if expect and kind is None:
        raise Unexpected(
            f"{host} answers with something else where {_either(expect)} was requested. {request.remedy}".rstrip()
        )
    if kind and not _is_whole(kind, path, start, end):
        raise _Retryable(Unreachable(f"{host} cuts its answers off. Run again later."))


def _is_kind(kind: str, start: bytes, text: bytes, content_type: str) -> bool:
    if kind == "csv":  # has no mark of its own
        return not ("html" in content_type.lower() or text[:1] in b"<{" or b"\0" in start.replace(b"\r\n", b"")[:512])
    if kind == "html":
        return HTML.match(text) is not None
    marks = {"json": (b"{", b"["), "xml": (b"<",), "zip": (ZIP,), "xlsx": (ZIP,), "7z": (SEVEN_ZIP,), "gzip": (GZIP,)}
    return (text if kind in ("json", "xml") else start).startswith(marks[kind])


def _is_whole(kind: str, path: Path, start: bytes, end: bytes) -> bool:
    """Does it end as its kind ends? A connection that closes early can look like the end of a response."""
    if kind == "json":
        return end.rstrip().endswith((b"}", b"]"))
    if kind == "html":
        return b"</html" in end.lower()
    if kind == "xml":  # the first element closes last
        root = re.search(rb"<([A-Za-z_][\w:.-]*)([^>]*)", start)
        return bool(root) and (root[2].endswith(b"/") or b"</" + root[1] in end)
    if kind in ("zip", "xlsx"):
        return b"PK\x05\x06" in end  # the directory stands at the end
    if kind == "7z":  # the header says where the file ends
        return path.stat().st_size >= 32 + sum(int.from_bytes(start[i : i + 8], "little") for i in (12, 20))
    if kind == "gzip":
        return _gzip_is_whole(path)
    return True


def _gzip_is_whole(path: Path) -> bool:
    member = zlib.decompressobj(31)
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                while chunk := chunk.lstrip(b"\0") if member.eof else chunk:  # some writers pad the end
                    if member.eof:
                        member = zlib.decompressobj(31)
                    member.decompress(chunk)
                    chunk = member.unused_data
    except zlib.error:
        return False
    return member.eof


def _redirected(url: str, location: str) -> str:
    """Where a redirect leads, if it may be followed: to https, or within our own machine."""
    try:
        target = urljoin(url, location)
        here, there = urlsplit(url), urlsplit(target)
    except ValueError:
        raise Unexpected(f"{_host(url)} sends on to what is no address of the web.") from None
    if there.scheme == "https" or (there.scheme == here.scheme and there.hostname == here.hostname == "127.0.0.1"):
        return target
    raise Unexpected(f"{_host(url)} sends on to {there.hostname} without https, and that is not followed.")


def _message(response: httpx.Response) -> str:
    """The service's own message, in one line."""
    try:
        text = b"".join(_some(response.iter_bytes(), 8192)).decode("utf-8", "replace")
    except httpx.HTTPError:
        return ""
    if text.lstrip().lower().startswith("<"):
        return ""
    field = re.search(r'"(?:message|errorMessage|error)"\s*:\s*"([^"]+)"', text)
    return _one_line(field.group(1) if field else text)


def _some(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk[:size]
        size -= len(chunk)
        if size <= 0:
            return


def _seconds_to_wait(header: str, message: str) -> float | None:
    """Retry-After in seconds or as a date; else what the message names ("in 07:01:20", "in 2 seconds")."""
    if header.strip().isdigit():
        return float(header)
    if moment := _date(header):
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    if clock := re.search(r"in (?:(\d+)\.)?(\d+):(\d\d):(\d\d)", message):
        days, hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
    if plain := re.search(r"in (\d+) seconds", message):
        return float(plain.group(1))
    return None


def _date(header: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _either(kinds: Sequence[str]) -> str:
    return " or ".join(kind.upper() if kind != "gzip" else kind for kind in kinds) or "data"


def _host(url: str) -> str:
    """Host and port, without a name and password."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or "The service"
    except ValueError:
        raise Unexpected("The service cannot be reached: its address is not one of the web.") from None


def _origin(url: str) -> tuple[str, str]:
    return urlsplit(url).scheme, _host(url)


def _is_loopback(host: str) -> bool:
    name = host.rpartition(":")[0] or host
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name == "localhost"


def _is_safe(url: str) -> bool:
    return urlsplit(url).scheme == "https" or _is_loopback(_host(url))
