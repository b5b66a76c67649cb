"""Profiles: the ready ones, a user's own, and what single parameters set over them."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from vlm_nav.core.errors import InvalidValueError
from vlm_nav.vlm.coordinates import Convention
from vlm_nav.vlm.profiles import (
    ModelFileError,
    ModelProfile,
    ModelSettings,
    profiles_with,
    ready_profiles,
)

READY = ('openai', 'gemini', 'vllm', 'llama_cpp', 'ollama', 'sglang', 'lm_studio')
PORTS = {'vllm': 8000, 'llama_cpp': 8080, 'ollama': 11434, 'sglang': 30000, 'lm_studio': 1234}
OWN = """
profiles:
  ollama: {base_url: 'http://robot:11434/v1', model: molmo-7b, temperature: 0}
  rack:
    base_url: https://rack.example.org/v1
    api_key_variable: RACK_KEY
    reasoning_effort: low
    extra_body: {top_k: 1}
families: {molmo-7b-own: unit, my-model: pixel_sent}
"""


def own_file(tmp_path: Path, text: str = OWN) -> Path:
    path = tmp_path / 'models.yaml'
    path.write_text(text, encoding='utf-8')
    return path


def test_the_ready_profiles_are_those_of_the_config_folder() -> None:
    profiles = ready_profiles()
    assert tuple(profiles.profiles) == READY
    config = Path(__file__).resolve().parents[2] / 'config' / 'models.yaml'
    assert profiles_with(config) == profiles


@pytest.mark.parametrize('name', READY)
def test_every_ready_profile_can_be_asked_as_it_is(name: str) -> None:
    settings = ModelSettings(ready_profiles()).of(name)
    assert settings.model
    if name in PORTS:
        assert urlsplit(settings.base_url or '').port == PORTS[name]
        assert settings.is_loopback()
        assert settings.coordinates is Convention.QWEN2_5_VL


def test_a_model_that_is_named_brings_its_familys_convention() -> None:
    settings = ModelSettings(ready_profiles())
    conventions = {
        'Qwen/Qwen3-VL-8B-Instruct': Convention.QWEN3_VL,
        'allenai/Molmo-7B-D-0924': Convention.MOLMO,
        'allenai/Molmo2-8B': Convention.MOLMO_2,
        'gemini-robotics-er-1.5-preview': Convention.GEMINI,
        'gpt-4o': None,
    }
    for model, convention in conventions.items():
        assert settings.of('vllm', model).model == model
        assert settings.of('vllm', model).coordinates is convention


def test_a_file_of_ones_own_adds_to_the_ready_ones_and_goes_before_them(tmp_path: Path) -> None:
    profiles = profiles_with(own_file(tmp_path))
    assert set(profiles.profiles) == {*READY, 'rack'}
    settings = ModelSettings(profiles)
    ollama = settings.of('ollama')
    assert (ollama.base_url, ollama.max_pictures) == ('http://robot:11434/v1', None)
    assert (ollama.temperature, ollama.coordinates) == (0.0, Convention.MOLMO)
    rack = settings.of('rack', 'Molmo-7B-own')
    assert (rack.coordinates, rack.api_key_variable) == (Convention.UNIT, 'RACK_KEY')
    options = {name: value for name, value in rack.options().items() if value is not None}
    assert options == {'reasoning_effort': 'low', 'top_k': 1}


def test_a_profile_without_a_model_wants_one_named(tmp_path: Path) -> None:
    settings = ModelSettings(profiles_with(own_file(tmp_path)))
    with pytest.raises(InvalidValueError, match='rack:MODEL'):
        settings.of('rack')


def test_single_parameters_go_over_a_profile_and_a_named_model_over_them() -> None:
    settings = ModelSettings(
        ready_profiles(),
        over_all={'detail': 'low', 'coordinates': 'unit'},
        over_first={'model': 'mine', 'base_url': 'http://localhost:9/v1'},
    )
    first = settings.of('vllm')
    assert (first.model, first.base_url) == ('mine', 'http://localhost:9/v1')
    assert settings.of('vllm', 'theirs').model == 'theirs'
    later = settings.of('ollama', first=False)
    assert (later.model, urlsplit(later.base_url or '').port) == ('qwen2.5vl:7b', 11434)
    for each in (first, later):
        assert (each.detail, each.coordinates) == ('low', Convention.UNIT)


def test_a_picture_is_no_larger_than_profile_and_parameter_allow(tmp_path: Path) -> None:
    own = own_file(tmp_path, 'profiles: {small: {model: m, max_image_side_px: 700}}')
    for largest_px, sent_px in ((1024, 700), (512, 512)):
        settings = ModelSettings(profiles_with(own), {'max_image_side_px': largest_px})
        assert settings.of('small').max_image_side_px == sent_px


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('profiles: {a: {model: m, api_key: sk-secret-0123456789}}', 'api_key'),
        ('profiles: {a: {model: m, base_url: "ftp://x"}}', 'base_url'),
        ('profiles: {a: {model: m, extra_body: {messages: []}}}', 'messages'),
        ('profiles: {a: {model: m, jpeg_quality: 90}}', 'vlm.jpeg_quality'),
        ('families: {a: nowhere}', 'families'),
        ('profile: {}', 'profile'),
        ('[]', 'models'),
        ('{{{', 'models'),
        ('a: !!python/object/apply:os.system ["true"]', 'models'),
        ('[' * 5000, 'models'),
    ],
)
def test_a_file_with_anything_else_in_it_is_refused_without_showing_values(
    tmp_path: Path, text: str, words: str
) -> None:
    path = own_file(tmp_path, text)
    with pytest.raises(ModelFileError, match=words) as caught:
        profiles_with(path)
    assert str(path) in str(caught.value)
    assert 'sk-secret' not in str(caught.value)


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / 'nowhere.yaml', tmp_path):
        with pytest.raises(ModelFileError, match=re.escape(str(path))):
            profiles_with(path)


def test_the_page_about_models_names_every_profile_entry_and_convention() -> None:
    page = (Path(__file__).resolve().parents[2] / 'docs' / 'models.md').read_text(encoding='utf-8')
    own = ModelProfile.model_fields.keys() - {'attempt_limit', 'jpeg_quality', 'max_picture_kb'}
    for name in (*READY, *own, *(convention.value for convention in Convention)):
        assert f'`{name}`' in page, name
