"""A real PostgreSQL for tests and benchmarks: Debian's programs, a temporary folder, loopback, an unprivileged user."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

ADMIN, PASSWORD = "boss", "s3cret/@word"  # a password that must be percent-encoded in an address
ENCODED = "s3cret%2F%40word"


def programs() -> Path | None:
    """Where initdb and pg_ctl are, or None where PostgreSQL is not installed."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    on_path = shutil.which("initdb")
    return installed[-1].parent if installed else Path(on_path).resolve().parent if on_path else None


class Server:
    """Started, stopped, killed and started again; its data go with it."""

    def __init__(self) -> None:
        self.bin = programs()
        self.folder = Path(tempfile.mkdtemp(prefix="ghost_trade_pg_"))
        self.data = self.folder / "data"
        self.as_whom = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to be root
            for name in ("postgres", "nobody"):
                with suppress(KeyError):
                    who = pwd.getpwnam(name)
                    self.as_whom = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
                    os.chown(self.folder, who.pw_uid, who.pw_gid)
                    break
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        secret = self.folder / "secret"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        self._run("initdb", "-D", self.data, "-U", ADMIN, "--pwfile", secret, "-A", "scram-sha-256", "-E", "UTF8",
                  "--locale", "C.UTF-8", "--no-sync")  # fmt: skip
        self.start()

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        self._run("pg_ctl", "-D", self.data, "-o", options, "-l", self.folder / "log", "-w", "start")

    def kill(self) -> None:
        """As a power failure would: nothing is written, no one is told."""
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    def close(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def dsn(self, user: str = ADMIN, password: str = ENCODED, database: str = "postgres") -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def _run(self, program: str, *arguments: str | Path) -> None:
        subprocess.run(
            [str(self.bin / program), *map(str, arguments)],
            check=True, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120,
            **self.as_whom,
        )  # fmt: skip
