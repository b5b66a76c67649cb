"""HTML and SVG put together so that nobody else's text can become part of the markup."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from typing import TypeAlias

_VOID = frozenset({'img', 'link', 'meta'})
_LINES = '\n\t'
# Without these Persian and Hindi are misspelt and picture letters fall apart; they turn nothing.
_JOINERS = '\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}'


@dataclass(frozen=True)
class Markup:
    """What is HTML already; a `str` is text and is escaped wherever it is put in."""

    html: str


Child: TypeAlias = Markup | str | None


def element(tag: str, *children: Child, **attributes: str | float | None) -> Markup:
    """Return an element with its children; None is left out among them and in attributes.

    A trailing underscore of an attribute's name is dropped (`class_`), others become hyphens.
    """
    named = ''.join(
        f' {name.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in _VOID:
        return Markup(f'<{tag}{named}>')
    return Markup(f'<{tag}{named}>{joined(*children).html}</{tag}>')


def joined(*children: Child) -> Markup:
    """Return the children one after another, text escaped."""
    return Markup(
        ''.join(
            child.html if isinstance(child, Markup) else escaped(child)
            for child in children
            if child is not None
        )
    )


def escaped(text: str) -> str:
    """Return the text as HTML shows it; what has no shape of its own is shown by its code.

    So an answer can neither write markup nor turn the direction of what follows it.
    """
    shown = ''.join(
        character
        if character.isprintable() or character in _LINES + _JOINERS
        else character.encode('unicode_escape').decode('ascii')
        for character in text
    )
    return html.escape(shown, quote=True)


def number(value: float, digits: int = 3) -> str:
    """Return a number for an attribute of SVG, 0 where it is not finite."""
    return f'{value:.{digits}f}' if math.isfinite(value) else '0'


def _attribute(value: str | float) -> str:
    return escaped(value) if isinstance(value, str) else number(value)
