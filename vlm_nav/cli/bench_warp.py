"""`vlm-nav bench warp`: how near warped views come to what truly shows there."""

import json
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from vlm_nav.cli.saying import say

if TYPE_CHECKING:
    from vlm_nav.bench.warp import WarpBench


def warp(
    poses: Annotated[int, typer.Option(min=1, help='Poses up to 2 m ahead.')] = 200,
    seed: Annotated[int, typer.Option(min=0, help='Which houses and poses.')] = 0,
    calls: Annotated[int, typer.Option(min=1, help='Calls of each time measured.')] = 30,
    as_json: Annotated[bool, typer.Option('--json', help='One JSON object.')] = False,
) -> None:
    """Compare views warped from one noisy RGB-D picture with what truly shows, in the simulator.

    The baselines are measured on the pixels that the warp claims to know.
    """
    # MuJoCo is large, and the other measurements need none of it.
    from vlm_nav.bench.warp import bench_warp

    found = bench_warp(poses, seed, calls)
    if as_json:
        say(json.dumps(found.as_json()))
        return
    for line in warp_lines(found):
        say(line)


def warp_lines(found: 'WarpBench') -> list[str]:
    """Return what was measured, for people."""
    figures = found.as_json()
    return [
        f'{figures["poses"]} poses 0.5 to 2 m ahead, {figures["absent"]} of which show nothing',
        f'known of what is visible  {_share(figures["coverage_of_visible"])}, '
        f'of all pixels {_share(figures["known"])}',
        f'where known, at 1 m       {_db(figures["psnr_known_1m_db"])}, '
        f'at 2 m {_db(figures["psnr_known_2m_db"])}',
        f'  the picture unwarped    {_db(figures["nearest_view_psnr_1m_db"])} at 1 m',
        f'  the better homography   {_db(figures["homography_psnr_1m_db"])} at 1 m',
        f'everywhere                {_db(figures["psnr_all_db"])}, '
        f'SSIM {figures["ssim_all"]}, where known {figures["ssim_known"]}',
        f'one frame                 {figures["one_view_ms"]:7.2f} ms, '
        f'three {figures["three_views_ms"]:.2f} ms; medians on one core',
        f'  of the processor        {figures["one_view_processor_ms"]:7.2f} ms, '
        f'three {figures["three_views_processor_ms"]:.2f} ms',
    ]


def _share(value: Optional[float]) -> str:
    return '-' if value is None else f'{100.0 * value:.1f} %'


def _db(value: Optional[float]) -> str:
    return '-' if value is None else f'{value:.1f} dB'
