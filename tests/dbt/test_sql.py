"""Models are portable and of one style: what is refused in their SQL, as it is written and as it runs.

Intermediate models, marts and the macros they use keep to what another engine understands; staging may be of one engine
and has the style alone (.sqruff). Not here: whether the SQL is right (dbt's unit tests), and whether Spark builds it
(tests/spark).
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlglot
from dbt_cli import Dbt
from downloads import prepare
from sqlglot import exp

from dagster_project.definitions import SOURCES
from dagster_project.settings import DBT_DIR, PROJECT_DIR, Settings

MODELS = sorted(path for layer in ("intermediate", "marts") for path in (DBT_DIR / "models" / layer).rglob("*.sql"))
# Staging may speak DuckDB's own language, and so may the macros that only it uses. How tables are kept part by part
# (parted) is each engine's own affair: another has partitions.
MACROS = sorted(path for path in (DBT_DIR / "macros").glob("*.sql") if path.stem not in ("staging", "parted"))

# What the text may not hold: an engine's own words for what plain SQL says as well.
IN_TEXT = {
    "qualify": r"\bqualify\b",
    "asof join": r"\basof\b",
    "select * exclude/replace": r"\*\s*(exclude|except|replace|rename|like)\b|\bcolumns\s*\(",
    "cast by colons": r"::",
    "group or order by all": r"\b(group|order)\s+by\s+all\b",
    "text without length": r"\bas\s+(varchar|text)\b",  # Spark wants a length; dbt.type_string() knows
    "integer division": r"//",
    # Spark keeps six digits of what it divides exactly; 1e0 is a double
    "decimal divided": r"\b\d+\.\d+\s*/|then \d+\.\d+\b[^\n]*\bend\s*/",
    "function of one engine": r"\b(regexp_\w+|median|quantile|md5|hash|strftime|\w*strptime|make_date)\(",
    "distinct on": r"\bdistinct\s+on\b",
    "float of 32 bits": r"\btype_float\(\)",  # never for money
}
# What the parsed query may not hold: lists, structs and what makes rows of them.
IN_TREE = (
    exp.Qualify,
    exp.Array,
    exp.ArrayAgg,
    exp.List,
    exp.Struct,
    exp.Lambda,
    exp.Unnest,
    exp.Explode,
    exp.Bracket,
    exp.Map,
    exp.Pivot,
    exp.Anonymous,  # a function that no other engine is known to have
)
IN_BOTH = {"BIT_COUNT"}  # which Spark has too, and the reader of DuckDB's SQL does not know
# Legitimately different, each behind a dispatched macro with a Spark twin: macro → the models that use it.
# joined_text: DuckDB says string_agg(x order by x), Spark array_join(sort_array(collect_list(x))).
# read_in_place: DuckDB writes down a part that is read twice, unless told not to; Spark never does.
# row_hash: hash() and xxhash64(), only in generic tests.
# read_warehouse: Spark is given where tables lie before the first model; DuckDB's are in its file.
DISPATCHED = {
    "joined_text": {
        "sanctioned_entities",
        "products",
        "int_claims_examined",
        "files",
        "int_file_rows_counted",
        "claim_answers",
        "claim_parties",
    },
    "read_in_place": {
        "int_sums_compared",
        "int_excesses_estimated",
        "int_flows_aligned",
        "int_unit_values_judged",
        "int_unit_values_paired",
    },
    "row_hash": set(),
    "read_warehouse": set(),
}


def bare(sql: str) -> str:
    """SQL without its comments."""
    return re.sub(r"\{#.*?#\}|--[^\n]*", "", sql, flags=re.S)


def refused_in_text(sql: str) -> set[str]:
    return {name for name, pattern in IN_TEXT.items() if re.search(pattern, bare(sql), re.I | re.M)}


def refused_in_tree(sql: str) -> set[str]:
    found = sqlglot.parse_one(sql, read="duckdb").find_all(*IN_TREE)
    return {type(node).__name__ for node in found if node.name.upper() not in IN_BOTH}


@pytest.fixture(scope="module")
def compiled(dbt_home: Path, settings_of_nothing: Settings) -> Path:
    """The folder of every model as the query that runs."""
    dbt = Dbt(dbt_home, settings_of_nothing)
    done = dbt("compile", "--quiet")
    assert done.returncode == 0, done.stdout
    return dbt.target / "compiled" / "ghost_trade" / "models"


@pytest.fixture(scope="module")
def settings_of_nothing(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A data directory with raw tables and no row."""
    folder = tmp_path_factory.mktemp("compiled")
    settings = Settings.from_environment({"DATA": "files", "INBOX": str(folder), "DATA_DIR": str(folder / "data")})
    prepare(settings, SOURCES)
    return settings


