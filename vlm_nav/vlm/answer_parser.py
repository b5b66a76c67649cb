"""Reads a model's answer, however it is written, as a choice among the drawn labels.

What counts, in this order: the last JSON-like object that answers (so reasoning before it, or
an example of the form, does no harm); a list under a name (`Arrow: [1, 3]`) or alone on its
line, the last one; prose that states a choice. A text in which a choice can only be guessed at
is refused: it is cheaper to ask again than to drive to a number from somebody's reasoning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.vlm.answer_objects import has_known_key, read_container, read_list
from vlm_nav.vlm.answer_prose import read_prose
from vlm_nav.vlm.claims import Claim, match
from vlm_nav.vlm.errors import UnusableAnswer
from vlm_nav.vlm.json_scan import Found, scan
from vlm_nav.vlm.json_tokens import unescaped

__all__ = ['ParsedAnswer', 'UnusableAnswer', 'parse_answer']

HEAD_CHARS = 6_000
TAIL_CHARS = 12_000
REASON_CHARS = 2_000
_SEAM = '\x00'
_THOUGHT = re.compile(r'<(/?)(?:think|thinking|reasoning|thought)>', re.IGNORECASE)
_LIST_NAME = re.compile(
    r'(?:points?|picks?|choices?|best|answers?|labels?|arrows?|circles?|dis[ck]s?|numbers?'
    r'|selection|selected|order)["\'”*_`) ]{0,4}(?:[:=→]|is|are|(?<=final answer))[\s*_`]{0,4}',
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ParsedAnswer:
    """What a text answers: `labels` best first, all drawn, none twice, no more than asked for.

    `dropped` counts things named as labels that are not drawn. `arrived` may come with labels
    (the marks nearest to where the model thinks it has arrived); `none` never does. `seen` is
    None where nothing is said of whether the thing is seen.
    """

    labels: tuple[int, ...]
    none: bool
    arrived: bool
    reason: str
    dropped: int
    seen: bool | None = None


def parse_answer(
    text: str, *, labels: Iterable[int], pick: int, truncated: bool = False
) -> ParsedAnswer:
    """Return the choice that `text` makes among `labels`, at most `pick` of them, best first.

    `truncated` says that the endpoint cut the answer short; a number at its very end then
    counts only if it is not the beginning of another label, as always in unclosed JSON. Of a
    text longer than 18,000 characters the head and the tail are read.

    Raises `UnusableAnswer`, with the text in `raw_text`, where nothing is chosen, where only
    labels that are not drawn are named, and where an answer says 'none' and yet names drawn
    labels. Raises `InvalidValueError` for a `pick` below 1.
    """
    if pick < 1:
        raise InvalidValueError(f'pick is 1 or more, got {pick!r}')
    drawn = frozenset(labels)
    claim = _claim(_shortened(_decoded(_without_thoughts(text))), truncated)
    if claim is None:
        raise _unusable('came no choice that can be read', text, drawn)
    found = match(claim.names, drawn)
    if claim.none and found.labels:
        raise _unusable(f'came "none" together with {list(found.labels)}', text, drawn)
    if not (found.labels or claim.none or claim.arrived):
        raise _unusable(f'came only {_listed(claim)}', text, drawn)
    return ParsedAnswer(
        labels=found.labels[:pick],
        none=claim.none and not claim.arrived,
        arrived=claim.arrived,
        reason=(claim.reason or text.strip())[:REASON_CHARS],
        dropped=found.dropped,
        seen=claim.seen,
    )


def _claim(text: str, truncated: bool) -> Claim | None:
    found = list(scan(text, _settled))
    claims = [read_container(each.value) for each in found]
    answering = [claim for claim in claims if claim is not None]
    if answering:
        return answering[-1]
    prose = _blanked(text, found)
    return _listed_claim(text, found) or read_prose(
        prose, cut=truncated and text[-1:] == prose[-1:]
    )


def _settled(found: Found) -> bool:
    """Return whether what was found is an answer or part of one, not prose with a bracket."""
    if isinstance(found.value, list) and not found.cut:
        return True
    return has_known_key(found.value) or read_container(found.value) is not None


def _listed_claim(text: str, found: list[Found]) -> Claim | None:
    """Return the claim of the last plain list that has a name or a line to itself."""
    for each in reversed(found):
        if isinstance(each.value, list) and _stands_out(text, each):
            claim = read_list(each.value)
            if claim is not None:
                return claim
    return None


def _stands_out(text: str, found: Found) -> bool:
    line_start = text.rfind('\n', 0, found.start) + 1
    before = text[max(line_start, found.start - 80) : found.start]
    line_end = text.find('\n', found.end)
    after = text[found.end : line_end if line_end >= 0 else len(text)]
    alone = not before.strip(' \t\r*_`>-•') and not after.strip(' \t\r*_`.,;')
    return alone or any(name.end() == len(before) for name in _LIST_NAME.finditer(before))


def _blanked(text: str, found: list[Found]) -> str:
    """Return `text` without its objects: the numbers and words in them are no prose."""
    parts, position = [], 0
    for each in found:
        if isinstance(each.value, dict) and each.start >= position:
            if each.cut and not has_known_key(each.value):
                continue
            parts += [text[position : each.start], '\n']
            position = each.end
    return ''.join([*parts, text[position:]])


def _without_thoughts(text: str) -> str:
    """Return what follows a thinking model's thoughts; nothing where they never ended."""
    tags = list(_THOUGHT.finditer(text))
    if not tags:
        return text
    last = tags[-1]
    return text[last.end() :] if last[1] else ''


def _decoded(text: str) -> str:
    """Return what a JSON string around the whole answer says."""
    stripped = text.strip()
    if stripped[:1] == '"' == stripped[-1:] and '\\"' in stripped:
        return unescaped(stripped[1:-1])
    return text


def _shortened(text: str) -> str:
    if len(text) <= HEAD_CHARS + TAIL_CHARS:
        return text
    stripped = text.strip()
    if len(stripped) <= HEAD_CHARS + TAIL_CHARS:
        return stripped + ' '
    return stripped[:HEAD_CHARS] + _SEAM + stripped[-TAIL_CHARS:]


def _listed(claim: Claim) -> str:
    names = ', '.join(name.text[:20] for name in claim.names[:8])
    return f'{names or "nothing"}, which is not drawn or was cut short'


def _unusable(what: str, text: str, drawn: frozenset[int]) -> UnusableAnswer:
    wanted = ', '.join(map(str, sorted(drawn))) or 'none or arrived'
    return UnusableAnswer(
        f'wanted a choice among {wanted}; {what}; the answer begins {text.strip()[:120]!r}',
        raw_text=text,
    )
