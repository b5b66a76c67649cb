"""An examination tells what a model can do and what it cannot, each with its remedy."""

from __future__ import annotations

import random
from typing import Any

import pytest

from vlm_nav.vlm.coordinates import Convention
from vlm_nav.vlm.doctor.examination import examine
from vlm_nav.vlm.doctor.findings import Finding, State
from vlm_nav.vlm.doctor.pictures import numbers
from vlm_nav.vlm.doctor.probes import Probes
from vlm_nav.vlm.openai_model import OpenAiModel, OpenAiSettings

from ..fault_server import Behaviour, FaultServer, fails, hangs, says, serving
from ..seeing_double import Sight, sees

SUBJECTS = [
    'key and endpoint', 'model list', 'text round trip', 'picture round trip',
    'order of two pictures', 'answer form', 'numbered discs', 'latency', 'tokens', 'coordinates',
]  # fmt: skip
QUESTIONS_WITH_PICTURES = 8
KEY = 'sk-secret-0123456789'


async def found(
    behaviour: Behaviour, *, models: list[str] | None = None, timeout_s: float = 20.0, **given: Any
) -> tuple[dict[str, Finding], FaultServer]:
    """Return what is found about a server that behaves so."""
    with serving(behaviour) as server:
        server.models = models
        settings = {'model': 'seer', 'base_url': server.url, 'coordinates': 'qwen3_vl', **given}
        model = OpenAiModel(OpenAiSettings(**settings))
        findings = [each async for each in examine(model, timeout_s, random.Random(4))]
        await model.aclose()
    assert [finding.subject for finding in findings] == SUBJECTS
    for finding in findings:
        assert finding.words
        assert bool(finding.remedy) or finding.state is not State.NOT_OK
    return {finding.subject: finding for finding in findings}, server


def wrong(findings: dict[str, Finding]) -> set[str]:
    """Return what is not ok."""
    return {name for name, finding in findings.items() if finding.state is State.NOT_OK}


async def test_a_model_that_sees_everything_is_ok_throughout() -> None:
    findings, server = await found(sees(), models=['other', 'seer'])
    assert {finding.state for finding in findings.values()} == {State.OK}
    assert 'seer is one of 2' in findings['model list'].words
    assert '5 of 5' in findings['numbered discs'].words
    assert '700 to ask and 20 to answer' in findings['tokens'].words
    assert 'median' in findings['latency'].words
    assert findings['answer form'].words == 'json_schema'
    assert len(server.bodies) == 1 + QUESTIONS_WITH_PICTURES


def test_what_the_pictures_show_depends_on_the_seed() -> None:
    shown = [tuple(numbers(random.Random(seed), 3)) for seed in (0, 0, 1, 2, 3)]
    assert shown[0] == shown[1]
    assert len(set(shown)) > 2


async def test_a_model_that_sees_no_pictures_is_found_out_and_asked_no_more_about_any() -> None:
    findings, server = await found(sees(Sight(sees=False)), models=['seer'])
    assert wrong(findings) == {'picture round trip'}
    assert findings['coordinates'].state is State.NOT_CHECKED
    assert len(server.bodies) == 2


@pytest.mark.parametrize(
    ('sight', 'subject', 'remedy'),
    [
        (Sight(first_picture_first=False), 'order of two pictures', 'one camera'),
        (Sight(chooses_right=False), 'numbered discs', 'stronger model'),
        (Sight(pointing='down_first'), 'coordinates', 'vlm.coordinates: gemini'),
        (Sight(pointing='nowhere'), 'coordinates', 'numbered discs'),
    ],
)
async def test_the_one_thing_that_a_model_cannot_do_is_named_with_its_remedy(
    sight: Sight, subject: str, remedy: str
) -> None:
    findings, _ = await found(sees(sight), models=['seer'])
    assert wrong(findings) == {subject}
    assert remedy in findings[subject].remedy


async def test_a_schema_that_is_refused_is_told_and_nothing_wrong() -> None:
    findings, _ = await found(sees(Sight(takes_schemas=False)), models=['seer'])
    assert wrong(findings) == set()
    assert findings['answer form'].words == 'text; json_schema was refused'


