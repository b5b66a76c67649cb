"""Models by name, for parameters and command lines."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.vlm import doubles
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.profiles import ModelSettings, ready_profiles
from vlm_nav.vlm.remote_double import RemoteDouble

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

    A comma before a number belongs to a specification: `scripted:nearest:320,240`.
    """
    return tuple(part.strip() for part in re.split(r',(?=\s*[A-Za-z])', spec))


def model_from_spec(
    spec: str,
    *,
    settings: ModelSettings | None = None,
    rng: random.Random | None = None,
    further: Mapping[str, ModelMaker] = MappingProxyType({}),
) -> Model:
    """Return the model that `spec` names: a profile such as `openai`, `vllm:MODEL`, or a double.

    `settings` hold the profiles, else the ready ones serve. U and V are a pixel of the first
    camera's picture, P the share of wrong answers, SECONDS a delay. URL is where a simulator
    answers. `rng` drives what is random. `further` are models that a higher room adds by their
    names; each is made from what follows its name. Raises `UnknownModelError`, which names the
    known forms, for anything else.
    """
    settings = settings or ModelSettings(ready_profiles())
    rng = rng or random.Random(0)
    return _single(spec.strip(), settings, rng, further, first=True)


def _single(
    spec: str,
    settings: ModelSettings,
    rng: random.Random,
    further: Mapping[str, ModelMaker],
    *,
    first: bool,
) -> Model:
    kind, colon, rest = spec.partition(':')
    if kind in further:
        return further[kind](rest)
    if kind in settings.profiles.profiles and (rest or not colon):
        # Its package is large, and a double needs none of it.
        from vlm_nav.vlm.openai_model import OpenAiModel

        return OpenAiModel(settings.of(kind, rest, first=first), rng=rng)
    if kind == 'double':
        return RemoteDouble(rest)
    double = _scripted(rest, rng) if kind == 'scripted' else None
    if double is None:
        known = ', '.join((*known_specifications(settings), *further))
        raise UnknownModelError(f'wanted a model, got {spec!r}; known: {known}')
    return double


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
