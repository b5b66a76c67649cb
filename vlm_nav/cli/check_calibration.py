"""`vlm-nav check-calibration`: a checkerboard of known size through colour and depth."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Optional

import numpy as np
import typer

from vlm_nav.cli.decision_options import AsJson
from vlm_nav.cli.picture_options import (
    Camera,
    Color,
    ColorFromDepth,
    DepthCamera,
    DepthFormat,
    PictureFiles,
    read_pictures,
)
from vlm_nav.cli.saying import say
from vlm_nav.core.errors import InvalidValueError
from vlm_nav.files.calibrations import calibration_of_file
from vlm_nav.files.pictures import depth_of_file
from vlm_nav.observation.checkerboard import (
    BoardMeasures,
    CheckerboardError,
    find_corners,
    find_corners_in_holes,
    measure_board,
)

DISAGREES = 3
"""The exit status for a calibration that is off by more than the tolerance."""

_MOST_APART_PX = 5.0


@dataclass(frozen=True)
class _Result:
    """What was measured; `apart_px` is how far the board in depth lies from that in colour."""

    square_m: float
    tolerance: float
    shape: tuple[int, int]
    colour: BoardMeasures
    depth: BoardMeasures | None
    apart_px: float | None

    def error(self, measures: BoardMeasures) -> float:
        return measures.side_m / self.square_m - 1.0

    @property
    def problems(self) -> list[str]:
        found = []
        if abs(self.error(self.colour)) > self.tolerance:
            words = _share_words(self.error(self.colour))
            found.append(f'depth at the pixels of colour shows the squares {words}')
        if self.depth is not None and abs(self.error(self.depth)) > self.tolerance:
            words = _share_words(self.error(self.depth))
            found.append(f'the depth by itself shows the squares {words}')
        if self.apart_px is not None and self.apart_px > _MOST_APART_PX:
            found.append(
                f'the board lies {self.apart_px:.0f} px apart in colour and depth: the depth is '
                'not registered to the picture'
            )
        return found


def check_calibration(
    color: Color,
    depth: Annotated[Path, typer.Option(help='The depth of the same moment.')],
    camera: Camera,
    square: Annotated[float, typer.Option(help='The side of a square in metres, by the ruler.')],
    corners: Annotated[
        Optional[str], typer.Option(help='Inner corners as 7x6; else the largest board counts.')
    ] = None,
    tolerance: Annotated[float, typer.Option(help='The share that sizes may be off.')] = 0.03,
    depth_format: DepthFormat = None,
    depth_camera: DepthCamera = None,
    color_from_depth: ColorFromDepth = None,
    as_json: AsJson = False,
) -> None:
    """Measure a checkerboard through colour and depth, and say whether they agree.

    The size comes from the depth at the board's pixels in the colour picture, as every place
    that is chosen there does; and from the depth by itself, where black squares are holes in
    it. Exit status 0: within the tolerance; 3: not; 1: no answer.
    """
    if not (0.0 < square < 10.0 and 0.0 < tolerance < 1.0):
        raise InvalidValueError(
            f'a square has 0 to 10 m and the tolerance is a share, got {square} and {tolerance}'
        )
    files = PictureFiles(color, depth, camera, depth_format, depth_camera, color_from_depth)
    result = _measure(files, square, tolerance, _shape(corners))
    say(json.dumps(_as_json(result)) if as_json else _in_words(result))
    if result.problems:
        raise typer.Exit(DISAGREES)


def _measure(
    files: PictureFiles, square_m: float, tolerance: float, shape: tuple[int, int] | None
) -> _Result:
    pictures = read_pictures(files)
    if pictures.depth_m is None or files.depth is None:
        raise InvalidValueError('depth was wanted, got none')
    found = find_corners(pictures.rgb, shape)
    grid = (found.shape[0], found.shape[1])
    colour = measure_board(found, pictures.depth_m, pictures.calibration.camera)
    registered = find_corners_in_holes(pictures.depth_m, grid)
    apart_px = None
    if registered is not None:
        apart = registered.mean(axis=(0, 1)) - found.mean(axis=(0, 1))
        apart_px = float(np.hypot(*apart))
    return _Result(square_m, tolerance, grid, colour, _by_itself(files, grid), apart_px)


def _by_itself(files: PictureFiles, grid: tuple[int, int]) -> BoardMeasures | None:
    """Return the board in the depth as it was stored, None where it does not show there."""
    if files.depth is None:
        return None
    stored_m = depth_of_file(files.depth, files.depth_format)
    found = find_corners_in_holes(stored_m, grid)
    if found is None:
        return None
    calibrated = files.depth_camera or files.camera
    camera = calibration_of_file(calibrated, stored_m.shape[1], stored_m.shape[0]).camera
    try:
        return measure_board(found, stored_m, camera)
    except CheckerboardError:
        return None


def _shape(corners: str | None) -> tuple[int, int] | None:
    if corners is None:
        return None
    found = re.fullmatch(r'(\d{1,2})x(\d{1,2})', corners)
    if found is None or min(int(found[1]), int(found[2])) < 3:
        raise InvalidValueError(f'inner corners are given as 7x6, 3 or more, got {corners!r}')
    return int(found[1]), int(found[2])


def _as_json(result: _Result) -> dict[str, Any]:
    def fields(measures: BoardMeasures | None) -> dict[str, float] | None:
        if measures is None:
            return None
        return {**asdict(measures), 'error': result.error(measures)}

    return {
        'agrees': not result.problems,
        'problems': result.problems,
        'square_m': result.square_m,
        'tolerance': result.tolerance,
        'corners': list(result.shape),
        'colour': fields(result.colour),
        'depth': fields(result.depth),
        'apart_px': result.apart_px,
    }


def _in_words(result: _Result) -> str:
    lines = [
        f'board of {result.shape[0]} x {result.shape[1]} inner corners, '
        f'{result.colour.distance_m:.2f} m away, flat to {result.colour.rms_m * 1e3:.1f} mm',
        f'depth at the pixels of colour: {_size_words(result, result.colour)}',
    ]
    if result.depth is None:
        lines.append('the board does not show in the depth by itself')
    else:
        lines.append(f'depth by itself: {_size_words(result, result.depth)}')
    if result.apart_px is not None:
        lines.append(f'colour and depth show the board {result.apart_px:.1f} px apart')
    if result.problems:
        lines.extend(f'DISAGREES: {problem}' for problem in result.problems)
    else:
        lines.append(f'agrees within {result.tolerance:.1%}')
    return '\n'.join(lines)


def _size_words(result: _Result, measures: BoardMeasures) -> str:
    words = _share_words(result.error(measures))
    return f'squares of {measures.side_m:.4f} m, {words} ({result.square_m:g} m by the ruler)'


def _share_words(error: float) -> str:
    return f'{abs(error):.1%} too {"small" if error < 0.0 else "large"}'
