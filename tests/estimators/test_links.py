"""Which entries of two lists are said to be one: by a number, or by a name, and never more than is known.

Small lists made here; the real ones through `shared`. Not here: how a name is spelled (test_names.py).
"""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.estimators.entity_links import COLUMNS, find, number
from dagster_project.estimators.names import normalise


class Lists:
    """Entries of several lists, said one by one, and what is found among them."""

    def __init__(self):
        self.entities, self.names, self.identifiers, self.countries = [], [], [], []

    def entry(self, list_id, source_id, name, kind="entity", *, also=(), weak=(), numbers=(), countries=()):
        key = {"list_id": list_id, "source_id": source_id}
        self.entities.append(key | {"kind": kind, "name": name})
        for one, name_kind in [(name, "primary"), *((a, "alias") for a in also), *((w, "weak_alias") for w in weak)]:
            self.names.append(key | {"name_kind": name_kind, "normalised_name": normalise(one, kind)})
        for identifier_kind, issuer, identifier in numbers:
            self.identifiers.append(
                key | {"identifier_kind": identifier_kind, "issuer": issuer, "identifier": identifier}
            )
        self.countries += [key | {"iso3": iso3} for iso3 in countries]
        return self

    def found(self) -> pd.DataFrame:
        key = ["list_id", "source_id"]
        return find(
            pd.DataFrame(self.entities, columns=[*key, "kind", "name"]),
            pd.DataFrame(self.names, columns=[*key, "name_kind", "normalised_name"]),
            pd.DataFrame(self.identifiers, columns=[*key, "identifier_kind", "issuer", "identifier"], dtype=object),
            pd.DataFrame(self.countries, columns=[*key, "iso3"]),
        )

    def pairs(self) -> list[tuple]:
        return list(
            self.found()[["left_source_id", "right_source_id", "status", "score"]].itertuples(index=False, name=None)
        )


def pair(name_1, name_2, kind="entity", **both) -> Lists:
    """The same facts on two lists under two names."""
    return Lists().entry("A", "1", name_1, kind, **both).entry("B", "2", name_2, kind, **both)


def test_nothing_is_found_among_nothing():
    found = Lists().found()
    assert list(found.columns) == COLUMNS and len(found) == 0
    assert Lists().entry("A", "1", "Romashka").pairs() == []


# ---------------------------------------------------------------- linked


@pytest.mark.parametrize(
    "kind, issuer, left, right",
    [
        ("tax_number", "RUS", "7735007358", "77 35 007358"),
        ("registration_number", "RUS", "1027700132195", "1027700132195 (Russia)"),
        ("lei", "*", "2138006K8AF4JD339S40", "2138006k8af4jd339s40"),
        ("bic", "*", "SABRRUMM", "SABRRUMMXXX"),
        ("passport", "AFG", "D-000101", "D000101"),
        ("un_number", "*", "TAi.005", "TAI005"),
    ],
)
def test_a_number_of_one_kind_and_issuer_links_whatever_the_names(kind, issuer, left, right):
    lists = Lists().entry("A", "1", "Yandex Money", numbers=[(kind, issuer, left)])
    lists.entry("B", "2", "Yoomoney", numbers=[(kind, issuer, right)])
    assert lists.pairs() == [("1", "2", "linked", 1.0)]
    assert lists.found().basis[0].startswith("same ")


def test_ships_are_linked_by_their_imo_number_with_or_without_its_prefix():
    lists = Lists().entry("A", "1", "EBANO", "vessel", numbers=[("imo_number", "*", "IMO 7406784")])
    lists.entry("B", "2", "RENAMED", "vessel", numbers=[("imo_number", "*", "7406784")])
    assert lists.pairs() == [("1", "2", "linked", 1.0)]
    assert lists.found().basis[0] == "same IMO number 7406784"


@pytest.mark.parametrize(
    "left, right",
    [
        (("tax_number", "RUS", "7735007358"), ("tax_number", "BLR", "7735007358")),
        (("tax_number", "RUS", "7735007358"), ("registration_number", "RUS", "7735007358")),
        (("tax_number", "RUS", "7735007358"), ("tax_number", None, "7735007358")),
        (("passport", "RUS", "none"), ("passport", "RUS", "none")),
        (("passport", "RUS", "0000000"), ("passport", "RUS", "0000000")),
        (("passport", "RUS", "1234"), ("passport", "RUS", "1234")),
        (("birth_date", "*", "1970-01-01"), ("birth_date", "*", "1970-01-01")),
    ],
    ids=["another country", "another kind", "no country", "no number", "zeros", "too short", "a date"],
)
def test_what_is_not_the_same_number_links_nothing(left, right):
    lists = Lists().entry("A", "1", "Yandex Money", numbers=[left]).entry("B", "2", "Ostwest", numbers=[right])
    assert lists.pairs() == []


