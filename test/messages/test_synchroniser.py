"""Pictures, depth and calibrations brought together by stamp."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.core.reasons import ObservationReason, Refusal
from vlm_nav.messages.matched_set import Kind, MatchedSet, SynchroniserSettings
from vlm_nav.messages.synchroniser import Synchroniser

MS = 1_000_000
S = 1000 * MS
COLOUR_ONLY = SynchroniserSettings(with_depth=False)


class Bench:
    """A synchroniser, a settable ROS time, and messages that know where they come from."""

    def __init__(self, settings: SynchroniserSettings = SynchroniserSettings()) -> None:
        self.now_ns = 1000 * S
        topics = {Kind.DEPTH: '/depth'}
        self.synchroniser = Synchroniser(settings, lambda: self.now_ns, topics)

    def add(self, kind: Kind, at_ms: float, frame: str = 'camera', width: int = 640) -> Any:
        """Add a message with a stamp so many milliseconds after ROS time 1000 s."""
        stamp_ns = 1000 * S + round(at_ms * MS)
        message = SimpleNamespace(
            kind=kind,
            stamp_ns=stamp_ns,
            header=SimpleNamespace(frame_id=frame),
            width=width,
            height=480,
            roi=SimpleNamespace(width=0, height=0),
            binning_x=0,
            binning_y=0,
        )
        self.synchroniser.add(kind, stamp_ns, message)
        return message

    def add_all(self, at_ms: float) -> None:
        """Add one message of each kind."""
        for kind in Kind:
            self.add(kind, at_ms)

    def newest_ms(self) -> float | None:
        """Return the stamp of the newest set that was not yet handed out."""
        found = self.synchroniser.newest()
        return None if found is None else (found.stamp_ns - 1000 * S) / MS

    async def refusal(self, than_ms: float = -1000.0) -> Refusal:
        """Return why there is no newer set."""
        with pytest.raises(Refusal) as raised:
            await self.wait(than_ms, 0.01)
        return raised.value

    async def wait(self, than_ms: float, timeout_s: float = 2.0) -> MatchedSet:
        """Wait for a set newer than so many milliseconds."""
        than_ns = 1000 * S + round(than_ms * MS)
        return await self.synchroniser.wait_newer(than_ns, Deadline.after(timeout_s))


def test_messages_of_equal_stamps_make_a_set() -> None:
    bench = Bench()
    messages = {kind: bench.add(kind, 0.0) for kind in reversed(Kind)}
    found = bench.synchroniser.newest()
    assert found is not None
    assert found.colour is messages[Kind.COLOUR]
    assert found.depth is messages[Kind.DEPTH]
    assert found.colour_info is messages[Kind.COLOUR_INFO]


def test_each_set_is_handed_out_once() -> None:
    bench = Bench()
    bench.add_all(0.0)
    assert (bench.newest_ms(), bench.newest_ms()) == (0.0, None)
    bench.add(Kind.COLOUR, 0.0)
    assert bench.newest_ms() is None


def test_depth_within_the_slop_belongs_to_the_picture_and_beyond_it_does_not() -> None:
    bench = Bench()
    bench.add_all(0.0)
    bench.add(Kind.COLOUR, 100.0)
    bench.add(Kind.DEPTH, 121.0)
    assert bench.newest_ms() == 0.0
    bench.add(Kind.DEPTH, 82.0)
    found = bench.synchroniser.newest()
    assert found is not None
    assert found.depth.stamp_ns - 1000 * S == 82 * MS


def test_the_nearest_depth_is_taken() -> None:
    bench = Bench()
    bench.add_all(0.0)
    for at_ms in (85.0, 99.0, 110.0):
        bench.add(Kind.DEPTH, at_ms)
    bench.add(Kind.COLOUR, 100.0)
    found = bench.synchroniser.newest()
    assert found is not None
    assert found.depth.stamp_ns - 1000 * S == 99 * MS


def test_the_newest_set_is_chosen_whatever_order_the_messages_come_in() -> None:
    bench = Bench()
    for at_ms in (66.0, 0.0, 99.0, 33.0):
        bench.add_all(at_ms)
    assert (bench.newest_ms(), bench.newest_ms()) == (99.0, None)


def test_a_camera_info_without_the_stamp_serves_if_frame_and_size_are_the_same() -> None:
    bench = Bench(COLOUR_ONLY)
    bench.add(Kind.COLOUR_INFO, -500.0)
    bench.add(Kind.COLOUR_INFO, -400.0, frame='other')
    bench.add(Kind.COLOUR_INFO, -300.0, width=320)
    bench.add(Kind.COLOUR, 0.0)
    found = bench.synchroniser.newest()
    assert found is not None
    assert found.colour_info.stamp_ns == 1000 * S - 500 * MS
    bench.add(Kind.COLOUR, 33.0, width=1280)
    assert bench.newest_ms() is None


def test_without_depth_a_picture_and_its_camera_info_are_complete() -> None:
    bench = Bench(COLOUR_ONLY)
    bench.add(Kind.COLOUR_INFO, 0.0)
    bench.add(Kind.COLOUR, 0.0)
    found = bench.synchroniser.newest()
    assert found is not None
    assert found.depth is None


async def test_a_waiter_gets_the_set_that_comes_after_its_stamp() -> None:
    bench = Bench()
    bench.add_all(0.0)
    waiting = asyncio.ensure_future(bench.wait(0.0))
    await asyncio.sleep(0)
    bench.add_all(33.0)
    assert (await waiting).stamp_ns == 1000 * S + 33 * MS


@pytest.mark.parametrize(
    ('missing', 'reason'),
    [
        (Kind.COLOUR, ObservationReason.NO_IMAGE),
        (Kind.DEPTH, ObservationReason.NO_DEPTH),
        (Kind.COLOUR_INFO, ObservationReason.BAD_CALIBRATION),
    ],
)
async def test_a_topic_that_never_came_is_the_reason(
    missing: Kind, reason: ObservationReason
) -> None:
    bench = Bench()
    for kind in set(Kind) - {missing}:
        bench.add(kind, 0.0)
    refusal = await bench.refusal()
    assert refusal.reason is reason
    assert f'no {missing.value}' in refusal.detail


async def test_the_refusal_tells_what_comes_how_often_and_since_when_something_does_not() -> None:
    bench = Bench(SynchroniserSettings())
    for step in range(30):
        at_ms = 1000.0 * step / 14.0
        bench.add(Kind.COLOUR, at_ms)
        bench.add(Kind.COLOUR_INFO, at_ms)
        if step < 5:
            bench.add(Kind.DEPTH, at_ms)
    bench.now_ns = 1000 * S + round(29000 * MS / 14.0)
    refusal = await bench.refusal()
    assert refusal.reason is ObservationReason.NO_DEPTH
    assert 'colour arrives at 14 Hz' in refusal.detail
    assert 'no depth (/depth) since 1000.286 s, 1.79 s ago' in refusal.detail


async def test_a_held_picture_becomes_stale() -> None:
    bench = Bench()
    bench.add_all(0.0)
    bench.now_ns += 400 * MS
    assert bench.newest_ms() == 0.0
    bench.add_all(1.0)
    bench.now_ns += 200 * MS
    assert bench.newest_ms() is None
    refusal = await bench.refusal()
    assert refusal.reason is ObservationReason.STALE_IMAGE
    assert '0.60 s old' in refusal.detail


async def test_a_picture_from_the_future_is_refused() -> None:
    bench = Bench()
    bench.add_all(2000.0)
    refusal = await bench.refusal()
    assert refusal.reason is ObservationReason.STALE_IMAGE
    assert '2.00 s ahead of ROS time' in refusal.detail


async def test_a_picture_that_was_handed_out_is_not_enough() -> None:
    bench = Bench()
    bench.add_all(0.0)
    assert bench.newest_ms() == 0.0
    assert (await bench.refusal()).reason is ObservationReason.NO_IMAGE


def test_time_set_back_empties_it_and_lateness_does_not() -> None:
    bench = Bench()
    bench.add_all(0.0)
    bench.add(Kind.DEPTH, -900.0)
    assert bench.newest_ms() == 0.0
    bench.now_ns -= 100 * S
    bench.add(Kind.COLOUR, -100_000.0)
    assert bench.synchroniser.describe().count('no ') == 2
    for kind in Kind:
        bench.add(kind, -100_000.0)
    assert bench.newest_ms() == -100_000.0


@pytest.mark.parametrize('waits_before', [True, False])
async def test_after_time_was_set_back_everything_is_newer(waits_before: bool) -> None:
    bench = Bench()
    bench.add_all(0.0)
    waiting = asyncio.ensure_future(bench.wait(0.0)) if waits_before else None
    await asyncio.sleep(0)
    bench.now_ns -= 100 * S
    bench.add_all(-100_000.0)
    found = await (waiting or bench.wait(0.0))
    assert found.stamp_ns == 900 * S


async def test_who_waits_at_the_same_time_gets_the_same_set_and_nobody_gets_it_again() -> None:
    bench = Bench()
    bench.add_all(0.0)
    assert bench.newest_ms() == 0.0
    both = [asyncio.ensure_future(bench.wait(-1000.0)) for _ in range(2)]
    await asyncio.sleep(0)
    bench.add_all(33.0)
    stamps_ms = [(found.stamp_ns - 1000 * S) / MS for found in await asyncio.gather(*both)]
    assert stamps_ms == [33.0, 33.0]
    assert (await bench.refusal()).reason is ObservationReason.NO_IMAGE


async def test_cancelling_a_waiter_leaves_the_others_waiting() -> None:
    bench = Bench()
    cancelled, other = (asyncio.ensure_future(bench.wait(0.0)) for _ in range(2))
    await asyncio.sleep(0)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    bench.add_all(33.0)
    assert (await other).stamp_ns == 1000 * S + 33 * MS


@pytest.mark.parametrize('steps_later', range(6))
async def test_a_waiter_is_cancelled_even_as_a_message_comes(steps_later: int) -> None:
    bench = Bench()
    waiter = asyncio.ensure_future(bench.wait(0.0))
    await asyncio.sleep(0)
    bench.add(Kind.COLOUR, 33.0)
    for _ in range(steps_later):
        await asyncio.sleep(0)
    waiter.cancel()
    done, _ = await asyncio.wait({waiter}, timeout=1.0)
    assert done
    assert waiter.cancelled()


def test_the_queues_are_bounded() -> None:
    bench = Bench()
    for step in range(1000):
        bench.add(Kind.COLOUR, step)
    assert 'arrives at 1000 Hz' in bench.synchroniser.describe()
    assert len(list(bench.synchroniser._queues[Kind.COLOUR].newest_first())) == 10


@pytest.mark.parametrize('wrong', [{'slop_s': -0.1}, {'maximum_age_s': 0.0}, {'queue_length': 0}])
def test_settings_that_match_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValueError):
        SynchroniserSettings(**wrong)


def at(ms: float) -> int:
    """Return the stamp so many milliseconds after ROS time 1000 s."""
    return 1000 * S + round(ms * MS)


async def test_a_set_is_found_by_its_stamp_however_old_and_though_it_was_handed_out() -> None:
    bench = Bench()
    for at_ms in (0.0, 33.0, 66.0):
        bench.add_all(at_ms)
    assert bench.newest_ms() == 66.0
    bench.now_ns += 60 * S
    for at_ms in (33.0, 66.0):
        found = await bench.synchroniser.wait_at(at(at_ms), Deadline.after(0.0))
        assert found.stamp_ns == at(at_ms)
        assert found.depth.stamp_ns == at(at_ms)


@pytest.mark.parametrize('asked_ms', [-500.0, 20.0])
async def test_a_stamp_that_is_not_kept_is_refused_at_once_and_no_other_is_taken(
    asked_ms: float,
) -> None:
    bench = Bench(SynchroniserSettings(queue_length=2))
    for at_ms in (-500.0, 0.0, 33.0):
        bench.add_all(at_ms)
    with pytest.raises(Refusal, match=r'kept are 2, from .* to ') as raised:
        await bench.synchroniser.wait_at(at(asked_ms), Deadline.after(60.0))
    assert raised.value.reason is ObservationReason.STALE_IMAGE


async def test_a_stamp_that_is_still_to_come_is_waited_for_until_the_deadline() -> None:
    bench = Bench()
    bench.add_all(0.0)
    waiting = asyncio.ensure_future(bench.synchroniser.wait_at(at(33.0), Deadline.after(30.0)))
    await asyncio.sleep(0)
    bench.add_all(33.0)
    assert (await waiting).stamp_ns == at(33.0)
    with pytest.raises(Refusal) as raised:
        await bench.synchroniser.wait_at(at(66.0), Deadline.after(0.01))
    assert raised.value.reason is ObservationReason.NO_IMAGE


@pytest.mark.parametrize('by_stamp', [False, True])
async def test_where_depth_may_miss_a_picture_comes_without_it_in_the_end(by_stamp: bool) -> None:
    async def asked(bench: Bench) -> MatchedSet:
        for kind in (Kind.COLOUR, Kind.COLOUR_INFO):
            bench.add(kind, 0.0)
        bench.add(Kind.DEPTH, -300.0)
        deadline = Deadline.after(0.01)
        if by_stamp:
            return await bench.synchroniser.wait_at(at(0.0), deadline)
        return await bench.synchroniser.wait_newer(0, deadline)

    found = await asked(Bench(SynchroniserSettings(depth_may_miss=True)))
    assert (found.stamp_ns, found.depth) == (at(0.0), None)
    with pytest.raises(Refusal) as raised:
        await asked(Bench())
    assert raised.value.reason is ObservationReason.NO_DEPTH
