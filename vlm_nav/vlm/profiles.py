"""Endpoints and models by name: the ready ones of config/models.yaml, and a user's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.vlm.coordinates import Convention
from vlm_nav.vlm.openai_settings import OpenAiSettings

READY_FILE = 'models.yaml'
_LARGEST_BYTES = 1_000_000


class ModelFileError(InvalidValueError):
    """A file of models holds none, or something in it that a profile may not have."""


class ModelProfile(OpenAiSettings):
    """An endpoint by name; without a `model` of its own one has to be named with it.

    How pictures are compressed and how often is tried are parameters for all models alike.
    """

    model: str = ''

    @model_validator(mode='after')
    def _leaves_parameters_alone(self) -> ModelProfile:
        stray = sorted({'attempt_limit', 'jpeg_quality', 'max_picture_kb'} & self.model_fields_set)
        if stray:
            raise ValueError(f'{", ".join(stray)}: a parameter (vlm.{stray[0]}), in no profile')
        return self


class ModelProfiles(BaseModel):
    """What a file of models holds: profiles by name, and conventions by parts of models' names."""

    model_config = ConfigDict(extra='forbid', frozen=True, hide_input_in_errors=True)

    profiles: dict[str, ModelProfile] = {}
    families: dict[str, Convention] = {}

    def joined(self, own: ModelProfiles) -> ModelProfiles:
        """Return these with a user's `own` over and before them."""
        return ModelProfiles(
            profiles={**self.profiles, **own.profiles},
            families={**own.families, **self.families},
        )

    def convention_of(self, model: str) -> Convention | None:
        """Return how the family of `model` writes a place in a picture, None where none fits."""
        name = model.lower()
        return next((found for part, found in self.families.items() if part.lower() in name), None)


@dataclass(frozen=True)
class ModelSettings:
    """The profiles, and what single parameters set over them, by the names of their fields.

    `over_all` holds for every model that is named, `over_first` for the first of a list alone: a
    model's name, an endpoint and its key belong to one model.
    """

    profiles: ModelProfiles
    over_all: Mapping[str, Any] = field(default_factory=dict)
    over_first: Mapping[str, Any] = field(default_factory=dict)

    def of(self, name: str, model: str = '', *, first: bool = True) -> OpenAiSettings:
        """Return the settings of profile `name`, asking `model` where one is named.

        A picture is sent no larger than both the profile and `over_all` allow. Raises
        InvalidValueError where no model is named anywhere, or values do not fit.
        """
        profile = self.profiles.profiles[name]
        values = profile.model_dump(exclude_unset=True) | dict(self.over_all)
        values |= dict(self.over_first) if first else {}
        values['model'] = model or values.get('model', '')
        largest_px = values.get('max_image_side_px', profile.max_image_side_px)
        values['max_image_side_px'] = min(largest_px, profile.max_image_side_px)
        if not values['model']:
            raise InvalidValueError(f'profile {name!r} names no model: write {name}:MODEL')
        if values.get('coordinates') is None:
            values['coordinates'] = self.profiles.convention_of(values['model'])
        return OpenAiSettings(**values)


def ready_profiles() -> ModelProfiles:
    """Return what the package brings: config/models.yaml."""
    text = resources.files('vlm_nav.vlm').joinpath(READY_FILE).read_text(encoding='utf-8')
    return _read(text, READY_FILE)


def profiles_with(own: Path | None) -> ModelProfiles:
    """Return the ready profiles with those of a user's `own` file; raises ModelFileError."""
    ready = ready_profiles()
    if own is None:
        return ready
    try:
        if own.stat().st_size > _LARGEST_BYTES:
            raise ModelFileError(f'a file of models was wanted, {own} is too large')
        text = own.read_text(encoding='utf-8')
    except (OSError, ValueError) as error:
        raise ModelFileError(f'a file of models was wanted, got {own}: {error}') from error
    return ready.joined(_read(text, str(own)))


def _read(text: str, source: str) -> ModelProfiles:
    try:
        return ModelProfiles.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, RecursionError, ValidationError) as error:
        raise ModelFileError(
            f'a file of models (profiles: ..., families: ...) was wanted, got {source}: {error}'
        ) from error
