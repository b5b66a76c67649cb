"""Questions through a real gateway, LiteLLM's proxy, as somebody else's code speaks the protocol.

`scripts/gateway` installs it. Behind it stands the fault server, whose answers it passes on.
"""

from __future__ import annotations

import base64
import json
import os
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from vlm_nav.core.deadline import Deadline
from vlm_nav.core.reasons import AskingReason
from vlm_nav.vlm.doctor.examination import examine
from vlm_nav.vlm.doctor.findings import State
from vlm_nav.vlm.errors import ModelError
from vlm_nav.vlm.openai_model import OpenAiModel, OpenAiSettings
from vlm_nav.vlm.question import Answer, Question

from .fault_server import FAULTS, Behaviour, FaultServer, says, serving
from .seeing_double import sees

ROOT = Path(__file__).resolve().parents[2]
KEY = 'sk-gateway-0123456789'
STARTS_WITHIN_S = 90.0
PATIENCE_S = 20.0
MOCKED = '{"reason": "mocked", "points": [3], "none": false, "arrived": false}'


@dataclass(frozen=True)
class Gateway:
    """A running gateway, and the server behind it."""

    url: str
    behind: FaultServer


def installed() -> Path:
    """Return the gateway's program; skip where it is not installed."""
    where = subprocess.run(
        [ROOT / 'scripts' / 'gateway', '--where'], capture_output=True, text=True, check=False
    )
    if where.returncode != 0:
        pytest.skip('no gateway: run scripts/gateway')
    return Path(where.stdout.strip(), 'bin', 'litellm')


def configuration(upstream: str) -> dict[str, Any]:
    """Return what the gateway serves: a model of its own, and the one of a server behind it."""
    own = {'model': 'openai/any', 'api_key': 'unused', 'mock_response': MOCKED}
    passed_on = {'model': 'openai/seer', 'api_key': 'upstream', 'api_base': upstream}
    return {
        'model_list': [
            {'model_name': 'mocked', 'litellm_params': own},
            {'model_name': 'seer', 'litellm_params': {**passed_on, 'max_retries': 0}},
        ],
        'router_settings': {'num_retries': 0, 'disable_cooldowns': True},
        'general_settings': {'master_key': KEY},
    }


def wait_until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Wait for the gateway; fail with what it said where it ends or stays silent."""
    end_s = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < end_s and process.poll() is None:
        with suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f'{url}/health/liveliness', timeout=5.0).close()
            return
        time.sleep(0.1)
    pytest.fail(f'the gateway did not start:\n{log.read_text()[-2000:]}')


@pytest.fixture(scope='module')
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Give a gateway on a free port."""
    program = installed()
    folder = tmp_path_factory.mktemp('gateway')
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    # Its own environment: neither keys nor the libraries of this one, and no look at a network.
    environment = {
        'HOME': str(folder), 'PATH': os.defpath, 'LITELLM_LOCAL_MODEL_COST_MAP': 'True',
        'NO_PROXY': '*',
    }  # fmt: skip
    with serving(says()) as behind, (folder / 'log').open('wb') as log:
        (folder / 'config.yaml').write_text(json.dumps(configuration(behind.url)))
        process = subprocess.Popen(
            [program, '--config', 'config.yaml', '--host', '127.0.0.1', '--port', str(port),
             '--telemetry', 'False'],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )  # fmt: skip
        try:
            url = f'http://127.0.0.1:{port}'
            wait_until_it_answers(process, url, folder / 'log')
            yield Gateway(f'{url}/v1', behind)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE_S)


async def asked(
    gateway: Gateway, question: Question, behaviour: Behaviour, **options: Any
) -> Answer | ModelError:
    """Return how a question through the gateway ends while its server behaves so."""
    within_s = options.pop('within_s', PATIENCE_S)
    gateway.behind.behaviours[:] = [behaviour]
    gateway.behind.bodies.clear()
    settings = {'model': 'seer', 'base_url': gateway.url, 'api_key_variable': 'GATEWAY_KEY'}
    model = OpenAiModel(OpenAiSettings(**{**settings, **options}), rng=random.Random(3))
    try:
        return await model.ask(question, Deadline.after(within_s))
    except ModelError as error:
        return error
    finally:
        await model.aclose()


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('GATEWAY_KEY', KEY)


