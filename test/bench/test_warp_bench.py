"""What `vlm-nav bench warp` measures; how long it takes is no matter here."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from vlm_nav.bench.likeness import psnr_db, ssim_map
from vlm_nav.cli.main import main

KEYS = {
    'coverage_of_visible',
    'psnr_known_1m_db',
    'psnr_known_2m_db',
    'ssim_known_1m',
    'nearest_view_psnr_1m_db',
    'homography_psnr_1m_db',
    'one_view_ms',
    'three_views_ms',
    'one_view_processor_ms',
    'three_views_processor_ms',
}


def test_warps_of_a_house_know_nearly_all_that_shows_and_beat_both_baselines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ['bench', 'warp', '--json', '--poses', '8', '--calls', '1']
    monkeypatch.setattr(sys, 'argv', ['vlm-nav', *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    found = json.loads(capsys.readouterr().out)
    assert found.keys() >= KEYS
    assert found['poses'] + found['absent'] == 8
    assert found['coverage_of_visible'] >= 0.9
    assert found['psnr_known_1m_db'] >= 20.0
    assert found['psnr_known_1m_db'] > found['nearest_view_psnr_1m_db']
    assert found['psnr_known_1m_db'] > found['homography_psnr_1m_db']


def test_the_likeness_of_a_picture_falls_with_what_is_added_to_it() -> None:
    truth = np.random.default_rng(0).integers(0, 200, (40, 50, 3), dtype=np.uint8)
    everywhere = np.ones((40, 50), dtype=bool)
    brighter = truth + np.uint8(10)
    assert psnr_db(truth, truth, everywhere) == 100.0
    # 20 log10(255 / 10)
    assert psnr_db(brighter, truth, everywhere) == pytest.approx(28.13, abs=0.01)
    np.testing.assert_allclose(ssim_map(truth, truth), 1.0, atol=1e-3)
    mixed = np.random.default_rng(1).permuted(truth, axis=0)
    assert ssim_map(mixed, truth).mean() < 0.2
    assert ssim_map(brighter, truth).mean() > 0.9


def test_only_the_pixels_asked_for_count() -> None:
    truth = np.zeros((4, 4, 3), dtype=np.uint8)
    wrong = truth.copy()
    wrong[0, 0] = 255
    elsewhere = np.ones((4, 4), dtype=bool)
    elsewhere[0, 0] = False
    assert psnr_db(wrong, truth, elsewhere) == 100.0
    assert psnr_db(wrong, truth, ~elsewhere) == pytest.approx(0.0)
