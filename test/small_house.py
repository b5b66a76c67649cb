"""A house of two rooms as plain data, the same for all tests of maps and driving."""

from __future__ import annotations

from vlm_nav.geometry.poses import FloorPose
from vlm_nav.sim.house.house_plan import Area, Doorway, Footprint, HousePlan, Shape, Thing


def two_rooms() -> HousePlan:
    """Return rooms of 4 x 4 m side by side, a door at y = 3, and furniture in both."""
    walls = (
        wall('south', (4.0, 0.0), (8.1, 0.1)),
        wall('north', (4.0, 4.0), (8.1, 0.1)),
        wall('west', (0.0, 2.0), (0.1, 4.1)),
        wall('east', (8.0, 2.0), (0.1, 4.1)),
        wall('middle', (4.0, 1.25), (0.1, 2.5)),
        wall('middle_north', (4.0, 3.75), (0.1, 0.5)),
        wall('lintel', (4.0, 3.0), (0.1, 1.0), low_m=2.05),
    )
    things = (
        Thing('box', 'box', 'box', FloorPose(2.0, 1.5, 0.3), 0.0, (0.6, 0.6, 0.5), 'left'),
        Thing('table', 'table', 'table', FloorPose(6.0, 1.5, 0.0), 0.0, (1.2, 0.8, 0.74), 'right',
              shape=Shape.TABLE),
        Thing('cup', 'cup', 'cup', FloorPose(6.0, 1.5, 0.0), 0.74, (0.08, 0.08, 0.1), 'right',
              on='table'),
        Thing('rug', 'rug', 'rug', FloorPose(6.0, 3.0, 0.0), 0.0, (1.0, 1.0, 0.01), 'right',
              shape=Shape.FLAT),
        Thing('plant', 'plant', 'plant', FloorPose(0.15, 0.15, 0.0), 0.0, (0.1, 0.1, 0.4), 'left'),
        Thing('picture', 'picture', 'picture', FloorPose(3.94, 1.0, 3.1416), 1.3,
              (0.03, 0.6, 0.4), 'left'),
    )  # fmt: skip
    rooms = (
        Area('left', (0.0, 0.0), (4.0, 4.0), 'planks'),
        Area('right', (4.0, 0.0), (8.0, 4.0), 'tiles'),
    )
    doorway = Doorway(('left', 'right'), (3.95, 2.5), (4.05, 3.5))
    return HousePlan('two', 0, rooms, (doorway,), walls, things)


def wall(
    name: str,
    middle: tuple[float, float],
    size_m: tuple[float, float],
    low_m: float = 0.0,
) -> Footprint:
    """Return a wall along the axes."""
    return Footprint(f'wall_{name}', FloorPose(*middle, 0.0), size_m, low_m, 2.5)
