"""The manipulator as a process over DDS: what it is told, what it decides, and whom it moves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip('rclpy')
pytest.importorskip('control_msgs')
pytest.importorskip('pinocchio')
pytest.importorskip('vlm_nav_msgs')

from arm_urdf import JOINTS, arm_urdf
from launched_hand import NAMESPACE, PATIENCE_S, Hand, TableCameraDouble
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_msgs.msg import String

from vlm_nav.messages.stamps import stamp_ns_of
from vlm_nav.records.read import read_record
from vlm_nav.ros.doubles.joint_trajectory_server import JointTrajectoryDouble
from vlm_nav.ros.spinning import SpinThread

pytestmark = pytest.mark.ros


@pytest.fixture(scope='module')
def hand(ros_context: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hand]:
    """Give a camera, an arm's double, and who launches manipulators before them."""
    with ExitStack() as ending:
        node = Node('person', context=ros_context, namespace=NAMESPACE)
        overrides = [
            Parameter('joints', value=list(JOINTS)),
            Parameter('positions', value=['0.0', '0.3', '1.2', '0.0', '1.2', '0.0']),
            Parameter('robot_description', value=arm_urdf()),
        ]
        arm = JointTrajectoryDouble(
            context=ros_context, namespace=NAMESPACE, parameter_overrides=overrides
        )
        for one in (node, arm):
            ending.callback(one.destroy_node)
            ending.enter_context(SpinThread(one))
        camera = TableCameraDouble(context=ros_context, namespace=NAMESPACE)
        ending.callback(camera.destroy_node)
        ending.enter_context(SpinThread(camera))

        hand = Hand(node, arm, tmp_path_factory.mktemp('hand'))
        ending.callback(hand.end)
        hand.launch()
        hand.box_px, hand.stamps_ns = camera.box_px, camera.stamps_ns
        hand.camera = camera
        yield hand


def test_a_pixel_leads_to_a_published_grasp_and_to_pictures_of_it(hand: Hand) -> None:
    hand.begin()
    before, decided = len(hand.outcomes.messages), len(hand.decisions.messages)
    hand.point()
    end = hand.outcomes.told(before)
    assert (end['picked'], end['reason']) == (True, None), end
    decision = hand.decisions.told(decided)
    assert (decision['u_px'], decision['v_px'], decision['outcome']) == (*hand.box_px, 'pick')
    grasp = hand.grasps.next(0)
    assert grasp.header.frame_id == 'base_link'
    place = grasp.pose.position
    assert [place.x, place.y, place.z] == pytest.approx(decision['grasp']['position_m'])
    assert hand.annotated.next(0).header.frame_id.endswith('optical_frame')
    assert {'point', 'grasp'} <= {marker.ns for marker in hand.markers.next(0).markers}
    # It is made for those who listen, and whether anybody does it may learn later.
    until_s = time.monotonic() + PATIENCE_S
    while not hand.values.messages:
        assert time.monotonic() < until_s
        assert hand.pick_at(*hand.box_px).picked
    values = hand.values.messages[0]
    assert values.header.frame_id == 'base_link'
    cloud = np.frombuffer(values.data, dtype=np.float32).reshape(-1, 4)
    assert len(cloud) == values.width > 10
    away_m = np.linalg.norm(cloud[:, :3] - decision['grasp']['position_m'], axis=1)
    assert away_m.max() < 0.4
    assert (cloud[:, 3] >= 0.0).all()
    assert cloud[:, 3].max() < 0.3
    # It is published, and that is all.
    assert hand.arm.events == []


def test_words_lead_to_a_pixel_and_so_to_a_grasp(hand: Hand) -> None:
    hand.begin(pointing__marks='segments', pointing__closer_looks=0)
    before, decided = len(hand.outcomes.messages), len(hand.decisions.messages)
    hand.words.publish(String(data='the red box'))
    end = hand.outcomes.told(before)
    assert (end['picked'], end['instruction']) == (True, 'the red box'), end
    decision = hand.decisions.told(decided)
    assert (decision['calls'], decision['source']) == (1, 'measured')
    assert decision['grasp']['position_m'][:2] == pytest.approx([0.45, 0.0], abs=0.03)
    # What is pointed at otherwise is looked at more closely.
    hand.begin()
    before, decided = len(hand.outcomes.messages), len(hand.decisions.messages)
    hand.words.publish(String(data='whatever comes first'))
    hand.outcomes.told(before)
    assert hand.decisions.told(decided)['calls'] == 3


