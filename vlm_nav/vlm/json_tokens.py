"""The words of JSON-like text: one token at a time, in JSON's spelling and in models' own."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Number:
    """A number as written; `cut` where the text ends right behind it, so digits may be missing."""

    text: str
    cut: bool = False


@dataclass(frozen=True)
class CutText:
    """The beginning of a string whose end is missing."""

    text: str


_CLOSES = r'(?=\s*(?:[,:\]})]|\Z))'


def _string(opening: str, closing: str) -> str:
    """Return a pattern for a string; a closing quote counts only where JSON could go on."""
    plain = rf'[^{closing}\\]*'
    return rf'[{opening}]{plain}(?:(?:\\.|[{closing}](?!{_CLOSES})){plain})*[{closing}]{_CLOSES}'


STRINGS = ('double', 'single', 'curly', 'tick')
TOKEN = re.compile(
    r'(?:\s|//[^\n]*)*(?:'
    rf"""(?P<double>{_string('"', '"')})"""
    rf"""|(?P<single>{_string("'", "'")})"""
    rf"""|(?P<curly>{_string('“”„«', '“”"»')})"""
    rf"""|(?P<tick>{_string('‘’‚', "‘’'")})"""
    r"""|(?P<open_quote>["'“”„«‘’‚])"""
    r'|#?(?P<number>[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)(?![\w.])'
    r'|(?P<word>[^\W\d][\w-]*)'
    r'|(?P<mark>[\[\](){},:])'
    r'|(?P<end>\Z)'
    r')',
    re.DOTALL,
)
WORDS: dict[str, bool | None] = {
    'true': True,
    'yes': True,
    'false': False,
    'no': False,
    'null': None,
    'none': None,
    'nan': None,
    'undefined': None,
}
_ESCAPE = re.compile(r'\\(u[0-9a-fA-F]{4}|.)', re.DOTALL)
_ESCAPED = {'n': '\n', 't': '\t', 'r': '\r', 'b': '\b', 'f': '\f'}
_BEGUN_NUMBER = re.compile(r'\s*#?[-+]?\d*\.?\d*[eE]?[-+]?\s*')


def unquoted(written: str) -> str:
    """Return what a string token says: without its quotes, its escapes resolved."""
    return unescaped(written[1:-1])


def unescaped(text: str) -> str:
    """Resolve JSON's escapes; half of a surrogate pair becomes a replacement character."""
    plain = _ESCAPE.sub(_resolve, text)
    return plain.encode('utf-16-le', 'surrogatepass').decode('utf-16-le', 'replace')


def begins_a_number(rest: str) -> bool:
    """Return whether `rest`, the end of a text, is a number of which digits are missing."""
    return len(rest) < 40 and _BEGUN_NUMBER.fullmatch(rest) is not None


def _resolve(escape: re.Match[str]) -> str:
    what = escape[1]
    return chr(int(what[1:], 16)) if len(what) == 5 else _ESCAPED.get(what, what)
