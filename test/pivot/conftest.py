"""What the tests of PIVOT share: a way to decide, and what was asked and answered meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from vlm_nav.core.candidate import GroundAction, Pixel
from vlm_nav.core.deadline import Deadline
from vlm_nav.core.events import Event
from vlm_nav.pivot.inquiry import Inquiry
from vlm_nav.pivot.loop import pivot
from vlm_nav.pivot.settings import PivotResult, PivotSettings
from vlm_nav.pivot.spaces import ActionSpace
from vlm_nav.vlm.events import Answered, Asked
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.question import Answer


@dataclass(eq=False)
class Trace:
    """What listeners were told of one decision."""

    events: list[Event] = field(default_factory=list)

    @property
    def asked(self) -> list[Asked]:
        return [event for event in self.events if isinstance(event, Asked)]

    def chosen(self, round_number: int, run: int) -> NDArray[np.float64]:
        """Return the vectors (k, 2) that a run chose in a round, best first."""
        for event in self.events:
            if isinstance(event, Answered) and isinstance(event.result, Answer):
                asked = event.asked
                if (asked.round, asked.run) == (round_number, run) and event.result.labels:
                    by_label = {one.label: vector_of(one.action) for one in asked.candidates}
                    return np.array([by_label[label] for label in event.result.labels])
        raise AssertionError(f'nothing chosen in round {round_number} of run {run}')


def vector_of(action: Pixel | GroundAction) -> NDArray[np.float64]:
    """Return an action as the vector that its space works on."""
    if isinstance(action, Pixel):
        return np.array((action.u_px, action.v_px))
    bearing = action.bearing_rad
    return action.range_m * np.array((np.cos(bearing), np.sin(bearing)))


Decide = Callable[..., Awaitable[tuple[PivotResult[Any], Trace]]]


@pytest.fixture
def vector() -> Callable[[Any], NDArray[np.float64]]:
    """Give the function that turns an action into a vector."""
    return vector_of


@pytest.fixture
def decide() -> Decide:
    """Give a maker of decisions; settings go by their names."""

    async def decided(
        space: ActionSpace[Any],
        model: Model,
        seed: int = 0,
        *,
        arrived: bool = False,
        deadline_s: float = 30.0,
        **settings: Any,
    ) -> tuple[PivotResult[Any], Trace]:
        trace = Trace()
        inquiry = Inquiry(
            space,
            model,
            'go to the chair',
            PivotSettings(**settings),
            Deadline.after(deadline_s),
            may_answer_arrived=arrived,
            listeners=(trace.events.append,),
        )
        return await pivot(inquiry, seed), trace

    return decided
