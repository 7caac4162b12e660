"""Dagster as a service: its web server and its daemon, in production settings, as children of one process.

Here belongs how the two are started and stopped together. Not here: what runs when (schedules.py). A process manager
(deploy/ghost-trade.service) starts this again; it does not start a child again by itself, so that no end goes unseen.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from dagster_project.settings import PROJECT_DIR, Settings

STOPS_WITHIN = 30  # seconds that a child has to end by itself
LOOKS_EVERY = 0.5  # seconds


def serve(settings: Settings, *, host: str = "127.0.0.1", port: int = 3000, path_prefix: str = "") -> int:
    """Serve Dagster until SIGINT or SIGTERM, or until one of the two processes ends: then the other is stopped, too.
    Returns 0 after a signal, else 1 after a sentence about which one ended.
    """
    programs = Path(sys.executable).parent
    environment = os.environ | {"DAGSTER_HOME": str(settings.dagster_home)}
    workspace = ["-w", str(PROJECT_DIR / "workspace.yaml")]
    prefix = ["--path-prefix", path_prefix] if path_prefix else []
    commands = {
        "web server": ["dagster-webserver", *workspace, "--host", host, "--port", str(port), *prefix],
        "daemon": ["dagster-daemon", "run", *workspace],
    }
    one_writer = [programs / "dagster", "instance", "concurrency", "set", "duckdb_writer", "1"]
    subprocess.run(one_writer, env=environment, check=True, stdout=subprocess.DEVNULL)
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: stopped.append(number))
    # in a session of their own: a signal from the terminal reaches them through this process alone, once
    children = {
        name: subprocess.Popen([programs / command[0], *command[1:]], env=environment, cwd=PROJECT_DIR,
                               start_new_session=True)
        for name, command in commands.items()
    }  # fmt: skip
    print(f"Dagster on http://{host}:{port}{path_prefix}, its state in {settings.dagster_home}", flush=True)
    while not stopped and all(child.poll() is None for child in children.values()):
        time.sleep(LOOKS_EVERY)
    ended = [name for name, child in children.items() if child.poll() is not None]
    for child in children.values():
        _stop(child)
    if stopped:
        print(f"Stopped by {signal.Signals(stopped[0]).name}.")
        return 0
    print(
        f"Dagster's {' and '.join(ended)} ended, and all of it was stopped; what is published is whole. The cause is "
        f"above (a port in use: give another, make serve PORT={port + 1}). Then start it again.",
        file=sys.stderr,
    )
    return 1


def _stop(child: subprocess.Popen) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
