"""Kinds of values that a record is made of, made safe for JSON on their way in."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

LONGEST_TEXT = 100_000
_ROOM_FOR_NOTE = 60


def readable(text: Any) -> Any:
    """Return text that UTF-8 can carry: lone surrogates become `\\udc80` in letters.

    Text over LONGEST_TEXT characters is cut to that, a note of how many are left out included.
    What was returned once stays as it is, for it is read through here again.
    """
    if not isinstance(text, str):
        return text
    carried = text.encode('utf-8', 'backslashreplace').decode('utf-8')
    if len(carried) <= LONGEST_TEXT:
        return carried
    kept = LONGEST_TEXT - _ROOM_FOR_NOTE
    return f'{carried[:kept]}... ({len(carried) - kept} characters left out)'


Text: TypeAlias = Annotated[str, BeforeValidator(readable)]
# NaN and infinity, for which JSON has no word, are written as null.
Number: TypeAlias = float | None
# Only plain names: a record from elsewhere must not lead out of its folder.
FileName: TypeAlias = Annotated[str, Field(pattern=r'^[A-Za-z0-9_]+\.[A-Za-z0-9]+$')]
Row: TypeAlias = tuple[float, float, float, float]
Matrix: TypeAlias = tuple[Row, Row, Row, Row]


class Part(BaseModel):
    """Base of everything in a record; fields that a later version adds are passed over."""

    model_config = ConfigDict(frozen=True, extra='ignore')
