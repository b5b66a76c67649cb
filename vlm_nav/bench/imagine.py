"""What imagining is worth: the ablation of ImagineNav's paper in houses of our own.

Every row drives the same episodes; it differs from the others in who proposes viewpoints, and in
what the pictures of them are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vlm_nav.bench.comparing import Comparison, compare
from vlm_nav.bench.drive import DriveOptions, Strategy
from vlm_nav.bench.driving import drive_seeds
from vlm_nav.bench.results import EpisodeResult
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.navigation.decision_parameters import DecisionSettings
from vlm_nav.navigation.imagine_parameters import ImagineSettings, Proposer, Synthesis

ORACLE = 'oracle'
NO_IMAGINATION = 'none'
# So many episodes a row before the next row has its turn: a run that is cut off has them all.
_IN_TURN = 20
_PARAMETERS = 'parameters.json'


@dataclass(frozen=True)
class Row:
    """One row: `pictures` is a synthesis by name, or `oracle`."""

    name: str
    proposer: Proposer
    pictures: str

    def options(self, options: DriveOptions) -> DriveOptions:
        """Return with which options the row's episodes are driven."""
        oracle = self.pictures == ORACLE
        synthesis = Synthesis.NONE if oracle else Synthesis(self.pictures)
        chosen: ImagineSettings = replace(
            options.settings.imagine, proposer=self.proposer, synthesis=synthesis
        )
        settings: DecisionSettings = replace(options.settings, imagine=chosen)
        return replace(options, strategy=Strategy.IMAGINE, settings=settings, oracle_views=oracle)


def rows() -> tuple[Row, ...]:
    """Return all rows, that without imagination first."""
    return (
        Row(NO_IMAGINATION, Proposer.UNIFORM, Synthesis.NONE.value),
        *(
            Row(f'{proposer.value}+{pictures}', proposer, pictures)
            for pictures in (ORACLE, Synthesis.WARP.value)
            for proposer in Proposer
        ),
    )


def rows_named(names: Iterable[str]) -> tuple[Row, ...]:
    """Return the rows of these names in their usual order; raises InvalidValueError."""
    wanted, known = set(names), {row.name: row for row in rows()}
    unknown = sorted(wanted - known.keys())
    if unknown:
        raise InvalidValueError(f'rows are {", ".join(known)}, got {", ".join(unknown)}')
    return tuple(row for name, row in known.items() if name in wanted)


@dataclass(frozen=True)
class Cell:
    """A row at one share of wrong answers, and where its results are kept."""

    row: Row
    error: float

    @property
    def name(self) -> str:
        """Return the name of its file, without an ending."""
        return f'{self.row.name}_error{self.error:g}'

    def vlm(self) -> str:
        """Return the double that errs so often."""
        return f'seer:{1.0 - self.error:g}' if self.error else 'seer'


@dataclass(frozen=True)
class Finished:
    """What is known of a cell: results by episode, as JSON has them, with calls and tokens."""

    cell: Cell
    per_episode: tuple[Mapping[str, Any], ...]

    def mean(self, name: str) -> float:
        """Return the mean of a figure over the episodes."""
        return sum(float(one[name]) for one in self.per_episode) / len(self.per_episode)

    def less(self, other: Finished) -> Comparison | None:
        """Return how it differs from another one on what both drove, None where that is none."""
        both = _seeds(self) & _seeds(other)
        if not both:
            return None
        return compare(*([one for one in row.per_episode if one['seed'] in both]
                         for row in (self, other)))  # fmt: skip


def _hold_to(folder: Path, parameters: Mapping[str, Any]) -> None:
    """Keep with which parameters a folder's results are driven, once and for all."""
    file = folder / _PARAMETERS
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(dict(parameters), indent=1), encoding='utf-8')
        return
    try:
        kept = json.loads(file.read_text(encoding='utf-8'))
    except ValueError:
        kept = None
    if not isinstance(kept, dict):
        raise InvalidValueError(f'{file} was to hold the parameters of its folder, and does not')
    given = json.loads(json.dumps(dict(parameters)))
    others = sorted(name for name in kept.keys() & given.keys() if kept[name] != given[name])
    if others:
        raise InvalidValueError(
            f'{folder} keeps what was driven with other parameters ({", ".join(others)}); '
            'name another folder'
        )


def _seeds(finished: Finished) -> set[int]:
    return {int(one['seed']) for one in finished.per_episode}


@dataclass(frozen=True)
class Ablation:
    """Which cells are driven over which episodes; `out` keeps what is done, None keeps nothing."""

    cells: Sequence[Cell]
    seeds: Sequence[int]
    options: DriveOptions
    workers: int = 1
    out: Path | None = None

    def kept(self) -> list[Finished]:
        """Return what `out` keeps of the cells' episodes; a cell without any is left out."""
        found = []
        for cell in self.cells:
            kept = {} if self.out is None else _kept(self.out / f'{cell.name}.jsonl')
            results = tuple(kept[seed] for seed in self.seeds if seed in kept)
            if results:
                found.append(Finished(cell, results))
        return found

    def drive(self) -> Iterator[tuple[Cell, Mapping[str, Any]]]:
        """Give each result as it comes, those that are kept first; rows take turns.

        Wrong answers come later: a share of them begins when the rows at the one before are done.
        Raises InvalidValueError where `out` keeps what was driven with other parameters.
        """
        if self.out is not None:
            _hold_to(self.out, self.options.parameters)
        for error in dict.fromkeys(cell.error for cell in self.cells):
            for start in range(0, len(self.seeds), _IN_TURN):
                for cell in (one for one in self.cells if one.error == error):
                    seeds = self.seeds[start : start + _IN_TURN]
                    for result in driven(cell, seeds, self.options, self.workers, self.out):
                        yield cell, result


def driven(
    cell: Cell, seeds: Sequence[int], options: DriveOptions, workers: int, out: Path | None
) -> Iterator[Mapping[str, Any]]:
    """Give the result of each seed: those that `out` keeps first, then the others as they come.

    A run that was cut off goes on where it was.
    """
    kept = {} if out is None else _kept(out / f'{cell.name}.jsonl')
    yield from (kept[seed] for seed in seeds if seed in kept)
    left = [seed for seed in seeds if seed not in kept]
    if not left:
        return
    its_own = replace(cell.row.options(options), vlm=cell.vlm())
    for result in drive_seeds(left, its_own, workers):
        line = _as_json(result)
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            with (out / f'{cell.name}.jsonl').open('a', encoding='utf-8') as file:
                # What was cut off before it ends here, lest it takes this line along.
                file.write(f'\n{json.dumps(line)}\n')
        yield line


def _as_json(result: EpisodeResult) -> dict[str, Any]:
    counts = {'vlm_calls': result.vlm_calls, 'tokens': result.tokens}
    return {**result.as_json(), **counts, 'decisions': result.decisions}


def _kept(file: Path) -> dict[int, Mapping[str, Any]]:
    """Return the results by seed that a file holds; half a line, where a run was cut off, none."""
    found: dict[int, Mapping[str, Any]] = {}
    if not file.exists():
        return found
    for line in file.read_text(encoding='utf-8').splitlines():
        try:
            result = json.loads(line)
        except ValueError:
            continue
        if isinstance(result, dict) and isinstance(result.get('seed'), int):
            found[result['seed']] = result
    return found
