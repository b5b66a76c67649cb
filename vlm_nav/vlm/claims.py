"""What a model claims to have chosen, before it is held against the drawn labels."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_LABEL = re.compile(
    r'[\s"\'*_`(\[#.:]*'
    r'(?:(?:arrow|circle|dis[ck]|dot|mark|marker|label|number|option|point|candidate|no\.)'
    r'[\s#:*_`]*)*'
    r'([-+\u2212]?\d{1,9})(?:\.0*)?[\s"\'*_`)\].,]*',
    re.IGNORECASE,
)
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Named:
    """Something named as a label, as written; `cut` where the text ended within or behind it."""

    text: str
    cut: bool = False


@dataclass(frozen=True)
class Claim:
    """One statement of choice: the things named, best first, or that none fits, or arrival.

    Labels and a flag may come together; which of them counts is the reader's decision. `seen` is
    None where nothing is said of whether the thing is seen.
    """

    names: tuple[Named, ...] = ()
    none: bool = False
    arrived: bool = False
    reason: str = ''
    seen: bool | None = None


@dataclass(frozen=True)
class Matched:
    """The names of a claim that are drawn labels, and how many others there were."""

    labels: tuple[int, ...]
    dropped: int


def match(names: Iterable[Named], drawn: frozenset[int]) -> Matched:
    """Return the drawn labels among `names` in their order, each once.

    A name that the end of the text may have cut counts only if no other drawn label begins with
    it; it is not counted as dropped, for nobody knows what it was going to be.
    """
    labels: dict[int, None] = {}
    dropped = 0
    for name in names:
        if name.cut and _may_grow(name.text, drawn):
            continue
        label = as_label(name.text)
        if label is not None and label in drawn:
            labels[label] = None
        else:
            dropped += 1
    return Matched(tuple(labels), dropped)


def as_label(written: str) -> int | None:
    """Return the whole number that `written` names ('3', '3.0', '#3', 'arrow 3'), or None."""
    if len(written) > _LONGEST_NAME:
        return None
    found = _LABEL.fullmatch(written)
    return int(found[1].replace('\N{MINUS SIGN}', '-')) if found else None


def _may_grow(written: str, drawn: frozenset[int]) -> bool:
    label = as_label(written)
    if label is None or written.rstrip().endswith('.'):
        return True
    return any(str(other).startswith(str(label)) and other != label for other in drawn)
