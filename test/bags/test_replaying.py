"""Bags decided about as the navigator would have done."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from bag_writing import TYPES, Written, messages_of, write_bag, written
from sensor_data import folder

from vlm_nav.bags.eyes import BagEyes
from vlm_nav.bags.frames import with_frames_of
from vlm_nav.bags.lasting import Lasting
from vlm_nav.bags.reading import open_bag
from vlm_nav.bags.replaying import Replayed, replay
from vlm_nav.bags.topics import choose_topics
from vlm_nav.core.candidate import Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import DecisionOutcome
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import AskingReason, ChoosingReason, DrivingReason, ObservationReason
from vlm_nav.messages.matched_set import SynchroniserSettings
from vlm_nav.messages.sights import SightSettings
from vlm_nav.navigation.dry_run import DryRunBase
from vlm_nav.navigation.guard import guard_for
from vlm_nav.navigation.mission import Mission
from vlm_nav.navigation.selectors import PivotSelector
from vlm_nav.navigation.sight import Sight
from vlm_nav.vlm.doubles import NearestToTarget

pytestmark = pytest.mark.data
DEPTH, INFO = '/camera/depth/image_raw', '/camera/color/camera_info'
START_NS = 1_600_000_000_000_000_000
SYNCHRONISER = SynchroniserSettings()


def kitchen() -> list[Written]:
    """Return the messages of the kitchen's bag."""
    return messages_of(folder('bags') / 'kitchen_rgbd')


def replayed(
    bag: Path,
    *,
    every_s: float = 1.0,
    instruction: str = 'go there',
    settings: SightSettings = SightSettings(),
    problems: list[str] | None = None,
) -> list[Replayed]:
    """Return the decisions about a bag; the model wants the floor in the middle below."""

    async def run() -> list[Replayed]:
        told = [] if problems is None else problems
        with open_bag(bag) as opened:
            topics = choose_topics(opened)
            lasting = Lasting(opened, topics, told.append)
            eyes = BagEyes(opened, topics, lasting, settings, SYNCHRONISER, told.append)
            selector = PivotSelector(NearestToTarget(Pixel(320.0, 420.0)))
            mission = Mission(eyes, selector, DryRunBase(), name_record=str)
            return [one async for one in replay(eyes, mission, instruction, every_s)]

    return asyncio.run(run())


def seen(bag: Path) -> list[Sight]:
    """Return every complete look of a bag."""

    async def look() -> list[Sight]:
        with open_bag(bag) as opened:
            topics = choose_topics(opened)
            lasting = Lasting(opened, topics, pytest.fail)
            eyes = BagEyes(opened, topics, lasting, SightSettings(), SYNCHRONISER, pytest.fail)
            sights = []
            while eyes.go_on(eyes.now_ns, eyes.now_ns + 5 * 10**9):
                sights.append(await eyes.look(Deadline.after(1.0)))
            return sights

    return asyncio.run(look())


