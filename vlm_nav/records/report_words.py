"""Codes, reasons and long texts as a page wants them."""

from __future__ import annotations

_LONGEST_TEXT = 6000


def words_of_code(code: str) -> str:
    """Return a code as words: `gave_up` is 'gave up'."""
    return code.replace('_', ' ')


def reason_words(reason: str | None, detail: str) -> str:
    """Return why something was not done, in words; empty where nothing was wrong."""
    known = [words_of_code(reason)] if reason else []
    return ': '.join([*known, shortened(detail)] if detail else known)


def shortened(text: str) -> str:
    """Return a text that is not longer than a page wants it."""
    left_out = len(text) - _LONGEST_TEXT
    return text if left_out <= 0 else f'{text[:_LONGEST_TEXT]} ... ({left_out} characters more)'
