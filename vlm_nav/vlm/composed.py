"""The model that is asked, with everything around it: put together here and nowhere else."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from vlm_nav.vlm.budget import Budget, Budgeted
from vlm_nav.vlm.cassette import CassetteSettings, with_cassette
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.profiles import ModelSettings
from vlm_nav.vlm.specification import ModelMaker, model_from_spec, specified_names


def composed_model(
    spec: str,
    *,
    settings: ModelSettings,
    budget: Budget,
    rng: random.Random,
    further: Mapping[str, ModelMaker] = MappingProxyType({}),
    cassette: CassetteSettings | None = None,
    warn: Callable[[str], None] = lambda words: None,
) -> Model:
    """Return the model of a specification as it may be asked: on tape, and within the budget.

    What the cassette plays costs nothing; each endpoint that is asked costs its own price. `warn`
    is told of what the cassette keeps. The other arguments are those of `model_from_spec`. Raises
    `UnknownModelError` as that does, and `CassetteError` as `with_cassette` does.
    """
    model = model_from_spec(
        spec,
        settings=settings,
        rng=rng,
        further=further,
        around=lambda one: Budgeted(one, budget),
    )
    if cassette is None:
        return model
    return with_cassette(model, model_name(spec, settings), cassette, warn)


def model_name(spec: str, settings: ModelSettings) -> str:
    """Return by which name a cassette knows a specification: the same wherever its endpoint is.

    Profiles are known by the models that they ask, a double in another process by its name there.
    """
    names = specified_names(spec)
    return ', '.join(_one_name(name, settings, name is names[0]) for name in names)


def _one_name(spec: str, settings: ModelSettings, first: bool) -> str:
    kind, _, rest = spec.partition(':')
    if kind in settings.profiles.profiles:
        return settings.of(kind, rest, first=first).model
    return f'double:{urlsplit(rest).path}' if kind == 'double' else spec
