"""The cookbook and the macros as files; their answers are asked for in test_refresh.py, of a finished run."""

from __future__ import annotations

import re

import pytest

from dagster_project.publish.assets import MACROS
from dagster_project.settings import PROJECT_DIR

COOKBOOK = PROJECT_DIR / "bi" / "cookbook"
RECIPES = sorted(COOKBOOK.glob("*.sql"))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_says_what_its_answer_means_and_what_it_does_not(recipe) -> None:
    question, *rest = recipe.read_text().splitlines()
    head = [line for line in rest if line.startswith("-- ")]
    assert question.startswith("-- ") and question.endswith("?")
    assert head[0].startswith("-- Means: ") and sum(line.startswith("-- Does not mean: ") for line in head) == 1
    assert not re.search(r"\b(proof|guilty|smuggl\w*|evasion)\b", recipe.read_text(), re.I)


def test_the_index_lists_every_recipe_with_its_question() -> None:
    listed = re.findall(r"^\| (.+) \| \[(.+)\]\(\2\) \|$", (COOKBOOK / "README.md").read_text(), re.M)
    assert len(RECIPES) >= 20
    assert {(question, file) for question, file in listed} == {
        (path.read_text().splitlines()[0].removeprefix("-- "), path.name) for path in RECIPES
    }


def test_every_macro_is_described_and_stands_in_the_index() -> None:
    sql = MACROS.read_text()
    made = re.findall(r"^create or replace macro (marts\.\w+)\(", sql, re.M)
    assert made == re.findall(r"^comment on macro table (marts\.\w+) is", sql, re.M)
    index = (COOKBOOK / "README.md").read_text()
    assert made and all(f"`{name}(" in index for name in made)
