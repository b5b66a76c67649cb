"""What the simulator's parameters say, and which are refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip('rclpy')

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.ros.simulator_parameters import SIMULATOR_PARAMETERS, simulator_choice
from vlm_nav.sim.house.clearance import Clearance
from vlm_nav.sim.house.house_planning import templates
from vlm_nav.sim.robot.robot_sizes import default_sizes

DEFAULTS = {entry.name: entry.default for entry in SIMULATOR_PARAMETERS}


def choice(**changed: Any) -> Any:
    """Return what the defaults say, some of them changed."""
    return simulator_choice(DEFAULTS | changed)


def test_a_start_is_taken_in_metres_and_degrees() -> None:
    free = choice().start
    start = choice(start=f'{free.x_m} {free.y_m} 90').start
    assert (start.x_m, start.y_m) == (free.x_m, free.y_m)
    assert start.yaw_rad == pytest.approx(math.pi / 2)


@pytest.mark.parametrize('text', ['', '1 2', '1 2 x', '1 2 nan', 'inf 0 0', '1 2 3 4'])
def test_a_start_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match='start is by_seed'):
        choice(start=text)


def test_a_start_outside_the_house_or_where_something_stands_is_refused() -> None:
    with pytest.raises(InvalidValueError, match='start lies in a room'):
        choice(start='1.5 -20 90')
    things = choice().plan.things
    standing = next(thing for thing in things if thing.height_m == 0.0 and thing.size_m[2] > 0.3)
    with pytest.raises(InvalidValueError, match='start leaves room for the robot'):
        choice(start=f'{standing.pose.x_m} {standing.pose.y_m} 0')


@pytest.mark.parametrize('template', templates())
def test_without_a_start_the_robot_begins_on_free_floor_and_by_the_seed(template: str) -> None:
    first, again, other = (choice(template=template, seed=seed) for seed in (3, 3, 4))
    assert first.start == again.start != other.start
    place = [[first.start.x_m, first.start.y_m]]
    assert Clearance(first.plan.footprints())(place)[0] > 0.3
    assert first.plan.room_at((first.start.x_m, first.start.y_m)) is not None


def test_before_a_table_the_robot_begins_within_reach_of_it() -> None:
    # The kinds of things that are picked come in turn.
    chosen = choice(template='table', seed=12)
    assert any(thing.kind == 'toy_block' for thing in chosen.plan.things)
    assert max(map(abs, (chosen.start.x_m, chosen.start.y_m))) <= 0.04
    moved = choice(template='table', seed=3, start='-1 0.5 90')
    assert (moved.start.x_m, moved.start.y_m) == (-1.0, 0.5)
    with pytest.raises(InvalidValueError, match='start leaves room for the robot'):
        choice(template='table', seed=3, start='0.6 0 0')


def test_an_unknown_template_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidValueError, match=templates()[0]):
        choice(template='castle')


def test_a_file_of_sizes_makes_another_robot(tmp_path: Path) -> None:
    own = default_sizes().model_dump(mode='json')
    own['base']['radius_m'] = 0.25
    (tmp_path / 'robot.yaml').write_text(yaml.safe_dump(own))
    assert choice(robot=str(tmp_path / 'robot.yaml')).robot.base.radius_m == 0.25
    assert choice().robot == default_sizes()


def test_a_file_of_no_sizes_is_refused() -> None:
    with pytest.raises(InvalidValueError, match='sizes of a robot'):
        choice(robot='/nonexistent/robot.yaml')
