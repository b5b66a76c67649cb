"""The player of a recorded bag as a process of its own, seen as the navigator sees it."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from sensor_data import folder, kitchen_frame

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import ObservationReason, Refusal

pytest.importorskip('rclpy')
pytest.importorskip('tf2_msgs')

from looking import first_look, in_namespace, open_eyes
from rclpy.lifecycle import LifecycleNode
from rclpy.parameter import Parameter

from vlm_nav.ros.camera_eye import CameraSettings
from vlm_nav.ros.eyes import EyesSettings
from vlm_nav.ros.spinning import SpinThread

pytestmark = [pytest.mark.ros, pytest.mark.data]
PATIENCE_S = 20.0
START_NS = 1_600_000_000_000_000_000
COMPRESSED = EyesSettings(first=CameraSettings(image_transport='compressed'))


class Player:
    """A player in a namespace of its own, told what to do by lines of JSON."""

    def __init__(self, namespace: str, *options: str) -> None:
        bag = str(folder('bags') / 'kitchen_rgbd')
        module = 'vlm_nav.ros.doubles.bag_player'
        self.process = subprocess.Popen(
            [sys.executable, '-m', module, bag, *options, *in_namespace(namespace)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def told(self) -> dict[str, Any]:
        """Return the next line that it tells."""
        assert self.process.stdout is not None
        line: dict[str, Any] = json.loads(self.process.stdout.readline())
        return line

    def order(self, **change: Any) -> dict[str, Any]:
        """Order a change and return what it tells then."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(change) + '\n')
        self.process.stdin.flush()
        return self.told()

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        with self.process:
            return self.process.wait(PATIENCE_S)


@contextmanager
def players() -> Iterator[Callable[..., Player]]:
    """Give a starter of players, which are told to end, and must."""
    running: list[Player] = []

    def start(namespace: str, *options: str) -> Player:
        running.append(Player(namespace, *options))
        return running[-1]

    yield start
    for player in running:
        if player.process.returncode is None:
            assert player.stop() == 0


@pytest.fixture
def play() -> Iterator[Callable[..., Player]]:
    """Give a starter of players that end with the test."""
    with players() as start:
        yield start


@pytest.fixture(scope='module')
def faulty() -> Iterator[Player]:
    """Give one player for all faults, in namespace /faulty."""
    with players() as start:
        player = start('faulty')
        player.told()
        yield player


async def test_each_held_picture_arrives_with_the_poses_of_its_moment(
    play: Callable[..., Player], spun: Callable[..., Any]
) -> None:
    player = play('kitchen_held', '--frame', '36')
    assert player.told()['state'] == {'frame': 36, 'fault': None}
    eyes = open_eyes(spun, 'kitchen_held', COMPRESSED)
    since_ns = 0
    for index, number in enumerate((36, 288, 0, 36)):
        if index:
            since_ns = player.order(frame=number)['stamp_ns']
        wanted = kitchen_frame(number)
        got = await first_look(eyes, PATIENCE_S)
        while got.stamp_ns < since_ns:
            got = await first_look(eyes, PATIENCE_S)
        assert (got.rgb == wanted.rgb).all()
        assert np.abs(got.map_from_base - wanted.map_from_base).max() < 2e-4
        assert np.abs(got.base_from_camera - wanted.base_from_camera).max() < 2e-4
        assert got.depth_m is not None
        assert wanted.depth_m is not None
        near = np.isclose(got.depth_m, wanted.depth_m, atol=0.003, equal_nan=True)
        assert near.mean() > 0.999
    eyes.close()


