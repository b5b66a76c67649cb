"""What decides, put together from the parameters: the same on a robot and without one."""

from __future__ import annotations

from collections.abc import Sequence

from vlm_nav.core.events import Listener
from vlm_nav.evidence.mark_facts import mark_facts
from vlm_nav.navigation.decision_parameters import DecisionSettings
from vlm_nav.navigation.selectors import PivotSelector
from vlm_nav.vlm.model import Model


def selector_for(
    settings: DecisionSettings, model: Model, listeners: Sequence[Listener]
) -> PivotSelector:
    """Return what chooses a place on the floor."""
    return PivotSelector(
        model=model,
        settings=settings.pivot,
        free_space=settings.free_space,
        reach=settings.reach,
        fence=settings.fence,
        arrival=settings.arrival,
        evidence=(mark_facts,) if settings.mark_facts else (),
        listeners=listeners,
        seed=settings.seed,
    )
