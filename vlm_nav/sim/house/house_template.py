"""Templates of houses, read from house_templates/*.yaml, and of rooms, from house_rooms.yaml."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from types import MappingProxyType

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from vlm_nav.core.errors import InvalidValueError

_FOLDER = Path(__file__).with_name('house_templates')
_ROOMS = Path(__file__).with_name('house_rooms.yaml')

LengthRange = tuple[float, float]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra='forbid')


class RoomTemplate(_Strict):
    """A room: the cells it takes (column and row from, column and row to), and its style."""

    cells: tuple[int, int, int, int]
    style: str


class DoorwayTemplate(_Strict):
    """An opening between two rooms."""

    between: tuple[str, str]
    width_m: LengthRange = (0.95, 1.15)


class HouseTemplate(_Strict):
    """A house as cells whose widths and depths are drawn by lot."""

    columns_m: tuple[LengthRange, ...]
    rows_m: tuple[LengthRange, ...]
    rooms: dict[str, RoomTemplate]
    doorways: tuple[DoorwayTemplate, ...]


class Where(Enum):
    """Where in a room something is put; house_rooms.yaml says what each means."""

    WALL = 'wall'
    CORNER = 'corner'
    FREE = 'free'
    AROUND = 'around'
    BEFORE = 'before'
    BESIDE = 'beside'
    ON = 'on'
    ABOVE = 'above'
    HUNG = 'hung'
    OUTER = 'outer'
    FLOOR = 'floor'


class PlaceTemplate(_Strict):
    """A place in a room and what may stand there."""

    any: tuple[str, ...] = Field(min_length=1)
    at: Where
    of: str = ''
    as_: str = Field('', alias='as')
    count: tuple[int, int] = (1, 1)
    alike: bool = False
    gap_m: LengthRange = (0.02, 0.06)
    centered: bool = False
    chance: float = 1.0


class RoomStyle(_Strict):
    """What stands in a room, the most important first, on which floors."""

    floors: tuple[str, ...] = Field(min_length=1)
    places: tuple[PlaceTemplate, ...]


@functools.cache
def template_names() -> tuple[str, ...]:
    """Return the names of the templates in the order of the alphabet."""
    return tuple(sorted(file.stem for file in _FOLDER.glob('*.yaml')))


@functools.cache
def house_template(name: str) -> HouseTemplate:
    """Return a template; raises InvalidValueError naming those there are."""
    if name not in template_names():
        known = ', '.join(template_names())
        raise InvalidValueError(f'a template was wanted, got {name!r}; there are {known}')
    text = (_FOLDER / f'{name}.yaml').read_text(encoding='utf-8')
    return HouseTemplate.model_validate(yaml.safe_load(text))


@functools.cache
def room_styles() -> Mapping[str, RoomStyle]:
    """Return the styles of rooms by name."""
    table = yaml.safe_load(_ROOMS.read_text(encoding='utf-8'))
    return MappingProxyType(TypeAdapter(dict[str, RoomStyle]).validate_python(table))
