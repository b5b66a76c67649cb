"""Models by name, for parameters and command lines."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from vlm_nav.core.candidate import Pixel
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.vlm import doubles
from vlm_nav.vlm.model import Model
from vlm_nav.vlm.openai_settings import OpenAiSettings
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


def known_specifications() -> tuple[str, ...]:
    """Return every form that `model_from_spec` takes."""
    scripted = (f'scripted:{name}{form and ":" + form}' for name, (form, _) in _SCRIPTED.items())
    return ('openai', *scripted, 'double:URL')


def model_from_spec(
    spec: str,
    *,
    settings: OpenAiSettings | None = None,
    rng: random.Random | None = None,
    further: Mapping[str, ModelMaker] = MappingProxyType({}),
) -> Model:
    """Return the model that `spec` names: `openai`, or a double such as `scripted:first`.

    `openai` takes its endpoint from `settings`. U and V are a pixel of the first camera's
    picture, P the share of wrong answers, SECONDS a delay. URL is where a simulator answers.
    `rng` drives what is random. `further` are models that a higher room adds by their names; each
    is made from what follows its name. Raises `UnknownModelError`, which names the known forms,
    for anything else.
    """
    rng = rng or random.Random(0)
    kind, _, rest = spec.strip().partition(':')
    if kind in further:
        return further[kind](rest)
    if kind == 'openai' and not rest:
        if settings is None:
            raise UnknownModelError('model "openai" wants settings with a model name, got none')
        # Its package is large, and a double needs none of it.
        from vlm_nav.vlm.openai_model import OpenAiModel

        return OpenAiModel(settings, rng=rng)
    if kind == 'double':
        return RemoteDouble(rest)
    name, _, values = rest.partition(':')
    if kind != 'scripted' or name not in _SCRIPTED:
        raise _unknown(spec, further)
    form, make = _SCRIPTED[name]
    try:
        numbers = [float(value) for value in values.split(',')] if values else []
    except ValueError:
        raise _unknown(spec, further) from None
    if len(numbers) != len(form.split(',')) * bool(form):
        raise _unknown(spec, further)
    return make(numbers, rng)


def _unknown(spec: str, further: Iterable[str]) -> UnknownModelError:
    known = ', '.join((*known_specifications(), *further))
    return UnknownModelError(f'wanted a model, got {spec!r}; known: {known}')


def _pixel(at: list[float]) -> Pixel:
    return Pixel(at[0], at[1])