@pytest.fixture(scope="module")
def queries(compiled: Path) -> dict[str, str]:
    """Each model's query, with the names of relations bare of quotes and catalog."""
    relation = re.compile(r'"(?:warehouse|unpublished)"\."(\w+)"\."(\w+)"')
    texts = {path.stem: (compiled / path.relative_to(DBT_DIR / "models")).read_text() for path in MODELS}
    return {name: relation.sub(r"\1.\2", sql) for name, sql in texts.items()}


def lint(*files: Path) -> subprocess.CompletedProcess[str]:
    """What sqruff says of compiled models, by the rules in .sqruff."""
    command = [Path(sys.executable).with_name("sqruff"), "lint", "--nocolor", "--config", PROJECT_DIR / ".sqruff"]
    return subprocess.run([*command, *files], capture_output=True, text=True)


def test_every_model_keeps_the_rules_of_style(compiled: Path) -> None:
    texts = sorted(compiled.rglob("*.sql"))
    files = [path for path in texts if not any(part.endswith(".yml") for part in path.parts)]  # those are tests
    done = lint(*files)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.stem for path in files} >= {path.stem for path in MODELS}


def test_the_rules_of_style_see_what_they_refuse(tmp_path: Path) -> None:
    model = tmp_path / "model.sql"
    model.write_text(
        "SELECT ifnull(b, 0) as b, case when a > 1 then 2 else null end as c from t where a != 1 and b = NULL\n"
        "union all select count(1), Max(x) from t as u\n"
    )
    done = lint(model)
    assert done.returncode != 0
    assert set(re.findall(r"\| ([A-Z]{2}\d\d) \|", done.stdout + done.stderr)) == {
        *("AL05", "CP01", "CP03", "CP04", "CV01", "CV02", "CV04", "CV05", "ST01"),
    }


@pytest.mark.parametrize("path", [*MODELS, *MACROS], ids=lambda path: path.stem)
def test_the_text_keeps_to_plain_sql(path):
    # what an engine says in its own words stands in a twin of a dispatched macro, and nowhere else
    text = re.sub(r"\{% macro (default|spark)__.*?endmacro %\}", "", path.read_text(), flags=re.S)
    assert refused_in_text(text) == set()


@pytest.mark.parametrize("model", [path.stem for path in MODELS])
def test_the_query_uses_no_lists_structs_or_functions_of_one_engine(queries, model):
    assert refused_in_tree(queries[model]) == set()


def test_what_differs_goes_through_a_macro_that_knows_both_engines():
    text = "\n".join(path.read_text() for path in MACROS)
    for macro, users in DISPATCHED.items():
        assert f"adapter.dispatch('{macro}')" in text
        assert f"macro default__{macro}(" in text
        assert f"macro spark__{macro}(" in text
        found = {path.stem for path in MODELS if re.search(rf"\b{macro}\(", path.read_text())}
        assert found == users, f"name who uses {macro}, or take it off the list"
    assert set(re.findall(r"adapter\.dispatch\('(\w+)'\)", text)) == set(DISPATCHED)


@pytest.mark.parametrize(
    "sql",
    [
        "select a from t qualify row_number() over (order by a) = 1",
        "select * from a asof join b on a.t >= b.t",
        "select * exclude (a) from t",
        "select * replace (a as b) from t",
        "select a::integer from t",
        "select a, count(*) from t group by all",
        "select a from t order by all",
        "select cast(a as varchar) from t",
        "select a // b from t",
        "select 1.0 / a from t",
        "select distinct on (a) a, b from t",
        "select [1, 2] from t",
        "select list(a) from t",
        "select list_transform(a, x -> x + 1) from t",
        "select {'a': 1} from t",
        "select struct_pack(a := 1) from t",
        "select unnest(a) from t",
        "select a[1] from t",
        "select regexp_full_match(a, 'b') from t",
    ],
)
def test_the_rules_see_what_they_refuse(sql):
    assert refused_in_text(sql) | refused_in_tree(sql)


def test_only_staging_uses_the_macros_of_staging() -> None:
    named = re.findall(r"macro (\w+)\(", (DBT_DIR / "macros" / "staging.sql").read_text())
    models = [path for path in (DBT_DIR / "models").rglob("*.sql") if "staging" not in path.parts]
    assert named and not [path.stem for path in models if any(f"{name}(" in bare(path.read_text()) for name in named)]
