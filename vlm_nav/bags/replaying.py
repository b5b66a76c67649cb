"""A bag's decisions, one after the other, as the navigator would have made them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from vlm_nav.bags.eyes import BagEyes
from vlm_nav.core.decision import Decision
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.messages.stamps import NS_IN_S
from vlm_nav.navigation.mission import Mission


@dataclass(frozen=True)
class Replayed:
    """A decision, and the stamp of its picture; of the moment it gave up without a picture."""

    stamp_ns: int
    decision: Decision


async def replay(
    eyes: BagEyes, mission: Mission, instruction: str, every_s: float
) -> AsyncIterator[Replayed]:
    """Give the instruction `every_s` seconds of the bag after each decision (0: at every picture).

    `mission` looks through `eyes`. Where nothing complete comes within its look's time, the
    decision says why, as on the robot; so it does for a bag with nothing complete at all.
    """
    if not every_s >= 0.0:
        raise InvalidValueError(f'the time between decisions is 0 s or more, got {every_s}')
    patience_ns = round(mission.limits.look_timeout_s * NS_IN_S)
    due_ns, decided, more = eyes.now_ns, False, True
    while more:
        more = eyes.go_on(due_ns, due_ns + patience_ns)
        if not more and decided:
            return
        stamp_ns = eyes.stamp_ns
        end = await mission.carry_out(instruction)
        yield Replayed(stamp_ns, end.decision)
        due_ns, decided = eyes.now_ns + round(every_s * NS_IN_S), True