def test_a_number_that_one_list_gives_to_many_is_nobody_s_own():
    shared = [("registration_number", "ARE", "1019769")]
    lists = Lists().entry("B", "9", "Alone", numbers=shared)
    for at in range(3):
        lists.entry("A", str(at), f"Company{at} of {'xyz'[at]}", numbers=shared)
    assert lists.pairs() == []


def test_a_company_is_not_linked_to_a_person_or_within_its_own_list():
    tax = [("tax_number", "RUS", "7735007358")]
    assert Lists().entry("A", "1", "X1", numbers=tax).entry("B", "2", "Y", "person", numbers=tax).pairs() == []
    assert Lists().entry("A", "1", "Same", numbers=tax).entry("A", "2", "Same", numbers=tax).pairs() == []


@given(st.text(max_size=40), st.sampled_from(["tax_number", "passport", "imo_number", "lei", "bic", "un_number"]))
def test_a_number_cleaned_again_is_itself(text, kind):
    assert number(number(text, kind), kind) == number(text, kind)


# ---------------------------------------------------------------- proposed


def test_one_name_in_two_scripts_is_proposed_and_never_linked():
    lists = pair("ООО «Ромашка Восток»", "ROMASHKA VOSTOK LLC")
    assert lists.pairs() == [("1", "2", "proposed", 0.9)]
    assert lists.found().basis[0] == "name 1.00"


def test_an_alias_is_a_name_and_a_weak_alias_leads_nowhere():
    lists = Lists().entry("A", "1", "Ostwest Handel", also=["Romashka"], weak=["Vityaz"])
    lists.entry("B", "2", "Romashka").entry("B", "3", "Vityaz")
    assert lists.pairs() == [("1", "2", "proposed", 0.9)]


def test_a_country_adds_or_takes_away_and_is_not_needed():
    def score(left, right):
        lists = Lists().entry("A", "1", "Romashka", countries=left).entry("B", "2", "Romashka", countries=right)
        return lists.found().score[0]

    assert score([], []) == score(["RUS"], []) == 0.9
    assert score(["RUS", "KAZ"], ["KAZ"]) == 0.95
    assert score(["RUS"], ["KAZ"]) == 0.8


def test_another_year_of_birth_is_another_person_and_a_year_of_difference_is_not():
    def pairs(year):
        born = Lists().entry("A", "1", "Ivan Petrovich Sidorov", "person", numbers=[("birth_date", "*", "03 May 1938")])
        return born.entry("B", "2", "SIDOROV, Ivan Petrovich", "person", numbers=[("birth_date", "*", year)]).pairs()

    assert pairs("1938") == pairs("circa 1939") == [("1", "2", "proposed", 0.95)]
    assert pairs("1961-05-03") == []


def test_another_tax_number_of_the_same_country_is_another_company():
    lists = Lists().entry("A", "1", "Romashka", numbers=[("tax_number", "RUS", "7735007358")])
    assert lists.entry("B", "2", "Romashka", numbers=[("tax_number", "RUS", "7811144648")]).pairs() == []


def test_a_number_without_its_country_is_a_hint_and_no_link():
    lists = Lists().entry("A", "1", "Malkevich Alexander", "person", numbers=[("national_id", "RUS", "781005202108")])
    lists.entry("B", "2", "Malkevitch Aliaksandr", "person", numbers=[("national_id", None, "781005202108")])
    [(_, _, status, score)] = lists.pairs()
    assert status == "proposed" and 0.8 <= score <= 1
    assert "of a country not given" in lists.found().basis[0]


@pytest.mark.parametrize(
    "left, right, kind",
    [
        ("Zarechny Instrument Plant 5", "Zarechny Instrument Plant 6", "entity"),
        ("AL-TIKRITI, Saja Barzan Ibrahim Hasan", "AL-TIKRITI, Mohammad Barzan Ibrahim Hasan", "person"),
        ("Gazprom", "Gazprom Neft", "entity"),
        ("SEA STAR ONE", "SEA STAR TWO", "vessel"),
        ("Mullah", "Mullah", "person"),
        ("STK", "STK", "entity"),
    ],
    ids=["another figure", "a sister", "a daughter company", "another ship", "one word", "three letters"],
)
def test_a_likeness_that_tells_nothing_is_not_proposed(left, right, kind):
    assert pair(left, right, kind).pairs() == []


def test_a_patronymic_more_is_still_the_same_name():
    [(*_, score)] = pair("Vadim Valentinovich Kumin", "KUMIN, Vadim", "person").pairs()
    assert 0.8 <= score < 0.9


def test_the_order_of_rows_makes_no_difference():
    lists = Lists()
    for at, name in enumerate(["Romashka", "Vasilek Trade", "Romashka OOO", "Vasilyok Trade", "Landysh"]):
        lists.entry("AABBA"[at], str(at), name, countries=["RUS"], numbers=[("bic", "*", "SABRRUMM")] * (at > 2))
    first = lists.found()
    for rows in (lists.entities, lists.names, lists.identifiers, lists.countries):
        rows.reverse()
    pd.testing.assert_frame_equal(lists.found(), first)
    assert len(first) >= 3 and first.score.between(0, 1).all()
