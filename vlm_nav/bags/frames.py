"""Frames of a bag whose robot does not use the names that are usual."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from vlm_nav.messages.sights import SightSettings

_INSTEAD_OF_MAP = ('odom',)
_INSTEAD_OF_BASE = ('base_footprint', 'base')


def with_frames_of(
    settings: SightSettings, frames: Collection[str], stated: Collection[str]
) -> SightSettings:
    """Return the settings with frames that the bag has, where it lacks those of the defaults.

    A frame whose parameter is in `stated` stays as it is: somebody asked for it.
    """
    map_frame, base_frame = settings.map_frame, settings.base_frame
    if 'map_frame' not in stated:
        map_frame = _known(map_frame, _INSTEAD_OF_MAP, frames)
    if 'base_frame' not in stated:
        base_frame = _known(base_frame, _INSTEAD_OF_BASE, frames)
    return replace(settings, map_frame=map_frame, base_frame=base_frame)


def _known(name: str, others: Collection[str], frames: Collection[str]) -> str:
    return next((frame for frame in (name, *others) if frame in frames), name)