def test_the_arm_is_brought_there_and_every_end_of_it_has_a_reason(hand: Hand) -> None:
    hand.begin(executor='follow_joint_trajectory', confirm=False)
    hand.behave('done')
    response = hand.pick_at(*hand.box_px)
    assert (response.picked, response.reason) == (True, ''), response
    told = [event['event'] for event in hand.arm.events if event['event'] != 'accepted']
    assert told == ['grips', 'follows', 'follows', 'grips', 'follows', 'grips']
    assert response.grasp_pose.header.frame_id == 'base_link'
    # Nothing drops what it holds.
    hand.behave('empty')
    assert hand.pick_at(*hand.box_px).reason == 'holds_something'
    assert (hand.arm.events, hand.empty(), hand.empty()) == ([], True, False)
    assert hand.pick_at(*hand.box_px).reason == 'grasp_lost'
    for behaviour, reason in (
        ('reject', 'arm_rejected'), ('abort', 'arm_aborted'), ('silent', 'arm_silent'),
    ):  # fmt: skip
        hand.behave(behaviour)
        if behaviour == 'silent':
            hand.begin(executor='follow_joint_trajectory', arm__silence_timeout_s=0.3)
        response = hand.pick_at(*hand.box_px)
        assert (response.picked, response.reason) == (False, reason), behaviour
        assert [event['event'] for event in hand.arm.events].count('follows') == 0, behaviour
    assert any(event['event'] == 'cancel' for event in hand.arm.events)


def test_the_arm_never_moves_on_a_refused_target(hand: Hand) -> None:
    began = hand.node.get_clock().now().nanoseconds
    hand.begin(executor='follow_joint_trajectory', workspace='-1 -1 -0.1, 0.3 1 1')
    hand.behave('done')
    assert hand.pick_at(-1.0, 10.0).reason == 'pixel_outside_image'
    assert hand.pick_at(*hand.box_px).reason == 'outside_workspace'
    hand.begin(executor='follow_joint_trajectory', robot_boxes=['0.3 -1 -1, 2 1 1'])
    assert hand.pick_at(*hand.box_px).reason == 'on_robot'
    hand.begin(executor='follow_joint_trajectory', farthest_m=0.2)
    assert hand.pick_at(*hand.box_px).reason == 'beyond_range'
    hand.begin(executor='follow_joint_trajectory', gripper__opening_m=0.01)
    assert hand.pick_at(*hand.box_px).reason == 'gripper_too_small'
    hand.begin(executor='follow_joint_trajectory', dry_run=True)
    assert hand.pick_at(*hand.box_px).reason == 'dry_run'
    hand.begin(executor='follow_joint_trajectory', confirm=True, confirm_timeout_s=0.3)
    assert hand.pick_at(*hand.box_px).reason == 'not_confirmed'
    assert hand.arm.events == []
    stamps = [stamp_ns_of(grasp.header.stamp) for grasp in hand.grasps.messages]
    assert not [stamp_ns for stamp_ns in stamps if stamp_ns > began]


def test_a_cancel_stops_the_arm(hand: Hand) -> None:
    hand.begin(executor='follow_joint_trajectory', arm__silence_timeout_s=50.0)
    hand.behave('silent')
    before = len(hand.outcomes.messages)
    hand.point()
    until_s = time.monotonic() + PATIENCE_S
    while not any(event['event'] == 'grips' for event in hand.arm.events):
        assert time.monotonic() < until_s, hand.arm.events
        time.sleep(0.01)
    assert hand.cancel()
    end = hand.outcomes.told(before)
    assert (end['picked'], end['reason']) == (False, 'cancelled')
    assert [event['event'] for event in hand.arm.events] == ['accepted', 'grips', 'cancel']
    assert not hand.cancel()


def test_a_grasp_that_is_released_is_carried_out(hand: Hand) -> None:
    hand.begin(confirm=True)
    grasps, ends = len(hand.grasps.messages), len(hand.outcomes.messages)
    decided = len(hand.decisions.messages)
    hand.point()
    assert hand.decisions.told(decided)['outcome'] == 'pick'
    hand.release()
    assert hand.outcomes.told(ends)['picked'] is True
    hand.grasps.next(grasps)


