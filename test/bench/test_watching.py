"""The world is watched: where the robot truly went, and what it touched."""

from dataclasses import dataclass

import numpy as np
import pytest

from vlm_nav.bench.watching import CallWatch, PathWatch
from vlm_nav.drawing.marks import MarkedPicture
from vlm_nav.geometry.poses import FloorPose
from vlm_nav.vlm.events import Answered, Asked
from vlm_nav.vlm.question import Answer, Purpose, Question, TokenUse


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


def test_tokens_are_those_that_were_counted_else_about_so_many() -> None:
    picture = MarkedPicture('picture', np.zeros((48, 64, 3), np.uint8))
    asked = Asked(Question(Purpose.ARRIVAL, 'go to the cup', (picture,)), (), 1, 1)
    watch = CallWatch()
    watch(Answered(asked, Answer((), tokens=TokenUse(700, 30))))
    assert watch.tokens == 730
    watch(Answered(asked, Answer((), raw_text=400 * 'x')))
    assert 730 + 100 < watch.tokens < 730 + 1000
    assert watch.vlm_calls == 2
