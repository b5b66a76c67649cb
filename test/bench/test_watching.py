"""The world is watched: where the robot truly went, and what it touched."""

from dataclasses import dataclass

import pytest

from vlm_nav.bench.watching import PathWatch
from vlm_nav.geometry.poses import FloorPose


@dataclass
class World:
    pose: FloorPose
    things: tuple[str, ...] = ()

    def true_pose(self) -> FloorPose:
        return self.pose

    def touched(self) -> tuple[str, ...]:
        return self.things


def test_the_path_is_as_long_as_the_robot_truly_went() -> None:
    watch = PathWatch(FloorPose(0.0, 0.0, 0.0))
    for place in ((1.0, 0.0), (1.0, 1.0), (1.0, 1.0), (0.0, 1.0)):
        watch(World(FloorPose(*place, 0.3)))
    assert watch.path_m == pytest.approx(3.0)
    assert watch.path[-1] == (0.0, 1.0)


def test_a_collision_is_the_beginning_of_a_touch() -> None:
    watch = PathWatch(FloorPose(0.0, 0.0, 0.0))
    touches = [(), ('chair',), ('chair',), ('chair', 'wall_1'), (), ('chair',)]
    for things in touches:
        watch(World(FloorPose(0.0, 0.0, 0.0), things))
    assert watch.collisions == 3