def further_pictures(hand: Hand) -> None:
    """Return when there are some more."""
    until_s, before = time.monotonic() + PATIENCE_S, len(hand.stamps_ns)
    while len(hand.stamps_ns) < before + 5:
        assert time.monotonic() < until_s
        time.sleep(0.02)


def test_from_a_base_that_drives_nothing_is_picked(hand: Hand) -> None:
    hand.begin(executor='follow_joint_trajectory', confirm=True)
    hand.behave('done')
    ends, decided = len(hand.outcomes.messages), len(hand.decisions.messages)
    assert hand.camera is not None
    hand.camera.drives = True
    try:
        hand.point()
        hand.decisions.told(decided)
        further_pictures(hand)
        hand.release()
        end = hand.outcomes.told(ends)
    finally:
        hand.camera.drives = False
    assert (end['picked'], end['reason'], hand.arm.events) == (False, 'base_moved', []), end
    # Where it has come to stand, it picks.
    further_pictures(hand)
    ends = len(hand.outcomes.messages)
    hand.point()
    hand.release()
    assert hand.outcomes.told(ends)['picked'] is True


def test_each_pick_is_recorded_and_has_a_budget_of_its_own(hand: Hand, tmp_path: Path) -> None:
    values = {'pointing__marks': 'segments', 'pointing__closer_looks': 0, 'confirm': True}
    hand.begin(records__folder=str(tmp_path), budget__mission_calls=1, **values)
    named = []
    for _ in range(2):
        ends, decided = len(hand.outcomes.messages), len(hand.decisions.messages)
        hand.words.publish(String(data='the red box'))
        hand.release()
        end = hand.outcomes.told(ends)
        assert (end['picked'], hand.decisions.told(decided)['calls']) == (True, 1), end
        named.append(end['record'])
    records = [read_record(tmp_path / name) for name in named]
    for record in records:
        decision = record.decision
        assert decision is not None
        assert decision.hand is not None
        assert (record.instruction, decision.outcome) == ('the red box', 'pick')
        assert decision.released_s is not None
        assert decision.arm is not None
        assert decision.arm.done
        assert (decision.hand.lifted is not None, len(decision.hand.ranked) > 0) == (True, True)
        assert record.parameters['executor'] == 'publish'
        assert record.ended is not None
        assert record.ended.spent is not None
        assert record.ended.spent.calls == 1


def test_a_pixel_is_lifted_in_the_picture_that_its_stamp_names(hand: Hand) -> None:
    hand.begin()

    def decided(stamp_ns: int) -> tuple[bool | None, int | None]:
        ends, before = len(hand.outcomes.messages), len(hand.decisions.messages)
        hand.point(stamp_ns)
        end = hand.outcomes.told(ends)
        assert end['reason'] in (None, 'stale_image'), end
        return end['picked'], hand.decisions.told(before)['stamp_ns']

    _, looked_ns = decided(0)
    _, latest_ns = decided(0)
    assert looked_ns is not None
    assert latest_ns is not None
    assert decided(looked_ns) == (True, looked_ns)
    # One that came, and was not looked at; some may be lost on their way.
    until_s = time.monotonic() + PATIENCE_S
    while len(others := [stamp for stamp in hand.stamps_ns if stamp > latest_ns]) < 5:
        assert time.monotonic() < until_s
        time.sleep(0.02)
    assert any(decided(stamp) == (True, stamp) for stamp in others)
    ends = len(hand.outcomes.messages)
    hand.point(latest_ns - 3600 * 10**9)
    end = hand.outcomes.told(ends)
    assert (end['picked'], end['reason']) == (None, 'stale_image')
    assert 'kept are' in end['detail']


def test_without_depth_a_pixel_is_refused_or_taken_to_lie_on_a_plane_and_marked_so(
    hand: Hand,
) -> None:
    hand.begin(depth_transport='none')
    assert hand.pick_at(*hand.box_px).reason == 'no_depth'
    hand.begin(depth_transport='none', without_depth='plane', plane_height_m=0.1)
    marked, decided = len(hand.markers.messages), len(hand.decisions.messages)
    assert hand.pick_at(*hand.box_px).picked
    decision = hand.decisions.told(decided)
    assert (decision['source'], decision['outcome']) == ('plane', 'pick')
    assert decision['point_m'] == pytest.approx([0.45, 0.0, 0.1], abs=0.005)
    words = [marker.text for marker in hand.markers.next(marked).markers if marker.text]
    assert 'assumed on a plane, not measured' in words
