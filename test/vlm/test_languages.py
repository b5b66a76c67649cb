"""An instruction in any language reaches the model as the person gave it, letter by letter."""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Callable
from dataclasses import replace

import pytest
from languages import INSTRUCTIONS

from vlm_nav.checks.known import CHECKS
from vlm_nav.core.deadline import Deadline
from vlm_nav.vlm.errors import ModelError
from vlm_nav.vlm.openai_model import OpenAiModel, OpenAiSettings
from vlm_nav.vlm.question import Purpose, Question
from vlm_nav.vlm.question_data import question_as_data, question_from_data
from vlm_nav.vlm.wording import wording

from .fault_server import says, serving

ASKED_OTHERWISE: dict[str, Callable[[Question], Question]] = {
    'as usual': lambda question: question,
    'about a point': lambda question: replace(question, purpose=Purpose.IMAGE_POINT),
    'criticised': lambda question: replace(question, chosen_before=2),
    **{
        name: lambda question, check=check: check(question, random.Random(0)).question
        for name, check in CHECKS.items()
    },
}


def between_tags(instruction: str) -> str:
    return f'<instruction>\n{instruction}\n</instruction>'


def test_the_examples_are_such_as_rewriting_would_change() -> None:
    assert len(INSTRUCTIONS) >= 20
    texts = INSTRUCTIONS.values()
    assert any(text != text.strip() for text in texts)
    assert any(text != ' '.join(text.split()) for text in texts)
    assert any(max(map(ord, text)) > 0xFFFF for text in texts)
    for form in ('NFC', 'NFD', 'NFKC'):
        assert any(text != unicodedata.normalize(form, text) for text in texts)


async def test_an_endpoint_gets_the_very_letters_of_every_instruction(question: Question) -> None:
    with serving(says()) as server:
        model = OpenAiModel(OpenAiSettings(model='seer', base_url=server.url))
        for instruction in INSTRUCTIONS.values():
            asked = replace(question, instruction=instruction)
            answer = await model.ask(asked, Deadline.after(10.0))
            assert answer.sent is not None
            assert between_tags(instruction) in answer.sent.text
        await model.aclose()
    assert len(server.bodies) == len(INSTRUCTIONS)
    for body, instruction in zip(server.bodies, INSTRUCTIONS.values(), strict=True):
        assert between_tags(instruction) in body['messages'][1]['content'][-1]['text']


@pytest.mark.parametrize('language', INSTRUCTIONS)
@pytest.mark.parametrize('how', ASKED_OTHERWISE)
def test_however_it_is_asked_the_instruction_stands_in_it_unchanged(
    question: Question, language: str, how: str
) -> None:
    asked = ASKED_OTHERWISE[how](replace(question, instruction=INSTRUCTIONS[language]))
    assert asked.instruction == INSTRUCTIONS[language]
    assert between_tags(INSTRUCTIONS[language]) in wording(asked).text


@pytest.mark.parametrize('language', INSTRUCTIONS)
def test_a_double_in_another_process_gets_it_unchanged(question: Question, language: str) -> None:
    asked = replace(question, instruction=INSTRUCTIONS[language])
    carried = json.loads(json.dumps(question_as_data(asked)))
    assert question_from_data(carried).instruction == INSTRUCTIONS[language]


async def test_half_a_letter_is_no_error_of_the_program(question: Question) -> None:
    with serving(says()) as server:
        model = OpenAiModel(OpenAiSettings(model='seer', base_url=server.url))
        asked = replace(question, instruction='go \ud83d there')
        try:
            with pytest.raises(ModelError):
                await model.ask(asked, Deadline.after(10.0))
        finally:
            await model.aclose()
