"""A server on this machine that plays every service a test asks, with the faults a network has.

`Services` answers with what the test put there, first with the faults it ordered. `Comtrade` answers the
questions of the API v1 from rows the test makes, as its official client (comtradeapicall) asks them.
Not here: any expectation.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import trustme
from downloads import json_of


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    path: str
    query: Mapping[str, str]
    sent: str  # the query as it was written
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    at: float

    @property
    def question(self) -> str:
        return self.path + "?" + "&".join(f"{k}={v}" for k, v in sorted(self.query.items()))


@dataclass(frozen=True)
class Reply:
    """One answer; the last three say how it goes wrong on the way."""

    body: bytes = b""
    content_type: str = "application/octet-stream"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0  # before the first byte
    cut_at: int | None = None  # after so many bytes the connection closes; the whole length was announced
    chunked: bool = False  # sent in chunks; cut off, its last chunk never comes


Fault = Callable[[Reply], Reply]
Handler = Callable[[Request], Reply]


def status(code: int, message: str = "", **headers: str) -> Fault:
    """A refusal as Azure's gateway words it; headers by name with underscores: Retry_After="2"."""
    body = json.dumps({"statusCode": code, "message": message}).encode()
    return lambda _: Reply(
        body, "application/json", code, {name.replace("_", "-"): value for name, value in headers.items()}
    )


def slow(seconds: float) -> Fault:
    return lambda reply: replace(reply, seconds=seconds)


def cut_off(at: int = 20, *, chunked: bool = False) -> Fault:
    return lambda reply: replace(reply, cut_at=at, chunked=chunked)


def login_page(reply: Reply) -> Reply:
    return Reply(b"<!DOCTYPE html><html><body>Please sign in</body></html>", "text/html; charset=utf-8")


def empty_page(reply: Reply) -> Reply:
    return replace(reply, body=b"")


def in_latin_1(reply: Reply) -> Reply:
    return replace(reply, body=reply.body.decode().encode("latin-1", "replace"))


def renamed(old: str, new: str) -> Fault:
    """A column of another name."""
    return lambda reply: replace(reply, body=reply.body.replace(old.encode(), new.encode()))


def redirect(to: str, code: int = 302) -> Fault:
    return lambda _: Reply(status=code, headers={"Location": to})


