"""Choosing among views leads to things in other rooms: over DDS, in a furnished house."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip('rclpy')
pytest.importorskip('mujoco')

from end_to_end.human import Human
from end_to_end.processes import JsonProcess, Line, Told
from vlm_nav.bench.episodes import SUCCESS_M
from vlm_nav.records.read import read_record
from vlm_nav.sim.driving.geodesic import distances_to_thing
from vlm_nav.sim.house.house_planning import plan_house

pytestmark = [pytest.mark.ros, pytest.mark.timeout(240)]

NAMESPACE = 'viewed_house'
TEMPLATE, SEED = 'open_flat', 3
# In the living room, from where the bathtub is not seen.
START = '3.365 3.315 85.6'
# Twice as fast as true, and so pictures are twice as old when they are looked at.
QUICK = ('pace:=2.0', 'width_px:=320', 'height_px:=240', 'noise:=false')
VALUES = {
    'maximum_age_s': 4.0,
    'recheck_blind_s': 10.0,
    'imagine.runs': 1,
    'pivot.runs': 1,
    'pivot.rounds': 1,
    'mission_timeout_s': 300.0,
}
ENDS_WITHIN_S = 150.0


class House:
    """A simulated robot in a house, a navigator with a strategy, and a person beside them."""

    def __init__(self, node: Any, ending: ExitStack, folder: Path, strategy: str) -> None:
        from geometry_msgs.msg import PoseStamped

        from vlm_nav.ros.qos import SENSOR

        self.folder, self.human, self.places = folder, Human(node), Told('places')
        node.create_subscription(PoseStamped, 'ground_truth/pose', self._heard, SENSOR)
        given = (f'template:={TEMPLATE}', f'seed:={SEED}', f'start:={START}', *QUICK)
        words = [word for one in given for word in ('-p', one)]
        moved = ['-r', f'__ns:=/{NAMESPACE}', '-r', '/tf:=tf', '-r', '/tf_static:=tf_static']
        simulator = JsonProcess('vlm_nav.ros.simulator', ['--ros-args', *moved, *words])
        ending.callback(simulator.stop)
        ready = simulator.told.wait(lambda line: line.get('event') == 'ready')
        values = {
            **VALUES,
            'strategy': strategy,
            'vlm.spec': f'double:{ready["answers"]}/seer',
            'records.folder': str(folder),
        }
        file = folder / 'parameters.yaml'
        file.write_text(yaml.safe_dump({'/**': {'ros__parameters': values}}))
        named = (f'namespace:={NAMESPACE}', 'use_sim_time:=true', 'watchdog_timeout_s:=10.0')
        navigator = JsonProcess(
            'vlm_nav.ros.launch_stand_in', ['navigate.launch.py', *named, f'params_file:={file}']
        )
        ending.callback(navigator.stop)
        assert navigator.wait_log('active: instructions are taken')

    def _heard(self, message: Any) -> None:
        place = message.pose.position
        self.places.add({'x_m': place.x, 'y_m': place.y})

    def away_m(self, thing: str) -> float:
        """Return how far the robot truly stands from a thing, by the way."""
        plan = plan_house(TEMPLATE, SEED)
        (meant,) = (one for one in plan.things if one.identifier == thing)
        place = self.places.lines[-1]
        return float(distances_to_thing(plan, meant).at(place['x_m'], place['y_m']))

    def end_of(self, instruction: str) -> Line:
        """Return how an instruction ended."""
        return self.human.outcomes.wait(
            lambda line: line['instruction'] == instruction, patience_s=ENDS_WITHIN_S
        )


@pytest.fixture
def house(request: Any, human_node: Any, tmp_path: Path) -> Iterator[House]:
    """Give the house with a navigator of the strategy that the test names."""
    from rclpy.node import Node

    from vlm_nav.ros.spinning import SpinThread

    node = Node('human', context=human_node.context, namespace=f'/{NAMESPACE}')
    with ExitStack() as ending:
        ending.callback(node.destroy_node)
        ending.enter_context(SpinThread(node))
        yield House(node, ending, tmp_path, request.param)


@pytest.mark.parametrize('house', ['imagine', 'hybrid'], indirect=True)
def test_a_thing_in_another_room_is_reached(house: House) -> None:
    assert house.places.wait(lambda line: True)
    assert house.away_m('bathtub') > 3.0
    house.human.instruct('go to the bathtub')
    end = house.end_of('go to the bathtub')
    assert end['outcome'] == 'arrived', end
    assert house.away_m('bathtub') <= SUCCESS_M
    # It was views that were asked about, and not only marks.
    record = read_record(house.folder / end['record'])
    purposes = {one.purpose for one in record.questions}
    assert 'view' in purposes
