"""The figures of `vlm-nav bench ask` are measured, whatever they are."""

from __future__ import annotations

import json
import math
import multiprocessing
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from vlm_nav.bench.answering_server import answering
from vlm_nav.bench.ask import question_of
from vlm_nav.cli.bench import bench
from vlm_nav.core.deadline import Deadline
from vlm_nav.vlm.openai_model import OpenAiModel, OpenAiSettings

LITTLE = ('ask', '--calls', '3', '--at-once', '4')


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ('OPENAI_API_KEY', 'OPENAI_BASE_URL', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY'):
        monkeypatch.delenv(name, raising=False)


async def test_the_server_answers_a_question_as_a_model_would_and_ends_with_its_user() -> None:
    question = question_of(np.zeros((480, 640, 3), dtype=np.uint8))
    with answering(0.0) as url:
        model = OpenAiModel(OpenAiSettings(model='m', base_url=url))
        answers = [await model.ask(question, Deadline.after(30.0)) for _ in range(2)]
        await model.aclose()
    assert [answer.labels for answer in answers] == [(2, 1)] * 2
    assert answers[0].tokens.prompt == 700
    assert multiprocessing.active_children() == []


def test_the_figures_add_up_and_are_told_as_json_and_in_words(tmp_path: Path) -> None:
    said = CliRunner().invoke(bench, [*LITTLE, '--data', str(tmp_path), '--json'])
    assert said.exit_code == 0, said.output
    figures = json.loads(said.stdout)
    assert {'overhead_ms', 'loop_lag_ms'} <= figures.keys()
    numbers = [figures[name] for name in ('ask_ms', 'client_ms', 'jpeg_ms', 'loop_lag_ms')]
    assert all(math.isfinite(number) and number > 0.0 for number in numbers)
    assert figures['ask_ms'] > figures['jpeg_ms']
    assert len(figures['loop_lags_ms']) == 5
    assert figures['loop_lag_ms'] in figures['loop_lags_ms']
    assert (figures['calls'], figures['at_once']) == (3, 4)
