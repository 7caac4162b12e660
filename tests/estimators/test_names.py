"""A name's spelling for comparing: whatever the script, the case, the legal form or the order of words.

Properties first, then names as lists write them. Not here: which entries are linked (test_links.py).
"""

import string

import pytest
from anyascii import anyascii
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.estimators.names import normalise

CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґўәғқңөұүһ"
LETTERS = string.ascii_letters + CYRILLIC + CYRILLIC.upper() + "äöüßçğışñéèøåαβγδωΑΒΓաբգႠაბ北京公司"
names = st.text(alphabet=LETTERS + string.digits + " .,'’\"«»“”-&/()", max_size=60)
cyrillic = st.text(alphabet=CYRILLIC + CYRILLIC.upper() + ' "«»-.,0123456789', max_size=60)
kinds = st.sampled_from(["person", "entity", "vessel", "aircraft"])


@given(names, kinds)
def test_a_spelling_spelled_again_is_itself(name, kind):
    assert normalise(normalise(name, kind), kind) == normalise(name, kind)


@given(names, kinds)
def test_capitals_make_no_difference(name, kind):
    assert normalise(name.upper(), kind) == normalise(name, kind) == normalise(name.lower(), kind)


@given(cyrillic, kinds)
def test_a_name_and_its_transliteration_are_one(name, kind):
    assert normalise(anyascii(name), kind) == normalise(name, kind)


@given(names, kinds)
def test_only_small_latin_letters_and_figures_are_left(name, kind):
    assert set(normalise(name, kind)) <= set(string.ascii_lowercase + string.digits + " ")


@given(st.lists(st.text(alphabet=LETTERS, min_size=1, max_size=12), min_size=1, max_size=5), st.randoms())
def test_the_words_of_a_person_may_stand_in_any_order(words, random):
    shuffled = random.sample(words, len(words))
    assert normalise(" ".join(words), "person") == normalise(", ".join(shuffled), "person")


@given(st.text(alphabet=string.ascii_lowercase, min_size=5, max_size=12).map(lambda word: word + "ium"))
def test_a_legal_form_in_front_or_behind_makes_no_difference(word):
    for form in ("ООО", "OOO", "АО", "ПАО", "ЗАО", "ТОО", "ОсОО", "LLC", "JSC", "Joint Stock Company"):
        assert normalise(f"{form} «{word}»", "entity") == word
        assert normalise(f"{word}, {form}", "entity") == word


@pytest.mark.parametrize(
    "written",
    [
        "Общество с ограниченной ответственностью «Ромашка»",
        "ООО «РОМАШКА»",
        "OOO ROMASHKA",
        "Romashka, L.L.C.",
        "LIMITED LIABILITY COMPANY ROMASHKA",
        "OBSHCHESTVO S OGRANICHENNOI OTVETSTVENNOSTYU ROMASHKA",
        "ТОО Ромашка",
        "Romashka Co., Ltd.",
        "Romashka GmbH & Co. KG",
        "ROMASHKA LIMITED SIRKETI",
        "Romashka FZCO",
        "OsOO Romashka",
    ],
)
def test_one_company_in_many_writings(written):
    assert normalise(written, "entity") == "romashka"


@pytest.mark.parametrize(
    "name, spelling",
    [
        ("C&I SEMICONDUCTORS CO LIMITED", "c and i semiconductors"),
        ("Публичное акционерное общество «Сбербанк»", "sberbank"),
        ("ООО", "ooo"),  # a name that is nothing but a form stays
        ("Aoki Trading LLC", "aoki trading"),  # AO begins this name and is not a word of it
        ("The State Research Center JSC", "the state research center"),
        ("…", ""),
    ],
)
def test_a_company_keeps_what_is_its_name(name, spelling):
    assert normalise(name, "entity") == spelling


def test_a_person_or_a_ship_has_no_legal_form():
    assert normalise("LEE, Co", "person") == "co lee"
    assert normalise("SEA CO", "vessel") == "sea co"
    assert normalise("Il’ya O'Neill", "person") == "ilya oneill"
