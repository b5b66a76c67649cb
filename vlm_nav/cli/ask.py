"""`vlm-nav ask`: any question about a picture, to see what a model makes of it."""

import asyncio
import json
import random
from pathlib import Path
from typing import Annotated

import typer

from vlm_nav.cli.asking import Asked, first_answer
from vlm_nav.cli.decision_options import (
    AsJson,
    BaseUrl,
    DecisionOptions,
    ModelName,
    OneParameter,
    ParamsFile,
    Vlm,
    settings_of,
    values_of,
)
from vlm_nav.cli.saying import note, say
from vlm_nav.drawing.marks import MarkedPicture
from vlm_nav.files.pictures import rgb_of_file
from vlm_nav.navigation.in_words import printable
from vlm_nav.observation.faces import blurred, face_detector
from vlm_nav.vlm.specification import endpoints_from_spec


def ask(
    picture: Annotated[Path, typer.Argument(help='The picture: png, jpg, ppm, bmp, tiff, webp.')],
    question: Annotated[str, typer.Argument(help='What to ask, in any language.')],
    points: Annotated[
        bool, typer.Option('--points', help='Have it point, and say the pixels of the picture.')
    ] = False,
    vlm: Vlm = None,
    model: ModelName = None,
    base_url: BaseUrl = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, max=3600.0, help='How many seconds an answer may take.')
    ] = 60.0,
    params: ParamsFile = None,
    param: OneParameter = None,
    as_json: AsJson = False,
) -> None:
    """Ask a model anything about a picture, as it is, without numbers drawn on it.

    Of several models the first that answers counts.
    """
    given = DecisionOptions(vlm, model, base_url, params, param).given()
    settings = settings_of(values_of(given))
    models = endpoints_from_spec(
        settings.model_spec, settings.models, random.Random(settings.seed)
    )
    rgb = rgb_of_file(picture)
    if settings.blur_faces:
        rgb = blurred(rgb, face_detector(settings.face_model)(rgb))
    asked = Asked(question, MarkedPicture(picture.name, rgb), points, timeout)
    answered = asyncio.run(first_answer(models, asked))
    note(answered.about)
    if as_json:
        say(json.dumps(answered.fields))
        return
    for line in answered.lines:
        say(printable(line))
