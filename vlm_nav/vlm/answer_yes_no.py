"""Reads whether the robot has arrived out of answers that keep to no form."""

from __future__ import annotations

import re

_ARRIVED = re.compile(
    r'\barrived["\'*`]{0,3} ?[:=] ?["\'*`]{0,3}(true|false|yes|no)\b', re.IGNORECASE
)
_FIRST_WORD = re.compile(r'[\W_]{0,9}(yes|no)\b', re.IGNORECASE)
_YES = ('true', 'yes')
_TAIL_CHARS = 4_000


def read_yes_or_no(text: str) -> bool | None:
    """Return what a text says to the question whether the robot has arrived, None for nothing.

    What stands last under the name `arrived` counts, else a yes or no that the text begins with.
    Thoughts that never ended say nothing.
    """
    if '<think' in text and '</think' not in text:
        return None
    answer = re.split(r'</think(?:ing)?>', text)[-1][-_TAIL_CHARS:]
    named = _ARRIVED.findall(answer)
    if named:
        return str(named[-1]).lower() in _YES
    first = _FIRST_WORD.match(answer)
    return None if first is None else first[1].lower() in _YES
