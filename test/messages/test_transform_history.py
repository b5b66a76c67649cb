"""The history of transforms by itself; the contract suite holds it to tf2's rules."""

import pytest

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import transform_from
from vlm_nav.messages.transform_history import (
    ExtrapolationException,
    LookupException,
    StampedPose,
    TransformException,
    TransformHistory,
)

S = 1_000_000_000


def shift(x_m: float) -> FloatArray:
    """Return a transform that only shifts along x."""
    return transform_from((x_m, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))


@pytest.fixture
def history() -> TransformHistory:
    """Return odom<-base from 100 s to 104 s, moving at 1 m/s, and a camera on it."""
    made = TransformHistory(10 * S)
    for second in (104, 100, 103, 101, 102):
        made.insert('base', StampedPose(second * S, 'odom', shift(second)), static=False)
    made.insert('camera', StampedPose(0, 'base', shift(0.5)), static=True)
    return made


def test_poses_are_interpolated_along_a_chain(history: TransformHistory) -> None:
    assert history.lookup('odom', 'camera', 102 * S + S // 4)[0, 3] == pytest.approx(102.75)
    assert history.lookup('camera', 'odom', 104 * S)[0, 3] == pytest.approx(-104.5)


def test_nothing_is_extrapolated_and_the_known_range_is_told(history: TransformHistory) -> None:
    with pytest.raises(ExtrapolationException, match=r'future.*from 100\.000000 to 104\.000000'):
        history.lookup('odom', 'camera', 104 * S + 1)
    with pytest.raises(ExtrapolationException, match='past'):
        history.lookup('odom', 'camera', 100 * S - 1)


def test_an_unknown_frame_is_told_with_the_known_ones(history: TransformHistory) -> None:
    with pytest.raises(LookupException, match=r"'base', 'camera', 'odom'"):
        history.lookup('odom', 'gripper', 102 * S)


def test_a_pose_older_than_the_history_is_not_taken(history: TransformHistory) -> None:
    assert not history.insert('base', StampedPose(93 * S, 'odom', shift(0)), static=False)
    assert history.insert('base', StampedPose(95 * S, 'odom', shift(95)), static=False)
    assert history.lookup('odom', 'base', 96 * S)[0, 3] == pytest.approx(96.0)


def test_an_equal_stamp_replaces(history: TransformHistory) -> None:
    history.insert('base', StampedPose(102 * S, 'odom', shift(7)), static=False)
    assert history.lookup('odom', 'base', 102 * S)[0, 3] == 7.0


def test_a_loop_ends(history: TransformHistory) -> None:
    history.insert('odom', StampedPose(0, 'camera', shift(1)), static=True)
    history.insert('gripper', StampedPose(0, 'hand', shift(1)), static=True)
    with pytest.raises(TransformException, match='loop'):
        history.lookup('gripper', 'camera', 102 * S)
    with pytest.raises(TransformException, match='loop'):
        history.newest_common_ns('gripper', 'camera')
