"""Models by name, for parameters and command lines."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.vlm import doubles
from vlm_nav.vlm.fallback import Fallback
from vlm_nav.vlm.hedged import Hedged
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.openai_settings import OpenAiSettings
from vlm_nav.vlm.profiles import ModelSettings, ready_profiles
from vlm_nav.vlm.remote_double import RemoteDouble

if TYPE_CHECKING:
    # Its package is large, and a double needs none of it.
    from vlm_nav.vlm.openai_model import OpenAiModel

ModelMaker: TypeAlias = Callable[[str], Model]

_SCRIPTED: dict[str, tuple[str, Callable[[list[float], random.Random], Model]]] = {
    'nearest': ('U,V', lambda at, _: doubles.NearestToTarget(_pixel(at))),
    'noisy': ('U,V,P', lambda at, rng: doubles.NoisyNearest(_pixel(at), at[2], rng)),
    'first': ('', lambda _, __: doubles.AlwaysFirst()),
    'random': ('', lambda _, rng: doubles.RandomChoice(rng)),
    'none': ('', lambda _, __: doubles.SaysNone()),
    'arrived': ('', lambda _, __: doubles.SaysArrived()),
    'refuser': ('', lambda _, __: doubles.Refuser()),
    'malformed': ('', lambda _, __: doubles.Malformed()),
    'undrawn': ('', lambda _, __: doubles.NamesUndrawn()),
    'slow': ('SECONDS', lambda at, _: doubles.Slow(doubles.AlwaysFirst(), at[0])),
}


class UnknownModelError(InvalidValueError):
    """A specification names no model that the package knows, or lacks what its model needs."""


def known_specifications(settings: ModelSettings | None = None) -> tuple[str, ...]:
    """Return every form that `model_from_spec` takes with these profiles, else the ready ones."""
    profiles = ready_profiles() if settings is None else settings.profiles
    scripted = (f'scripted:{name}{form and ":" + form}' for name, (form, _) in _SCRIPTED.items())
    return (*(f'{name}[:MODEL]' for name in profiles.profiles), *scripted, 'double:URL')


def specified_names(spec: str) -> tuple[str, ...]:
    """Return the single specifications of a list such as `gemini,ollama:qwen2.5vl:7b`.

    A comma before a number belongs to a specification: `scripted:nearest:320,240`. Raises
    `UnknownModelError` where one is named twice: what is set over the first holds for it alone.
    """
    names = tuple(part.strip() for part in re.split(r',(?=\s*[A-Za-z])', spec))
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UnknownModelError(f'each model is named once, got {twice!r} twice in {spec!r}')
    return names


def model_from_spec(
    spec: str,
    *,
    settings: ModelSettings | None = None,
    rng: random.Random | None = None,
    further: Mapping[str, ModelMaker] = MappingProxyType({}),
    around: Callable[[Model], Model] = lambda model: model,
) -> Model:
    """Return the model that `spec` names: a profile such as `openai`, `vllm:MODEL`, or a double.

    Several, with commas between them, are asked in that order where one does not answer.
    `settings` hold the profiles, else the ready ones serve. U and V are a pixel of the first
    camera's picture, P the share of wrong answers, SECONDS a delay. URL is where a simulator
    answers. `rng` drives what is random. `further` are models that a higher room adds by their
    names; each is made from what follows its name. `around` puts something around each single
    model. Raises `UnknownModelError`, which names the known forms, for anything else.
    """
    making = _Making(settings or ModelSettings(ready_profiles()), rng or random.Random(0), further)
    first, *others = specified_names(spec)
    models = {first: making.one(first, around, first=True)}
    models |= {name: making.one(name, around, first=False) for name in others}
    return Fallback(models) if others else models[first]


def endpoints_from_spec(
    spec: str, settings: ModelSettings, rng: random.Random
) -> dict[str, OpenAiModel]:
    """Return the models of a specification by their names there, all of them behind endpoints.

    Raises `UnknownModelError` for doubles, which answer nothing but which numbers they choose.
    """
    from vlm_nav.vlm.openai_model import OpenAiModel

    found: dict[str, OpenAiModel] = {}
    for name in specified_names(spec):
        profile, colon, model = name.partition(':')
        if profile not in settings.profiles.profiles or (colon and not model):
            known = ', '.join(f'{each}[:MODEL]' for each in settings.profiles.profiles)
            raise UnknownModelError(f'wanted a model behind an endpoint ({known}), got {name!r}')
        found[name] = OpenAiModel(settings.of(profile, model, first=not found), rng=rng)
    return found


@dataclass(frozen=True)
class _Making:
    """What models are made of."""

    settings: ModelSettings
    rng: random.Random
    further: Mapping[str, ModelMaker]

    def one(self, spec: str, around: Callable[[Model], Model], *, first: bool) -> Model:
        """Return a single model with `around` around each of its requests."""
        kind, colon, rest = spec.partition(':')
        if kind in self.further:
            return around(self.further[kind](rest))
        if kind in self.settings.profiles.profiles and (rest or not colon):
            return self._endpoint(self.settings.of(kind, rest, first=first), around)
        if kind == 'double':
            return around(RemoteDouble(rest))
        double = _scripted(rest, self.rng) if kind == 'scripted' else None
        if double is None:
            known = ', '.join((*known_specifications(self.settings), *self.further))
            raise UnknownModelError(f'wanted a model, got {spec!r}; known: {known}')
        return around(double)

    def _endpoint(self, settings: OpenAiSettings, around: Callable[[Model], Model]) -> Model:
        from vlm_nav.vlm.openai_model import OpenAiModel

        model = around(OpenAiModel(settings, rng=self.rng))
        after_s = settings.hedge_after_s
        return model if after_s is None else Hedged(model, after_s)


def _scripted(rest: str, rng: random.Random) -> Model | None:
    """Return the double that is called `rest`, None where none is."""
    name, _, values = rest.partition(':')
    form, make = _SCRIPTED.get(name, ('', None))
    try:
        numbers = [float(value) for value in values.split(',')] if values else []
    except ValueError:
        return None
    if make is None or len(numbers) != len(form.split(',')) * bool(form):
        return None
    return make(numbers, rng)


def _pixel(at: list[float]) -> Pixel:
    return Pixel(at[0], at[1])
