"""`make new-source NAME=armstat`: the six files of a source, from templates that work as they are.

The templates (templates/) hold a small CSV layout with its rules, its staging model and its tests; what is to be
replaced by the publisher's own is marked by the words "Publisher of". Not here: what a source is (source.py).
"""

from __future__ import annotations

import ast
import csv
import io
import keyword
import re
import sys
from pathlib import Path
from string import Template

from dagster_project.settings import PROJECT_DIR

TEMPLATES = Path(__file__).with_name("templates")
SOURCES_MODULE = "dagster_project.ingest.sources"
STALE_AFTER_DAYS = 400  # of a table that is published once a year, and a month late
LINE_LENGTH = 120

NEXT_STEPS = """
It works as it stands, on the layout of its template. Next:
  1. Say what one row is, in the docstring of {module}
  2. Replace COLUMNS, KEY, the rules, `recognise` and `read` by the publisher's own layout
  3. Write a sentence for each layout in {test}, and run: make test FILE={test}
  4. Write title, publisher, licence and homepage into the last row of seeds/publishers.csv
  5. A list or a reference table? Move {name} from TRADE to LISTS or REFERENCE in {definitions}, and change its kind
     in seeds/publishers.csv
"""


class NewSourceError(ValueError):
    """A source that cannot be made; the message is the sentence for the person who runs the command."""


def write(project: Path, name: str) -> list[Path]:
    """Write a source's files into a project and return their paths, relative to it.

    Raises NewSourceError, and writes nothing, for a name that is none or that is taken.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]+", name) or keyword.iskeyword(name):
        raise NewSourceError(f"NAME={name} is no name of a source. Give small letters and digits, such as armstat.")
    contents = _from_templates(name)
    if taken := [str(path) for path in contents if (project / path).exists()]:
        raise NewSourceError(f"The source {name} is there already ({taken[0]}). Choose another name.")
    publishers, definitions = Path("seeds/publishers.csv"), Path("dagster_project/definitions.py")
    contents[publishers] = _with_publisher((project / publishers).read_text(encoding="utf-8"), name)
    contents[definitions] = _with_source((project / definitions).read_text(encoding="utf-8"), name)
    for path, text in contents.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text, encoding="utf-8")
    return list(contents)


def main(arguments: list[str]) -> int:
    """The command line: one name. Returns the exit status."""
    name = arguments[0] if arguments else ""
    try:
        if not name:
            raise NewSourceError("Which source? make new-source NAME=armstat")
        paths = write(PROJECT_DIR, name)
    except NewSourceError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(str(path) for path in paths))
    module, *_, test, _, definitions = paths
    print(NEXT_STEPS.format(name=name, module=module, test=test, definitions=definitions).rstrip())
    return 0


def _from_templates(name: str) -> dict[Path, str]:
    """The five new files of a source: path → text."""
    staging = Path("dbt/models/staging") / name
    paths = {
        "source.py": Path("dagster_project/ingest/sources") / f"{name}.py",
        "_sources.yml": staging / "_sources.yml",
        "staging.sql": staging / f"stg_{name}__flows.sql",
        "staging.yml": staging / f"stg_{name}__flows.yml",
        "test.py": Path("tests/ingest") / f"test_{name}.py",
    }
    return {
        path: Template((TEMPLATES / f"{template}.tmpl").read_text(encoding="utf-8")).substitute(name=name)
        for template, path in paths.items()
    }


def _with_publisher(seed: str, name: str) -> str:
    """seeds/publishers.csv with one more row."""
    if name in {row["source_name"] for row in csv.DictReader(io.StringIO(seed))}:
        raise NewSourceError(f"seeds/publishers.csv has a row for {name} already. Choose another name.")
    line = io.StringIO()
    csv.DictWriter(line, next(csv.reader([seed.splitlines()[0]])), lineterminator="\n").writerow(
        {
            "source_name": name,
            "title": "Foreign trade by countries",
            "publisher": f"Publisher of {name}",
            "kind": "trade",
            "licence": "Not known yet: look it up",
            "homepage": "https://example.org",
            "stale_after_days": STALE_AFTER_DAYS,
            "source": "Own limit of a year and a month",
        }
    )
    return seed.rstrip("\n") + "\n" + line.getvalue()


def _with_source(definitions: str, name: str) -> str:
    """definitions.py with the source imported, and last in TRADE."""
    tree = ast.parse(definitions)
    imports = next(n for n in tree.body if isinstance(n, ast.ImportFrom) and n.module == SOURCES_MODULE)
    trade = next(
        n.value
        for n in tree.body
        if isinstance(n, ast.Assign) and [ast.unparse(target) for target in n.targets] == ["TRADE"]
    )
    modules = sorted([*(alias.name for alias in imports.names), name])
    listed = [*(ast.unparse(element) for element in ast.iter_child_nodes(trade) if isinstance(element, ast.expr)), name]
    one_line = f"({', '.join(listed)})"
    replaced = [
        (imports, f"from {SOURCES_MODULE} import (\n" + "".join(f"    {module},\n" for module in modules) + ")"),
        (trade, one_line if len(one_line) < LINE_LENGTH - len("TRADE = ") else _one_a_line(listed)),
    ]
    lines = definitions.splitlines(keepends=True)
    for node, text in sorted(replaced, key=lambda pair: -pair[0].lineno):
        end = node.end_lineno or node.lineno
        before, after = lines[node.lineno - 1][: node.col_offset], lines[end - 1][node.end_col_offset :]
        lines[node.lineno - 1 : end] = [before + text + after]
    return "".join(lines)


def _one_a_line(names: list[str]) -> str:
    return "(\n" + "".join(f"    {name},\n" for name in names) + ")"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