async def test_a_schema_that_is_taken_and_passed_over_is_told() -> None:
    findings, _ = await found(sees(Sight(keeps_to_schemas=False)), models=['seer'])
    assert wrong(findings) == set()
    told = 'json_schema is taken, and 5 of 5 answers do not keep to it'
    assert findings['answer form'].words == told


async def test_what_cannot_be_known_is_not_checked() -> None:
    sight = Sight(counts_tokens=False)
    findings, _ = await found(sees(sight), coordinates=None, max_pictures=1)
    unchecked = {name for name, finding in findings.items() if finding.state is State.NOT_CHECKED}
    assert unchecked == {'model list', 'order of two pictures', 'tokens', 'coordinates'}
    _, _, convention = findings['coordinates'].remedy.partition('set vlm.coordinates: ')
    assert Convention(convention).value in findings['coordinates'].words


@pytest.mark.parametrize('status', [404, 405, 501])
async def test_an_endpoint_that_lists_no_models_is_not_wrong(status: int) -> None:
    with serving(fails(401)) as server:
        server.status_without_models = status
        model = OpenAiModel(OpenAiSettings(model='seer', base_url=server.url, attempt_limit=1))
        finding = await Probes(model, 20.0, random.Random(4)).listed()
        await model.aclose()
    assert finding.state is State.NOT_CHECKED


async def test_a_model_that_is_not_listed_is_wrong_unless_the_server_has_but_one() -> None:
    listed, _ = await found(sees(), models=['one', 'two'])
    assert wrong(listed) == {'model list'}
    assert listed['model list'].remedy == 'name one of: one, two'
    alone, _ = await found(sees(), models=['loaded.gguf'])
    assert wrong(alone) == set()
    gemini, _ = await found(sees(), models=['models/seer', 'models/other'])
    assert wrong(gemini) == set()


@pytest.mark.parametrize(
    ('behaviour', 'words', 'remedy'),
    [
        (fails(401, f'Incorrect API key provided: {KEY}'), 'vlm_refused', 'key'),
        (fails(503), 'vlm_unreachable', 'base_url'),
        (hangs, 'vlm_late', 'faster model'),
        (says(None), 'vlm_unusable', '/v1'),
    ],
)
async def test_an_endpoint_that_fails_is_asked_no_further_and_no_key_is_told(
    behaviour: Behaviour, words: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('MY_KEY', KEY)
    findings, server = await found(
        behaviour,
        models=['seer'],
        timeout_s=1.0 if behaviour is hangs else 20.0,
        api_key_variable='MY_KEY',
        attempt_limit=1,
    )
    assert wrong(findings) == {'text round trip'}
    assert words in findings['text round trip'].words
    assert remedy in findings['text round trip'].remedy
    assert len(server.bodies) == 1
    assert KEY not in repr(findings)
    assert 'MY_KEY' in findings['key and endpoint'].words


async def test_a_server_that_fails_at_pictures_wants_another_model_not_another_start() -> None:
    def takes_words_only(handler: Any) -> None:
        pictures = len(handler.body['messages'][1]['content']) > 1
        (fails(500, 'unsupported content part') if pictures else sees())(handler)

    findings, _ = await found(takes_words_only, models=['seer'], attempt_limit=1)
    assert wrong(findings) == {'picture round trip'}
    assert 'unsupported content part' in findings['picture round trip'].words
    assert '--mmproj' in findings['picture round trip'].remedy


async def test_decisions_that_are_late_are_told_beside_those_that_are_not() -> None:
    late = iter([False, True, False, False, False])

    def sometimes_hangs(handler: Any) -> None:
        slow = 'response_format' in handler.body and next(late)
        (hangs if slow else sees())(handler)

    findings, _ = await found(sometimes_hangs, models=['seer'], timeout_s=1.5)
    assert wrong(findings) == {'answer form', 'latency'}
    assert '1 took longer' in findings['latency'].words
    assert '1 of 5 questions failed' in findings['answer form'].words


async def test_without_a_key_where_one_is_wanted_nothing_is_asked() -> None:
    model = OpenAiModel(OpenAiSettings(model='seer'))
    findings = [each async for each in examine(model, 20.0, random.Random(4))]
    assert [finding.subject for finding in findings] == SUBJECTS
    assert findings[0].remedy == 'export OPENAI_API_KEY=...'
    assert {finding.state for finding in findings[1:]} == {State.NOT_CHECKED}
