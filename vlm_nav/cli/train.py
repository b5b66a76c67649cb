"""Commands that train what comes with the package."""

import json
from pathlib import Path
from typing import Annotated

import typer

from vlm_nav.cli.decision_options import AsJson
from vlm_nav.cli.saying import note, say
from vlm_nav.core.errors import VlmNavError

train = typer.Typer(help='Train.', no_args_is_help=True)


class TrainingError(VlmNavError):
    """What training needs is not installed."""


@train.callback()
def training() -> None:
    """Train."""


@train.command()
def where2imagine(
    out: Annotated[Path, typer.Option(help='Where the model goes.')] = Path('where2imagine.onnx'),
    houses: Annotated[
        int, typer.Option(min=2, help='Houses to demonstrate in; every eighth is held out.')
    ] = 24,
    epochs: Annotated[int, typer.Option(min=1, help='How often all pictures are shown.')] = 14,
    horizon: Annotated[int, typer.Option(min=1, help='How many steps later the pose is.')] = 11,
    depth: Annotated[bool, typer.Option(help='Colour and depth, or colour alone.')] = True,
    seed: Annotated[int, typer.Option(min=0, help='Of the first weights and the order.')] = 0,
    workers: Annotated[int, typer.Option(min=1, help='Processes that demonstrate.')] = 1,
    as_json: AsJson = False,
) -> None:
    """Train the network that proposes viewpoints, on searches of simulated houses.

    The houses of training are none that is measured on. docs/where2imagine.md tells of the model
    that comes with the package.
    """
    try:
        from vlm_nav.training.model_file import TrainingOrder, make_model
        from vlm_nav.training.where2imagine import TrainingSettings
    except ImportError as error:
        raise TrainingError(
            f'training needs what is not installed ({error}): in the checkout '
            "pip install -e '.[imagine,sim,train]'"
        ) from error
    settings = TrainingSettings(epochs=epochs, depth=depth, seed=seed)
    order = TrainingOrder(houses=houses, horizon=horizon, workers=workers, settings=settings)
    found = make_model(order, out, note)
    if as_json:
        say(json.dumps(vars(found)))
        return
    say(f'{out}: {found.bytes} bytes, {found.pictures} pictures')
    say(
        f'on {found.held_out_pictures} pictures of held-out houses: mean absolute error '
        f'{found.error:.4f}, of the median {found.guess_error:.4f}'
    )
    say(f'the file differs from what was trained by at most {found.largest_difference:.1e}')
