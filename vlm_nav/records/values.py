"""Kinds of values that a record is made of, made safe for JSON on their way in."""

from __future__ import annotations

import math
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

LONGEST_TEXT = 100_000


def readable(text: Any) -> Any:
    """Return text that UTF-8 can carry: lone surrogates become `\\udc80` in letters.

    Text over LONGEST_TEXT characters ends in a note of how many are left out.
    """
    if not isinstance(text, str):
        return text
    if len(text) > LONGEST_TEXT:
        text = f'{text[:LONGEST_TEXT]}... ({len(text) - LONGEST_TEXT} characters left out)'
    return text.encode('utf-8', 'backslashreplace').decode('utf-8')


def finite(number: Any) -> Any:
    """Return None in place of a number that JSON has no word for."""
    return None if isinstance(number, float) and not math.isfinite(number) else number


Text: TypeAlias = Annotated[str, BeforeValidator(readable)]
Number: TypeAlias = Annotated[float | None, BeforeValidator(finite)]
# Only plain names: a record from elsewhere must not lead out of its folder.
FileName: TypeAlias = Annotated[str, Field(pattern=r'^[A-Za-z0-9_]+\.[A-Za-z0-9]+$')]
Row: TypeAlias = tuple[float, float, float, float]
Matrix: TypeAlias = tuple[Row, Row, Row, Row]


class Part(BaseModel):
    """Base of everything in a record; fields that a later version adds are passed over."""

    model_config = ConfigDict(frozen=True, extra='ignore')
