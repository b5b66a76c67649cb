"""The parameters that say which model is asked, and how pictures are shown to it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vlm_nav.navigation.parameters import Parameter
from vlm_nav.vlm.coordinates import Convention
from vlm_nav.vlm.profiles import ModelSettings, profiles_with

_AS_PROFILE = 'profile'
_OVER_ALL = (
    'detail',
    'coordinates',
    'jpeg_quality',
    'max_picture_kb',
    'max_image_side_px',
    'attempt_limit',
)
_OVER_FIRST = ('model', 'base_url', 'api_key_variable')

MODEL_PARAMETERS: tuple[Parameter, ...] = (
    Parameter('vlm.spec', 'openai', 'which model: a profile, or a double such as scripted:first'),
    Parameter('vlm.models_file', '', 'profiles of your own, as in config/models.yaml'),
    Parameter('vlm.model', '', "name of the model at its endpoint; empty: the profile's"),
    Parameter('vlm.base_url', '', "endpoint; empty: the profile's"),
    Parameter('vlm.api_key_variable', '', "variable with the key; empty: the profile's"),
    Parameter(
        'vlm.detail',
        _AS_PROFILE,
        'detail of pictures',
        one_of=(_AS_PROFILE, 'low', 'high', 'auto'),
    ),
    Parameter(
        'vlm.coordinates',
        _AS_PROFILE,
        'how the model writes places in pictures',
        one_of=(_AS_PROFILE, *(item.value for item in Convention)),
    ),
    Parameter('vlm.jpeg_quality', 85, 'best quality of pictures', 80, 100),
    Parameter(
        'vlm.max_picture_kb',
        60,
        'most kB of a picture of 640 x 480, others in proportion; 0: any',
        0,
        10_000,
    ),
    Parameter('vlm.max_image_side_px', 1024, 'longest side of a sent picture', 64, 8192),
    Parameter('vlm.max_tokens', 0, "longest answer; 0: the profile's", 0, 10**6),
    Parameter('vlm.attempt_limit', 3, 'tries for one answer', 1, 20),
    Parameter(
        'vlm.hedge_after_s', 0.0, "when a second request is sent; 0: the profile's", 0.0, 3600.0
    ),
)
"""Which model, where, and what it is sent."""


def model_settings(values: Mapping[str, Any]) -> ModelSettings:
    """Return the models' profiles as the values of the parameters `vlm.*` change them."""
    file = values['vlm.models_file']
    profiles = profiles_with(Path(os.path.expanduser(file)) if file else None)
    over_all = {name: values[f'vlm.{name}'] for name in _OVER_ALL}
    over_all = {name: value for name, value in over_all.items() if value != _AS_PROFILE}
    over_all |= {
        name: values[f'vlm.{name}']
        for name in ('max_tokens', 'hedge_after_s')
        if values[f'vlm.{name}']
    }
    over_first = {name: values[f'vlm.{name}'] for name in _OVER_FIRST}
    return ModelSettings(
        profiles, over_all, {name: value for name, value in over_first.items() if value}
    )
