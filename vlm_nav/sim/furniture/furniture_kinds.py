"""The kinds of things that may stand in a simulated house, from furniture.yaml."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from vlm_nav.sim.house.house_plan import Shape

_TABLE = Path(__file__).with_name('furniture.yaml')

PAINTS: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        'red': (0.78, 0.08, 0.09),
        'orange': (0.95, 0.45, 0.07),
        'yellow': (0.95, 0.78, 0.12),
        'green': (0.16, 0.52, 0.20),
        'blue': (0.12, 0.27, 0.75),
        'brown': (0.42, 0.26, 0.15),
        'beige': (0.82, 0.73, 0.57),
        'white': (0.94, 0.94, 0.92),
        'grey': (0.50, 0.51, 0.53),
        'black': (0.10, 0.10, 0.11),
    }
)
"""Colours that people have one word for: red, green and blue in 0..1."""


class Kind(BaseModel):
    """A kind of thing; furniture.yaml says what its fields mean."""

    model_config = ConfigDict(frozen=True, extra='forbid')

    nouns: tuple[str, ...] = Field(min_length=1)
    size_m: tuple[float, float, float]
    drawing: str
    colors: tuple[str, ...] = ()
    look: str = ''
    shape: Shape = Shape.BLOCK
    top_m: float | None = None
    hung_m: float = 0.0
    model: str = ''
    painted: tuple[str, ...] = ()
    painted_all: bool = False
    faces: int = 2500

    @property
    def surface_m(self) -> float:
        """Return how high above its underside things stand on it."""
        return self.size_m[2] if self.top_m is None else self.top_m

    def called(self, color: str) -> tuple[str, tuple[str, ...]]:
        """Return the name of a thing of this kind in a colour, '' for none, and its synonyms."""
        said = color or self.look
        if not said:
            return self.nouns[0], self.nouns[1:]
        names = [f'{said} {noun}' for noun in self.nouns]
        return names[0], (*names[1:], *self.nouns)


@functools.cache
def kinds() -> Mapping[str, Kind]:
    """Return all kinds by their names."""
    table = yaml.safe_load(_TABLE.read_text(encoding='utf-8'))
    return MappingProxyType(TypeAdapter(dict[str, Kind]).validate_python(table))
