"""`make serve`: Dagster's web server and daemon as one service. Not here: what they run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from socket import create_server

import httpx
import pytest

from dagster_project.settings import PROJECT_DIR

pytestmark = pytest.mark.slow


def free_port() -> int:
    with closing(create_server(("127.0.0.1", 0))) as server:
        return server.getsockname()[1]


@contextmanager
def serving(data_dir: Path, port: int) -> Iterator[subprocess.Popen]:
    command = [sys.executable, "-m", "dagster_project", "serve", "--port", str(port), "--path-prefix", "/dagster"]
    service = subprocess.Popen(
        command, cwd=PROJECT_DIR, env=os.environ | {"DATA_DIR": str(data_dir)}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield service
    finally:
        service.kill()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def answer(port: int) -> dict:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/dagster/server_info").json()
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError("no answer within two minutes")


def test_the_service_answers_below_its_prefix_and_a_signal_ends_all_of_it(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as service:
        assert "dagster_version" in answer(port)
        both = children(service.pid)
        assert len(both) == 2
        service.send_signal(signal.SIGTERM)
        assert service.wait(60) == 0
        assert not any(Path(f"/proc/{child}").exists() for child in both)


def test_a_child_that_dies_ends_the_service_with_a_sentence(tmp_path: Path) -> None:
    with closing(create_server(("127.0.0.1", 0))) as taken, serving(tmp_path, taken.getsockname()[1]) as service:
        assert service.wait(120) == 1
        assert "Dagster's web server ended" in (message := service.stderr.read()) and "PORT=" in message