async def test_the_gateways_own_model_answers(gateway: Gateway, question: Question) -> None:
    answer = await asked(gateway, question, says(), model='mocked')
    assert isinstance(answer, Answer), answer
    assert (answer.labels, answer.reason, answer.raw_text) == ((3,), 'mocked', MOCKED)
    assert answer.tokens.prompt > 0
    assert answer.tokens.completion > 0
    assert gateway.behind.bodies == []


async def test_pictures_schema_and_options_come_out_behind_it_as_they_went_in(
    gateway: Gateway, question: Question
) -> None:
    answer = await asked(gateway, question, says(), temperature=0.0, max_tokens=99)
    assert isinstance(answer, Answer), answer
    assert answer.labels == (2, 1)
    assert (answer.tokens.prompt, answer.tokens.completion) == (700, 20)
    (body,) = gateway.behind.bodies
    picture, text = body['messages'][1]['content']
    assert answer.sent is not None
    data = picture['image_url']['url'].removeprefix('data:image/jpeg;base64,')
    assert base64.b64decode(data) == answer.sent.pictures[0].data
    assert text['text'] == answer.sent.text
    assert body['response_format']['json_schema']['strict'] is True
    assert (body['temperature'], body['max_tokens']) == (0.0, 99)


@pytest.mark.parametrize(
    ('fault', 'reason'),
    [
        ('429', AskingReason.VLM_UNREACHABLE),
        ('500', AskingReason.VLM_UNREACHABLE),
        ('404', AskingReason.VLM_REFUSED),
        ('refusal', AskingReason.VLM_REFUSED),
        ('no content', AskingReason.VLM_UNUSABLE),
        ('length cut', AskingReason.VLM_UNUSABLE),
        ('wrong labels', AskingReason.VLM_UNUSABLE),
    ],
)
async def test_a_fault_behind_the_gateway_has_its_reason(
    fault: str, reason: AskingReason, gateway: Gateway, question: Question
) -> None:
    error = await asked(gateway, question, FAULTS[fault], attempt_limit=1)
    assert isinstance(error, ModelError), error
    assert error.reason is reason, error
    assert len(gateway.behind.bodies) == 1


async def test_a_server_that_hangs_behind_the_gateway_is_late_in_time(
    gateway: Gateway, question: Question
) -> None:
    began_s = time.monotonic()
    error = await asked(gateway, question, FAULTS['hang'], within_s=0.5)
    assert time.monotonic() - began_s < 0.5 + 0.5
    assert isinstance(error, ModelError)
    assert error.reason is AskingReason.VLM_LATE


@pytest.mark.parametrize('wrong', [{'model': 'nobody'}, {'api_key_variable': 'OTHER_KEY'}])
async def test_a_wrong_model_or_key_is_refused_by_the_gateway_itself_and_no_key_is_told(
    wrong: dict[str, str],
    gateway: Gateway,
    question: Question,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv('OTHER_KEY', 'sk-another-0123456789')
    error = await asked(gateway, question, says(), **wrong)
    assert isinstance(error, ModelError), error
    assert error.reason is AskingReason.VLM_REFUSED
    assert gateway.behind.bodies == []
    for key in (KEY, 'sk-another-0123456789'):
        assert key not in f'{error} {error!r}'


async def test_the_doctor_finds_everything_in_order_through_the_gateway(gateway: Gateway) -> None:
    gateway.behind.behaviours[:] = [sees()]
    settings = OpenAiSettings(
        model='seer', base_url=gateway.url, api_key_variable='GATEWAY_KEY', coordinates='qwen3_vl'
    )
    model = OpenAiModel(settings)
    findings = [each async for each in examine(model, PATIENCE_S, random.Random(4))]
    await model.aclose()
    assert {finding.state for finding in findings} == {State.OK}, findings
    assert 'seer is one of 2' in findings[1].words
