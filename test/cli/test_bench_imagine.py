"""`vlm-nav bench imagine` as a user types it; the episodes themselves are made up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip('mujoco')

from command_line import Command

from vlm_nav.bench import imagine
from vlm_nav.bench.imagine import NO_IMAGINATION, Cell


@pytest.fixture(autouse=True)
def _driven(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the row without imagination arrive every second time, all others always."""

    def driven(cell: Cell, seeds: range, *_: Any) -> Iterator[dict[str, Any]]:
        for seed in seeds:
            success = cell.row.name != NO_IMAGINATION or seed % 2 == 0
            yield {
                'seed': seed, 'house': 'h', 'target': 'cup', 'success': success,
                'spl': 0.5 * success, 'vlm_calls': 30, 'tokens': 0,
            }  # fmt: skip

    monkeypatch.setattr(imagine, 'driven', driven)


def test_each_row_tells_its_figures_and_how_it_differs_from_no_imagination(
    vlm_nav: Command,
) -> None:
    asked = ('--episodes', '8', '--errors', '0,0.3', '--rows', 'none,uniform+warp', '--json')
    said = json.loads(vlm_nav('bench', 'imagine', *asked).stdout)
    assert [(one['row'], one['error']) for one in said] == [
        ('none', 0.0), ('uniform+warp', 0.0), ('none', 0.3), ('uniform+warp', 0.3),
    ]  # fmt: skip
    none, warp = said[:2]
    assert (none['success'], none['spl']) == (0.5, 0.25)
    assert 'spl_less_none' not in none
    assert warp['episodes_less_none'] == 8
    assert warp['success_less_none']['mean'] == 0.5
    assert warp['spl_less_none']['low'] <= 0.25 <= warp['spl_less_none']['high']


def test_people_get_a_table_in_markdown_of_rows_and_of_what_they_differ_by(
    vlm_nav: Command,
) -> None:
    named = 'none,uniform+oracle,uniform+warp,learned+warp'
    ended = vlm_nav('bench', 'imagine', '--episodes', '4', '--errors', '0', '--rows', named)
    lines = ended.stdout.splitlines()
    assert lines[2] == '| none | 0 | 4 | 0.500 | 0.250 | 30 | 0 |'
    assert '| learned+warp less uniform+warp | 0 | 4 | +0.000 [+0.000, +0.000] |' in ended.stdout
    assert '| uniform+warp less none | 0 | 4 | +0.500 [' in ended.stdout
    assert '| uniform+warp less uniform+oracle | 0 | 4 |' in ended.stdout
    assert 'learned+warp less learned+oracle' not in ended.stdout
    for part in ended.stdout.strip().split('\n\n'):
        assert len({line.count('|') for line in part.splitlines()}) == 1


def test_what_a_folder_keeps_is_told_without_driving(vlm_nav: Command, tmp_path: Path) -> None:
    asked = ('bench', 'imagine', '--kept', '--errors', '0', '--rows', 'none')
    line = {
        'seed': 1, 'house': 'h', 'target': 'cup', 'success': True, 'spl': 0.7,
        'vlm_calls': 30, 'tokens': 9000,
    }  # fmt: skip
    (tmp_path / 'none_error0.jsonl').write_text(json.dumps(line))
    ended = vlm_nav(*asked, '--out', str(tmp_path))
    assert ended.stdout.splitlines()[2:] == ['| none | 0 | 1 | 1.000 | 0.700 | 30 | 9000 |']
    assert '--out' in vlm_nav(*asked).stderr


@pytest.mark.parametrize(
    ('option', 'value', 'said'),
    [('--errors', '2', 'wrong answers'), ('--errors', 'x', 'wrong'), ('--rows', 'x', 'rows are')],
)
def test_what_makes_no_sense_is_refused(
    vlm_nav: Command, option: str, value: str, said: str
) -> None:
    ended = vlm_nav('bench', 'imagine', '--episodes', '1', option, value)
    assert ended.status == 1
    assert said in ' '.join(ended.stderr.split())
