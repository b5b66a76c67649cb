"""Viewpoints that a small network learned from demonstrations to look from (Where2Imagine)."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import wrap_angle
from vlm_nav.imagination.level_view import level_view
from vlm_nav.imagination.proposing import Surroundings
from vlm_nav.imagination.vantage import Vantage, rank_of
from vlm_nav.imagination.viewpoint import Viewpoint
from vlm_nav.imagination.where2imagine import Where2Imagine, Where2ImagineError
from vlm_nav.observation.headings import heading_in_base_rad
from vlm_nav.observation.rgbd_frame import RgbdFrame

# Beside what the network says there may be room where there is none at that very place.
_RINGS_M = (0.0, 0.2, 0.4, 0.6)
_BEARINGS = 12
# Nearer to each other, two viewpoints show the same.
_APART_M = 0.5


@functools.lru_cache(maxsize=1)
def shipped_network() -> Where2Imagine:
    """Return the network that comes with the package, loaded once."""
    return Where2Imagine()


@dataclass(frozen=True)
class LearnedProposer:
    """One viewpoint for each view, where the network says, or beside that where there is room.

    Where there is none beside it either, the farthest place towards it is taken. Of the poses that
    the network says of a view, that one is taken that is most worth a drive.
    """

    network: Callable[[], Where2Imagine] = shipped_network
    nearest_m: float = 0.5

    @property
    def name(self) -> str:
        """The name that parameters and records call it by."""
        return 'learned'

    def cannot(self, surroundings: Surroundings) -> str | None:
        """Return in words what it lacks: depth, a costmap or a guard, or its network."""
        if all(frame.depth_m is None for frame in surroundings.frames):
            return 'depth'
        if not Vantage(surroundings).can_tell:
            return 'a costmap, or depth'
        try:
            self.network()
        except Where2ImagineError as error:
            return str(error)
        return None

    def propose(self, surroundings: Surroundings, count: int) -> list[Viewpoint]:
        """Return the viewpoints, that ahead first, the others to the left of it in turn.

        Of more than `count` those most worth a drive. Raises Where2ImagineError where the network
        says what is no pose.
        """
        frames = sorted(surroundings.frames, key=_leftward_rad)
        said = self.network().poses([level_view(frame) for frame in frames])
        vantage = Vantage(surroundings)
        places: list[FloatArray] = []
        yaws_rad: list[float] = []
        for frame, poses in zip(frames, said, strict=True):
            bearing_rad = heading_in_base_rad(frame)
            free = [
                (place, wrap_angle(bearing_rad + float(yaw_rad)))
                for place, yaw_rad in self._free(vantage, bearing_rad, poses)
                if _is_apart(place, places)
            ]
            if free:
                best = _most_worth(surroundings, np.stack([place for place, _ in free]))
                places.append(free[best][0])
                yaws_rad.append(free[best][1])
        found = vantage.viewpoints(np.array(places).reshape(-1, 2), yaws_rad)
        worthiest = sorted(found, key=rank_of, reverse=True)[:count]
        return [one for one in found if one in worthiest]

    def _free(
        self, vantage: Vantage, bearing_rad: float, poses: FloatArray
    ) -> Iterator[tuple[FloatArray, float]]:
        """Give the places (2,) of poses (n, 3) seen along a bearing that have room, and yaws."""
        cosine, sine = math.cos(bearing_rad), math.sin(bearing_rad)
        for x_m, y_m, yaw_rad in poses.tolist():
            wanted = np.array((cosine * x_m - sine * y_m, sine * x_m + cosine * y_m))
            place = self._with_room(vantage, wanted)
            if place is not None:
                yield place, yaw_rad

    def _with_room(self, vantage: Vantage, wanted: FloatArray) -> FloatArray | None:
        bearings_rad = np.arange(_BEARINGS) / _BEARINGS * 2.0 * math.pi
        around = np.stack([np.cos(bearings_rad), np.sin(bearings_rad)], axis=-1)
        for ring_m in _RINGS_M:
            places = wanted + ring_m * around
            far = np.hypot(places[:, 0], places[:, 1]) >= self.nearest_m
            free = far & vantage.may_stand(places) & np.isfinite(vantage.ways_m(places))
            if free.any():
                nearest: FloatArray = places[
                    np.argmin(np.where(free, vantage.ways_m(places), np.inf))
                ]
                return nearest
        bearing_rad = math.atan2(wanted[1], wanted[0])
        range_m = float(np.hypot(*wanted))
        if range_m < self.nearest_m:
            return None
        found_m = vantage.farthest_m(bearing_rad, (self.nearest_m, range_m))
        if found_m is None:
            return None
        return found_m * np.array((math.cos(bearing_rad), math.sin(bearing_rad)))


def _leftward_rad(frame: RgbdFrame) -> float:
    return heading_in_base_rad(frame) % (2.0 * math.pi)


def _most_worth(surroundings: Surroundings, places: FloatArray) -> int:
    """Return the index of the place (n, 2) most worth a drive; the farthest if nothing tells."""
    to_search = surroundings.to_search
    if to_search is None:
        return int(np.argmax(np.hypot(places[:, 0], places[:, 1])))
    return int(np.argmax(to_search.worth(Vantage(surroundings).in_map(places))))


def _is_apart(place: FloatArray, others: list[FloatArray]) -> bool:
    return all(float(np.hypot(*(place - other))) >= _APART_M for other in others)
