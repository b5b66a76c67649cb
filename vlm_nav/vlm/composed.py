"""The model that is asked, with everything around it: put together here and nowhere else."""

from __future__ import annotations

import random
from collections.abc import Mapping
from types import MappingProxyType

from vlm_nav.vlm.budget import Budget, Budgeted
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.profiles import ModelSettings
from vlm_nav.vlm.specification import ModelMaker, model_from_spec


def composed_model(
    spec: str,
    *,
    settings: ModelSettings,
    budget: Budget,
    rng: random.Random,
    further: Mapping[str, ModelMaker] = MappingProxyType({}),
) -> Model:
    """Return the model of a specification as it may be asked: within the budget.

    The other arguments are those of `model_from_spec`. Raises `UnknownModelError` as that does.
    """
    return model_from_spec(
        spec,
        settings=settings,
        rng=rng,
        further=further,
        around=lambda model: Budgeted(model, budget),
    )
