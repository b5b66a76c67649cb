"""Transforms at a stamp, heard over DDS and waited for in the loop."""

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import ObservationReason, Refusal

pytest.importorskip('rclpy')

from geometry_msgs.msg import TransformStamped
from rosgraph_msgs.msg import Clock
from tf2_msgs.msg import TFMessage

from vlm_nav.ros.qos import TF, TF_STATIC
from vlm_nav.ros.tf2_stand_in import Buffer, TransformException
from vlm_nav.ros.transforms import TransformSource, transform_source

pytestmark = pytest.mark.ros
S = 1_000_000_000
# What Nav2's launch files do to a robot in a namespace.
REMAPPED = ['--ros-args', '-r', '/tf:=tf', '-r', '/tf_static:=tf_static']


def transform(parent: str, child: str, stamp_ns: int, x_m: float) -> Any:
    """Return a TransformStamped that shifts along x."""
    made = TransformStamped(child_frame_id=child)
    made.header.frame_id = parent
    made.header.stamp.sec, made.header.stamp.nanosec = divmod(stamp_ns, S)
    made.transform.translation.x = float(x_m)
    return made


def filled() -> TransformSource:
    """Return a source with odom<-base from 10 s to 12 s, and a camera on it."""
    buffer = Buffer()
    buffer.set_transform_static(transform('base', 'camera', 0, 0.5), 'test')
    for stamp_ns in (10 * S, 12 * S):
        buffer.set_transform(transform('odom', 'base', stamp_ns, stamp_ns / S), 'test')
    return TransformSource(buffer, TransformException)


async def test_the_transform_at_the_stamp_is_found_at_once() -> None:
    to_from = await filled().lookup('odom', 'camera', 11 * S, Deadline.after(0.0))
    assert to_from[0, 3] == pytest.approx(11.5)


async def test_a_transform_that_comes_while_waiting_is_found() -> None:
    buffer = Buffer()
    source = TransformSource(buffer, TransformException)
    waiting = asyncio.ensure_future(source.lookup('odom', 'base', S, Deadline.after(5.0)))
    await asyncio.sleep(0.02)
    buffer.set_transform(transform('odom', 'base', S, 1.0), 'test')
    assert (await waiting)[0, 3] == 1.0


async def test_a_refusal_names_what_was_wanted_and_what_there_is() -> None:
    with pytest.raises(Refusal) as raised:
        await filled().lookup('odom', 'camera', 13 * S, Deadline.after(0.02))
    assert raised.value.reason is ObservationReason.NO_TRANSFORM
    detail = raised.value.detail
    assert "wanted 'odom' from 'camera' at 13.000 s" in detail
    assert 'base<-odom (10.000 to 12.000 s)' in detail
    assert 'camera<-base (always)' in detail


async def test_a_refusal_without_any_transform_says_so() -> None:
    source = TransformSource(Buffer(), TransformException)
    with pytest.raises(Refusal, match='does anything publish /tf'):
        await source.lookup('map', 'base', S, Deadline.after(0.0))


async def test_the_list_of_frames_in_a_refusal_is_bounded() -> None:
    buffer = Buffer()
    for number in range(100):
        buffer.set_transform(transform('map', f'frame_{number}', S, 1.0), 'test')
    source = TransformSource(buffer, TransformException)
    with pytest.raises(Refusal, match='and 88 more'):
        await source.lookup('map', 'frame_1', 2 * S, Deadline.after(0.0))


def test_the_newest_transform_tells_its_stamp() -> None:
    newest = filled().newest('odom', 'base')
    assert newest is not None
    assert newest.stamp_ns == 12 * S
    np.testing.assert_allclose(newest.to_from[:3, 3], (12.0, 0.0, 0.0))
    assert filled().newest('map', 'base') is None


@pytest.mark.parametrize(
    ('arguments', 'topic'), [([], '/tf'), (REMAPPED, '/robot/tf')], ids=['plain', 'remapped']
)
async def test_tf_is_heard_where_the_launch_file_puts_it(
    spun: Callable[..., Any], arguments: list[str], topic: str
) -> None:
    source = transform_source(spun('listener', namespace='/robot', cli_args=arguments))
    talker = spun('talker', namespace='/robot')
    moving = talker.create_publisher(TFMessage, topic, TF)
    static = talker.create_publisher(TFMessage, f'{topic}_static', TF_STATIC)
    static.publish(TFMessage(transforms=[transform('base', 'camera', 0, 0.5)]))
    deadline = Deadline.after(10.0)
    looking = asyncio.ensure_future(source.lookup('odom', 'camera', 11 * S, deadline))
    while not looking.done():
        for stamp_ns in (10 * S, 12 * S):
            moving.publish(TFMessage(transforms=[transform('odom', 'base', stamp_ns, 1.0)]))
        await asyncio.wait({looking}, timeout=0.05)
    assert (await looking)[0, 3] == pytest.approx(1.5)


async def test_what_was_heard_is_forgotten_when_ros_time_is_set_back(
    spun: Callable[..., Any],
) -> None:
    from rclpy.parameter import Parameter

    with_clock = Parameter('use_sim_time', Parameter.Type.BOOL, True)
    node = spun('listener', namespace='/sim', parameter_overrides=[with_clock])
    source = transform_source(node)
    talker = spun('talker', namespace='/sim')
    clock = talker.create_publisher(Clock, '/clock', 10)
    moving = talker.create_publisher(TFMessage, '/tf', TF)

    async def until(true: Callable[[], bool], second: int, transforms: bool) -> None:
        deadline = Deadline.after(10.0)
        while not true():
            assert not deadline.expired()
            message = Clock()
            message.clock.sec = second
            clock.publish(message)
            if transforms:
                moving.publish(TFMessage(transforms=[transform('odom', 'base', 100 * S, 1.0)]))
            await asyncio.sleep(0.02)

    await until(lambda: node.get_clock().now().nanoseconds == 100 * S, 100, False)
    await until(lambda: source.newest('odom', 'base') is not None, 100, True)
    await until(lambda: source.newest('odom', 'base') is None, 5, False)
