"""The options of commands that decide: which model, which robot, which parameters."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from vlm_nav.core.errors import InvalidValueError, VlmNavError
from vlm_nav.navigation.decision_parameters import (
    DECIDING_PARAMETERS,
    LOOKING_PARAMETERS,
    DecisionSettings,
    decision_settings,
)
from vlm_nav.navigation.parameter_file import checked_values, value_of_words, values_of_file
from vlm_nav.navigation.parameters import Parameter
from vlm_nav.vlm.cassette import CassetteMode
from vlm_nav.vlm.specification import specified_names

Instruction = Annotated[str, typer.Option(help='What to do, in words.')]
Vlm = Annotated[
    Optional[str],
    typer.Option(help='A profile such as openai or vllm:MODEL, or a double (vlm-nav models).'),
]
ModelName = Annotated[
    Optional[str], typer.Option(help="The model's name at its endpoint; else OPENAI_MODEL.")
]
BaseUrl = Annotated[Optional[str], typer.Option(help='The endpoint; else OPENAI_BASE_URL.')]
ParamsFile = Annotated[
    Optional[Path], typer.Option(help='Parameters of the navigator, in the form of ROS 2.')
]
CassetteFolder = Annotated[
    Optional[Path],
    typer.Option('--cassette', help='Folder of recorded answers and of their pictures.'),
]
CassetteUse = Annotated[
    Optional[CassetteMode],
    typer.Option('--cassette-mode', help='Record answers, or play them without asking.'),
]
OneParameter = Annotated[
    Optional[list[str]],
    typer.Option('--param', '-p', metavar='NAME:=VALUE', help='One parameter; may be repeated.'),
]
AsJson = Annotated[bool, typer.Option('--json', help='Say it as JSON on standard output.')]

DECISION_TABLE: tuple[Parameter, ...] = (*LOOKING_PARAMETERS, *DECIDING_PARAMETERS)
"""What one decision depends on."""

_NODE = 'navigator'
_OPENAI = 'openai'
# The openai package reads the endpoint itself, but then wants a key for it.
_USUAL = {'vlm.base_url': 'OPENAI_BASE_URL', 'vlm.model': 'OPENAI_MODEL'}


@dataclass(frozen=True)
class DecisionOptions:
    """What was given to a command that decides; None leaves a parameter as it is.

    `table` are the parameters that there are.
    """

    vlm: str | None = None
    model: str | None = None
    base_url: str | None = None
    params: Path | None = None
    param: Sequence[str] | None = None
    table: Sequence[Parameter] = DECISION_TABLE
    cassette: Path | None = None
    cassette_mode: CassetteMode | None = None

    def given(self) -> dict[str, Any]:
        """Return what was set: by the file, by `name:=value` over it, by options over both.

        Raises InvalidValueError for a file or a `name:=value` that holds no parameter, and for a
        cassette with which nothing is to be done.
        """
        given = {} if self.params is None else values_of_file(self.params, _NODE)
        given |= dict(_known(*value_of_words(words), self.table) for words in self.param or ())
        options = {
            'vlm.spec': self.vlm,
            'vlm.model': self.model,
            'vlm.base_url': self.base_url,
            'cassette': None if self.cassette is None else str(self.cassette),
            'cassette_mode': None if self.cassette_mode is None else self.cassette_mode.value,
        }
        given |= {name: value for name, value in options.items() if value is not None}
        if self.cassette is not None and 'cassette_mode' not in given:
            modes = ', '.join(mode.value for mode in CassetteMode)
            raise InvalidValueError(f'--cassette wants a --cassette-mode, one of {modes}')
        return given


def values_of(
    given: dict[str, Any], table: Sequence[Parameter] = DECISION_TABLE
) -> dict[str, Any]:
    """Return the values of all parameters that a decision depends on, the environment's too.

    Raises InvalidValueError for a value that its parameter may not have.
    """
    stated = {name: value for name, value in given.items() if value != ''}
    usual = _USUAL if _asks_openai(str(stated.get('vlm.spec', _OPENAI))) else {}
    from_environment = {
        name: os.environ[variable] for name, variable in usual.items() if os.environ.get(variable)
    }
    return checked_values(table, from_environment | stated)


def settings_of(values: dict[str, Any], *, with_depth: bool = True) -> DecisionSettings:
    """Return the settings that the values amount to; raises VlmNavError where they clash."""
    try:
        return decision_settings(values, with_depth=with_depth)
    except VlmNavError:
        raise
    except ValueError as error:
        raise InvalidValueError(str(error)) from error


def _asks_openai(spec: str) -> bool:
    """Return whether the first model of a specification is that of the package's variables."""
    return specified_names(spec)[0].partition(':')[0] == _OPENAI


def _known(name: str, value: Any, table: Sequence[Parameter]) -> tuple[str, Any]:
    known = [entry.name for entry in table]
    if name not in known:
        raise InvalidValueError(
            f'no decision depends on a parameter {name!r}; known: {", ".join(known)}'
        )
    return name, value
