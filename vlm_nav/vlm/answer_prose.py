"""Reads a choice stated in English prose, and leaves alone every number that is none."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator

from vlm_nav.vlm import prose_patterns as patterns
from vlm_nav.vlm.claims import Claim, Named

_LONGEST_RANGE = 20
_TAIL_CHARS = 2_000  # a choice in words stands at the end
_REACH_CHARS = 80  # how far behind its cue a mark still belongs to it


def read_prose(text: str, *, cut: bool = False) -> Claim | None:
    """Return the choice that `text` states, or None.

    In this order: the text is nothing but numbers; `Answer: 3`; a sentence that chooses ("I
    would take arrow 3"), the last one; a last line of numbers; the only mark mentioned without
    doubt; "none of the circles fits" where no mark is mentioned. With `cut` the text may have
    ended within a number.
    """
    plain = _plain_prose(text)
    if not plain:
        return None
    reader = _Prose(plain, cut)
    return (
        reader.whole()
        or reader.keyed()
        or reader.chosen()
        or reader.last_line()
        or reader.only_mention()
        or reader.none_fits()
    )


def read_choice_text(text: str) -> Claim | None:
    """Return the choice in a string that stands where a label was asked for."""
    return read_prose(text)


class _Prose:
    """One plain text, read in several ways."""

    def __init__(self, text: str, cut: bool) -> None:
        self._text = text
        self._cut = cut
        self._sentences = [
            sentence
            for sentence in re.split(r'(?<=[.!?])\s|\n|;', text)
            if not sentence.rstrip().endswith('?')
        ]

    def whole(self) -> Claim | None:
        match = patterns.WHOLE_ROW.fullmatch(self._text) or patterns.SPACED_ROW.fullmatch(
            self._text.strip('.[]() ')
        )
        if match is None and re.fullmatch(r'none\W*', self._text, re.IGNORECASE):
            return Claim(none=True)
        if match is None and re.fullmatch(r'arrived\W*', self._text, re.IGNORECASE):
            return Claim(arrived=True)
        return self._claim(match)

    def keyed(self) -> Claim | None:
        match = _last(patterns.KEYED.finditer(self._text))
        if match is not None and match['none'] is not None:
            return Claim(none=True)
        return self._claim(match)

    def chosen(self) -> Claim | None:
        return self._claim(
            _last(match for sentence in self._sentences for match in _choices(sentence))
        )

    def last_line(self) -> Claim | None:
        line = self._text.rsplit('\n', 1)[-1]
        if line.endswith('.'):  # '2.' may be a numbered list that broke off
            return None
        return self._claim(patterns.WHOLE_ROW.fullmatch(line))

    def only_mention(self) -> Claim | None:
        rows: dict[str, re.Match[str]] = {}
        for sentence in self._sentences:
            found = list(patterns.MARKED_ROW.finditer(sentence))
            if patterns.DOUBT.search(sentence):
                if not found:
                    return None
                continue
            rows.update((_row(match), match) for match in found)
        only = next(iter(rows.values()), None) if len(rows) == 1 else None
        return None if only is None or patterns.RANGE.search(_row(only)) else self._claim(only)

    def none_fits(self) -> Claim | None:
        if not patterns.NONE_FITS.search(self._text):
            return None
        if patterns.MARKED_ROW.search(patterns.NONE_FITS.sub(' ', self._text)):
            return None
        return Claim(none=True)

    def _claim(self, match: re.Match[str] | None) -> Claim | None:
        if match is None:
            return None
        row = _row(match)
        at_end = self._cut and self._text.endswith(row) and match.string.endswith(row)
        numbers = list(_expanded(row))
        last = len(numbers) - 1
        return Claim(
            tuple(Named(text, at_end and index == last) for index, text in enumerate(numbers))
        )


def _choices(sentence: str) -> Iterator[re.Match[str]]:
    """Yield the rows of numbers that the sentence chooses, in the order of their cues."""
    for pattern in (patterns.RATHER_THAN.match, patterns.IS_BEST.search, patterns.NOT_BUT.search):
        match = pattern(sentence)
        if match is not None and not _negated(sentence[: match.start()]):
            yield match
    for cue in patterns.CUE.finditer(sentence):
        if _negated(sentence[: cue.start()]):
            continue
        end = cue.end() + _REACH_CHARS
        stop = patterns.STOP.search(sentence, cue.end(), end)
        end = stop.start() if stop else end
        match = patterns.AFTER_CUE.match(sentence, cue.end()) or patterns.MARKED_ROW.search(
            sentence, cue.end(), end
        )
        if match is not None:
            yield match


def _last(matches: Iterable[re.Match[str]]) -> re.Match[str] | None:
    return next(iter(deque(matches, maxlen=1)), None)


def _row(match: re.Match[str]) -> str:
    return match.groupdict().get('many') or match['row']


def _negated(before: str) -> bool:
    clause = re.split(r'[,:()]|\bbut\b|\bso\b', before[-100:])[-1]
    return patterns.NEGATION.search(clause[-60:]) is not None


def _expanded(row: str) -> Iterator[str]:
    """Yield the numbers of a row; '2-4' stands for 2, 3, 4."""
    span = patterns.RANGE.fullmatch(row.strip('#'))
    if span is None:
        yield from (found[0] for found in patterns.ROW.finditer(row))
        return
    first, last = int(span[1]), int(span[2])
    yield from map(str, range(first, min(last, first + _LONGEST_RANGE) + 1))


def _plain_prose(text: str) -> str:
    """Take out decoration that would stand between a word and its number."""
    if len(text) > _TAIL_CHARS:
        text = 'cut' + text[-_TAIL_CHARS:]  # no number begins within a word
    text = re.sub(r'[’‘]', "'", text)
    text = re.sub(r'</?answer>', lambda tag: ' ' if '/' in tag[0] else '\nanswer: ', text)
    text = re.sub(r'\\boxed\{([^{}\n]{1,60})\}', r' answer: \1 ', text)
    text = re.sub(r'\b(?:no|nr|nos)\. ?(?=\d)', 'number ', text, flags=re.IGNORECASE)
    text = re.sub(r'```\w*|[*`"“”„$]', '', text.replace('_', ' '))
    text = re.sub(r'[^\S\n]+', ' ', text)
    return re.sub(r' ?\n[ \n]*', '\n', text).strip()
