"""Driving for as long as nothing speaks against it."""

from __future__ import annotations

import asyncio

import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.reasons import DrivingReason
from vlm_nav.navigation.interrupted import drive_unless
from vlm_nav.navigation.ports import DriveOutcome

GOAL = Waypoint('map', 7, 3.0, 0.0, 0.0)
REACHED = DriveOutcome(True, None, 'there')
BLOCKED = DriveOutcome(False, DrivingReason.WAY_BLOCKED, 'a person')


class Base:
    """Drives until it may arrive, and takes a moment to stop."""

    def __init__(self) -> None:
        self.driving, self.arrive = asyncio.Event(), asyncio.Event()
        self.stopped = False

    async def drive(self, waypoint: Waypoint, deadline: Deadline) -> DriveOutcome:
        assert waypoint is GOAL
        self.driving.set()
        try:
            await self.arrive.wait()
        finally:
            for _ in range(5):
                await asyncio.sleep(0)
            self.stopped = True
        return REACHED


class Objection:
    """Comes when it is told to."""

    def __init__(self) -> None:
        self.come, self.ended = asyncio.Event(), False

    async def wait(self) -> DriveOutcome:
        try:
            await self.come.wait()
        finally:
            self.ended = True
        return BLOCKED


async def test_without_an_objection_the_drive_ends_as_the_base_says() -> None:
    base, objection = Base(), Objection()
    base.arrive.set()
    assert await drive_unless(objection.wait(), base, GOAL, Deadline.after(5.0)) is REACHED
    assert objection.ended


async def test_an_objection_stops_the_base_before_it_is_the_end() -> None:
    base, objection = Base(), Objection()
    task = asyncio.ensure_future(drive_unless(objection.wait(), base, GOAL, Deadline.after(5.0)))
    await base.driving.wait()
    objection.come.set()
    assert await task is BLOCKED
    assert base.stopped


async def test_a_cancel_stops_the_base_before_it_goes_on() -> None:
    base, objection = Base(), Objection()
    task = asyncio.ensure_future(drive_unless(objection.wait(), base, GOAL, Deadline.after(5.0)))
    await base.driving.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert base.stopped
    assert objection.ended


async def test_who_has_arrived_hears_no_objection_any_more() -> None:
    base, objection = Base(), Objection()
    task = asyncio.ensure_future(drive_unless(objection.wait(), base, GOAL, Deadline.after(5.0)))
    await base.driving.wait()
    base.arrive.set()
    while not base.stopped:
        await asyncio.sleep(0)
    objection.come.set()
    assert await task is REACHED


async def test_an_error_of_the_program_stops_the_base_and_goes_on() -> None:
    async def broken() -> DriveOutcome:
        await base.driving.wait()
        raise ZeroDivisionError

    base = Base()
    with pytest.raises(ZeroDivisionError):
        await drive_unless(broken(), base, GOAL, Deadline.after(5.0))
    assert base.stopped
