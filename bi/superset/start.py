"""Start Superset on the published file: `make superset`.

Here belongs: setting Superset up, importing the bundle beside this file, serving it on loopback. Not here: any
chart (charts/, dashboards/), any number (the marts). Runs in Superset's own environment, `.venv-superset`, which does
not have the warehouse's libraries. Everything is done again at each start, so that a start repairs what is amiss.
"""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import socket
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT_DIR = HERE.parents[1]
MARTS = PROJECT_DIR / "dbt" / "models" / "marts"
USER = "admin"

sys.path.insert(0, str(PROJECT_DIR))

from dagster_project.settings import Settings, SettingsError, load_env_file  # noqa: E402


def main() -> int:
    try:
        # Which data set was published is no matter here; "sample" needs no other variable.
        load_env_file()
        settings = Settings.from_environment(os.environ | {"DATA": "sample"})
        port = int(os.environ.get("PORT", "").strip() or 8088)
    except (SettingsError, ValueError) as error:
        print(f"make superset: {error}", file=sys.stderr)
        return 2
    if not settings.published_path.is_file():
        print(f"Nothing is published yet: {settings.published_path} is missing. First: make run", file=sys.stderr)
        return 2
    if _is_taken(port):
        print(f"Port {port} is in use. Choose another: make superset PORT={port + 1}", file=sys.stderr)
        return 2

    home = settings.data_dir / "superset"
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    _secret(home / "secret_key")
    password, is_new = _secret(home / "password")
    bundle = bundled(settings.published_path)
    _zip(bundle, home / "ghost_trade_superset.zip")

    print("Starting Superset (half a minute the first time) …", flush=True)
    app = _application(home)
    with app.app_context():
        _set_up(password)
        _import(bundle)

    from waitress import create_server

    server = create_server(app, host="127.0.0.1", port=port, threads=8, ident=None)
    print(f"Superset reads {settings.published_path}, read-only.")
    for name in ("corridors", "country"):
        print(f"  {name:10} http://127.0.0.1:{port}/superset/dashboard/ghost-trade-{name}/")
    hint = password if is_new else f"as before, in {home / 'password'}"
    print(f"  user {USER}, password {hint}\nCtrl-C stops it.", flush=True)
    try:
        server.run()
    except KeyboardInterrupt:
        server.close()
    return 0


def bundled(published: Path) -> dict[str, str]:
    """The bundle as Superset imports it: path → YAML. The file's address and the contract's words are filled in.

    The YAML in git names a mart's columns only where a chart labels them: types and descriptions are in the
    contract, once.
    """
    import yaml

    contract = {
        model["name"]: {column["name"]: column for column in model["columns"]}
        for path in MARTS.rglob("*.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    }
    files = {}
    for path in sorted(HERE.rglob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        name = path.relative_to(HERE).as_posix()
        if name.startswith("databases/"):
            address = content["sqlalchemy_uri"].replace("{published_path}", str(published).lstrip("/"))
            content["sqlalchemy_uri"] = address
        if name.startswith("datasets/"):
            content["columns"] = described_columns(content, contract)
        files[name] = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    return files


def described_columns(dataset: dict, contract: dict[str, dict[str, dict]]) -> list[dict]:
    """A dataset's columns, with type and description from the mart that it names, in the mart's order or its own."""
    mart = contract[(dataset.get("params") or {}).get("described_in", dataset["table_name"])]
    own = {column["column_name"]: column for column in dataset.get("columns") or []}
    names = list(own) if dataset.get("sql") else [*mart, *(name for name in own if name not in mart)]
    columns = []
    for name in names:
        described, kept = mart.get(name, {}), own.get(name, {})
        kind = kept.get("type") or described["data_type"]
        columns.append(
            {
                "column_name": name,
                "verbose_name": kept.get("verbose_name") or name.replace("_", " "),
                "description": " ".join((kept.get("description") or described["description"]).split()),
                "type": kind.upper(),
                "is_dttm": kind in ("date", "timestamp"),
                "groupby": True,
                "filterable": True,
                "is_active": True,
            }
        )
    return columns


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _secret(path: Path) -> tuple[str, bool]:
    """The secret in a file that only its owner reads; made when there is none. True: it is new."""
    if path.is_file() and path.stat().st_size:
        path.chmod(0o600)
        return path.read_text(), False
    secret = secrets.token_urlsafe(24)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret)
    return secret, True


def _zip(bundle: dict[str, str], path: Path) -> None:
    """The same bundle as a file, for a Superset that runs elsewhere on this machine (Settings → Import)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in bundle.items():
            file.writestr(f"ghost_trade/{name}", content)


def _application(home: Path):
    os.environ |= {
        "GHOST_TRADE_SUPERSET_HOME": str(home),
        "SUPERSET_CONFIG_PATH": str(HERE / "superset_config.py"),
        "SUPERSET_HOME": str(home),
        "SCARF_ANALYTICS": "false",
        "DO_NOT_TRACK": "1",
        "MPLCONFIGDIR": str(home),
    }
    os.environ.pop("FLASK_DEBUG", None)
    import logging
    import warnings

    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)  # dozens of lines about features that are off
    from superset.app import create_app

    return create_app()


def _set_up(password: str) -> None:
    """Superset's own tables at their newest version, its roles, and the one user with the password of the file."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from flask_migrate import upgrade
    from superset import db, security_manager
    from superset.extensions import appbuilder

    migrations = str(Path(sys.modules["superset"].__file__).parent / "migrations")
    with db.engine.connect() as connection:
        version = MigrationContext.configure(connection).get_current_revision()
    if version != ScriptDirectory(migrations).get_current_head():
        with contextlib.redirect_stdout(io.StringIO()):  # three hundred steps, each with a line of its own
            upgrade(directory=migrations)
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
    user = security_manager.find_user(USER)
    if user is None:
        role = security_manager.find_role("Admin")
        security_manager.add_user(USER, "Ghost", "Trade", f"{USER}@localhost", role, password=password)
    else:
        security_manager.reset_password(user.id, password)
    db.session.commit()


def _import(bundle: dict[str, str]) -> None:
    from flask import g
    from superset import security_manager
    from superset.commands.exceptions import CommandInvalidError
    from superset.commands.importers.v1.assets import ImportAssetsCommand

    g.user = security_manager.find_user(USER)
    try:
        ImportAssetsCommand(bundle).run()
    except CommandInvalidError as error:
        raise SystemExit(f"The bundle does not fit this Superset: {error.normalized_messages()}") from None


if __name__ == "__main__":
    sys.exit(main())
