"""`vlm-nav` as somebody types it."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from pathlib import Path

import pytest
from command_line import Command, as_process

from vlm_nav.core.decision import Decision, DecisionOutcome
from vlm_nav.core.reasons import AskingReason
from vlm_nav.navigation.events import Decided, Ended, Started
from vlm_nav.records.write import RecordWriter
from vlm_nav.vlm.specification import known_specifications

INSTRUCTION = 'go to the [red] chair :smile: [/x]'


def one_line(text: str) -> str:
    """Return the only line of the text."""
    (line,) = text.splitlines()
    return line


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Give the folder of a record that the writer made."""
    problems: list[str] = []
    writer = RecordWriter(tmp_path, on_problem=problems.append)
    decision = Decision(
        DecisionOutcome.HOLD,
        INSTRUCTION,
        reason=AskingReason.VLM_LATE,
        detail='no answer in 20 s from the endpoint that was asked for one',
        record='ab12',
    )

    async def write() -> None:
        for event in (Started('ab12', INSTRUCTION), Decided(decision), Ended(decision, None)):
            writer(event)

    asyncio.run(write())
    assert problems == []
    return tmp_path / 'ab12'


def test_the_version_is_that_of_the_package() -> None:
    assert one_line(as_process('--version').stdout) == version('vlm_nav')


def test_the_models_are_listed_by_what_the_parameter_takes(vlm_nav: Command) -> None:
    said = vlm_nav('models')
    assert said.status == 0
    assert tuple(said.stdout.splitlines()) == known_specifications()


def test_a_record_is_said_in_one_line_with_its_words_as_they_are(
    vlm_nav: Command, record: Path
) -> None:
    said = vlm_nav('record', str(record))
    assert said.status == 0, said.stderr
    line = one_line(said.stdout)
    for words in ('ab12', INSTRUCTION, 'hold', 'vlm_late', 'no answer in 20 s'):
        assert words in line


@pytest.mark.parametrize('name', ['no_such', '[/x]', 'two\nlines', '.'])
def test_a_folder_that_is_no_record_is_refused_in_one_line(
    vlm_nav: Command, tmp_path: Path, name: str
) -> None:
    said = vlm_nav('record', str(tmp_path / name))
    assert (said.status, said.stdout) == (1, '')
    line = one_line(said.stderr)
    assert line.startswith('vlm-nav: ')
    assert 'decision.json' in line
    assert name.split('\n', maxsplit=1)[0] in line


def test_a_damaged_record_is_refused_in_one_line(vlm_nav: Command, record: Path) -> None:
    (record / 'decision.json').write_text('{"format_version": 1, "half')
    said = vlm_nav('record', str(record))
    assert said.status == 1
    assert 'decision.json' in one_line(said.stderr)


def test_without_a_command_the_commands_are_shown(vlm_nav: Command) -> None:
    said = vlm_nav()
    for command in ('models', 'record', 'replay', 'pivot', 'check-calibration'):
        assert command in said.stdout + said.stderr
