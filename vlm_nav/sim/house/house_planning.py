"""Makes the plan of a house from a template and a seed: the same seed, the same plan."""

from __future__ import annotations

import functools
import zlib

import numpy as np

from vlm_nav.sim.house.furnishing import Furnisher
from vlm_nav.sim.house.house_layout import WALL_HEIGHT_M, lay_out
from vlm_nav.sim.house.house_plan import HousePlan
from vlm_nav.sim.house.house_template import house_template, template_names


def templates() -> tuple[str, ...]:
    """Return the names of the templates."""
    return template_names()


@functools.lru_cache(maxsize=2)
def plan_house(template: str, seed: int) -> HousePlan:
    """Return a furnished house; raises InvalidValueError where there is no such template.

    Rooms' sizes, the side to which the house lies, what stands where and its colours are drawn
    by lot; `seed` is not negative.
    """
    rng = np.random.default_rng([seed, zlib.crc32(template.encode())])
    layout = lay_out(house_template(template), rng)
    things = Furnisher(layout, rng).furnished()
    return HousePlan(
        template, seed, layout.rooms, layout.doorways, layout.walls, things, WALL_HEIGHT_M
    )
