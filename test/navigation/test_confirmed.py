"""No drive before its release."""

from __future__ import annotations

import asyncio

import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.decision import Waypoint
from vlm_nav.core.reasons import DrivingReason
from vlm_nav.navigation.confirmed import ConfirmedBase, ConfirmedTurner
from vlm_nav.navigation.ports import DriveOutcome

GOAL = Waypoint('map', 7, 3.0, 0.0, 0.0)
REACHED = DriveOutcome(True, None, 'there')


class Person:
    """Releases what is shown when told to, and remembers it; drives at once."""

    def __init__(self) -> None:
        self.shown: list[Waypoint] = []
        self.sees, self.releases = asyncio.Event(), asyncio.Event()
        self.driven: list[float] = []
        self.turned: list[float] = []

    async def released(self, waypoint: Waypoint) -> None:
        self.shown.append(waypoint)
        self.sees.set()
        try:
            await self.releases.wait()
        finally:
            self.shown.remove(waypoint)

    async def drive(self, waypoint: Waypoint, deadline: Deadline) -> DriveOutcome:
        self.driven.append(deadline.remaining_s())
        return REACHED

    async def turn(self, angle_rad: float, deadline: Deadline) -> DriveOutcome:
        self.turned.append(angle_rad)
        return REACHED


async def test_a_released_goal_is_driven_to_with_all_its_time() -> None:
    person = Person()
    base = ConfirmedBase(person, person, 20.0)
    driving = asyncio.ensure_future(base.drive(GOAL, Deadline.after(0.1)))
    await person.sees.wait()
    assert person.shown == [GOAL]
    await asyncio.sleep(0.15)
    assert person.driven == []
    person.releases.set()
    assert await driving == REACHED
    assert person.driven == [pytest.approx(0.1, abs=0.05)]
    assert person.shown == []


async def test_a_goal_that_nobody_releases_is_not_driven_to() -> None:
    person = Person()
    outcome = await ConfirmedBase(person, person, 0.02).drive(GOAL, Deadline.after(9.0))
    assert (outcome.reached, outcome.reason) == (False, DrivingReason.NOT_CONFIRMED)
    assert '0.02 s' in outcome.detail
    assert person.driven == person.shown == []


async def test_a_cancel_ends_the_wait_without_a_drive() -> None:
    person = Person()
    driving = asyncio.ensure_future(
        ConfirmedBase(person, person, 20.0).drive(GOAL, Deadline.after(9.0))
    )
    await person.sees.wait()
    driving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await driving
    assert person.driven == person.shown == []


async def test_turning_is_released_where_the_robot_stands() -> None:
    person = Person()
    turning = ConfirmedTurner(person, person, 'base_footprint', 20.0)
    waiting = asyncio.ensure_future(turning.refused(Deadline.after(9.0)))
    await person.sees.wait()
    assert [(shown.frame_id, shown.x_m, shown.y_m) for shown in person.shown] == [
        ('base_footprint', 0.0, 0.0)
    ]
    assert person.turned == []
    person.releases.set()
    assert await waiting is None
    assert await turning.turn(0.5, Deadline.after(9.0)) == REACHED
    assert person.turned == [0.5]


@pytest.mark.parametrize(('timeout_s', 'deadline_s'), [(0.02, 9.0), (20.0, 0.02)])
async def test_turning_that_nobody_releases_in_time_is_refused(
    timeout_s: float, deadline_s: float
) -> None:
    person = Person()
    turning = ConfirmedTurner(person, person, 'base_link', timeout_s)
    refused = await turning.refused(Deadline.after(deadline_s))
    assert refused is not None
    assert refused.reason is DrivingReason.NOT_CONFIRMED
    assert person.shown == []
