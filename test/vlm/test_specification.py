"""Models are found by name, and an unknown name is answered with the known ones."""

import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.vlm import doubles
from vlm_nav.vlm.model import notice_of
from vlm_nav.vlm.openai_model import OpenAiModel
from vlm_nav.vlm.question import Question
from vlm_nav.vlm.specification import (
    UnknownModelError,
    known_specifications,
    model_from_spec,
    specified_names,
)


@pytest.mark.parametrize(
    ('spec', 'kind'),
    [
        ('scripted:nearest:320,240', doubles.NearestToTarget),
        ('scripted:noisy:320,240,0.3', doubles.NoisyNearest),
        ('scripted:first', doubles.AlwaysFirst),
        ('scripted:random', doubles.RandomChoice),
        ('scripted:none', doubles.SaysNone),
        ('scripted:arrived', doubles.SaysArrived),
        ('scripted:refuser', doubles.Refuser),
        ('scripted:malformed', doubles.Malformed),
        ('scripted:undrawn', doubles.NamesUndrawn),
        ('scripted:slow:0.5', doubles.Slow),
    ],
)
def test_every_double_has_a_name(spec: str, kind: type) -> None:
    assert type(model_from_spec(spec)) is kind


async def test_the_pixel_of_a_specification_is_the_target(question: Question) -> None:
    model = model_from_spec('scripted:nearest:541.5,399')
    assert (await model.ask(question, Deadline.after(5.0))).labels[0] == 3


@pytest.mark.parametrize('spec', ['openai', 'openai:gpt-9', 'ollama:qwen2.5vl:7b', ' vllm '])
def test_a_profile_is_a_model(spec: str) -> None:
    assert isinstance(model_from_spec(spec), OpenAiModel)


@pytest.mark.parametrize(
    'spec',
    ['', 'gpt', 'scripted', 'scripted:', 'scripted:oracle', 'scripted:nearest',
     'scripted:nearest:3', 'scripted:nearest:3,b', 'scripted:nearest:1,2,3', 'scripted:first:1',
     'openai:', 'scripted:slow:'],
)  # fmt: skip
def test_an_unknown_specification_names_the_known_ones(spec: str) -> None:
    with pytest.raises(UnknownModelError) as caught:
        model_from_spec(spec)
    for known in known_specifications():
        assert known in str(caught.value)


def test_a_higher_room_adds_models_by_name() -> None:
    further = {'seer': lambda rest: doubles.Slow(doubles.AlwaysFirst(), float(rest))}
    assert isinstance(model_from_spec('seer:0.5', further=further), doubles.Slow)
    with pytest.raises(UnknownModelError, match='seer'):
        model_from_spec('oracle', further=further)


def test_doubles_say_that_no_model_answers_and_models_say_nothing() -> None:
    assert 'not from a model' in notice_of(model_from_spec('scripted:slow:0.5'))
    assert notice_of(model_from_spec('openai')) == ''


def test_a_comma_before_a_number_belongs_to_a_specification() -> None:
    spec = 'gemini, scripted:noisy:320,240,0.3,ollama:qwen2.5vl:7b'
    names = ('gemini', 'scripted:noisy:320,240,0.3', 'ollama:qwen2.5vl:7b')
    assert specified_names(spec) == names


@pytest.mark.parametrize('spec', ['openai,openai', 'gemini, scripted:first,gemini'])
def test_a_model_that_is_named_twice_is_refused(spec: str) -> None:
    with pytest.raises(UnknownModelError, match='twice'):
        model_from_spec(spec)
