"""The dbt process of a run: how it fails, and how it is ended where its run failed or was killed.

It would go on alone, and hold the warehouse until its last model. Not here: how dbt is called (transform.py).
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from dagster_project.settings import Settings

NAME = ".process"  # in dbt's folder: the process, and the one that started it


class DbtFailed(RuntimeError):
    """dbt did not finish. The message is two lines: the model or test with the database's sentence, and what to do."""


def note(settings: Settings, pid: int) -> None:
    """Note the dbt that this process has started."""
    (settings.dbt_target / NAME).write_text(f"{pid} {os.getpid()}")


def end(settings: Settings) -> None:
    """End the dbt that works in this data directory and is this process's own, or whose run is gone; nothing where
    there is none. It has let go of the warehouse when this returns."""
    try:
        pid, parent = (settings.dbt_target / NAME).read_text().split()
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        is_of_another = parent == _status(pid, "PPid") and parent != str(os.getpid())
        own = f"DBT_TARGET_PATH={settings.dbt_target}".encode()
        # of Spark the folder is one in that of DuckDB
        if any(variable.startswith(own) for variable in environment) and not is_of_another:
            os.kill(int(pid), signal.SIGKILL)
            while _status(pid, "State")[:1] != "Z" or _status(pid, "Threads") != "1":  # a thread may hold a file longer
                time.sleep(0.05)
    except (OSError, ValueError):  # it has ended
        return


def _status(pid: str, field: str) -> str:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.partition("\t")[2] for line in lines if line.startswith(f"{field}:"))
