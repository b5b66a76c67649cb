"""What an examination finds: one line for each thing, with a remedy where something is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class State(str, Enum):
    """How a thing was found."""

    OK = 'ok'
    NOT_OK = 'not ok'
    NOT_CHECKED = 'not checked'


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, what was seen, and what helps."""

    subject: str
    state: State
    words: str
    remedy: str = ''


def ok(subject: str, words: str) -> Finding:
    """Return that a thing is as it should be."""
    return Finding(subject, State.OK, words)


def not_ok(subject: str, words: str, remedy: str) -> Finding:
    """Return that a thing is wrong, and what helps."""
    return Finding(subject, State.NOT_OK, words, remedy)


def not_checked(subject: str, words: str, remedy: str = '') -> Finding:
    """Return that a thing could not be looked at, and what would let it."""
    return Finding(subject, State.NOT_CHECKED, words, remedy)
