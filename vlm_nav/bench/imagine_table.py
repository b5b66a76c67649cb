"""The ablation of imagining as figures and as a table in Markdown, as papers print it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from vlm_nav.bench.comparing import PairedDifference
from vlm_nav.bench.imagine import NO_IMAGINATION, ORACLE, Finished
from vlm_nav.navigation.imagine_parameters import Proposer, Synthesis

_FIGURES = ('success', 'spl', 'vlm_calls', 'tokens')
_ROWS = '| row | wrong answers | errands | SR | SPL | questions | tokens |'
_DIFFERENCES = '| difference | wrong answers | errands | SR | SPL |'


def fields(one: Finished, finished: Sequence[Finished]) -> dict[str, Any]:
    """Return what is told of a row, and how it differs from the one without imagination."""
    told: dict[str, Any] = {
        'row': one.cell.row.name,
        'error': one.cell.error,
        'episodes': len(one.per_episode),
        **{name: round(one.mean(name), 4) for name in _FIGURES},
    }
    base = _at_same_error(NO_IMAGINATION, one, finished)
    found = None if base is None or base is one else one.less(base)
    if found is not None:
        told |= {
            'episodes_less_none': found.episodes,
            'success_less_none': vars(found.success),
            'spl_less_none': vars(found.spl),
        }
    return told


def table(finished: Sequence[Finished]) -> list[str]:
    """Return the rows, and what they differ by, paired, with 95 % intervals; lines of Markdown."""
    lines = [_ROWS, _rule(_ROWS), *map(_row, finished)]
    differences = [line for one in finished for line in _differences(one, finished)]
    return [*lines, '', _DIFFERENCES, _rule(_DIFFERENCES), *differences] if differences else lines


def _row(one: Finished) -> str:
    success, spl, calls, tokens = (one.mean(name) for name in _FIGURES)
    return (
        f'| {one.cell.row.name} | {one.cell.error:g} | {len(one.per_episode)} '
        f'| {success:.3f} | {spl:.3f} | {calls:.0f} | {tokens:.0f} |'
    )


def _differences(one: Finished, finished: Sequence[Finished]) -> Iterator[str]:
    for name in _held_against(one):
        other = _at_same_error(name, one, finished)
        found = None if other is None else one.less(other)
        if found is not None:
            yield (
                f'| {one.cell.row.name} less {name} | {one.cell.error:g} | {found.episodes} '
                f'| {_interval(found.success)} | {_interval(found.spl)} |'
            )


def _held_against(one: Finished) -> Iterator[str]:
    """Give the rows that the paper holds it against: those that differ in one thing."""
    row = one.cell.row
    if row.name == NO_IMAGINATION:
        return
    yield NO_IMAGINATION
    if row.proposer is not Proposer.UNIFORM:
        yield f'{Proposer.UNIFORM.value}+{row.pictures}'
    if row.pictures == Synthesis.WARP.value:
        yield f'{row.proposer.value}+{ORACLE}'


def _at_same_error(name: str, one: Finished, finished: Sequence[Finished]) -> Finished | None:
    found = (
        other
        for other in finished
        if other.cell.error == one.cell.error and other.cell.row.name == name
    )
    return next(found, None)


def _interval(found: PairedDifference) -> str:
    return f'{found.mean:+.3f} [{found.low:+.3f}, {found.high:+.3f}]'


def _rule(head: str) -> str:
    return '| --- ' * (head.count('|') - 1) + '|'
