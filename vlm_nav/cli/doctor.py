"""`vlm-nav doctor`: what works and what does not, each with its remedy."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from typing import Annotated

import typer

from vlm_nav.cli.decision_options import (
    AsJson,
    BaseUrl,
    DecisionOptions,
    ModelName,
    OneParameter,
    ParamsFile,
    Vlm,
    settings_of,
    values_of,
)
from vlm_nav.cli.saying import note, say
from vlm_nav.navigation.decision_parameters import DecisionSettings
from vlm_nav.navigation.in_words import printable
from vlm_nav.vlm.doctor.examination import examine
from vlm_nav.vlm.doctor.findings import Finding, State, not_checked
from vlm_nav.vlm.model import close
from vlm_nav.vlm.specification import UnknownModelError, endpoints_from_spec, specified_names

SOMETHING_WRONG = 3
_STYLES = {State.OK: 'green', State.NOT_OK: 'red', State.NOT_CHECKED: 'yellow'}
_STATE_WIDTH, _SUBJECT_WIDTH = 12, 23


def doctor(
    vlm: Vlm = None,
    model: ModelName = None,
    base_url: BaseUrl = None,
    params: ParamsFile = None,
    param: OneParameter = None,
    seed: Annotated[int, typer.Option(min=0, help='What the pictures show.')] = 0,
    as_json: AsJson = False,
) -> None:
    """Look at the model and its endpoint, and say of each thing whether it works, and what helps.

    Asks about ten short questions of each model. Status 3 where something does not work.
    """
    given = DecisionOptions(vlm, model, base_url, params, param).given()
    settings = settings_of(values_of(given))
    found = asyncio.run(_told(_examined(settings, seed), as_json))
    if State.NOT_OK in found:
        raise typer.Exit(SOMETHING_WRONG)


async def _told(findings: AsyncIterator[Finding], as_json: bool) -> set[State]:
    """Say each finding when it is made; return which states there were."""
    states = set()
    async for finding in findings:
        states.add(finding.state)
        if as_json:
            say(json.dumps(vars(finding)))
        else:
            _say(finding)
    return states


def _say(finding: Finding) -> None:
    state = f'{finding.state.value:<{_STATE_WIDTH}}'
    line = f'{state}{finding.subject:<{_SUBJECT_WIDTH}}{finding.words}'
    say(printable(line), style=_STYLES[finding.state])
    if finding.remedy:
        say(printable(f'{"":<{_STATE_WIDTH}}remedy: {finding.remedy}'))


async def _examined(settings: DecisionSettings, seed: int) -> AsyncIterator[Finding]:
    """Yield what is found about each model of the specification."""
    rng = random.Random(seed)
    try:
        models = endpoints_from_spec(settings.model_spec, settings.models, rng)
    except UnknownModelError as error:
        names = ', '.join(specified_names(settings.model_spec))
        yield not_checked('model', f'{names}: {error}', 'name a profile: --vlm openai')
        return
    for name, model in models.items():
        if len(models) > 1:
            note(f'{name}:')
        try:
            async for finding in examine(model, settings.pivot.question_timeout_s, rng):
                yield finding
        finally:
            await close(model)
