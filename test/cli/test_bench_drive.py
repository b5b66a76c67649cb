"""`vlm-nav bench drive` says figures that others can count on."""

import json
from pathlib import Path

import pytest

pytest.importorskip('mujoco')

from command_line import Command

from vlm_nav.sim.furniture.furniture_cache import FOLDER_VARIABLE
from vlm_nav.sim.furniture.furniture_kinds import kinds

KEYS = {
    'episodes', 'success', 'spl', 'collisions', 'path_m', 'decisions', 'vlm_calls', 'tokens',
    'wall_s', 'per_episode',
}  # fmt: skip
EPISODE_KEYS = {
    'seed', 'house', 'target', 'outcome', 'reason', 'success', 'spl', 'geodesic_m', 'path_m',
    'collisions',
}  # fmt: skip
QUICK = ('--workers', '1', '--episodes', '1', '-p', 'decision_limit:=2')


def test_the_figures_come_as_json_and_everything_else_goes_beside(vlm_nav: Command) -> None:
    said = vlm_nav(
        'bench', 'drive', *QUICK, '--wheels', '--seed', '3', '--vlm', 'scripted:none', '--json'
    )
    assert said.status == 0
    (figures,) = said.lines
    assert set(figures) == KEYS
    (episode,) = figures['per_episode']
    assert set(episode) == EPISODE_KEYS
    assert (episode['seed'], episode['outcome'], episode['success']) == (3, 'gave_up', False)
    assert 'pivot on wheels with scripted:none' in said.stderr
    assert 'not from a model' in said.stderr
    assert '1/1 seed 3' in said.stderr


def test_a_seed_that_was_not_given_is_drawn_and_told_as_are_spoilt_models(
    vlm_nav: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in kinds():
        (tmp_path / f'{kind}.npz').write_bytes(b'PK')
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    said = vlm_nav('bench', 'drive', *QUICK, '--vlm', 'scripted:none', '--json')
    (figures,) = said.lines
    assert f'seeds {figures["per_episode"][0]["seed"]} to' in said.stderr
    assert f'{tmp_path}/couch.npz holds no furniture' in said.stderr


def test_two_files_of_results_are_compared(vlm_nav: Command, tmp_path: Path) -> None:
    for name, spl in (('a', (0.9, 0.8, 0.7)), ('b', (0.5, 0.6, 0.4))):
        rows = [
            {'seed': seed, 'house': 'flat', 'target': 'chair', 'success': True, 'spl': value}
            for seed, value in enumerate(spl)
        ]
        (tmp_path / name).write_text(json.dumps({'per_episode': rows}))
    names = (tmp_path / 'a', tmp_path / 'b')
    (found,) = vlm_nav('bench', 'drive', '--compare', *names, '--json').lines
    assert found['episodes'] == 3
    assert found['success']['mean'] == 0.0
    low, mean, high = (found['spl'][name] for name in ('low', 'mean', 'high'))
    assert 0.15 < low <= mean <= high < 0.45
    words = vlm_nav('bench', 'drive', '--compare', *names).stdout
    assert '95 % interval' in words


def test_what_is_neither_strategy_nor_result_is_refused(vlm_nav: Command, tmp_path: Path) -> None:
    (tmp_path / 'empty').write_text('{}')
    for arguments in (
        ('--compare', 'pivot', str(tmp_path / 'none')),
        ('--compare', str(tmp_path / 'empty'), str(tmp_path / 'empty')),
        ('--strategy', 'teleport'),
        ('--vlm', 'prophet'),
        ('-p', 'no_parameter:=1'),
    ):
        said = vlm_nav(
            'bench', 'drive', *QUICK, '--seed', '3', '--vlm', 'scripted:none', *arguments
        )
        assert said.status == 1
        assert said.stderr.splitlines()[-1].startswith('vlm-nav: ')
