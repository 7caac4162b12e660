"""Which entries of two lists may be one and the same, and why. Nothing is ever merged.

One row of `find(…)` is a pair of entries of two lists. **linked**: both have the same identifier, the same kind of
number from the same issuer. **proposed**: their names are alike, with a score from 0 to 1 that weighs
country, year of birth and identifiers where both lists give them; a person decides.

Not here: how a name is spelled for comparing (names.py), or which identifiers identify (seeds/identifier_kinds).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, product

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

KEY = ["list_id", "source_id"]
COLUMNS = [
    *("left_list_id", "left_source_id", "right_list_id", "right_source_id"),
    *("status", "score", "basis", "left_name", "right_name"),
]
Alike = tuple[int, int, float, tuple[str, str]]  # two entries, how alike, and the two spellings

LEAST_LIKENESS = 0.85  # of two spellings, to be looked at at all
LEAST_SCORE = 0.80  # to be proposed
LEAST_WORD = 60  # likeness in hundredths of each word of a person's name to some word of the other
RARE = 30  # spellings that share a word; a word in more of them has no weight
CROWD = 40  # entries of one exact spelling; a name so common is not proposed
SHORTEST_NAME = 4  # letters of a company or a ship
SHORTEST_NUMBER = 5  # letters and digits; shorter ones are given to many
SHARED_BY_ONE_LIST = 2  # entries of one list with one number; more, and it is not the entry's own

WORLD = "*"  # the issuer of a number that is one in the world
BIRTH_DATE = "birth_date"
OWN_NUMBERS = {f"{publisher}_number" for publisher in ("ofac", "eu", "un", "uk", "csl", "opensanctions")}
ONE_EACH = {"imo_number", "lei", "tax_number"}  # who has another is another
UNSURE = {"tax_number", "registration_number", "national_id"}  # the same without its country is a hint
CAPITALS = {"imo", "lei", "bic", "ofac", "eu", "un", "uk", "csl"}

# The name alone gives at most 0.9. What both lists have beside it adds or takes away.
NAME_WEIGHT = 0.90
SAME_COUNTRY, OTHER_COUNTRY = 0.05, -0.10
SAME_BIRTH_YEAR, OTHER_BIRTH_YEAR = 0.05, -0.30
UNSURE_NUMBER, OTHER_NUMBER = 0.30, -0.30
# One of two names of a person has one word more (a patronymic): as alike as this.
ONE_WORD_MORE = 0.92


def number(text: str, kind: str) -> str:
    """An identifier for comparing: capitals and digits, without notes in brackets; '' if it identifies no entry."""
    bare = re.sub(r"[^A-Z0-9]", "", re.sub(r"\([^)]*\)", "", text.upper()))
    if kind == "imo_number":
        bare = bare.removeprefix("IMO")
        return bare if re.fullmatch(r"\d{7}", bare) else ""
    if kind == "lei":
        return bare if re.fullmatch(r"[A-Z0-9]{18}\d\d", bare) else ""
    if kind == "bic":  # a branch has three letters more than its bank
        return bare[:8] if re.fullmatch(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?", bare) else ""
    if kind in OWN_NUMBERS:
        return bare
    varied = len(set(bare)) > 2 and sum(c.isdigit() for c in bare) >= 3
    return bare if len(bare) >= SHORTEST_NUMBER and varied else ""


def find(
    entities: pd.DataFrame, names: pd.DataFrame, identifiers: pd.DataFrame, countries: pd.DataFrame
) -> pd.DataFrame:
    """Pairs of entries of two lists, as COLUMNS, in order.

    entities: KEY, kind, name · names: KEY, name_kind, normalised_name · identifiers: KEY, identifier_kind,
    issuer, identifier · countries: KEY, iso3. Entries are numbered in the order of their key.
    """
    entities = entities.sort_values(KEY, ignore_index=True)
    index = pd.MultiIndex.from_frame(entities[KEY])
    names, identifiers, countries = (
        frame.assign(entry=index.get_indexer(pd.MultiIndex.from_frame(frame[KEY]))).query("entry >= 0")
        for frame in (names, identifiers, countries)
    )
    names = names[names.name_kind.ne("weak_alias") & names.normalised_name.notna()]
    numbers, born = _numbers(identifiers, entities), _birth_years(identifiers)
    linked = _shared(numbers[numbers.issuer != ""], ["issuer"])
    unsure = _shared(numbers[numbers.identifier_kind.isin(UNSURE)], [])
    facts = Facts(_by_kind(numbers), born, _grouped(countries.entry, countries.iso3), unsure)
    proposed: dict[tuple[int, int], tuple[float, str]] = {}
    for left, right, likeness, spellings in [*_alike(names, entities), *_named(unsure, names)]:
        scored = facts.weighed(left, right, likeness, spellings)
        if scored[0] >= LEAST_SCORE and (left, right) not in linked:
            proposed[left, right] = max(proposed.get((left, right), (0.0, "")), scored)
    rows = [(*pair, "linked", 1.0, basis) for pair, basis in linked.items()]
    rows += [(*pair, "proposed", score, basis) for pair, (score, basis) in proposed.items()]
    links = pd.DataFrame(sorted(rows), columns=["left", "right", "status", "score", "basis"])
    for side in ("left", "right"):
        entry = entities.iloc[links[side].astype(int)].reset_index(drop=True)
        for column in ("list_id", "source_id", "name"):
            links[f"{side}_{column}"] = entry[column]
    text = [column for column in COLUMNS if column != "score"]
    return links[COLUMNS].astype(dict.fromkeys(text, "string") | {"score": "float64"})


@dataclass(frozen=True)
class Facts:
    """What the lists have of entries beside their names."""

    numbers: dict[int, dict[tuple[str, str], set[str]]]
    born: dict[int, set[int]]
    countries: dict[int, set[str]]
    unsure: dict[tuple[int, int], str]

    def weighed(self, left: int, right: int, likeness: float, spellings: tuple[str, str]) -> tuple[float, str]:
        """The score of a pair, and what it rests on."""
        score = NAME_WEIGHT * likeness
        basis = [f"name {likeness:.2f}" + (" ({} / {})".format(*spellings) if len(set(spellings)) > 1 else "")]
        here, there = self.countries.get(left), self.countries.get(right)
        if here and there:
            score += SAME_COUNTRY if here & there else OTHER_COUNTRY
            basis.append("country " + ", ".join(sorted(here & there)) if here & there else "other country")
        here, there = self.born.get(left), self.born.get(right)
        if here and there:
            near = min(abs(a - b) for a in here for b in there) <= 1
            score += SAME_BIRTH_YEAR if near else OTHER_BIRTH_YEAR
            basis.append("birth year" if near else "other birth year")
        here, there = self.numbers.get(left, {}), self.numbers.get(right, {})
        other = sorted(
            key[0] for key in here.keys() & there.keys() if key[0] in ONE_EACH and not here[key] & there[key]
        )
        if (left, right) in self.unsure:
            score += UNSURE_NUMBER
            basis.append(self.unsure[left, right] + ", of a country not given")
        elif other:
            score += OTHER_NUMBER
            basis.append("other " + _in_words(other[0]))
        return round(min(max(score, 0.0), 1.0), 4), "; ".join(basis)


def _numbers(identifiers: pd.DataFrame, entities: pd.DataFrame) -> pd.DataFrame:
    """entry, kind, list_id, identifier_kind, issuer ('' where the list has none), number: what identifies."""
    frame = identifiers[identifiers.identifier_kind.ne(BIRTH_DATE) & identifiers.identifier.notna()]
    at = frame.entry.to_numpy()
    frame = pd.DataFrame(
        {
            "entry": at,
            "kind": entities.kind.to_numpy()[at],
            "list_id": entities.list_id.to_numpy()[at],
            "identifier_kind": frame.identifier_kind.to_numpy(),
            "issuer": frame.issuer.fillna("").to_numpy(),
            "number": [number(*one) for one in zip(frame.identifier, frame.identifier_kind, strict=True)],
        }
    )
    return frame[frame.number != ""].drop_duplicates()


def _by_kind(numbers: pd.DataFrame) -> dict[int, dict[tuple[str, str], set[str]]]:
    by_entry: dict[int, dict[tuple[str, str], set[str]]] = {}
    for one in numbers[numbers.issuer != ""].itertuples():
        by_entry.setdefault(one.entry, {}).setdefault((one.identifier_kind, one.issuer), set()).add(one.number)
    return by_entry


def _grouped(keys, values) -> dict:
    """Key → its values, as a set. (A groupby with a Python function takes seconds for twenty thousand keys.)"""
    groups: dict = {}
    for key, value in zip(keys.tolist(), values.tolist(), strict=True):
        groups.setdefault(key, set()).add(value)
    return groups


def _birth_years(identifiers: pd.DataFrame) -> dict[int, set[int]]:
    dates = identifiers[identifiers.identifier_kind.eq("birth_date") & identifiers.identifier.notna()]
    years: dict[int, set[int]] = {}
    for entry, text in zip(dates.entry, dates.identifier, strict=True):
        years.setdefault(entry, set()).update(int(year) for year in re.findall(r"\b(?:18|19|20)\d\d\b", text))
    return years


def _shared(numbers: pd.DataFrame, also: list[str]) -> dict[tuple[int, int], str]:
    """Pairs of entries of two lists that have one number, of one kind (and the same in `also`)."""
    same = ["kind", "identifier_kind", "number", *also]
    crowd = numbers.groupby([*same, "list_id"]).entry.transform("nunique")
    crowded = crowd.groupby([numbers[c] for c in same]).transform("max") > SHARED_BY_ONE_LIST
    own = numbers[~crowded]
    pairs = own.merge(own, on=same, suffixes=("", "_2"))
    pairs = pairs[(pairs.entry < pairs.entry_2) & (pairs.list_id != pairs.list_id_2)]
    basis: dict[tuple[int, int], set[str]] = {}
    for one in pairs.itertuples():
        issuer = f" ({one.issuer})" if also and one.issuer != WORLD else ""
        basis.setdefault((one.entry, one.entry_2), set()).add(
            f"same {_in_words(one.identifier_kind)} {one.number}{issuer}"
        )
    return {pair: "; ".join(sorted(reasons)) for pair, reasons in basis.items()}


def _in_words(kind: str) -> str:
    """A kind of identifier in words."""
    word, _, rest = kind.partition("_")
    return f"{word.upper() if word in CAPITALS else word} {rest}".strip()


def _named(unsure: dict[tuple[int, int], str], names: pd.DataFrame) -> Iterator[Alike]:
    """The likest names of each of these pairs: who shares a number and no name is not proposed."""
    wanted = {entry for pair in unsure for entry in pair}
    names = names[names.entry.isin(wanted)]
    spelled = _grouped(names.entry, names.normalised_name)
    for left, right in unsure:
        likest = max(
            (
                (fuzz.token_sort_ratio(a, b) / 100, (a, b))
                for a in spelled.get(left, ())
                for b in spelled.get(right, ())
            ),
            default=None,
        )
        if likest:
            yield left, right, round(likest[0], 4), likest[1]


def _alike(names: pd.DataFrame, entities: pd.DataFrame) -> Iterator[Alike]:
    """Entries of two lists with the same or a like spelling."""
    kind, list_id = entities.kind.to_numpy(), entities.list_id.to_numpy()
    spelled = pd.DataFrame({"entry": names.entry, "spelling": names.normalised_name.astype(object)})
    spelled["kind"] = kind[spelled.entry]
    # one word identifies no person, three letters identify no entry
    telling = np.where(
        spelled.kind.eq("person"), spelled.spelling.str.contains(" "), spelled.spelling.str.len().ge(SHORTEST_NAME)
    )
    spelled = spelled[telling].drop_duplicates(["entry", "spelling"])
    spelled = spelled.sort_values(["kind", "spelling", "entry"])
    groups = _grouped(pd.Series(zip(spelled.kind, spelled.spelling, strict=True)), spelled.entry)
    groups = {key: sorted(entries) for key, entries in groups.items() if len(entries) <= CROWD}
    keys = pd.DataFrame(list(groups), columns=["kind", "spelling"])
    entries, spelling = list(groups.values()), keys.spelling.tolist()
    lists = [{list_id[entry] for entry in group} for group in entries]
    same = ((key, key, 1.0) for key in range(len(entries)))
    for a, b, likeness in chain(same, _near(keys)):
        if len(lists[a] | lists[b]) == 1:
            continue
        for one, other in product(entries[a], entries[b]):
            if list_id[one] != list_id[other] and (a != b or one < other):
                pair = (
                    (one, other, (spelling[a], spelling[b]))
                    if one < other
                    else (other, one, (spelling[b], spelling[a]))
                )
                yield pair[0], pair[1], likeness, pair[2]


def _near(keys: pd.DataFrame) -> Iterator[tuple[int, int, float]]:
    """Pairs of spellings that share a rare word and are alike. Names of ships and aircraft must be the same."""
    compared = keys[keys.kind.isin(["person", "entity"])]
    words = compared.spelling.str.split().explode()
    words = pd.DataFrame({"key": words.index, "kind": compared.kind.loc[words.index].to_numpy(), "word": words})
    words = words[words.word.str.len() >= 3].drop_duplicates()
    words = words[words.groupby(["kind", "word"]).key.transform("size").between(2, RARE)]
    pairs = words.merge(words, on=["kind", "word"])
    pairs = pairs[pairs.key_x < pairs.key_y][["key_x", "key_y", "kind"]].drop_duplicates(ignore_index=True)
    left, right = (compared.spelling.loc[pairs[side]].tolist() for side in ("key_x", "key_y"))
    likeness = process.cpdist(left, right, scorer=fuzz.token_sort_ratio, workers=-1) / 100
    within = process.cpdist(left, right, scorer=fuzz.token_set_ratio, workers=-1) == 100
    keys_left, keys_right, kinds = pairs.key_x.tolist(), pairs.key_y.tolist(), pairs.kind.tolist()
    for at in np.flatnonzero((likeness >= LEAST_LIKENESS) | (within & pairs.kind.eq("person").to_numpy())):
        a, b = left[at].split(), right[at].split()
        alike = round(float(likeness[at]), 4)
        if kinds[at] == "person":
            if not _every_word_meets_another(a, b):
                continue  # a brother or a daughter
            if _one_word_more(a, b):
                alike = max(alike, ONE_WORD_MORE)
        # "plant 5" and "plant 6" are two
        if alike >= LEAST_LIKENESS and _figures(a) == _figures(b):
            yield keys_left[at], keys_right[at], alike


def _every_word_meets_another(a: list[str], b: list[str]) -> bool:
    short, long = sorted((a, b), key=len)
    return all(max(fuzz.ratio(word, other) for other in long) >= LEAST_WORD for word in short)


def _one_word_more(a: list[str], b: list[str]) -> bool:
    short, long = sorted((a, b), key=len)
    return len(short) >= 2 and len(long) == len(short) + 1 and set(short) <= set(long)


def _figures(words: list[str]) -> set[str]:
    return {word for word in words if any(c.isdigit() for c in word)}
