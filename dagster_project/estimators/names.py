"""One spelling of a name, so that two lists can be compared: `normalise(name, kind)`.

Letters of any script become Latin ones (anyascii), in lower case, without marks. From the names of companies
the legal form goes (cleanco's forms, and those Russia and its neighbours write, in front or behind); the words
of a person's name are sorted, since lists differ in their order. A spelling is for comparing, never for showing.

Not here: which two entries may be the same (links.py).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from anyascii import anyascii
from cleanco.termdata import terms_by_type

LONGEST_FORM = 5  # words

# What precedes a name in Russian and in the languages around it, short and in full, in Russian and
# in the translations that OFAC and the EU print. Behind a name these are dropped too. One form is one line.
SHORT_FRONT_FORMS = """
    ooo oao zao pao ao odo tov pat prat too osoo fgup gup mup fgbu ano nao chp ip rup chup
    llc llp jsc ojsc cjsc pjsc ltd uab sia ou mchj mchzh pt
"""
LONG_FRONT_FORMS = """
    limited liability company
    limited liability partnership
    limited company
    joint stock company
    open joint stock company
    public joint stock company
    closed joint stock company
    private joint stock company
    federal state unitary enterprise
    state unitary enterprise
    obshchestvo s ogranichennoy otvetstvennostyu
    obshchestvo s ogranichennoi otvetstvennostyu
    obshchestvo s ogranichennoi otvetstvennostiu
    obschestvo s ogranichennoy otvetstvennostyu
    aktsionernoe obshchestvo
    aktsionernoye obshchestvo
    aktsionernoe obschestvo
    otkrytoe aktsionernoe obshchestvo
    otkrytoye aktsionernoye obshchestvo
    zakrytoe aktsionernoe obshchestvo
    zakrytoye aktsionernoye obshchestvo
    publichnoe aktsionernoe obshchestvo
    publichnoye aktsionernoye obshchestvo
    publichnoe aktsionernoe obschestvo
    nepublichnoe aktsionernoe obshchestvo
    federalnoe gosudarstvennoe unitarnoe predpriyatie
    tovarishchestvo s ogranichennoy otvetstvennostyu
    zhauapkershiligi shekteuli seriktestigi
    tavarystva z abmezhavanay adkaznastsyu
    adkrytae aktsyyanernae tavarystva
    adkrytae aktsyianernae tavarystva
    tovarystvo z obmezhenoyu vidpovidalnistyu
    aktsionerne tovarystvo
"""
# What follows a name and is not in cleanco: Turkey, the Gulf, China, Latin America.
BACK_FORMS = """
    fze
    fzco
    fzc
    dmcc
    pvt
    limited sirketi
    anonim sirketi
    ltd sti
    a s
    sa de cv
    s de rl de cv
    sapi de cv
    gmbh co kg
    and co kg
    and co
"""


def normalise(name: str, kind: str) -> str:
    """A name as words of a-z and 0-9. `kind` is person, entity, vessel or aircraft."""
    words = _words(name)
    if kind == "person":
        words.sort()
    elif kind == "entity":
        words = _without_legal_form(words)
    return " ".join(words)


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    latin = anyascii(folded).lower().replace("&", " and ")
    joined = re.sub(r"['`]", "", latin)  # soft and hard signs, apostrophes
    joined = re.sub(r"\b(?:[a-z0-9]\.){2,}", lambda initials: initials[0].replace(".", "") + " ", joined)  # L.L.C.
    return re.findall(r"[a-z0-9]+", joined)


def _without_legal_form(words: list[str]) -> list[str]:
    """Take the longest form off either end until none is left; a name that is nothing else stays."""
    front, back = _forms()
    while True:
        for length in range(min(LONGEST_FORM, len(words) - 1), 0, -1):
            if tuple(words[-length:]) in back:
                words = words[:-length]
                break
            if tuple(words[:length]) in front:
                words = words[length:]
                break
        else:
            return words


@cache
def _forms() -> tuple[frozenset[tuple[str, ...]], frozenset[tuple[str, ...]]]:
    front = {(word,) for word in SHORT_FRONT_FORMS.split()} | _lines(LONG_FRONT_FORMS)
    known = {tuple(_words(term)) for terms in terms_by_type.values() for term in terms}
    return frozenset(front), frozenset(front | _lines(BACK_FORMS) | known) - {()}


def _lines(text: str) -> set[tuple[str, ...]]:
    return {tuple(line.split()) for line in text.strip().splitlines()}
