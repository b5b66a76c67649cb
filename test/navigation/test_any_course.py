"""Whatever happens on the way, an instruction that is carried on ends once, and by name."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

import pytest
from roaming import REACHED, Judge, Roamer, failed, goal, held, roaming
from virtual_time import run_virtually

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.decision import Decision, DecisionOutcome
from vlm_nav.core.events import Event
from vlm_nav.core.reasons import (
    AskingReason,
    ChoosingReason,
    CommonReason,
    DrivingReason,
    ObservationReason,
    ReasonCode,
    Refusal,
)
from vlm_nav.navigation.events import Ended
from vlm_nav.navigation.mission import Mission, MissionEnd
from vlm_nav.navigation.until_arrived import LookAround
from vlm_nav.vlm.errors import ModelError, ModelLate, ModelUnreachable, UnusableAnswer

SEEDS = 10
COURSES_OF_A_SEED = 15
REASONS: tuple[ReasonCode, ...] = (
    *ObservationReason, *AskingReason, *ChoosingReason, *DrivingReason, *CommonReason,
)  # fmt: skip
LOST = (
    ChoosingReason.NONE_FITS, ChoosingReason.ALL_CANDIDATES_BLOCKED, ChoosingReason.NO_AGREEMENT,
)  # fmt: skip
NEAR, FAR = Pixel(80.0, 112.0), Pixel(80.0, 31.0)
SILENT: tuple[ModelError, ...] = (
    ModelLate('late'), ModelUnreachable('gone'), UnusableAnswer('odd', raw_text=''),
)  # fmt: skip


@pytest.mark.parametrize('seed', range(SEEDS))
def test_whatever_happens_an_instruction_ends_once_and_by_name(seed: int) -> None:
    lot = random.Random(seed)
    for _ in range(COURSES_OF_A_SEED):
        robot, told = any_robot(lot), list[Event]()
        mission = any_mission(lot, robot, told)
        end = run_virtually(carried_out(mission, lot.choice((None, None, 3.0, 100.0))))
        ends = [event for event in told if isinstance(event, Ended)]
        assert ends == told[-1:]
        assert not robot.moving
        if end is None:
            assert ends[0].drive is not None
            assert ends[0].drive.reason is CommonReason.CANCELLED
        else:
            arrived = end.decision.outcome is DecisionOutcome.ARRIVED
            assert arrived == (end.reason is None)


async def carried_out(mission: Mission, cancelled_after_s: float | None) -> MissionEnd | None:
    """Return how it ended, None where it was cancelled on the way."""
    task = asyncio.ensure_future(mission.carry_out('go to the chair'))
    if cancelled_after_s is not None:
        asyncio.get_running_loop().call_later(cancelled_after_s, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return None


def any_robot(lot: random.Random) -> Roamer:
    refused = [None, None, None, *(Refusal(reason, 'drawn') for reason in lot.sample(REASONS, 2))]
    fails = [REACHED, REACHED, *(failed(reason) for reason in lot.sample(REASONS, 2))]
    return Roamer(
        [any_decision(lot) for _ in range(lot.randint(1, 25))],
        looks=lot.choices(refused, k=30),
        drives=lot.choices(fails, k=30),
        turns=lot.choices(fails, k=30),
        drive_s=lot.choice((0.0, 1.0, 1e4)),
        turn_s=lot.choice((0.0, 1.0, 1e4)),
        with_depth=lot.random() < 0.8,
    )


def any_decision(lot: random.Random) -> Decision | Refusal:
    place = goal(round(lot.uniform(-4.0, 4.0), 1), round(lot.uniform(-4.0, 4.0), 1))
    assert place.waypoint is not None
    lost = held(lot.choice(LOST))
    arrived = Decision(DecisionOutcome.ARRIVED, 'go', calls=1)
    others = (held(lot.choice(REASONS)), Refusal(lot.choice(REASONS), 'drawn'), arrived)
    passed_over = replace(lost, offered=(place.waypoint,))
    return lot.choice((place, place, place, lost, passed_over, *others))


def any_mission(lot: random.Random, robot: Roamer, told: list[Event]) -> Mission:
    says = lot.choices((False, False, False, True, *SILENT), k=20)
    return roaming(
        robot,
        Judge(*says, at=lot.choice((None, NEAR, FAR))),
        (told.append,),
        turns=lot.random() < 0.8,
        look_around=lot.choice(list(LookAround)),
        retry_limit=lot.choice((0, 2)),
        retry_pause_s=lot.choice((0.0, 1.0, 50.0)),
        mission_timeout_s=lot.choice((1.0, 50.0, 1800.0)),
        decision_limit=lot.choice((1, 5, 30)),
        path_limit_m=lot.choice((1.0, 20.0, 200.0)),
        face_thing=lot.random() < 0.7,
    )
