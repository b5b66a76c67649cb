"""The hand over DDS: the simulator's arm picks from a table what the manipulator decides on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip('rclpy')
pytest.importorskip('control_msgs')
pytest.importorskip('mujoco')
pytest.importorskip('pinocchio')
pytest.importorskip('vlm_nav_msgs')

from end_to_end.human import Human, into
from end_to_end.processes import JsonProcess, Line, Told

pytestmark = [pytest.mark.ros, pytest.mark.timeout(240)]

NAMESPACE = 'table_and_hand'
ROOT = Path(__file__).resolve().parents[2]
THING, WORDS = 'soap', 'pick up the soap'
QUICK = ('template:=table', 'seed:=24', 'noise:=false', 'rate_hz:=3.0')
VALUES = {'maximum_age_s': 4.0, 'pivot.runs': 1, 'arm.response_timeout_s': 20.0}
ENDS_WITHIN_S = 120.0
LIFTED_M, HELD_S = 0.15, 3.0
# How far a joint that stands may be from where it stood before, and one that moves at least goes.
STANDS, MOVES = 0.005, 0.1
# A busy machine is late with a message; the arm itself stops within 0.2 s, see arm_controllers.
STOPPED_WITHIN_S = 1.0


@dataclass
class Table:
    """A simulated robot before a table, a manipulator, and a person beside them."""

    human: Human
    things: Told
    joints: Told

    def height_m(self) -> float:
        """Return how high the thing truly is now."""
        return float(self.things.lines[-1]['places_m'][THING][2])

    def at_s(self) -> float:
        """Return the simulated time of the joints that came last."""
        return float(self.joints.lines[-1]['at_s'])

    def until(self, at_s: float) -> None:
        """Wait until the simulation has come so far."""
        after = len(self.joints.lines)
        self.joints.wait(lambda line: line['at_s'] >= at_s, after, ENDS_WITHIN_S)

    def end_of(self, instruction: str, after: int = 0) -> Line:
        """Return how an instruction ended."""
        return self.human.outcomes.wait(
            lambda line: line['instruction'] == instruction, after, ENDS_WITHIN_S
        )


@pytest.fixture(scope='module')
def table(human_node: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    """Give the table with a manipulator that takes tasks."""
    from rclpy.node import Node

    from vlm_nav.ros.spinning import SpinThread

    node = Node('person', context=human_node.context, namespace=f'/{NAMESPACE}')
    with ExitStack() as ending:
        ending.callback(node.destroy_node)
        found = _heard(node)
        ending.enter_context(SpinThread(node))
        words = [word for one in QUICK for word in ('-p', one)]
        moved = ['-r', f'__ns:=/{NAMESPACE}', '-r', '/tf:=tf', '-r', '/tf_static:=tf_static']
        simulator = JsonProcess('vlm_nav.ros.simulator', ['--ros-args', *moved, *words])
        ending.callback(simulator.stop)
        ready = simulator.told.wait(lambda line: line.get('event') == 'ready')
        file = tmp_path_factory.mktemp('hand') / 'parameters.yaml'
        spec = f'double:{ready["answers"]}/seer'
        file.write_text(yaml.safe_dump(_parameters(spec, file.parent / 'records')))
        manipulator = JsonProcess(
            'vlm_nav.ros.launch_stand_in',
            ['manipulate.launch.py', f'namespace:={NAMESPACE}', 'use_sim_time:=true',
             f'params_file:={file}'],
        )  # fmt: skip
        ending.callback(manipulator.stop)
        manipulator.wait_log('active: instructions are taken')
        found.things.wait(lambda line: True)
        yield found


def _heard(node: Any) -> Table:
    from sensor_msgs.msg import JointState
    from std_msgs.msg import String

    from vlm_nav.ros.qos import SENSOR

    things, joints = Told('things'), Told('joints')
    node.create_subscription(String, 'ground_truth/loose', into(things), SENSOR)

    def keep(message: JointState) -> None:
        stamp = message.header.stamp
        places = dict(zip(message.name, message.position, strict=True))
        joints.add({'at_s': stamp.sec + stamp.nanosec / 1e9, 'joints': places})

    node.create_subscription(JointState, 'joint_states', keep, SENSOR)
    return Table(Human(node, 'manipulator'), things, joints)


def _parameters(spec: str, records: Path) -> dict[str, Any]:
    told = yaml.safe_load((ROOT / 'config' / 'simulated_hand.yaml').read_text())
    told['/**']['ros__parameters'] |= {
        **VALUES,
        'vlm.spec': spec,
        'records.folder': str(records),
    }
    return dict(told)


def off(one: Line, other: Line) -> float:
    """Return by how much the joint differs that differs most."""
    return max(abs(place - other['joints'][name]) for name, place in one['joints'].items())


def test_the_arm_does_not_move_for_a_target_that_is_refused(table: Table) -> None:
    from vlm_nav_msgs.srv import Pick

    before = len(table.joints.lines)
    begun_s = table.at_s()
    # The middle of the upper edge shows the wall: it is not within reach.
    for pixel in ((320.0, 5.0), (700.0, 100.0)):
        request = Pick.Request(by_pixel=True, u_px=pixel[0], v_px=pixel[1])
        answer = table.human.call(Pick, 'manipulator/pick', request)
        assert not answer.picked
        assert answer.reason, answer
    table.until(begun_s + 1.0)
    first, *later = table.joints.lines[before:]
    assert max(off(first, one) for one in later) < STANDS


def test_a_cancel_stops_the_arm_where_it_is(table: Table) -> None:
    from std_srvs.srv import Trigger

    before, first = len(table.human.outcomes.lines), table.joints.lines[-1]
    table.human.instruct(WORDS)
    table.joints.wait(lambda line: off(first, line) > MOVES, patience_s=ENDS_WITHIN_S)
    cancelled_s = table.at_s()
    assert table.human.call(Trigger, 'manipulator/cancel', Trigger.Request()).success
    end = table.end_of(WORDS, before)
    assert (end['picked'], end['reason']) == (False, 'cancelled')
    table.until(cancelled_s + STOPPED_WITHIN_S + 1.0)
    *_, last = table.joints.lines
    after = [line for line in table.joints.lines if line['at_s'] > cancelled_s + STOPPED_WITHIN_S]
    assert len(after) > 5
    assert max(off(last, line) for line in after) < STANDS


def test_a_thing_that_words_mean_is_lifted_and_held_and_put_down_again(table: Table) -> None:
    from vlm_nav_msgs.srv import Pick

    before, low_m = len(table.human.outcomes.lines), table.height_m()
    table.human.instruct(WORDS)
    end = table.end_of(WORDS, before)
    assert (end['picked'], end['reason']) == (True, None), end
    assert table.height_m() - low_m >= LIFTED_M
    table.until(table.at_s() + HELD_S)
    assert table.height_m() - low_m >= LIFTED_M
    again = table.human.call(Pick, 'manipulator/pick', Pick.Request(instruction=WORDS))
    assert again.reason == 'holds_something', again
    request = Pick.Request(instruction='put it on the table')
    answer = table.human.call(Pick, 'manipulator/place', request, ENDS_WITHIN_S)
    assert (answer.picked, answer.reason) == (True, ''), answer
    assert answer.grasp_pose.header.frame_id == 'base_link'
    table.until(table.at_s() + HELD_S)
    assert table.height_m() == pytest.approx(low_m, abs=0.005)
    # What has been put down is held no longer.
    assert table.human.call(Pick, 'manipulator/place', request).reason == 'holds_nothing'
