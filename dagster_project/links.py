"""Which entries of two lists may be one and the same, and why. Nothing is ever merged.

One row of `find(…)` is a pair of entries of two lists. **linked**: an identifier says so, the same kind of
number from the same issuer on both. **proposed**: their names are alike, with a score from 0 to 1 that weighs
country, year of birth and identifiers where both lists give them; a person decides.

Not here: how a name is spelled for comparing (names.py), or which identifiers identify (seeds/identifier_kinds).
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

KEY = ["list_id", "source_id"]
PAIR = ["left_list_id", "left_source_id", "right_list_id", "right_source_id"]
COLUMNS = [*PAIR, "status", "score", "basis", "left_name", "right_name"]

LEAST_LIKENESS = 0.85  # of two spellings, to be looked at at all
LEAST_SCORE = 0.80  # to be proposed
RARE = 30  # spellings that share a word; a word in more of them tells nothing
CROWD = 40  # entries of one exact spelling; a name so common is not proposed
SHORTEST_NUMBER = 5  # letters and digits; shorter ones are said of many
SHARED_BY_ONE_LIST = 2  # entries of one list with one number; more, and it is not the entry's own

# The name alone gives at most 0.9. What both lists say beside it adds or takes away.
NAME_WEIGHT = 0.90
SAME_COUNTRY, OTHER_COUNTRY = 0.05, -0.10
SAME_BIRTH_YEAR, OTHER_BIRTH_YEAR = 0.05, -0.30
OTHER_NUMBER = -0.30
# One of two names of a person has one word more (a patronymic): as alike as this.
ONE_WORD_MORE = 0.92


def number(text: str, kind: str) -> str:
    """An identifier for comparing: capitals and digits, without notes in brackets; '' if it can identify nobody."""
    bare = re.sub(r"[^A-Z0-9]", "", re.sub(r"\([^)]*\)", "", text.upper()))
    if kind == "imo":
        bare = bare.removeprefix("IMO")
        return bare if re.fullmatch(r"\d{7}", bare) else ""
    if kind == "lei":
        return bare if re.fullmatch(r"[A-Z0-9]{18}\d\d", bare) else ""
    if kind == "bic":
        return bare[:8] if re.fullmatch(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", bare) else ""
    if kind in ("un_reference", "ofac_number"):  # a publisher's own numbers, short ones too
        return bare
    varied = len(set(bare)) > 2 and sum(c.isdigit() for c in bare) >= 3
    return bare if len(bare) >= SHORTEST_NUMBER and varied else ""


def find(entities: pd.DataFrame, names: pd.DataFrame, identifiers: pd.DataFrame, countries: pd.DataFrame):
    """Pairs of entries of two lists, as COLUMNS, in order.

    entities: KEY, kind, name · names: KEY, name_kind, normalised_name · identifiers: KEY, identifier_kind,
    identifier, iso3, is_per_country · countries: KEY, iso3. Entries are numbered in the order of their key.
    """
    entities = entities.sort_values(KEY, ignore_index=True)
    index = pd.MultiIndex.from_frame(entities[KEY])
    names, identifiers, countries = (
        frame.assign(entry=index.get_indexer(pd.MultiIndex.from_frame(frame[KEY]))).query("entry >= 0")
        for frame in (names, identifiers, countries)
    )
    numbers, born = _numbers(identifiers), _birth_years(identifiers)
    linked = _linked(entities, numbers)
    proposed = _proposed(entities, names, numbers, born, countries.groupby("entry").iso3.agg(set).to_dict())
    rows = [
        (left, right, "linked", 1.0, basis) for (left, right), basis in linked.items()
    ] + [
        (left, right, "proposed", score, basis)
        for (left, right), (score, basis) in proposed.items()
        if (left, right) not in linked
    ]  # fmt: skip
    found = pd.DataFrame(sorted(rows), columns=["left", "right", "status", "score", "basis"])
    for side in ("left", "right"):
        entry = entities.iloc[found[side].astype(int)].reset_index(drop=True)
        for column in ("list_id", "source_id", "name"):
            found[f"{side}_{column}"] = entry[column]
    text = [column for column in COLUMNS if column != "score"]
    return found[COLUMNS].astype(dict.fromkeys(text, "string") | {"score": "float64"})


def _numbers(identifiers: pd.DataFrame) -> pd.DataFrame:
    """entry, identifier_kind, issuer, number: what identifies. A national number without its country does not."""
    frame = identifiers[identifiers.identifier_kind.ne("birth_date") & identifiers.identifier.notna()]
    frame = frame.assign(
        issuer=frame.iso3.where(frame.is_per_country, "").fillna("?"),
        number=[number(text, kind) for text, kind in zip(frame.identifier, frame.identifier_kind, strict=True)],
    )
    frame = frame[(frame.number != "") & (frame.issuer != "?")]
    return frame[["entry", "identifier_kind", "issuer", "number"]].drop_duplicates()


def _birth_years(identifiers: pd.DataFrame) -> dict[int, set[int]]:
    dates = identifiers[identifiers.identifier_kind.eq("birth_date") & identifiers.identifier.notna()]
    years: dict[int, set[int]] = {}
    for entry, text in zip(dates.entry, dates.identifier, strict=True):
        years.setdefault(entry, set()).update(int(year) for year in re.findall(r"\b(?:18|19|20)\d\d\b", text))
    return years


def _linked(entities: pd.DataFrame, numbers: pd.DataFrame) -> dict[tuple[int, int], str]:
    frame = numbers.assign(
        kind=entities.kind.to_numpy()[numbers.entry], list_id=entities.list_id.to_numpy()[numbers.entry]
    )
    same = ["kind", "identifier_kind", "issuer", "number"]
    crowd = frame.groupby([*same, "list_id"]).entry.transform("size")
    crowded = crowd.groupby([frame[c] for c in same]).transform("max") > SHARED_BY_ONE_LIST
    pairs = frame[~crowded].merge(frame[~crowded], on=same)
    pairs = pairs[(pairs.entry_x < pairs.entry_y) & (pairs.list_id_x != pairs.list_id_y)]
    issuer = pairs.issuer.where(pairs.issuer == "", " (" + pairs.issuer + ")")
    pairs = pairs.assign(basis="same " + pairs.identifier_kind.str.replace("_", " ") + " " + pairs.number + issuer)
    joined = pairs.sort_values("basis").groupby(["entry_x", "entry_y"]).basis.agg("; ".join)
    return joined.to_dict()


def _proposed(entities, names, numbers, born, countries) -> dict[tuple[int, int], tuple[float, str]]:
    kind, list_id = entities.kind.to_numpy(), entities.list_id.to_numpy()
    own = numbers.groupby("entry").apply(
        lambda rows: {(k, i): set(g.number) for (k, i), g in rows.groupby(["identifier_kind", "issuer"])},
        include_groups=False,
    ).to_dict() if len(numbers) else {}  # fmt: skip
    best: dict[tuple[int, int], tuple[float, str]] = {}
    for left, right, likeness, left_name, right_name in _alike(names, kind, list_id):
        score, basis = round(NAME_WEIGHT * likeness, 4), [
            f"name {likeness:.2f}" + ("" if left_name == right_name else f" ({left_name} / {right_name})")
        ]  # fmt: skip
        here, there = countries.get(left), countries.get(right)
        if here and there:
            score += SAME_COUNTRY if here & there else OTHER_COUNTRY
            basis.append("country " + ", ".join(sorted(here & there)) if here & there else "other country")
        here, there = born.get(left), born.get(right)
        if here and there:
            near = min(abs(a - b) for a in here for b in there) <= 1
            score += SAME_BIRTH_YEAR if near else OTHER_BIRTH_YEAR
            basis.append("birth year" if near else "other birth year")
        here, there = own.get(left, {}), own.get(right, {})
        other = sorted(k for k in here.keys() & there.keys() if not here[k] & there[k] and k[0] not in ("passport",))
        if other:
            score += OTHER_NUMBER
            basis.append(f"other {other[0][0].replace('_', ' ')}")
        score = round(min(max(score, 0.0), 1.0), 4)
        if score >= LEAST_SCORE and (score, "; ".join(basis)) > best.get((left, right), (0.0, "")):
            best[left, right] = score, "; ".join(basis)
    return best


def _alike(names: pd.DataFrame, kind: np.ndarray, list_id: np.ndarray):
    """(left, right, likeness, left spelling, right spelling) of entries of two lists. Weak aliases lead nowhere."""
    strong = names[names.name_kind.ne("weak_alias") & names.normalised_name.notna()]
    spelled = pd.DataFrame({"entry": strong.entry, "spelling": strong.normalised_name.astype(object)})
    spelled["kind"] = kind[spelled.entry]
    spelled["words"] = spelled.spelling.str.count(" ") + 1
    telling = np.where(spelled.kind.eq("person"), spelled.words.ge(2), spelled.spelling.str.len().ge(4))
    spelled = spelled[telling].drop_duplicates(["entry", "spelling"])
    keys = spelled.groupby(["kind", "spelling"], sort=True).entry.agg(lambda entries: sorted(set(entries)))
    keys = keys[keys.str.len() <= CROWD].reset_index()
    entries, spelling = keys.entry.tolist(), keys.spelling.tolist()
    lists = [{list_id[entry] for entry in group} for group in entries]

    def crossed(a: int, b: int, likeness: float):
        for one in entries[a]:
            for other in entries[b]:
                if list_id[one] != list_id[other]:
                    left, right = min(one, other), max(one, other)
                    names = (spelling[a], spelling[b]) if left == one else (spelling[b], spelling[a])
                    yield left, right, likeness, *names

    for key in range(len(entries)):
        if len(lists[key]) > 1:
            yield from (pair for pair in crossed(key, key, 1.0) if pair[0] < pair[1])
    for a, b, likeness in _near(keys):
        if len(lists[a] | lists[b]) > 1:
            yield from crossed(a, b, likeness)


def _near(keys: pd.DataFrame):
    """Pairs of spellings that share a rare word and are alike. Names of ships and aircraft must be the same."""
    compared = keys[keys.kind.isin(["person", "entity"])]
    words = compared.spelling.str.split().explode()
    words = pd.DataFrame({"key": words.index, "kind": compared.kind.loc[words.index].to_numpy(), "word": words})
    words = words[words.word.str.len() >= 3].drop_duplicates()
    words = words[words.groupby(["kind", "word"]).key.transform("size").between(2, RARE)]
    pairs = words.merge(words, on=["kind", "word"])
    pairs = pairs[pairs.key_x < pairs.key_y][["key_x", "key_y", "kind"]].drop_duplicates()
    if pairs.empty:
        return
    left, right = (compared.spelling.loc[pairs[side]].tolist() for side in ("key_x", "key_y"))
    likeness = process.cpdist(left, right, scorer=fuzz.token_sort_ratio, workers=-1) / 100
    person = pairs.kind.eq("person").to_numpy()
    for at in np.flatnonzero((likeness >= LEAST_LIKENESS) | person):
        a, b = left[at].split(), right[at].split()
        alike = round(float(likeness[at]), 4)
        if person[at] and _one_word_more(a, b):
            alike = max(alike, ONE_WORD_MORE)
        # "plant 5" and "plant 6" are two
        if alike >= LEAST_LIKENESS and _figures(a) == _figures(b):
            yield int(pairs.key_x.iat[at]), int(pairs.key_y.iat[at]), alike


def _one_word_more(a: list[str], b: list[str]) -> bool:
    short, long = sorted((a, b), key=len)
    return len(short) >= 2 and len(long) == len(short) + 1 and set(short) <= set(long)


def _figures(words: list[str]) -> set[str]:
    return {word for word in words if any(c.isdigit() for c in word)}
