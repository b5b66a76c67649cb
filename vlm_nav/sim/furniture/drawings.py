"""Draws a thing of any kind from simple solids, for where no model of it is at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from vlm_nav.sim.furniture import sculpted_flat_things as flat_things
from vlm_nav.sim.furniture import sculpted_furniture as furniture
from vlm_nav.sim.furniture import sculpted_objects as objects
from vlm_nav.sim.furniture.furniture_meshes import MeshedThing
from vlm_nav.sim.furniture.sculpting import Sculptor

VARIANTS = 12
"""In how many ways pictures, books, rugs and views differ."""


def drawing(name: str, size_m: tuple[float, float, float], variant: int = 0) -> MeshedThing:
    """Return a thing drawn in one of its variants; raises KeyError for an unknown drawing."""
    sculptor = Sculptor(size_m)
    _DRAWINGS[name](sculptor, variant % VARIANTS)
    return sculptor.finished()


def differs(name: str) -> bool:
    """Return whether a drawing's variants differ."""
    return name in {'bookshelf', 'picture', 'window', 'rug', 'round_rug'}


def drawings() -> tuple[str, ...]:
    """Return the names of all drawings."""
    return tuple(_DRAWINGS)


_DRAWINGS: Mapping[str, Callable[[Sculptor, int], None]] = MappingProxyType(
    {
        function.__name__: function
        for function in (
            furniture.couch, furniture.chair, furniture.wooden_chair, furniture.stool,
            furniture.bar_stool, furniture.table, furniture.low_table, furniture.round_table,
            furniture.cloth_table,
            furniture.desk, furniture.cabinet, furniture.drawers, furniture.bookshelf,
            furniture.wardrobe, furniture.bed, furniture.refrigerator, furniture.sink,
            furniture.oven, furniture.washing_machine, furniture.toilet, furniture.basin,
            furniture.bathtub, furniture.piano, furniture.pool_table, furniture.radiator,
            furniture.whiteboard,
            furniture.crib, objects.lamp, objects.table_lamp, objects.plant, objects.small_plant,
            objects.barrel, objects.crate, objects.open_box, objects.fire_extinguisher,
            objects.guitar, objects.waste_bin, objects.rocking_horse, objects.ball, objects.bear,
            objects.boots, objects.umbrella, objects.television, objects.carton, objects.bread,
            objects.cup, objects.bottle, objects.mixer, objects.coffee_machine, objects.fan,
            objects.bowl, objects.vase, objects.books, objects.bag, objects.handbag,
            objects.lantern, objects.toy_plane, flat_things.towel, flat_things.picture,
            flat_things.clock, flat_things.mirror, flat_things.window, flat_things.door,
            flat_things.rug, flat_things.round_rug,
        )
    }
)  # fmt: skip
