"""`vlm-nav bench pick` picks up, and says figures that others can count on."""

import json

import pytest

pytest.importorskip('mujoco')
pytest.importorskip('pinocchio')

from command_line import Command

KEYS = {
    'episodes', 'lifted', 'lift_error_mm', 'lift_error_noise_mm', 'table_contacts_over_20n',
    'lift_grasp_ms', 'lift_1000_ms', 'pixel_on_target', 'pixel_off_px', 'per_episode',
}  # fmt: skip


def test_a_block_is_lifted_from_its_table_and_the_figures_come_as_json(vlm_nav: Command) -> None:
    said = vlm_nav('bench', 'pick', '--episodes', '1', '--seed', '12', '--json')
    assert said.status == 0
    figures = json.loads(said.stdout)
    assert set(figures) == KEYS
    assert figures['episodes'] == figures['lifted'] == 1
    assert figures['table_contacts_over_20n'] == 0
    assert figures['lift_error_mm'] < 5.0
    assert figures['lift_error_noise_mm'] < 15.0
    assert figures['per_episode'][0]['target'] == 'toy_block'
