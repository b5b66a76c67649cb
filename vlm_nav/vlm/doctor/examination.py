"""The order of an examination: what comes later makes sense where what comes before does."""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from vlm_nav.vlm.doctor import probes
from vlm_nav.vlm.doctor.findings import Finding, State, not_checked, not_ok, ok
from vlm_nav.vlm.doctor.probes import Probes
from vlm_nav.vlm.openai_settings import OpenAiSettings

if TYPE_CHECKING:
    from vlm_nav.vlm.openai_model import OpenAiModel

_WITH_PICTURES = (
    probes.ORDER,
    probes.FORM,
    probes.DISCS,
    probes.LATENCY,
    probes.TOKENS,
    probes.COORDINATES,
)


async def examine(
    model: OpenAiModel, timeout_s: float, rng: random.Random
) -> AsyncIterator[Finding]:
    """Yield what is found about a model and its endpoint, in about ten questions.

    Each question may take `timeout_s`; `rng` chooses what the pictures show.
    """
    probing = Probes(model, timeout_s, rng)
    key = key_finding(model.settings)
    yield key
    if key.state is State.NOT_OK:
        for subject in ('model list', probes.TEXT, probes.PICTURE, *_WITH_PICTURES):
            yield not_checked(subject, 'there is no key')
        return
    yield await probing.listed()
    text = await probing.text()
    yield text
    if text.state is not State.OK:
        for subject in (probes.PICTURE, *_WITH_PICTURES):
            yield not_checked(subject, 'words did not come back')
        return
    picture = await probing.picture()
    yield picture
    if picture.state is not State.OK:
        for subject in _WITH_PICTURES:
            yield not_checked(subject, 'the model does not see')
        return
    yield await probing.order()
    for finding in await probing.decisions():
        yield finding
    yield await probing.coordinates()


def key_finding(settings: OpenAiSettings) -> Finding:
    """Return whether there is a key where one is wanted; the key itself is not looked at."""
    variable = settings.api_key_variable
    where = f'{settings.endpoint()}, model {settings.model}'
    if os.environ.get(variable, '').strip():
        return ok('key and endpoint', f'{where}; the key of {variable}')
    if settings.base_url is not None:
        return ok('key and endpoint', f'{where}; without a key ({variable} is not set)')
    return not_ok('key and endpoint', f'{where}; {variable} is not set', f'export {variable}=...')