def floor_under(sight: Sight, pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return where on the floor of the base frame pixels (n, 2) look, NaN above the horizon."""
    camera, pose = sight.frame.camera, sight.frame.base_from_camera
    k = np.array(
        [
            (camera.fx_px, 0.0, camera.cx_px),
            (0.0, camera.fy_px, camera.cy_px),
            (0.0, 0.0, 1.0),
        ]
    )
    normalised = cv2.undistortPoints(pixels[:, None], k, np.zeros(5))[:, 0]
    rays = np.column_stack([normalised, np.ones(len(normalised))]) @ pose[:3, :3].T
    along = np.where(rays[:, 2] < -1e-3, -pose[2, 3] / rays[:, 2], np.nan)
    return np.asarray((pose[:3, 3] + along[:, None] * rays)[:, :2])


def reachable(sight: Sight, places: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return which places (n, 2) the navigator's guard and reach allow."""
    selector = PivotSelector(NearestToTarget(Pixel(0.0, 0.0)))
    range_m = np.hypot(places[:, 0], places[:, 1])
    reach = selector.reach
    with np.errstate(invalid='ignore'):
        near = (range_m >= reach.nearest_m) & (range_m <= reach.farthest_m)
    refused = guard_for(sight, selector.free_space)(np.nan_to_num(places)).refused
    return np.asarray(near & np.equal(refused, None))


def goal_in_base(sight: Sight, pixel: Pixel) -> np.ndarray[Any, Any]:
    """Return the goal (2,) of a decision whose model points at a pixel."""
    selector = PivotSelector(NearestToTarget(pixel))
    decision = asyncio.run(selector.select(sight, 'go there', Deadline.after(60.0)))
    assert decision.waypoint is not None, f'{pixel}: {decision.reason} {decision.detail}'
    waypoint, map_from_base = decision.waypoint, sight.frame.map_from_base
    at = np.array((waypoint.x_m, waypoint.y_m, map_from_base[2, 3], 1.0))
    return np.asarray((np.linalg.inv(map_from_base) @ at)[:2])


def test_goals_lie_at_the_floor_under_the_pixel_wherever_that_can_be_reached() -> None:
    sights = seen(folder('bags') / 'kitchen_rgbd')
    assert len(sights) == 20
    u, v = np.meshgrid(np.arange(16.0, 640.0, 32.0), np.arange(160.0, 480.0, 16.0))
    pixels = np.column_stack([u.ravel(), v.ravel()])
    checked, looks = 0, 0
    for sight in sights:
        places = floor_under(sight, pixels)
        allowed = np.flatnonzero(reachable(sight, places))
        looks += bool(len(allowed))
        for index in allowed:
            goal = goal_in_base(sight, Pixel(*map(float, pixels[index])))
            off_m = float(np.hypot(*(goal - places[index])))
            bearings = np.arctan2([goal[1], places[index][1]], [goal[0], places[index][0]])
            off_deg = math.degrees(abs(float(bearings[0] - bearings[1])))
            assert off_m <= 0.35, (sight.frame.stamp_ns, pixels[index])
            assert off_deg <= 15.0, (sight.frame.stamp_ns, pixels[index])
            checked += 1
    # The camera looks over a table most of the time.
    assert looks >= 4
    assert checked >= 50


def test_every_picture_is_decided_about_with_its_stamp() -> None:
    found = replayed(folder('bags') / 'kitchen_rgbd', every_s=0.0)
    frames_s = [(one.stamp_ns - START_NS) / 1e9 for one in found]
    assert frames_s == pytest.approx([1.2 * number for number in range(20)])
    first, last = found[0].decision, found[-1].decision
    assert first.outcome is DecisionOutcome.GOAL
    assert first.waypoint is not None
    assert (first.waypoint.frame_id, first.waypoint.stamp_ns) == ('map', found[0].stamp_ns)
    assert first.calls > 0
    assert (last.outcome, last.reason) == (
        DecisionOutcome.HOLD,
        ChoosingReason.ALL_CANDIDATES_BLOCKED,
    )


@pytest.mark.parametrize(('every_s', 'count'), [(2.0, 10), (7.0, 4), (100.0, 1)])
def test_decisions_come_as_often_as_they_are_wanted(every_s: float, count: int) -> None:
    assert len(replayed(folder('bags') / 'kitchen_rgbd', every_s=every_s)) == count


def test_a_time_between_decisions_is_not_negative() -> None:
    with pytest.raises(InvalidValueError, match='0 s or more'):
        replayed(folder('bags') / 'kitchen_rgbd', every_s=-1.0)


def test_an_instruction_without_words_is_refused_at_every_picture_and_no_more() -> None:
    found = replayed(folder('bags') / 'kitchen_rgbd', instruction=' ')
    assert len({one.stamp_ns for one in found}) == len(found) == 20
    assert {one.decision.reason for one in found} == {AskingReason.INSTRUCTION_EMPTY}


def test_a_second_replay_decides_the_same() -> None:
    first, second = (replayed(folder('bags') / 'kitchen_rgbd', every_s=5.0) for _ in range(2))
    assert first == second


def changed(
    tmp_path: Path, change: Callable[[Written], Sequence[Written]], seconds: float = 30.0
) -> Path:
    """Return a copy of the kitchen's bag as a change leaves it, ending after some seconds."""
    end_ns = START_NS + seconds * 1e9
    messages = [made for one in kitchen() if one.received_ns <= end_ns for made in change(one)]
    return write_bag(tmp_path / 'changed', messages)


def test_damaged_messages_in_the_middle_are_told_and_the_replay_goes_on(tmp_path: Path) -> None:
    def damage(one: Written) -> list[Written]:
        hurt = one.topic == DEPTH and one.received_ns == START_NS + 1_200_000_000
        return [replace(one, data=one.data[:100])] if hurt else [one]

    problems: list[str] = []
    found = replayed(changed(tmp_path, damage, 4.0), problems=problems)
    assert [(one.stamp_ns - START_NS) // 10**8 for one in found] == [0, 24, 36]
    assert all(one.decision.outcome is DecisionOutcome.GOAL for one in found)
    (problem,) = problems
    assert problem.startswith(DEPTH)


def test_a_picture_that_is_none_holds_for_its_reason_and_the_replay_goes_on(
    tmp_path: Path,
) -> None:
    def spoil(one: Written) -> list[Written]:
        if not (one.kind.endswith('CompressedImage') and one.received_ns == START_NS):
            return [one]
        message = one.read()
        message.data = message.data[:5000]
        return [written(one.topic, one.received_ns, message)]

    first, second = replayed(changed(tmp_path, spoil, 2.0))
    assert first.decision.reason is ObservationReason.EMPTY_IMAGE
    assert second.decision.outcome is DecisionOutcome.GOAL


def test_without_transforms_each_decision_says_so(tmp_path: Path) -> None:
    bag = changed(tmp_path, lambda one: [] if one.topic == '/tf' else [one], 2.0)
    for one in replayed(bag):
        assert one.decision.reason is ObservationReason.NO_TRANSFORM
        assert "'base_link'" in one.decision.detail


def test_a_transform_is_never_taken_from_another_time(tmp_path: Path) -> None:
    def early(one: Written) -> list[Written]:
        return [one] if one.topic != '/tf' or one.received_ns == START_NS else []

    first, *later = replayed(changed(tmp_path, early, 3.0))
    assert first.decision.outcome is DecisionOutcome.GOAL
    assert {one.decision.reason for one in later} == {ObservationReason.NO_TRANSFORM}


def test_where_depth_ends_the_look_ends_with_that_reason(tmp_path: Path) -> None:
    def blind(one: Written) -> list[Written]:
        return [one] if one.topic != DEPTH or one.received_ns < START_NS + 10**9 else []

    first, *later = replayed(changed(tmp_path, blind))
    assert first.decision.outcome is DecisionOutcome.GOAL
    assert {one.decision.reason for one in later} == {ObservationReason.NO_DEPTH}
    # Five seconds are waited for each.
    assert len(later) == 3


def test_a_bag_with_nothing_complete_says_once_what_is_missing(tmp_path: Path) -> None:
    def apart(one: Written) -> list[Written]:
        if one.topic != DEPTH:
            return [one]
        message = one.read()
        message.header.stamp.nanosec += 100_000_000
        return [written(one.topic, one.received_ns, message)]

    (only,) = replayed(changed(tmp_path, apart, 3.0))
    assert only.decision.reason is ObservationReason.NO_DEPTH
    assert 'within 20 ms' in only.decision.detail


def test_old_pictures_are_stale_unless_the_bag_has_a_clock_of_their_time(tmp_path: Path) -> None:
    clock = TYPES.types['rosgraph_msgs/msg/Clock']
    late_ns = 1000 * 10**9

    def late(one: Written) -> list[Written]:
        return [replace(one, received_ns=one.received_ns + late_ns)]

    bag = changed(tmp_path, late, 2.0)
    (stale,) = replayed(bag)
    assert stale.decision.reason is ObservationReason.STALE_IMAGE

    def clocked(one: Written) -> list[Written]:
        if not hasattr(one.read(), 'header'):
            return late(one)
        now = clock(clock=one.read().header.stamp)
        received_ns = one.received_ns + late_ns
        return [written('/clock', received_ns - 1, now), *late(one)]

    (tmp_path / 'clocked').mkdir()
    found = replayed(changed(tmp_path / 'clocked', clocked, 2.0))
    assert [one.decision.outcome for one in found] == [DecisionOutcome.GOAL] * 2


def test_where_a_costmap_is_required_none_is_a_reason(tmp_path: Path) -> None:
    bag = changed(tmp_path, lambda one: [one], 1.0)
    (only,) = replayed(bag, settings=SightSettings(require_costmap=True))
    assert only.decision.reason is DrivingReason.NO_VALID_COSTMAP


def test_a_costmap_of_the_bag_is_heeded(tmp_path: Path) -> None:
    grid = next(
        one for one in messages_of(folder('nav2_session')) if one.topic.startswith('/global')
    ).read()
    grid.header.stamp.sec, grid.header.stamp.nanosec = START_NS // 10**9, 0
    grid.data = np.full_like(grid.data, 100)

    def blocked(one: Written) -> list[Written]:
        costmap = written('/global_costmap/costmap', START_NS, grid)
        return [costmap, one] if one.topic == '/tf_static' else [one]

    (only,) = replayed(changed(tmp_path, blocked, 1.0))
    assert only.decision.reason is ChoosingReason.ALL_CANDIDATES_BLOCKED
    assert 'costmap_occupied' in only.decision.detail


def test_frames_that_a_bag_lacks_are_replaced_unless_they_were_asked_for() -> None:
    found = with_frames_of(SightSettings(), {'odom', 'base_footprint'}, ())
    assert (found.map_frame, found.base_frame) == ('odom', 'base_footprint')
    same = with_frames_of(SightSettings(), {'map', 'odom', 'base_link', 'base_footprint'}, ())
    assert same == SightSettings()
    asked = with_frames_of(SightSettings(), {'odom'}, ('map_frame', 'base_frame'))
    assert asked == SightSettings()
    assert with_frames_of(SightSettings(), {'world'}, ()) == SightSettings()
