"""What the tests of asking share: questions, and an environment without anybody's keys."""

import numpy as np
import pytest

from vlm_nav.core.candidate import Pixel
from vlm_nav.drawing.marks import Mark, MarkedPicture
from vlm_nav.vlm.question import Purpose, Question

ENDPOINT_VARIABLES = (
    'OPENAI_API_KEY', 'OPENAI_BASE_URL', 'OPENAI_ORG_ID', 'OPENAI_PROJECT_ID', 'HTTP_PROXY',
    'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy', 'NO_PROXY', 'no_proxy',
)  # fmt: skip


@pytest.fixture(autouse=True)
def _no_keys_or_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENDPOINT_VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def picture() -> MarkedPicture:
    """Give a picture with three marks: 1 top left, 2 in the middle, 3 bottom right."""
    rows, columns = np.mgrid[0:480, 0:640]
    rgb = np.stack([columns // 3, rows // 2, (rows + columns) // 6], axis=-1).astype(np.uint8)
    tail = Pixel(320.0, 470.0)
    marks = (
        Mark(1, Pixel(100.0, 80.0), tail),
        Mark(2, Pixel(320.0, 240.0), tail),
        Mark(3, Pixel(540.0, 400.0), tail),
    )
    return MarkedPicture('front/1', rgb, marks)


@pytest.fixture
def question(picture: MarkedPicture) -> Question:
    """Give a question for two of the three places."""
    return Question(Purpose.GROUND_WAYPOINT, 'go to the door', (picture,), pick=2)
