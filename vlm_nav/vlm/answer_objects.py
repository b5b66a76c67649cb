"""Reads what a JSON-like object or list claims, under our keys and the ones models put instead."""

from __future__ import annotations

import re

from vlm_nav.vlm.answer_prose import read_choice_text
from vlm_nav.vlm.claims import Claim, Named, as_label
from vlm_nav.vlm.json_scan import Container, Value
from vlm_nav.vlm.json_tokens import CutText, Number

# The order decides between several in one object: words for a choice before words for a thing.
_CHOICE_WORDS = [
    *('points', 'picks?', 'choices?', 'chosen', 'selected', 'selections?', 'best', 'final'),
    *('answers?', 'labels?', 'arrows?', 'circles?', 'dis[ck]s?', 'numbers?', 'marks?', 'point'),
]
_CHOICE_KEY = re.compile(
    r'(?:my|the|final|selected|chosen|picked|best|top|ranked)*?'
    + '(?:'
    + '|'.join(f'({word})' for word in _CHOICE_WORDS)
    + ')'
)
_NONE_KEYS = frozenset({'none', 'nonefits', 'noneoffits', 'nomatch'})
_ARRIVED_KEYS = frozenset({'arrived', 'done', 'reached', 'hasarrived', 'goalreached'})
_SEEN_KEYS = frozenset(
    {'seen', 'visible', 'insight', 'targetseen', 'targetvisible', 'targetfound', 'thingseen',
     'isseen', 'isvisible', 'goalvisible'}
)  # fmt: skip
_REASON_KEYS = frozenset(
    {'reason', 'reasoning', 'reasons', 'why', 'explanation', 'rationale', 'analysis', 'thought',
     'thoughts', 'thinking'}
)  # fmt: skip
_ITEM_KEYS = ('label', 'number', 'id', 'mark', 'arrow', 'circle', 'disc', 'point', 'choice')
_NONE_WORDS = frozenset({'none', 'no', 'nothing', 'null', 'n/a'})
_YES_WORDS = frozenset({'true', 'yes'})
_NO_WORDS = frozenset({'false', 'no'})


def read_container(value: Container) -> Claim | None:
    """Return what an object, or a list with objects in it, claims; None where it claims nothing.

    The object's own keys count before those of objects inside it; of several inside, the last.
    A list of plain values claims nothing by itself.
    """
    if isinstance(value, dict):
        return _own_claim(value) or _inner_claim(value)
    if any(isinstance(item, dict) for item in value):
        names = [_item_name(item) for item in value if isinstance(item, dict)]
        if any(name is not None for name in names):
            return Claim(tuple(name or Named('an object') for name in names))
        return _inner_claim(dict(enumerate_text(value)))
    return None


def read_list(values: list[Value]) -> Claim | None:
    """Return the claim that a list of plain values makes; an empty one, closed, is 'none'."""
    whole = [item for item in values if not isinstance(item, CutText)]
    if not whole:
        return Claim(none=True) if not values else None
    if len(whole) == 1 and isinstance(whole[0], str) and _says_none(whole[0]):
        return Claim(none=True)
    return Claim(tuple(_name(item) for item in whole))


def has_known_key(value: Container) -> bool:
    """Return whether `value` is an object with a key that belongs to an answer."""
    return isinstance(value, dict) and any(
        _CHOICE_KEY.fullmatch(key) or key in _NONE_KEYS | _ARRIVED_KEYS | _REASON_KEYS
        for key in map(_plain, value)
    )


def enumerate_text(values: list[Value]) -> list[tuple[str, Value]]:
    """Return a list's items keyed by their positions, so that it can be walked as an object."""
    return [(str(index), value) for index, value in enumerate(values)]


def _own_claim(entries: dict[str, Value]) -> Claim | None:
    keyed = [(_plain(key), value) for key, value in entries.items()]
    none = any(key in _NONE_KEYS and _is_yes(value) for key, value in keyed)
    arrived = any(key in _ARRIVED_KEYS and _is_yes(value) for key, value in keyed)
    chosen = _chosen(keyed)
    if chosen is None and not none and not arrived:
        return None
    chosen = chosen or Claim()
    return Claim(chosen.names, none or chosen.none, arrived, _reason(keyed), _seen(keyed))


def _chosen(keyed: list[tuple[str, Value]]) -> Claim | None:
    """Return the claim under the most telling key that holds one."""
    ranked = []
    for key, value in keyed:
        found = _CHOICE_KEY.fullmatch(key)
        if found is not None and found.lastindex is not None:
            ranked.append((found.lastindex, value))
    for rank, value in sorted(ranked, key=lambda entry: entry[0]):
        if rank == len(_CHOICE_WORDS) and isinstance(value, list) and len(value) == 2:
            continue  # {"point": [412, 6]} is how several models write a place in the picture
        claim = _claim_of(value)
        if claim is not None:
            return claim
    return None


def _claim_of(value: Value) -> Claim | None:
    if isinstance(value, Number):
        return Claim((Named(value.text, value.cut),))
    if isinstance(value, str):
        return Claim(none=True) if _says_none(value) else read_choice_text(value)
    if isinstance(value, list):
        return read_container(value) or read_list(value)
    if isinstance(value, dict):
        name = _item_name(value)
        return Claim((name,)) if name is not None else read_container(value)
    return None


def _inner_claim(entries: dict[str, Value]) -> Claim | None:
    claims = [
        read_container(value)
        for key, value in entries.items()
        if isinstance(value, (dict, list)) and _plain(key) not in _REASON_KEYS
    ]
    return next((claim for claim in reversed(claims) if claim is not None), None)


def _item_name(entries: dict[str, Value]) -> Named | None:
    """Return the label that one object of a list stands for: `{"label": 3, "why": "..."}`."""
    plain = {_plain(key): value for key, value in entries.items()}
    for key in _ITEM_KEYS:
        value = plain.get(key)
        if isinstance(value, Number):
            return Named(value.text, value.cut)
        if isinstance(value, str) and as_label(value) is not None:
            return Named(value)
    return None


def _name(item: Value) -> Named:
    if isinstance(item, Number):
        return Named(item.text, item.cut)
    if isinstance(item, str):
        return Named(item)
    return Named('a list' if isinstance(item, list) else str(item).lower())


def _reason(keyed: list[tuple[str, Value]]) -> str:
    texts = (value for key, value in keyed if key in _REASON_KEYS)
    for text in texts:
        if isinstance(text, CutText):
            return text.text.strip()
        if isinstance(text, str):
            return text.strip()
    return ''


def _seen(keyed: list[tuple[str, Value]]) -> bool | None:
    """Return what is said of whether the thing is seen, None where nothing clear is."""
    for key, value in keyed:
        if key in _SEEN_KEYS and (_is_yes(value) or _is_no(value)):
            return _is_yes(value)
    return None


def _is_no(value: Value) -> bool:
    return value is False or (isinstance(value, str) and value.strip().lower() in _NO_WORDS)


def _is_yes(value: Value) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() in _YES_WORDS)


def _says_none(text: str) -> bool:
    return text.strip().strip('.').lower() in _NONE_WORDS


def _plain(key: str) -> str:
    return re.sub(r'[\W_]', '', key).lower()
