"""Which model the command line asks: options, parameters and variables of the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vlm_nav.cli.decision_options import DecisionOptions, settings_of, values_of
from vlm_nav.core.errors import InvalidValueError


@pytest.fixture(autouse=True)
def _variables_of_openai(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('OPENAI_BASE_URL', 'http://localhost:7/v1')
    monkeypatch.setenv('OPENAI_MODEL', 'of-the-variable')


def first_model(**options: Any) -> tuple[str, str | None]:
    """Return the model that is asked with these options, and where."""
    settings = settings_of(values_of(DecisionOptions(**options).given()))
    name, _, model = settings.model_spec.partition(',')[0].partition(':')
    asked = settings.models.of(name, model)
    return asked.model, asked.base_url


@pytest.mark.parametrize('spec', [None, 'openai', 'openai,ollama'])
def test_the_variables_of_openai_hold_where_its_profile_is_asked_first(spec: str | None) -> None:
    assert first_model(vlm=spec) == ('of-the-variable', 'http://localhost:7/v1')


def test_a_model_that_is_named_goes_over_the_variable() -> None:
    assert first_model(vlm='openai:mine')[0] == 'mine'
    assert first_model(model='mine')[0] == 'mine'


@pytest.mark.parametrize('spec', ['ollama', 'ollama,openai'])
def test_the_variables_of_openai_lead_no_other_profile_astray(spec: str) -> None:
    assert first_model(vlm=spec) == ('qwen2.5vl:7b', 'http://127.0.0.1:11434/v1')


def test_a_file_of_ones_own_is_named_by_a_parameter(tmp_path: Path) -> None:
    file = tmp_path / 'models.yaml'
    file.write_text('profiles: {rack: {base_url: "http://rack/v1", model: m}}', encoding='utf-8')
    given = [f'vlm.models_file:={file}']
    assert first_model(vlm='rack', param=given) == ('m', 'http://rack/v1')
    with pytest.raises(InvalidValueError, match='rack'):
        first_model(vlm='rack')
