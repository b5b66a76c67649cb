"""Finds JSON-like values in a text, as models write them: strictly, sloppily, or cut short.

Beyond JSON it reads single and curly quotes, quotes left unescaped inside a string, trailing
and doubled commas, bare keys, `True`/`None`, `#3`, tuples inside a value, `//` comments, a
forgotten inner bracket, and a value that the end of the text cuts off. One pass, no recursion,
with a bound on the work, so that no text can make it slow or deep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from vlm_nav.vlm.json_tokens import (
    STRINGS,
    TOKEN,
    WORDS,
    CutText,
    Number,
    begins_a_number,
    unescaped,
    unquoted,
)

MAX_DEPTH = 24
MAXTOKENS = 8_000
MAX_WORK_CHARS = 200_000


Value: TypeAlias = 'str | Number | CutText | bool | list[Value] | dict[str, Value] | None'
Container: TypeAlias = 'list[Value] | dict[str, Value]'


@dataclass(frozen=True)
class Found:
    """A list or an object that stands at `text[start:end]`; `cut` where the text ended first."""

    value: Container
    start: int
    end: int
    cut: bool


_CLOSERS = {']': '[', '}': '{', ')': '('}


class _NotAValueError(Exception):
    """What starts here is no JSON-like value."""


class _SpentError(Exception):
    """The bound on the work is reached."""


def scan(text: str, settled: Callable[[Found], bool]) -> Iterator[Found]:
    """Yield the lists and objects of `text` in order of their starts.

    Where a bracket starts no value, or one that is not `settled`, the search goes on right
    behind the bracket; else behind the value. It ends early, without an error, when the bound
    on the work is reached.
    """
    work = _Work()
    position = 0
    while (start := _next_start(text, position)) is not None:
        position = start + 1
        try:
            found = _Reader(text, start, work).read()
        except _NotAValueError:
            continue
        except _SpentError:
            return
        yield found
        if settled(found):
            position = found.end


def _next_start(text: str, position: int) -> int | None:
    starts = [at for at in (text.find('{', position), text.find('[', position)) if at >= 0]
    return min(starts, default=None)


class _Work:
    """Counts tokens and characters over one scan."""

    def __init__(self) -> None:
        self._tokens = 0
        self._chars = 0

    def add(self, chars: int) -> None:
        self._tokens += 1
        self._chars += chars
        if self._tokens > MAXTOKENS or self._chars > MAX_WORK_CHARS:
            raise _SpentError


class _Level:
    """One open bracket and what it holds so far."""

    def __init__(self, opener: str) -> None:
        self.opener = opener
        self.items: list[Value] = []
        self.entries: dict[str, Value] = {}
        self.key: str | None = None
        self.wants_value = opener != '{'
        self.wants_separator = False

    def value(self) -> Container:
        return self.entries if self.opener == '{' else self.items

    def put(self, value: Value) -> None:
        if self.wants_separator:
            raise _NotAValueError
        if self.opener != '{':
            self.items.append(value)
        elif self.wants_value and self.key is not None:
            self.entries[self.key] = value
            self.key, self.wants_value = None, False
        else:
            raise _NotAValueError
        self.wants_separator = True

    def put_key(self, key: str) -> None:
        if self.wants_separator or self.key is not None:
            raise _NotAValueError
        self.key = key

    def wants_key(self) -> bool:
        return self.opener == '{' and not self.wants_value

    def colon(self) -> None:
        if self.opener != '{' or self.key is None or self.wants_value:
            raise _NotAValueError
        self.wants_value = True

    def comma(self) -> None:
        if self.key is not None:
            raise _NotAValueError
        self.wants_separator = False


class _Reader:
    """Reads the one value that starts at `start`."""

    def __init__(self, text: str, start: int, work: _Work) -> None:
        self._text = text
        self._start = start
        self._at = start
        self._work = work
        self._levels: list[_Level] = []

    def read(self) -> Found:
        while True:
            token = TOKEN.match(self._text, self._at)
            if token is None:
                self._work.add(1)
                return self._cut_number()
            self._work.add(token.end() - self._at)
            self._at = token.end()
            kind = token.lastgroup or ''
            if kind == 'end':
                return self._cut()
            if kind == 'open_quote':
                return self._cut_string()
            if kind == 'mark':
                done = self._mark(token['mark'])
                if done is not None:
                    return done
            else:
                self._scalar(kind, token[kind])

    def _mark(self, mark: str) -> Found | None:
        if mark in '[({':
            if len(self._levels) >= MAX_DEPTH or (self._levels and self._levels[-1].wants_key()):
                raise _NotAValueError
            self._levels.append(_Level(mark))
        elif mark == ',':
            self._levels[-1].comma()
        elif mark == ':':
            self._levels[-1].colon()
        else:
            return self._close(mark)
        return None

    def _close(self, mark: str) -> Found | None:
        """Close the bracket that `mark` belongs to, and those forgotten inside it."""
        if not any(level.opener == _CLOSERS[mark] for level in self._levels):
            raise _NotAValueError
        while True:
            level = self._levels.pop()
            if not self._levels:
                return Found(level.value(), self._start, self._at, cut=False)
            self._levels[-1].put(level.value())
            if level.opener == _CLOSERS[mark]:
                return None

    def _scalar(self, kind: str, written: str) -> None:
        level = self._levels[-1]
        if level.wants_key():
            level.put_key(unquoted(written) if kind in STRINGS else written)
        elif kind in STRINGS:
            level.put(unquoted(written))
        elif kind == 'number':
            level.put(Number(written, cut=self._at == len(self._text)))
        elif written.lower() in WORDS:
            level.put(WORDS[written.lower()])
        elif self._at == len(self._text):
            level.put(CutText(written))
        else:
            raise _NotAValueError

    def _cut_string(self) -> Found:
        level = self._levels[-1]
        self._work.add(len(self._text) - self._at)
        if not level.wants_key():
            level.put(CutText(unescaped(self._text[self._at :])))
        return self._cut()

    def _cut_number(self) -> Found:
        """Accept a sign or an exponent at the very end of the text as a value not yet there."""
        if begins_a_number(self._text[self._at :]):
            return self._cut()
        raise _NotAValueError

    def _cut(self) -> Found:
        """Close what is open; a list that was never closed says so by a last, cut item."""
        for level in self._levels:
            level.items.append(CutText(''))
        while len(self._levels) > 1:
            inner = self._levels.pop()
            outer = self._levels[-1]
            outer.items.insert(len(outer.items) - 1, inner.value())
            if outer.key is not None:
                outer.entries[outer.key] = inner.value()
        return Found(self._levels[0].value(), self._start, len(self._text), cut=True)
