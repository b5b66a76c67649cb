"""One contract for transform buffers: our stand-in always, tf2_ros where it is installed."""

from typing import Any

import numpy as np
import pytest

from vlm_nav.geometry.arrays import FloatArray
from vlm_nav.geometry.poses import inverse, quaternion_of, transform_from

pytest.importorskip('rclpy')

from geometry_msgs.msg import TransformStamped
from rclpy.duration import Duration
from rclpy.time import Time

from vlm_nav.ros import tf2_stand_in

pytestmark = pytest.mark.ros
S = 1_000_000_000


@pytest.fixture(params=['stand-in', 'tf2_ros'])
def tf2(request: pytest.FixtureRequest) -> Any:
    """Return the module that is held to the contract."""
    if request.param == 'stand-in':
        return tf2_stand_in
    return pytest.importorskip('tf2_ros', reason='tf2_ros is not installed here')


@pytest.fixture
def buffer(tf2: Any) -> Any:
    """Return an empty buffer of 10 s."""
    return tf2.Buffer()


def message(parent: str, child: str, stamp_ns: int, parent_from_child: FloatArray) -> Any:
    """Return a TransformStamped."""
    made = TransformStamped(child_frame_id=child)
    made.header.frame_id = parent
    made.header.stamp.sec, made.header.stamp.nanosec = divmod(stamp_ns, S)
    position, turn = made.transform.translation, made.transform.rotation
    position.x, position.y, position.z = (float(value) for value in parent_from_child[:3, 3])
    turn.w, turn.x, turn.y, turn.z = (float(value) for value in quaternion_of(parent_from_child))
    return made


def shift(x_m: float, y_m: float = 0.0) -> FloatArray:
    """Return a transform that only shifts."""
    return transform_from((x_m, y_m, 0.0), (1.0, 0.0, 0.0, 0.0))


def matrix(found: Any) -> FloatArray:
    """Return the (4, 4) array of a TransformStamped."""
    position, turn = found.transform.translation, found.transform.rotation
    return transform_from((position.x, position.y, position.z), (turn.w, turn.x, turn.y, turn.z))


def looked_up(buffer: Any, target: str, source: str, stamp_ns: int) -> FloatArray:
    """Return the transform between two frames at a stamp."""
    return matrix(buffer.lookup_transform(target, source, Time(nanoseconds=stamp_ns)))


def random_pose(random: np.random.Generator) -> FloatArray:
    """Return a pose within 5 m, turned anyhow."""
    quaternion = random.normal(size=4)
    return transform_from(random.uniform(-5, 5, 3), quaternion / np.linalg.norm(quaternion))


def blended(start: FloatArray, end: FloatArray, share: float) -> FloatArray:
    """Return linear and spherical interpolation, worked out by axis and angle."""
    from transforms3d.axangles import axangle2mat, mat2axangle

    between = start[:3, :3].T @ end[:3, :3]
    axis, angle = mat2axangle(between, unit_thresh=1e-3)
    result = np.eye(4)
    result[:3, :3] = start[:3, :3] @ axangle2mat(axis, angle * share)
    result[:3, 3] = (1 - share) * start[:3, 3] + share * end[:3, 3]
    return result