@pytest.mark.parametrize(
    ('fault', 'reason'),
    [
        ('no_depth', ObservationReason.NO_DEPTH),
        ('empty_picture', ObservationReason.EMPTY_IMAGE),
        ('wrong_encoding', ObservationReason.UNKNOWN_ENCODING),
        ('zero_k', ObservationReason.BAD_CALIBRATION),
        ('no_transform', ObservationReason.NO_TRANSFORM),
        ('old_picture', ObservationReason.STALE_IMAGE),
        ('no_picture', ObservationReason.NO_IMAGE),
    ],
)
async def test_a_fault_is_seen_as_what_it_is(
    faulty: Player, spun: Callable[..., Any], fault: str, reason: ObservationReason
) -> None:
    assert faulty.order(fault=fault)['state'] == {'frame': 0, 'fault': fault}
    eyes = open_eyes(spun, 'faulty', COMPRESSED)
    refused, patience = await refusal(eyes), Deadline.after(PATIENCE_S)
    # Nothing comes before the player is discovered.
    while refused is not reason and refused is ObservationReason.NO_IMAGE:
        assert not patience.expired()
        refused = await refusal(eyes)
    assert refused is reason
    eyes.close()


async def refusal(eyes: Any) -> object:
    """Return the reason for which a look is refused."""
    with pytest.raises(Refusal) as refused:
        await eyes.look(Deadline.after(2.0))
    return refused.value.reason


async def test_a_fault_can_be_taken_back(
    play: Callable[..., Player], spun: Callable[..., Any]
) -> None:
    player = play('mended', '--fault', 'zero_k')
    assert player.told()['state']['fault'] == 'zero_k'
    mended = player.order(fault=None)
    eyes = open_eyes(spun, 'mended', COMPRESSED)
    frame = await first_look(eyes, PATIENCE_S)
    assert frame.stamp_ns >= mended['stamp_ns']
    eyes.close()


async def test_with_a_clock_time_begins_with_the_bag(
    play: Callable[..., Player], spun: Callable[..., Any]
) -> None:
    player = play('simulated_time', '--clock')
    told = player.told()
    assert START_NS <= told['stamp_ns'] < START_NS + 10_000_000_000
    simulated = Parameter('use_sim_time', value=True)
    eyes = open_eyes(spun, 'simulated_time', COMPRESSED, parameter_overrides=[simulated])
    frame = await first_look(eyes, PATIENCE_S)
    assert told['stamp_ns'] <= frame.stamp_ns < START_NS + 60_000_000_000
    assert abs(eyes.now_ns() - frame.stamp_ns) < 5_000_000_000
    eyes.close()


def test_it_begins_when_the_node_that_it_waits_for_is_active(
    play: Callable[..., Player], ros_context: Any
) -> None:
    node = LifecycleNode('awaited', context=ros_context, namespace='/waiting')
    with SpinThread(node) as spinning:
        player = play('waiting', '--wait-for', 'awaited')
        spinning.executor.create_task(lambda: (node.trigger_configure(), node.trigger_activate()))
        assert player.told()['state']['frame'] == 0
    node.destroy_node()


def test_a_node_that_never_comes_ends_the_wait_with_status_1(
    play: Callable[..., Player],
) -> None:
    player = play('alone', '--wait-for', 'nobody', '--wait-timeout', '0.5')
    with player.process:
        assert player.process.wait(PATIENCE_S) == 1


def test_what_is_no_order_is_told_and_changes_nothing(play: Callable[..., Player]) -> None:
    player = play('refusing', '--frame', '72')
    player.told()
    assert 'there are 0, 36, 72' in player.order(frame=37)['error']
    assert 'frame and fault can be changed' in player.order(colour='red')['error']
    assert 'fault one of' in player.order(fault='rain')['error']
    assert player.order(fault='no_depth')['state'] == {'frame': 72, 'fault': 'no_depth'}


def test_it_ends_with_its_standard_input_where_that_is_wanted(
    play: Callable[..., Player],
) -> None:
    player = play('listening', '--end-with-stdin')
    player.told()
    assert player.process.stdin is not None
    with player.process:
        player.process.stdin.close()
        assert player.process.wait(PATIENCE_S) == 0


def test_sigterm_ends_it_with_0(play: Callable[..., Player]) -> None:
    player = play('terminated')
    player.told()
    assert player.stop(signal.SIGTERM) == 0
