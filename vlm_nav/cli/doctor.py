"""`vlm-nav doctor`: what works and what does not, each with its remedy."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, Optional

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


class Half(str, Enum):
    """What may be looked at alone."""

    MODEL = 'model'
    ROBOT = 'robot'


def doctor(
    launched: Annotated[
        Optional[list[str]],
        typer.Argument(
            metavar='[NAME:=VALUE]...', help='As given to navigate.launch.py: image:=TOPIC ...'
        ),
    ] = None,
    only: Annotated[Optional[Half], typer.Option(help='Look at the one or the other.')] = None,
    vlm: Vlm = None,
    model: ModelName = None,
    base_url: BaseUrl = None,
    params: ParamsFile = None,
    param: OneParameter = None,
    seed: Annotated[int, typer.Option(min=0, help='What the pictures show.')] = 0,
    as_json: AsJson = False,
) -> None:
    """Look at model and robot, and say of each thing whether it works, and what helps.

    Asks about ten short questions of each model, and listens to the robot for a few seconds.
    Status 3 where something does not work.
    """
    given = DecisionOptions(vlm, model, base_url, params, param).given()
    settings = settings_of(values_of(given))
    found: set[State] = set()
    if only is not Half.ROBOT:
        found |= asyncio.run(_told(_models_examined(settings, seed), as_json))
    if only is not Half.MODEL:
        robot = _robot_examined(settings, given, launched or [])
        found |= asyncio.run(_told(robot, as_json))
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


async def _models_examined(settings: DecisionSettings, seed: int) -> AsyncIterator[Finding]:
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


async def _robot_examined(
    settings: DecisionSettings, given: Mapping[str, Any], launched: Sequence[str]
) -> AsyncIterator[Finding]:
    """Yield what is found about the robot, where there is a ROS 2."""
    try:
        from vlm_nav.ros.doctor.robot import examine_robot
        from vlm_nav.ros.doctor.settings import robot_settings
    except ImportError as error:
        remedy = 'source the setup of a ROS 2, or see docs/install.md'
        yield not_checked('ROS 2', f'there is none for this Python: {error}', remedy)
        return
    async for finding in examine_robot(robot_settings(settings, given, launched)):
        yield finding
