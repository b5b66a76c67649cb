"""What a plan of a house must hold, computed in another way than the planning does."""

import itertools
import math

import numpy as np

from vlm_nav.sim.house.house_plan import Footprint, HousePlan, Thing, corners_of

CELL_M = 0.05


class FreeFloor:
    """Where the middle of a round robot can be: a grid by exact distances to each box."""

    def __init__(self, plan: HousePlan, radius_m: float, height_m: float = 1.4) -> None:
        low, high = plan.bounds
        xs, ys = (np.arange(low[i] + CELL_M / 2, high[i], CELL_M) for i in range(2))
        self.points = np.stack(np.meshgrid(xs, ys), axis=-1)
        free = np.ones(self.points.shape[:2], dtype=bool)
        for box in plan.footprints():
            if box.low_m < height_m:
                free &= self.away_m(box) > radius_m
        first = self.cell(plan.doorways[0].middle_m)
        assert free[first], 'the first doorway is blocked'
        self.reached = flooded(free, first)

    def away_m(self, box: Footprint) -> np.ndarray:
        """Return how far each cell is from a box on the floor."""
        cosine, sine = math.cos(box.pose.yaw_rad), math.sin(box.pose.yaw_rad)
        offset = self.points - (box.pose.x_m, box.pose.y_m)
        along = np.abs(offset @ (cosine, sine)) - box.size_m[0] / 2
        across = np.abs(offset @ (-sine, cosine)) - box.size_m[1] / 2
        return np.hypot(np.maximum(along, 0.0), np.maximum(across, 0.0))

    def cell(self, place: tuple[float, float]) -> tuple[int, int]:
        """Return the row and column of a place."""
        column, row = np.floor((np.array(place) - self.points[0, 0]) / CELL_M + 0.5).astype(int)
        return int(row), int(column)

    def nearest_m(self, thing: Thing) -> float:
        """Return how near to a thing the robot's middle gets."""
        box = Footprint(thing.identifier, thing.pose, thing.size_m[:2], 0.0, 1.0)
        return float(self.away_m(box)[self.reached].min())


def overlap_m(one: Thing, other: Thing) -> float:
    """Return how deep two things are within each other, 0 or less where they are not."""
    pairs = ((one, other), (other, one))
    depths = [min(first.height_m + first.size_m[2] - second.height_m for first, second in pairs)]
    boxes = [corners_of(thing.pose, thing.size_m[:2]) for thing in (one, other)]
    for corners in boxes:
        for (x0, y0), (x1, y1) in itertools.pairwise(corners[:3]):
            axis = np.array([x1 - x0, y1 - y0]) / math.hypot(x1 - x0, y1 - y0)
            spans = [np.array(box) @ axis for box in boxes]
            depths.append(min(spans[0].max() - spans[1].min(), spans[1].max() - spans[0].min()))
    return float(min(depths))


def flooded(free: np.ndarray, start: tuple[int, int]) -> np.ndarray:
    """Return the free cells to which one gets from a free cell by sides."""
    wet = np.zeros_like(free)
    wet[start] = True
    while True:
        spread = wet.copy()
        spread[1:] |= wet[:-1]
        spread[:-1] |= wet[1:]
        spread[:, 1:] |= wet[:, :-1]
        spread[:, :-1] |= wet[:, 1:]
        spread &= free
        if (spread == wet).all():
            return wet
        wet = spread
