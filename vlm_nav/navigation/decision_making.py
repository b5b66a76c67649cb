"""What decides, put together from the parameters: the same on a robot and without one."""

from __future__ import annotations

import random
from collections.abc import Sequence

from vlm_nav.core.events import Listener
from vlm_nav.evidence.mark_facts import mark_facts
from vlm_nav.navigation.decision_parameters import DecisionSettings
from vlm_nav.navigation.selectors import PivotSelector
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.specification import model_from_spec


def model_for(settings: DecisionSettings) -> Model:
    """Return the model that the settings name; `vlm.model.close` ends its connections."""
    rng = random.Random(settings.seed)
    return model_from_spec(settings.model_spec, settings=settings.model, rng=rng)


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