class Services:
    """The server. Use it in a `with`; `url` is its address, `asked` everything it was asked, in order."""

    def __init__(self, *, certificate: trustme.LeafCert | None = None):
        self.requests: list[Request] = []
        self._routes: dict[str, Handler] = {}
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._lock = threading.Lock()
        services = self

        class OneRequest(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # headers and body are two writes: the second would wait 40 ms

            def do_GET(self) -> None:
                services._answer(self)

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:  # a client that was killed, or gave up
                pass

        self._server = Server(("127.0.0.1", 0), OneRequest)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(context)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Services:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def serve(self, path: str, body: bytes, content_type: str = "application/octet-stream", **headers: str) -> None:
        """These bytes at this path. With ETag="…" who has them already hears 304."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        def handler(request: Request) -> Reply:
            if (etag := named.get("ETag")) and request.headers.get("if-none-match") == etag:
                return Reply(status=304, headers=named)
            return Reply(body, content_type, headers=named)

        self.handle(path, handler)

    def handle(self, prefix: str, handler: Handler) -> None:
        """Whatever begins with this path; the longest prefix wins."""
        self._routes[prefix] = handler

    def fault(self, prefix: str, *faults: Fault) -> None:
        """The next answers below this path go wrong like this, one after the other."""
        self._faults[prefix].extend(faults)

    def times_requested(self, prefix: str) -> int:
        return sum(one.path.startswith(prefix) for one in self.requests)

    def _answer(self, connection: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(connection.path)
        request = Request(
            parts.path,
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            parts.query,
            {name.lower(): value for name, value in connection.headers.items()},
            connection.rfile.read(int(connection.headers.get("Content-Length") or 0)),
            time.time(),
        )
        with self._lock:
            self.requests.append(request)
            route = max((p for p in self._routes if request.path.startswith(p)), key=len, default=None)
            reply = self._routes[route](request) if route is not None else Reply(b"not here", "text/plain", 404)
            for prefix, faults in self._faults.items():
                if request.path.startswith(prefix) and faults:
                    reply = faults.popleft()(reply)
                    break
        self._send(connection, reply)

    @staticmethod
    def _send(connection: BaseHTTPRequestHandler, reply: Reply) -> None:
        time.sleep(reply.seconds)
        connection.send_response(reply.status)
        if reply.status not in (304, 204):
            connection.send_header("Content-Type", reply.content_type)
            if reply.chunked:
                connection.send_header("Transfer-Encoding", "chunked")
            elif "Content-Length" not in reply.headers:
                connection.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            connection.send_header(name, value)
        connection.end_headers()
        body = reply.body if reply.cut_at is None else reply.body[: reply.cut_at]
        if reply.chunked:
            body = b"%x\r\n%s\r\n" % (len(body), body) + (b"0\r\n\r\n" if reply.cut_at is None else b"")
        connection.wfile.write(body)
        if reply.cut_at is not None:
            connection.close_connection = True


class Comtrade:
    """UN Comtrade's API v1, below `url`. A row is a dict of text columns (downloads.flow)."""

    KEY = "0123456789abcdef0123456789abcdef"
    PREVIEW_ROWS, KEY_ROWS = 500, 100_000

    def __init__(self, services: Services, rows: Sequence[dict[str, str]] = (), *, prefix: str = "/comtrade"):
        self.url = services.url + prefix
        self.rows = list(rows)
        self.released: dict[tuple[str, str, str], str] = {}  # (freq, period, reporter) → when, if not as usual
        self.calls_left: int | None = None  # of the key, today
        self.allows_bulk = False
        self.bulk: dict[tuple[str, str, str], bytes] = {}  # (freq, period, reporter) → the file
        self._prefix, self._services = prefix, services
        services.handle(f"{prefix}/public/v1/getDA/", lambda request: self._availability(request))
        services.handle(f"{prefix}/data/v1/getDa/", lambda request: self._with_key(request, self._availability))
        services.handle(f"{prefix}/public/v1/preview/", lambda request: self._data(request, self.PREVIEW_ROWS))
        services.handle(
            f"{prefix}/data/v1/get/", lambda request: self._with_key(request, lambda a: self._data(a, self.KEY_ROWS))
        )
        services.handle(f"{prefix}/bulk/v1/get/", lambda request: self._with_key(request, self._bulk_list))
        services.handle(f"{prefix}/bulk/v1/file/", lambda request: self._with_key(request, self._bulk_file))
        self.reference("Reporters", [("398", "Kazakhstan", "KAZ")])
        self.reference("partnerAreas", [("0", "World", "W00"), ("643", "Russian Federation", "RUS")])

    def reference(self, name: str, areas: Sequence[tuple[str, str, str]]) -> None:
        """Reporters or partnerAreas: codes, names, ISO codes."""
        self._services.serve(
            f"{self._prefix}/files/v1/app/reference/{name}.json", reference_of(name, areas), "application/json"
        )

    @property
    def queries(self) -> list[Request]:
        """Every request for rows, in order."""
        below = (f"{self._prefix}/data/v1/get/", f"{self._prefix}/public/v1/preview/")
        return [request for request in self._services.requests if request.path.startswith(below)]

    def _with_key(self, request: Request, handler: Handler) -> Reply:
        if request.headers.get("ocp-apim-subscription-key") != self.KEY:
            return status(401, "Access denied due to invalid subscription key.")(Reply())
        if self.calls_left is not None:
            if self.calls_left <= 0:
                return status(403, "Out of call volume quota. Quota will be replenished in 07:01:20.")(Reply())
            self.calls_left -= 1
        return handler(request)

    def _availability(self, request: Request) -> Reply:
        freq = request.path.split("/")[-2]
        data = {}
        for row in self._matching(request, freq):
            cell = (freq, row["period"], row["reporterCode"])
            released = self.released.get(cell, "2024-01-15T10:53:32.8266667")
            data[cell] = {
                "datasetCode": 1, "typeCode": "C", "freqCode": freq, "period": int(row["period"]),
                "reporterCode": int(row["reporterCode"]), "reporterISO": row["reporterISO"],
                "classificationCode": row["classificationCode"], "classificationSearchCode": "HS",
                "isOriginalClassification": True, "totalRecords": 1, "datasetChecksum": 1,
                "firstReleased": released, "lastReleased": released,
            }  # fmt: skip
        return _envelope(list(data.values()))

    def _data(self, request: Request, most: int) -> Reply:
        freq = request.path.split("/")[-2]
        rows = self._matching(request, freq)[: min(most, int(request.query.get("maxRecords", most)))]
        return Reply(json_of(rows), "application/json; charset=utf-8")

    def _matching(self, request: Request, freq: str) -> list[dict[str, str]]:
        wanted = {
            column: set(request.query[column].split(","))
            for column in ("period", "reporterCode", "partnerCode", "cmdCode", "flowCode")
            if column in request.query
        }
        if "AG6" in (codes := wanted.get("cmdCode", set())):
            codes |= {row["cmdCode"] for row in self.rows if len(row["cmdCode"]) == 6}
        return [
            row
            for row in self.rows
            if row["freqCode"] == freq and all(row[column] in values for column, values in wanted.items())
        ]

    def _bulk_list(self, request: Request) -> Reply:
        if not self.allows_bulk:
            return status(403, "This product needs a premium subscription.")(Reply())
        freq = request.path.split("/")[-2]
        return _envelope(
            [
                {
                    "fileUrl": f"{self.url}/bulk/v1/file/{reporter}/{freq}{period}",
                    "isOriginalClassification": True, "reporterCode": int(reporter), "freqCode": freq,
                    "typeCode": "C", "classificationCode": "H6", "period": int(period),
                    "publicationDate": "2024-01-15T12:00:00Z",
                }
                for (f, period, reporter) in self.bulk
                if f == freq and period == request.query["period"] and reporter == request.query["reporterCode"]
            ]
        )  # fmt: skip

    def _bulk_file(self, request: Request) -> Reply:
        reporter, name = request.path.split("/")[-2:]
        return Reply(self.bulk[(name[0], name[1:], reporter)], "application/gzip")


def reference_of(name: str, areas: Sequence[tuple[str, str, str]]) -> bytes:
    """A reference file as Comtrade writes it: its two lists spell their columns differently."""
    own = "reporter" if name == "Reporters" else "Partner"
    note = "reporterNote" if name == "Reporters" else "partnerNote"
    return json.dumps(
        {
            "more": False,
            "results": [
                {
                    "id": int(code), "text": text, f"{own}Code": int(code), f"{own}Desc": text, note: text,
                    f"{own}CodeIsoAlpha2": iso3[:2], f"{own}CodeIsoAlpha3": iso3,
                    "entryEffectiveDate": "1900-01-01T00:00:00", "isGroup": False,
                }
                for code, text, iso3 in areas
            ],
        },
        indent=2,
    ).encode()  # fmt: skip


def _envelope(data: list[dict]) -> Reply:
    body = {"elapsedTime": "0.02 secs", "count": len(data), "data": data, "error": ""}
    return Reply(json.dumps(body).encode(), "application/json; charset=utf-8")


def trusted(folder: Path) -> tuple[trustme.LeafCert, Path]:
    """A certificate for 127.0.0.1, and the file of the authority that vouches for it."""
    authority = trustme.CA()
    file = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    return authority.issue_cert("127.0.0.1"), file
