"""A cassette by parameters."""

from __future__ import annotations

from pathlib import Path

import pytest

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.navigation.cassette_parameters import CASSETTE_PARAMETERS, cassette_settings
from vlm_nav.navigation.parameters import problems
from vlm_nav.vlm.cassette import CassetteMode, CassetteSettings


def test_a_folder_and_a_mode_make_a_cassette() -> None:
    given = {'cassette': '~/tape', 'cassette_mode': 'replay'}
    found = cassette_settings(given)
    assert found == CassetteSettings(Path.home() / 'tape', CassetteMode.REPLAY)


def test_by_default_there_is_none() -> None:
    assert cassette_settings({one.name: one.default for one in CASSETTE_PARAMETERS}) is None


def test_a_mode_without_a_folder_is_refused() -> None:
    with pytest.raises(InvalidValueError, match='wants a folder'):
        cassette_settings({'cassette': '', 'cassette_mode': 'record'})


def test_an_unknown_mode_is_refused_by_the_table() -> None:
    (problem,) = problems(CASSETTE_PARAMETERS, {'cassette_mode': 'rewind'})
    assert 'replay_or_fail' in problem
