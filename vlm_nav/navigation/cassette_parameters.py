"""The parameters of a cassette: answers that are recorded, or played again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.navigation.parameters import Parameter
from vlm_nav.vlm.cassette import CassetteMode, CassetteSettings

CASSETTE_PARAMETERS: tuple[Parameter, ...] = (
    Parameter('cassette', '', 'folder of a cassette: camera pictures, questions and answers'),
    Parameter(
        'cassette_mode',
        CassetteMode.LIVE.value,
        'what the cassette is for',
        one_of=tuple(mode.value for mode in CassetteMode),
    ),
)
"""Where answers are kept or come from."""


def cassette_settings(values: Mapping[str, Any]) -> CassetteSettings | None:
    """Return the settings of values, None where there is no cassette.

    Raises InvalidValueError for a mode that wants a cassette where none is named.
    """
    mode, folder = CassetteMode(values['cassette_mode']), values['cassette']
    if folder:
        return CassetteSettings(Path(folder).expanduser(), mode)
    if mode is not CassetteMode.LIVE:
        raise InvalidValueError(f'cassette_mode {mode.value} wants a folder: set cassette')
    return None