@pytest.mark.parametrize('seed', range(5))
def test_poses_between_samples_are_linear_and_spherical(buffer: Any, seed: int) -> None:
    random = np.random.default_rng(seed)
    poses = [random_pose(random) for _ in range(20)]
    stamps = [1000 * S + step * S // 4 + int(random.integers(0, S // 10)) for step in range(20)]
    for at in random.permutation(20):
        buffer.set_transform(message('odom', 'base', stamps[at], poses[at]), 'test')
    for _ in range(50):
        at, share = int(random.integers(0, 19)), float(random.uniform(0.01, 0.99))
        stamp_ns = stamps[at] + int(share * (stamps[at + 1] - stamps[at]))
        share = (stamp_ns - stamps[at]) / (stamps[at + 1] - stamps[at])
        found = looked_up(buffer, 'odom', 'base', stamp_ns)
        np.testing.assert_allclose(found, blended(poses[at], poses[at + 1], share), atol=1e-6)


def test_a_chain_goes_up_to_the_common_ancestor_and_down_again(buffer: Any) -> None:
    random = np.random.default_rng(3)
    odom, base, left, right = (random_pose(random) for _ in range(4))
    buffer.set_transform_static(message('base', 'left', 0, left), 'test')
    buffer.set_transform_static(message('base', 'right', 0, right), 'test')
    for stamp_ns in (10 * S, 11 * S):
        buffer.set_transform(message('map', 'odom', stamp_ns, odom), 'test')
        buffer.set_transform(message('odom', 'base', stamp_ns, base), 'test')
    found = looked_up(buffer, 'map', 'left', 10 * S + 1)
    np.testing.assert_allclose(found, odom @ base @ left, atol=1e-9)
    found = looked_up(buffer, 'left', 'map', 10 * S + 1)
    np.testing.assert_allclose(found, inverse(odom @ base @ left), atol=1e-9)
    found = looked_up(buffer, 'left', 'right', 10 * S + 1)
    np.testing.assert_allclose(found, inverse(left) @ right, atol=1e-9)


def test_the_answer_names_its_frames_and_its_stamp(buffer: Any) -> None:
    for stamp_ns in (10 * S, 12 * S):
        buffer.set_transform(message('odom', 'base', stamp_ns, shift(1.0)), 'test')
    found = buffer.lookup_transform('odom', 'base', Time(nanoseconds=11 * S + 5))
    assert (found.header.frame_id, found.child_frame_id) == ('odom', 'base')
    assert (found.header.stamp.sec, found.header.stamp.nanosec) == (11, 5)


def test_static_frames_hold_at_any_time(buffer: Any) -> None:
    buffer.set_transform_static(message('base', 'camera', 0, shift(1.0)), 'test')
    for stamp_ns in (0, 1, 10**18):
        assert looked_up(buffer, 'base', 'camera', stamp_ns)[0, 3] == 1.0


@pytest.mark.parametrize('stamp_ns', [10 * S - 1, 12 * S + 1])
def test_nothing_is_extrapolated(tf2: Any, buffer: Any, stamp_ns: int) -> None:
    for known_ns in (10 * S, 12 * S):
        buffer.set_transform(message('odom', 'base', known_ns, shift(1.0)), 'test')
    buffer.set_transform_static(message('base', 'camera', 0, shift(1.0)), 'test')
    with pytest.raises(tf2.ExtrapolationException):
        looked_up(buffer, 'odom', 'camera', stamp_ns)
    assert looked_up(buffer, 'odom', 'base', 10 * S)[0, 3] == 1.0
    assert looked_up(buffer, 'odom', 'base', 12 * S)[0, 3] == 1.0


def test_links_above_the_common_ancestor_need_not_reach_the_stamp(buffer: Any) -> None:
    buffer.set_transform(message('map', 'odom', 5 * S, shift(1.0)), 'test')
    for child in ('left', 'right'):
        for stamp_ns in (10 * S, 12 * S):
            buffer.set_transform(message('odom', child, stamp_ns, shift(2.0)), 'test')
    np.testing.assert_allclose(looked_up(buffer, 'left', 'right', 11 * S), np.eye(4), atol=1e-12)


def test_time_0_is_the_newest_instant_that_the_whole_chain_has(buffer: Any) -> None:
    for stamp_ns, x_m in ((10 * S, 0.0), (12 * S, 2.0)):
        buffer.set_transform(message('odom', 'base', stamp_ns, shift(x_m)), 'test')
    for stamp_ns in (10 * S, 11 * S):
        buffer.set_transform(message('map', 'odom', stamp_ns, shift(0.0)), 'test')
    found = buffer.lookup_transform('map', 'base', Time())
    assert found.header.stamp.sec == 11
    assert matrix(found)[0, 3] == pytest.approx(1.0)


def test_unknown_and_unconnected_frames_are_told_apart(tf2: Any, buffer: Any) -> None:
    buffer.set_transform_static(message('map', 'base', 0, shift(1.0)), 'test')
    buffer.set_transform_static(message('hall', 'door', 0, shift(1.0)), 'test')
    with pytest.raises(tf2.LookupException, match='camera'):
        looked_up(buffer, 'map', 'camera', S)
    with pytest.raises(tf2.ConnectivityException):
        looked_up(buffer, 'map', 'door', S)
    np.testing.assert_allclose(looked_up(buffer, 'map', 'map', S), np.eye(4))


@pytest.mark.parametrize('name', ['/map', ''])
def test_names_with_a_slash_or_none_are_invalid(tf2: Any, buffer: Any, name: str) -> None:
    buffer.set_transform_static(message('map', 'base', 0, shift(1.0)), 'test')
    with pytest.raises(tf2.InvalidArgumentException):
        looked_up(buffer, name, 'base', S)
    with pytest.raises(tf2.InvalidArgumentException):
        looked_up(buffer, 'base', name, S)


def test_can_transform_is_true_just_where_a_lookup_succeeds(buffer: Any) -> None:
    buffer.set_transform_static(message('map', 'base', 0, shift(1.0)), 'test')
    assert buffer.can_transform('map', 'base', Time(nanoseconds=S))
    assert not buffer.can_transform('map', 'camera', Time(nanoseconds=S))


def test_what_is_older_than_the_cache_is_forgotten(tf2: Any, buffer: Any) -> None:
    for step in range(30):
        buffer.set_transform(message('odom', 'base', (100 + step) * S, shift(step)), 'test')
    assert looked_up(buffer, 'odom', 'base', 119 * S + S // 2)[0, 3] == pytest.approx(19.5)
    with pytest.raises(tf2.ExtrapolationException):
        looked_up(buffer, 'odom', 'base', 118 * S)


@pytest.mark.parametrize(
    ('field', 'values'),
    [
        ('translation', {'x': float('nan')}),
        ('rotation', {'z': float('nan')}),
        ('rotation', {'w': 0.0}),
        ('rotation', {'w': 2.0}),
    ],
)
def test_transforms_that_are_none_are_dropped(
    tf2: Any, buffer: Any, field: str, values: dict[str, float]
) -> None:
    buffer.set_transform(message('odom', 'base', 10 * S, shift(1.0)), 'test')
    wrong = message('odom', 'base', 11 * S, shift(1.0))
    for name, value in values.items():
        setattr(getattr(wrong.transform, field), name, value)
    buffer.set_transform(wrong, 'test')
    assert looked_up(buffer, 'odom', 'base', 10 * S)[0, 3] == 1.0
    with pytest.raises(tf2.ExtrapolationException):
        looked_up(buffer, 'odom', 'base', 11 * S)


def test_a_frame_is_not_its_own_parent(buffer: Any) -> None:
    buffer.set_transform_static(message('map', 'base', 0, shift(1.0)), 'test')
    buffer.set_transform_static(message('base', 'base', 0, shift(1.0)), 'test')
    assert looked_up(buffer, 'map', 'base', S)[0, 3] == 1.0


def test_a_loop_of_frames_ends_in_an_exception(tf2: Any, buffer: Any) -> None:
    for parent, child in (('a', 'b'), ('b', 'c'), ('c', 'a'), ('map', 'base')):
        buffer.set_transform_static(message(parent, child, 0, shift(1.0)), 'test')
    with pytest.raises(tf2.TransformException):
        looked_up(buffer, 'a', 'base', S)


def test_a_frame_may_change_its_parent(buffer: Any) -> None:
    buffer.set_transform(message('map', 'cup', 10 * S, shift(1.0)), 'test')
    buffer.set_transform(message('map', 'cup', 11 * S, shift(2.0)), 'test')
    buffer.set_transform(message('hand', 'cup', 12 * S, shift(0.0)), 'test')
    assert looked_up(buffer, 'map', 'cup', 10 * S + S // 2)[0, 3] == pytest.approx(1.5)
    np.testing.assert_allclose(looked_up(buffer, 'hand', 'cup', 12 * S), np.eye(4))


def test_clear_forgets_what_moves_and_keeps_what_is_static(tf2: Any, buffer: Any) -> None:
    buffer.set_transform_static(message('base', 'camera', 0, shift(1.0)), 'test')
    buffer.set_transform(message('odom', 'base', 10 * S, shift(1.0)), 'test')
    buffer.clear()
    assert looked_up(buffer, 'base', 'camera', 10 * S)[0, 3] == 1.0
    with pytest.raises(tf2.TransformException):
        looked_up(buffer, 'odom', 'base', 10 * S)


def test_all_frames_are_listed_with_parent_and_times(buffer: Any) -> None:
    yaml = pytest.importorskip('yaml')
    for stamp_ns in (10 * S, 12 * S):
        buffer.set_transform(message('odom', 'base', stamp_ns, shift(1.0)), 'test')
    listed = yaml.safe_load(buffer.all_frames_as_yaml())
    assert listed['base']['parent'] == 'odom'
    assert listed['base']['oldest_transform'] == pytest.approx(10.0)
    assert listed['base']['most_recent_transform'] == pytest.approx(12.0)


def test_a_lookup_with_a_timeout_gives_up_after_it(tf2: Any, buffer: Any) -> None:
    with pytest.raises(tf2.TransformException):
        buffer.lookup_transform('map', 'base', Time(nanoseconds=S), Duration(seconds=0.05))


def test_the_stand_in_starts_a_frame_again_when_a_bag_does() -> None:
    buffer = tf2_stand_in.Buffer()
    for stamp_ns in (100 * S, 101 * S, 10 * S, 11 * S):
        buffer.set_transform(message('odom', 'base', stamp_ns, shift(stamp_ns / S)), 'test')
    assert looked_up(buffer, 'odom', 'base', 10 * S + S // 2)[0, 3] == pytest.approx(10.5)
    with pytest.raises(tf2_stand_in.ExtrapolationException):
        looked_up(buffer, 'odom', 'base', 100 * S)


def test_the_stand_in_counts_what_it_drops() -> None:
    buffer = tf2_stand_in.Buffer()
    wrong = message('odom', 'base', S, shift(1.0))
    wrong.transform.rotation.w = 0.0
    for _ in range(3):
        buffer.set_transform(wrong, 'test')
    assert buffer.dropped == 3


def test_the_stand_in_wakes_a_lookup_that_waits_in_another_thread() -> None:
    from concurrent.futures import ThreadPoolExecutor

    buffer = tf2_stand_in.Buffer()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(
            buffer.lookup_transform, 'odom', 'base', Time(nanoseconds=S), Duration(seconds=10.0)
        )
        buffer.set_transform(message('odom', 'base', S, shift(1.0)), 'test')
        assert matrix(waiting.result(timeout=10.0))[0, 3] == 1.0
